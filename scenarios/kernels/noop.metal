// Does nothing but count itself: the cheapest op there is.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

kernel void mp_noop(device atomic_uint *ops [[buffer(30)]],
                    uint index [[thread_position_in_grid]])
{
    if (index == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
}
