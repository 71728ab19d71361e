// c = scale a b for each matrix of a batch, b as it is or transposed: as torch.bmm. One thread an element:
// x is the column, y the row, z the matrix.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct bmm_size {
    uint batch, m, n, k, is_transposed;
    float scale;
};

kernel void mp_bmm(device const float *a [[buffer(0)]],
                   device const float *b [[buffer(1)]],
                   device float *c [[buffer(2)]],
                   constant bmm_size &size [[buffer(3)]],
                   device atomic_uint *ops [[buffer(30)]],
                   uint3 index [[thread_position_in_grid]])
{
    if (index.x == 0 && index.y == 0 && index.z == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index.x >= size.n || index.y >= size.m || index.z >= size.batch) {
        return;
    }
    const uint start = index.z * size.k * size.n;
    const uint first = size.is_transposed != 0 ? start + index.x * size.k : start + index.x;
    const uint step = size.is_transposed != 0 ? 1 : size.n;
    float sum = 0.0f;
    for (uint i = 0; i < size.k; i++) {
        sum += a[(index.z * size.m + index.y) * size.k + i] * b[first + i * step];
    }
    c[(index.z * size.m + index.y) * size.n + index.x] = size.scale * sum;
}
