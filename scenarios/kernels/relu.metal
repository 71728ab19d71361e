// y = max(x, 0), as torch.nn.ReLU. One thread an element.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct elements_size {
    uint count;
};

kernel void mp_relu(device const float *x [[buffer(0)]],
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
    y[index] = x[index] > 0.0f ? x[index] : 0.0f;
}
