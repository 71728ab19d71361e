#version 450
// c = a b, row major. One thread an element: x is the column, y the row.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer a_buffer { float a[]; };
layout(set = 0, binding = 1) readonly buffer b_buffer { float b[]; };
layout(set = 0, binding = 2) writeonly buffer c_buffer { float c[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform mm_size { uint m, n, k; } size;

void main()
{
    const uvec2 index = gl_GlobalInvocationID.xy;
    if (index.x == 0 && index.y == 0) {
        atomicAdd(ops, 1u);
    }
    if (index.x >= size.n || index.y >= size.m) {
        return;
    }
    float sum = 0.0;
    for (uint i = 0; i < size.k; i++) {
        sum += a[index.y * size.k + i] * b[i * size.n + index.x];
    }
    c[index.y * size.n + index.x] = sum;
}
