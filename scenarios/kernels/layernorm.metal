// As torch.nn.LayerNorm over the last dimension: one threadgroup a row, of at most 256 threads and
// of any number of them.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct layernorm_size {
    uint rows, length;
    float eps;
};

// The sum of `value` over the threadgroup, the same in every thread of it.
static float sum_group(threadgroup float *partial, float value, uint thread_index, uint threads)
{
    threadgroup_barrier(mem_flags::mem_threadgroup);
    partial[thread_index] = value;
    for (uint step = 1; step < threads; step *= 2) {
        threadgroup_barrier(mem_flags::mem_threadgroup);
        if (thread_index % (2 * step) == 0 && thread_index + step < threads) {
            partial[thread_index] += partial[thread_index + step];
        }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    return partial[0];
}

kernel void mp_layernorm(device const float *x [[buffer(0)]],
                         device const float *weight [[buffer(1)]],
                         device const float *bias [[buffer(2)]],
                         device float *y [[buffer(3)]],
                         device float *mean [[buffer(4)]],
                         device float *rstd [[buffer(5)]],
                         constant layernorm_size &size [[buffer(6)]],
                         device atomic_uint *ops [[buffer(30)]],
                         uint row [[threadgroup_position_in_grid]],
                         uint thread_index [[thread_position_in_threadgroup]],
                         uint threads [[threads_per_threadgroup]])
{
    threadgroup float partial[256];
    if (row == 0 && thread_index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    // The row is the same for the whole threadgroup, so that no thread misses a barrier.
    if (row >= size.rows) {
        return;
    }
    device const float *source = x + row * size.length;
    float sum = 0.0f;
    for (uint i = thread_index; i < size.length; i += threads) {
        sum += source[i];
    }
    const float row_mean = sum_group(partial, sum, thread_index, threads) / float(size.length);
    float squares = 0.0f;
    for (uint i = thread_index; i < size.length; i += threads) {
        const float difference = source[i] - row_mean;
        squares += difference * difference;
    }
    const float variance = sum_group(partial, squares, thread_index, threads) / float(size.length);
    const float row_rstd = 1.0f / sqrt(variance + size.eps);
    for (uint i = thread_index; i < size.length; i += threads) {
        y[row * size.length + i] = (source[i] - row_mean) * row_rstd * weight[i] + bias[i];
    }
    if (thread_index == 0) {
        mean[row] = row_mean;
        rstd[row] = row_rstd;
    }
}
