/* MPSKernel, and how objects of these classes are made: their alloc sets the count of
 * references, whoever's NSObject is the root, and counts them as the driver's own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/count.h"
#include "repro/model/mps.h"

MP_METHOD(id, mps_alloc, "+[_MPSModelObject alloc]", id self, MP_CMD) {
    id object = class_createInstance((Class)self, 0);
    if (object) {
        atomic_store_explicit(&((struct mp_object *)object)->retains, 1,
                              memory_order_relaxed);
        mp_count_raise(MP_COUNT_INITS);
    }
    return object;
}

void *mp_mps_create(enum mp_class class) {
    id object = mp_send((id)mp_class_get(class), mp_selector.alloc);
    if (!object) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    return object;
}

MP_METHOD(id, mps_kernel_init, "-[MPSKernel initWithDevice:]", struct mp_mps_kernel *self,
          MP_CMD, struct mp_device *device) {
    self->device = mp_object_hold(device);
    return (id)self;
}

MP_METHOD(id, mps_kernel_device, "-[MPSKernel device]", struct mp_mps_kernel *self,
          MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, mps_kernel_dealloc, "-[MPSKernel dealloc]", struct mp_mps_kernel *self,
          MP_CMD) {
    struct mp_device *device = self->device;
    mp_object_destroy(self);
    mp_object_drop(device);
}

const struct mp_method mp_mps_object_methods[] = {
    MP_ROWS_END,
};
const struct mp_method mp_mps_object_class_methods[] = {
    MP_ROW("alloc", "@@:", mps_alloc),
    MP_ROWS_END,
};
const struct mp_method mp_mps_kernel_methods[] = {
    MP_ROW("initWithDevice:", "@@:@", mps_kernel_init),
    MP_ROW("device", "@@:", mps_kernel_device),
    MP_ROW("dealloc", "v@:", mps_kernel_dealloc),
    MP_ROWS_END,
};
