#version 450
// One step of an LSTM from the two halves of its gates, as PyTorch's _thnn_fused_lstm_cell: gates i, f, g and o
// stand one after the other in a row. One thread an element of the hidden state. Arguments are kept where single
// precision is not yet at its end, since fast versions of exp and tanh overflow beyond.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer gates_x_buffer { float gates_x[]; };
layout(set = 0, binding = 1) readonly buffer gates_h_buffer { float gates_h[]; };
layout(set = 0, binding = 2) readonly buffer cell_buffer { float cell[]; };
layout(set = 0, binding = 3) writeonly buffer next_hidden_buffer { float next_hidden[]; };
layout(set = 0, binding = 4) writeonly buffer next_cell_buffer { float next_cell[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform lstm_size { uint rows, hidden; } size;

float gate(float value)
{
    return 1.0 / (1.0 + exp(-clamp(value, -30.0, 30.0)));
}

void main()
{
    const uint index = gl_GlobalInvocationID.x;
    if (index == 0) {
        atomicAdd(ops, 1u);
    }
    if (index >= size.rows * size.hidden) {
        return;
    }
    const uint first = index / size.hidden * 4u * size.hidden + index % size.hidden;
    const float i = gates_x[first] + gates_h[first];
    const float f = gates_x[first + size.hidden] + gates_h[first + size.hidden];
    const float g = gates_x[first + 2u * size.hidden] + gates_h[first + 2u * size.hidden];
    const float o = gates_x[first + 3u * size.hidden] + gates_h[first + 3u * size.hidden];
    const float state = gate(f) * cell[index] + gate(i) * tanh(clamp(g, -10.0, 10.0));
    next_hidden[index] = gate(o) * tanh(clamp(state, -10.0, 10.0));
    next_cell[index] = state;
}
