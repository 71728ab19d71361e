// As torch.nn.Conv1d with zero padding. One thread an element: x is the position, y the output channel, z the
// sample.
// SPDX-License-Identifier: Apache-2.0
#include <metal_stdlib>
using namespace metal;

struct conv1d_size {
    uint samples, in, length, out, width, stride, padding;
};

kernel void mp_conv1d(device const float *x [[buffer(0)]],
                      device const float *w [[buffer(1)]],
                      device const float *bias [[buffer(2)]],
                      device float *y [[buffer(3)]],
                      constant conv1d_size &size [[buffer(4)]],
                      device atomic_uint *ops [[buffer(30)]],
                      uint3 index [[thread_position_in_grid]])
{
    if (index.x == 0 && index.y == 0 && index.z == 0) {
        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);
    }
    const uint positions = (size.length + 2 * size.padding - size.width) / size.stride + 1;
    if (index.x >= positions || index.y >= size.out || index.z >= size.samples) {
        return;
    }
    float sum = bias[index.y];
    for (uint in = 0; in < size.in; in++) {
        for (uint i = 0; i < size.width; i++) {
            const uint at = index.x * size.stride + i;
            if (at >= size.padding && at - size.padding < size.length) {
                sum += x[(index.z * size.in + in) * size.length + at - size.padding] *
                       w[(index.y * size.in + in) * size.width + i];
            }
        }
    }
    y[(index.z * size.out + index.y) * positions + index.x] = sum;
}
