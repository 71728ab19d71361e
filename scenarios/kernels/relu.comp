#version 450
// y = max(x, 0), as torch.nn.ReLU. One thread an element.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer x_buffer { float x[]; };
layout(set = 0, binding = 1) writeonly buffer y_buffer { float y[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform elements_size { uint count; } size;

void main()
{
    const uint index = gl_GlobalInvocationID.x;
    if (index == 0) {
        atomicAdd(ops, 1u);
    }
    if (index >= size.count) {
        return;
    }
    y[index] = x[index] > 0.0 ? x[index] : 0.0;
}
