#version 450
// As torch.softmax over the last dimension: one group a row, of at most 256 threads and of
// any number of them.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer x_buffer { float x[]; };
layout(set = 0, binding = 1) writeonly buffer y_buffer { float y[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform softmax_size { uint rows, columns; } size;

shared float partial[256];

// The sum or the greatest of `value` over the group, the same in every thread of it.
float join_group(float value, bool is_sum, uint index, uint threads)
{
    barrier();
    partial[index] = value;
    for (uint step = 1; step < threads; step *= 2) {
        barrier();
        if (index % (2 * step) == 0 && index + step < threads) {
            const float other = partial[index + step];
            const float mine = partial[index];
            partial[index] = is_sum ? mine + other : max(mine, other);
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
    // A thread without an element joins with the first one.
    float most = x[start];
    for (uint i = index; i < size.columns; i += threads) {
        most = max(most, x[start + i]);
    }
    most = join_group(most, false, index, threads);
    float sum = 0.0;
    for (uint i = index; i < size.columns; i += threads) {
        sum += exp(x[start + i] - most);
    }
    sum = join_group(sum, true, index, threads);
    for (uint i = index; i < size.columns; i += threads) {
        y[start + i] = exp(x[start + i] - most) / sum;
    }
}
