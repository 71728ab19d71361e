// A dense copy of a view of four dimensions: what reshape, transpose and chunk become once they are made
// contiguous. A gather over a grid of one dimension.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct permute_view {
    uint size[4];
    uint stride[4];
    uint offset;
};

kernel void mp_permute(device const float *source [[buffer(0)]],
                       device float *destination [[buffer(1)]],
                       constant permute_view &view [[buffer(2)]],
                       device atomic_uint *ops [[buffer(30)]],
                       uint index [[thread_position_in_grid]])
{
    if (index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    if (index >= view.size[0] * view.size[1] * view.size[2] * view.size[3]) {
        return;
    }
    uint rest = index;
    uint from = view.offset;
    for (uint i = 4; i > 0; i--) {
        from += rest % view.size[i - 1] * view.stride[i - 1];
        rest /= view.size[i - 1];
    }
    destination[index] = source[from];
}
