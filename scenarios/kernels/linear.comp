#version 450
// y = x w^T + bias, as torch.nn.Linear. One thread an element: x is the output, y the row.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer x_buffer { float x[]; };
layout(set = 0, binding = 1) readonly buffer w_buffer { float w[]; };
layout(set = 0, binding = 2) readonly buffer bias_buffer { float bias[]; };
layout(set = 0, binding = 3) writeonly buffer y_buffer { float y[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform linear_size { uint rows, inputs, outputs; } size;

void main()
{
    const uvec2 index = gl_GlobalInvocationID.xy;
    if (index.x == 0 && index.y == 0) {
        atomicAdd(ops, 1u);
    }
    if (index.x >= size.outputs || index.y >= size.rows) {
        return;
    }
    float sum = bias[index.x];
    for (uint i = 0; i < size.inputs; i++) {
        sum += x[index.y * size.inputs + i] * w[index.x * size.inputs + i];
    }
    y[index.y * size.outputs + index.x] = sum;
}
