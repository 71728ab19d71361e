#version 450
// torch.scatter along rows: writes each element to the place in its row that its index names. An index that names
// none is passed over, so that a wrong one cannot write elsewhere. One thread an element.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 0) readonly buffer source_buffer { float source[]; };
layout(set = 0, binding = 1) readonly buffer place_buffer { float place[]; };
layout(set = 0, binding = 2) writeonly buffer destination_buffer { float destination[]; };
layout(set = 0, binding = 30) buffer counter { uint ops; };
layout(push_constant) uniform row_size { uint rows, columns; } size;

void main()
{
    const uint index = gl_GlobalInvocationID.x;
    if (index == 0) {
        atomicAdd(ops, 1u);
    }
    if (index >= size.rows * size.columns) {
        return;
    }
    const float to = place[index];
    if (to >= 0.0 && to < float(size.columns)) {
        destination[index / size.columns * size.columns + uint(to)] = source[index];
    }
}
