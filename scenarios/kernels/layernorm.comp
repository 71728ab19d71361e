#version 450
// As torch.nn.LayerNorm over the last dimension: one group a row, of at most 256 threads and of any
// number of them.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer x_buffer { float x[]; };
layout(set = 0, binding = 1) readonly buffer weight_buffer { float weight[]; };
layout(set = 0, binding = 2) readonly buffer bias_buffer { float bias[]; };
layout(set = 0, binding = 3) writeonly buffer y_buffer { float y[]; };
layout(set = 0, binding = 4) writeonly buffer mean_buffer { float mean[]; };
layout(set = 0, binding = 5) writeonly buffer rstd_buffer { float rstd[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform layernorm_size { uint rows, columns; float eps; } size;

shared float partial[256];

// The sum of `value` over the group, the same in every thread of it.
float sum_group(float value, uint index, uint threads)
{
    barrier();
    partial[index] = value;
    for (uint step = 1; step < threads; step *= 2) {
        barrier();
        if (index % (2 * step) == 0 && index + step < threads) {
            partial[index] += partial[index + step];
        }
    }
    barrier();
    return partial[0];
}

void main()
{
    const uint row = gl_WorkGroupID.x;
    const uint index = gl_LocalInvocationID.x;
    const uint threads = gl_WorkGroupSize.x;
    if (row == 0 && index == 0) {
        atomicAdd(ops, 1u);
    }
    // The row is the same for the whole group, so that no thread misses a barrier.
    if (row >= size.rows) {
        return;
    }
    const uint start = row * size.columns;
    float sum = 0.0;
    for (uint i = index; i < size.columns; i += threads) {
        sum += x[start + i];
    }
    const float row_mean = sum_group(sum, index, threads) / float(size.columns);
    float squares = 0.0;
    for (uint i = index; i < size.columns; i += threads) {
        const float difference = x[start + i] - row_mean;
        squares += difference * difference;
    }
    const float variance = sum_group(squares, index, threads) / float(size.columns);
    const float row_rstd = 1.0 / sqrt(variance + size.eps);
    for (uint i = index; i < size.columns; i += threads) {
        y[start + i] = (x[start + i] - row_mean) * row_rstd * weight[i] + bias[i];
    }
    if (index == 0) {
        mean[row] = row_mean;
        rstd[row] = row_rstd;
    }
}
