#version 450
// A dense copy of a strided view, as .contiguous() makes it: a gather over a grid of one dimension.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer source_buffer { float source[]; };
layout(set = 0, binding = 1) writeonly buffer destination_buffer { float destination[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform contiguous_view
{
    uint rows, columns, row_stride, column_stride, offset;
} view;

void main()
{
    const uint index = gl_GlobalInvocationID.x;
    if (index == 0) {
        atomicAdd(ops, 1u);
    }
    if (index >= view.rows * view.columns) {
        return;
    }
    const uint i = index / view.columns;
    const uint j = index % view.columns;
    destination[index] = source[view.offset + i * view.row_stride + j * view.column_stride];
}
