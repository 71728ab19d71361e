/* See fence.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/fence.h"

#include "repro/model/driver.h"

struct mp_fence *mp_fence_create(struct mp_device *device) {
    struct mp_fence *fence = mp_object_create(MP_CLASS_FENCE);
    fence->device = mp_object_hold(device);
    return fence;
}

MP_METHOD(id, fence_device, "-[IOGPUMetalFence device]", struct mp_fence *self, MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, fence_dealloc, "-[IOGPUMetalFence dealloc]", struct mp_fence *self,
          MP_CMD) {
    struct mp_device *device = self->device;
    mp_object_destroy(self);
    mp_object_drop(device);
}

const struct mp_method mp_fence_methods[] = {
    MP_ROW("device", "@@:", fence_device),
    MP_ROW("dealloc", "v@:", fence_dealloc),
    MP_ROWS_END,
};
