// As torch.nn.GELU(approximate="tanh"). One thread an element. The argument of tanh is kept where single
// precision is not yet at 1, since fast versions of it overflow beyond.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct elements_size {
    uint count;
};

kernel void mp_gelu(device const float *x [[buffer(0)]],
                    device float *y [[buffer(1)]],
                    constant elements_size &size [[buffer(2)]],
                    device atomic_uint *ops [[buffer(30)]],
                    uint index [[thread_position_in_grid]])
{
    if (index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index >= size.count) {
        return;
    }
    const float value = x[index];
    const float cubic = 0.797884561f * (value + 0.044715f * value * value * value);
    const float inner = cubic > 10.0f ? 10.0f : cubic < -10.0f ? -10.0f : cubic;
    y[index] = 0.5f * value * (1.0f + tanh(inner));
}
