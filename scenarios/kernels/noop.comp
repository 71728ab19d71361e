#version 450
// Does nothing but count itself: the cheapest op there is.
// SPDX-License-Identifier: Apache-2.0
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;

layout(set = 0, binding = 30) buffer counter { uint ops; };

void main()
{
    if (gl_GlobalInvocationID.x == 0) {
        atomicAdd(ops, 1u);
    }
}
