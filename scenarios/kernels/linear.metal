// y = x w^T + bias, as torch.nn.Linear. One thread an element: x is the output, y the row.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct linear_size {
    uint rows, in, out;
};

kernel void mp_linear(device const float *x [[buffer(0)]],
                      device const float *w [[buffer(1)]],
                      device const float *bias [[buffer(2)]],
                      device float *y [[buffer(3)]],
                      constant linear_size &size [[buffer(4)]],
                      device atomic_uint *ops [[buffer(30)]],
                      uint2 index [[thread_position_in_grid]])
{
    if (index.x == 0 && index.y == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index.x >= size.out || index.y >= size.rows) {
        return;
    }
    float sum = bias[index.x];
    for (uint i = 0; i < size.in; i++) {
        sum += x[index.y * size.in + i] * w[index.x * size.in + i];
    }
    y[index.y * size.out + index.x] = sum;
}
