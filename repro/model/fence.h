/* IOGPUMetalFence, and the calls on encoders that name one. Commands of a queue run in
 * their order here, so a fence orders nothing that would not be in order without it: what
 * is modelled is that the calls read the encoder's context.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_FENCE_H
#define MP_MODEL_FENCE_H

#include "repro/model/classes.h"
#include "repro/model/object.h"

struct mp_device;

struct mp_fence {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
};

struct mp_fence *mp_fence_create(struct mp_device *device);

extern const struct mp_method mp_fence_methods[];

#endif
