// One step of an LSTM from the two halves of its gates, as PyTorch's _thnn_fused_lstm_cell: gates i, f, g and o
// stand one after the other in a row. One thread an element of the hidden state. Arguments are kept where single
// precision is not yet at its end, since fast versions of exp and tanh overflow beyond.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct lstm_size {
    uint rows, hidden;
};

static float within(float value, float most)
{
    return value > most ? most : value < -most ? -most : value;
}

static float gate(float value)
{
    return 1.0f / (1.0f + exp(-within(value, 30.0f)));
}

kernel void mp_lstm(device const float *gates_x [[buffer(0)]],
                    device const float *gates_h [[buffer(1)]],
                    device const float *cell [[buffer(2)]],
                    device float *next_hidden [[buffer(3)]],
                    device float *next_cell [[buffer(4)]],
                    constant lstm_size &size [[buffer(5)]],
                    device atomic_uint *ops [[buffer(30)]],
                    uint index [[thread_position_in_grid]])
{
    if (index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index >= size.rows * size.hidden) {
        return;
    }
    const uint first = index / size.hidden * 4u * size.hidden + index % size.hidden;
    const float i = gates_x[first] + gates_h[first];
    const float f = gates_x[first + size.hidden] + gates_h[first + size.hidden];
    const float g = gates_x[first + 2u * size.hidden] + gates_h[first + 2u * size.hidden];
    const float o = gates_x[first + 3u * size.hidden] + gates_h[first + 3u * size.hidden];
    const float state = gate(f) * cell[index] + gate(i) * tanh(within(g, 10.0f));
    next_hidden[index] = gate(o) * tanh(within(state, 10.0f));
    next_cell[index] = state;
}
