#version 450
// Where each element of a row stands among the others, smallest first, equal ones as they come: the inverse of a
// stable argsort, as numbers of single precision. One thread an element.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer x_buffer { float x[]; };
layout(set = 0, binding = 1) writeonly buffer rank_buffer { float rank[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform row_size { uint rows, columns; } size;

void main()
{
    const uint index = gl_GlobalInvocationID.x;
    if (index == 0) {
        atomicAdd(ops, 1u);
    }
    if (index >= size.rows * size.columns) {
        return;
    }
    const uint first = index / size.columns * size.columns;
    const float value = x[index];
    uint smaller = 0;
    for (uint k = first; k < first + size.columns; k++) {
        smaller += x[k] < value || (x[k] == value && k < index) ? 1u : 0u;
    }
    rank[index] = float(smaller);
}
