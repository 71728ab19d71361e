// As torch.softmax over the last dimension: one threadgroup a row, of at most 256 threads and of
// any number of them.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct softmax_size {
    uint rows, length;
};

// The sum or the greatest of `value` over the threadgroup, the same in every thread of it.
static float join_group(threadgroup float *partial, float value, bool is_sum, uint thread_index,
                        uint threads)
{
    threadgroup_barrier(mem_flags::mem_threadgroup);
    partial[thread_index] = value;
    for (uint step = 1; step < threads; step *= 2) {
        threadgroup_barrier(mem_flags::mem_threadgroup);
        if (thread_index % (2 * step) == 0 && thread_index + step < threads) {
            const float other = partial[thread_index + step];
            const float mine = partial[thread_index];
            partial[thread_index] = is_sum ? mine + other : other > mine ? other : mine;
        }
    }
    threadgroup_barrier(mem_flags::mem_threadgroup);
    return partial[0];
}

kernel void mp_softmax(device const float *x [[buffer(0)]],
                       device float *y [[buffer(1)]],
                       constant softmax_size &size [[buffer(2)]],
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
    // A thread without an element joins with the first one.
    float most = source[0];
    for (uint i = thread_index; i < size.length; i += threads) {
        most = source[i] > most ? source[i] : most;
    }
    most = join_group(partial, most, false, thread_index, threads);
    float sum = 0.0f;
    for (uint i = thread_index; i < size.length; i += threads) {
        sum += exp(source[i] - most);
    }
    sum = join_group(partial, sum, true, thread_index, threads);
    for (uint i = thread_index; i < size.length; i += threads) {
        y[row * size.length + i] = exp(source[i] - most) / sum;
    }
}
