// A dense copy of a strided view, as .contiguous() makes it: a gather over a grid of one dimension.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct contiguous_view {
    uint rows, columns, row_stride, column_stride, offset;
};

kernel void mp_contiguous(device const float *source [[buffer(0)]],
                          device float *destination [[buffer(1)]],
                          constant contiguous_view &view [[buffer(2)]],
                          device atomic_uint *ops [[buffer(30)]],
                          uint index [[thread_position_in_grid]])
{
    if (index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index >= view.rows * view.columns) {
        return;
    }
    const uint i = index / view.columns;
    const uint j = index % view.columns;
    destination[index] = source[view.offset + i * view.row_stride + j * view.column_stride];
}
