// Where each element of a row stands among the others, smallest first, equal ones as they come: the inverse of a
// stable argsort, as numbers of single precision. One thread an element.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct row_size {
    uint rows, columns;
};

kernel void mp_rank(device const float *x [[buffer(0)]],
                    device float *rank [[buffer(1)]],
                    constant row_size &size [[buffer(2)]],
                    device atomic_uint *ops [[buffer(30)]],
                    uint index [[thread_position_in_grid]])
{
    if (index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index >= size.rows * size.columns) {
        return;
    }
    const uint first = index / size.columns * size.columns;
    const float value = x[index];
    uint smaller = 0;
    for (uint k = first; k < first + size.columns; k++) {
        smaller += x[k] < value || (x[k] == value && k < index) ? 1u : 0u;
    }
    rank[index] = float(smaller);
}
