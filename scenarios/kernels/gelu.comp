#version 450
// As torch.nn.GELU(approximate="tanh"). One thread an element. The argument of tanh is kept where single
// precision is not yet at 1, since fast versions of it overflow beyond.
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
    const float value = x[index];
    const float cubic = 0.797884561 * (value + 0.044715 * value * value * value);
    const float inner = clamp(cubic, -10.0, 10.0);
    y[index] = 0.5 * value * (1.0 + tanh(inner));
}
