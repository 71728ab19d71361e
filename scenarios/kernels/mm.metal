// c = a b, row major. One thread an element: x is the column, y the row.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct mm_size {
    uint m, n, k;
};

kernel void mp_mm(device const float *a [[buffer(0)]],
                  device const float *b [[buffer(1)]],
                  device float *c [[buffer(2)]],
                  constant mm_size &size [[buffer(3)]],
                  device atomic_uint *ops [[buffer(30)]],
                  uint2 index [[thread_position_in_grid]])
{
    if (index.x == 0 && index.y == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index.x >= size.n || index.y >= size.m) {
        return;
    }
    float sum = 0.0f;
    for (uint i = 0; i < size.k; i++) {
        sum += a[index.y * size.k + i] * b[i * size.n + index.x];
    }
    c[index.y * size.n + index.x] = sum;
}
