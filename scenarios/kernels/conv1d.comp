#version 450
// As torch.nn.Conv1d with zero padding. One thread an element: x is the position, y the output channel, z the
// sample.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer x_buffer { float x[]; };
layout(set = 0, binding = 1) readonly buffer w_buffer { float w[]; };
layout(set = 0, binding = 2) readonly buffer bias_buffer { float bias[]; };
layout(set = 0, binding = 3) writeonly buffer y_buffer { float y[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform conv1d_size
{
    uint samples, inputs, columns, outputs, width, stride, padding;
} size;

void main()
{
    const uvec3 index = gl_GlobalInvocationID;
    if (index.x == 0 && index.y == 0 && index.z == 0) {
        atomicAdd(ops, 1u);
    }
    const uint positions = (size.columns + 2 * size.padding - size.width) / size.stride + 1;
    if (index.x >= positions || index.y >= size.outputs || index.z >= size.samples) {
        return;
    }
    float sum = bias[index.y];
    for (uint channel = 0; channel < size.inputs; channel++) {
        for (uint i = 0; i < size.width; i++) {
            const uint at = index.x * size.stride + i;
            if (at >= size.padding && at - size.padding < size.columns) {
                sum += x[(index.z * size.inputs + channel) * size.columns + at - size.padding] *
                       w[(index.y * size.inputs + channel) * size.width + i];
            }
        }
    }
    y[(index.z * size.outputs + index.y) * positions + index.x] = sum;
}
