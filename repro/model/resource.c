/* AGXG16XFamilyBuffer: memory that client and executors both see.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "repro/model/driver.h"
#include "repro/model/heap.h"
#include "repro/model/layer.h"

#define STORAGE_SHIFT   4 /* of MTLResourceOptions */
#define STORAGE_MASK    15
#define STORAGE_PRIVATE 2

struct mp_resource *mp_resource_create(struct mp_device *device, const void *bytes,
                                       unsigned long length, unsigned long options) {
    struct mp_resource *resource = NULL;
    unsigned char *contents =
        length > 0 && length <= MP_BUFFER_LENGTH_MAX ? calloc(1, length) : NULL;
    if (contents) {
        if (bytes)
            memcpy(contents, bytes, length);
        resource = mp_object_create(MP_CLASS_BUFFER);
        resource->device = mp_object_hold(device);
        resource->contents = contents;
        resource->length = length;
        resource->options = options;
    }
    return resource;
}

MP_METHOD(unsigned long, resource_storage_mode, "-[AGXG16XFamilyBuffer storageMode]",
          struct mp_resource *self, MP_CMD) {
    return (self->options >> STORAGE_SHIFT) & STORAGE_MASK;
}

MP_METHOD(void *, resource_contents, "-[AGXG16XFamilyBuffer contents]",
          struct mp_resource *self, MP_CMD) {
    bool is_private =
        ((self->options >> STORAGE_SHIFT) & STORAGE_MASK) == STORAGE_PRIVATE;
    return is_private ? NULL : self->contents;
}

MP_METHOD(unsigned long, resource_length, "-[AGXG16XFamilyBuffer length]",
          struct mp_resource *self, MP_CMD) {
    return self->length;
}

MP_METHOD(uint64_t, resource_gpu_address, "-[AGXG16XFamilyBuffer gpuAddress]",
          struct mp_resource *self, MP_CMD) {
    return (uintptr_t)self->contents;
}

MP_METHOD(unsigned long, resource_set_purgeable,
          "-[AGXG16XFamilyBuffer setPurgeableState:]", struct mp_resource *self, MP_CMD,
          unsigned long state) {
    return mp_purgeable_set(&self->purgeable, state, self->contents, self->length);
}

MP_METHOD(id, resource_heap, "-[AGXG16XFamilyBuffer heap]", struct mp_resource *self,
          MP_CMD) {
    return (id)self->heap;
}

MP_METHOD(id, resource_device, "-[AGXG16XFamilyBuffer device]", struct mp_resource *self,
          MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, resource_release, "-[AGXG16XFamilyBuffer release]",
          struct mp_resource *self, MP_CMD) {
    mp_layer_check_release(self);
    mp_object_drop(self);
}

MP_METHOD(void, resource_dealloc, "-[AGXG16XFamilyBuffer dealloc]",
          struct mp_resource *self, MP_CMD) {
    struct mp_device *device = self->device;
    if (self->heap)
        mp_heap_forget(self);
    else
        free(self->contents);
    mp_object_destroy(self);
    mp_object_drop(device);
}

const struct mp_method mp_resource_methods[] = {
    MP_ROW("contents", "^v@:", resource_contents),
    MP_ROW("length", "Q@:", resource_length),
    MP_ROW("storageMode", "Q@:", resource_storage_mode),
    MP_ROW("gpuAddress", "Q@:", resource_gpu_address),
    MP_ROW("setPurgeableState:", "Q@:Q", resource_set_purgeable),
    MP_ROW("heap", "@@:", resource_heap),
    MP_ROW("device", "@@:", resource_device),
    MP_ROW("release", "v@:", resource_release),
    MP_ROW("dealloc", "v@:", resource_dealloc),
    MP_ROWS_END,
};
