// torch.scatter along rows: writes each element to the place in its row that its index names. An index that names
// none is passed over, so that a wrong one cannot write elsewhere. One thread an element.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct row_size {
    uint rows, columns;
};

kernel void mp_scatter(device const float *source [[buffer(0)]],
                       device const float *place [[buffer(1)]],
                       device float *destination [[buffer(2)]],
                       constant row_size &size [[buffer(3)]],
                       device atomic_uint *ops [[buffer(30)]],
                       uint index [[thread_position_in_grid]])
{
    if (index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index >= size.rows * size.columns) {
        return;
    }
    const float to = place[index];
    if (to >= 0.0f && to < float(size.columns)) {
        destination[index / size.columns * size.columns + uint(to)] = source[index];
    }
}
