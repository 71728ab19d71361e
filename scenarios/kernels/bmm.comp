#version 450
// c = scale a b for each matrix of a batch, b as it is or transposed: as torch.bmm. One thread an element:
// x is the column, y the row, z the matrix.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer a_buffer { float a[]; };
layout(set = 0, binding = 1) readonly buffer b_buffer { float b[]; };
layout(set = 0, binding = 2) writeonly buffer c_buffer { float c[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform bmm_size { uint batch, m, n, k, is_transposed; float scale; } size;

void main()
{
    const uvec3 index = gl_GlobalInvocationID;
    if (index.x == 0 && index.y == 0 && index.z == 0) {
        atomicAdd(ops, 1u);
    }
    if (index.x >= size.n || index.y >= size.m || index.z >= size.batch) {
        return;
    }
    const uint start = index.z * size.k * size.n;
    const uint first = size.is_transposed != 0 ? start + index.x * size.k : start + index.x;
    const uint step = size.is_transposed != 0 ? 1 : size.n;
    float sum = 0.0;
    for (uint i = 0; i < size.k; i++) {
        sum += a[(index.z * size.m + index.y) * size.k + i] * b[first + i * step];
    }
    c[(index.z * size.m + index.y) * size.n + index.x] = size.scale * sum;
}
