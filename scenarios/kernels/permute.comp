#version 450
// A dense copy of a view of four dimensions: what reshape, transpose and chunk become once they are made
// contiguous. A gather over a grid of one dimension.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer source_buffer { float source[]; };
layout(set = 0, binding = 1) writeonly buffer destination_buffer { float destination[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform permute_view
{
    uint size[4];
    uint stride[4];
    uint offset;
} view;

void main()
{
    const uint index = gl_GlobalInvocationID.x;
    if (index == 0) {
        atomicAdd(ops, 1u);
    }
    if (index >= view.size[0] * view.size[1] * view.size[2] * view.size[3]) {
        return;
    }
    uint rest = index;
    uint from = view.offset;
    for (uint i = 4; i > 0; i--) {
        from += rest % view.size[i - 1] * view.stride[i - 1];
        rest /= view.size[i - 1];
    }
    destination[index] = source[from];
}
