/* A heap gives out its memory first fit, in whole units; a buffer keeps its heap alive.
 * Apple's also places by hand (makeAliasable, placement heaps): not modelled.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/heap.h"

#include <stdlib.h>

#include "repro/model/count.h"
#include "repro/model/driver.h"

#define UNIT          256 /* alignment of buffers (heapBufferSizeAndAlign...) */
#define STORAGE_SHIFT 4   /* of MTLResourceOptions */
#define HAZARD_SHIFT  8

static unsigned long in_units(unsigned long length) {
    return (length + UNIT - 1) / UNIT * UNIT;
}

struct mp_heap *mp_heap_create(struct mp_device *device,
                               const struct mp_heap_descriptor *descriptor) {
    unsigned long size = descriptor ? descriptor->size : 0;
    unsigned char *contents =
        size > 0 && size <= MP_BUFFER_LENGTH_MAX ? calloc(1, in_units(size)) : NULL;
    if (!contents)
        return NULL;
    struct mp_heap *heap = mp_object_create(MP_CLASS_HEAP);
    heap->device = mp_object_hold(device);
    heap->contents = contents;
    heap->size = in_units(size);
    heap->options = descriptor->storage_mode << STORAGE_SHIFT | descriptor->cache_mode |
                    descriptor->hazard_mode << HAZARD_SHIFT;
    pthread_mutex_init(&heap->lock, NULL);
    return heap;
}

/* Finds room for `length` bytes; the place of the pointer that leads to what follows it,
 * or NULL. Lock held. */
static struct mp_resource **find_room(struct mp_heap *heap, unsigned long length,
                                      unsigned char **ret_contents) {
    unsigned char *start = heap->contents;
    struct mp_resource **at = &heap->first;
    for (; *at; at = &(*at)->next_of_heap) {
        if ((unsigned long)((*at)->contents - start) >= length)
            break;
        start = (*at)->contents + in_units((*at)->length);
    }
    if (!*at && (unsigned long)(heap->contents + heap->size - start) < length)
        return NULL;
    *ret_contents = start;
    return at;
}

MP_METHOD(id, heap_buffer, "-[AGXG16XFamilyHeap newBufferWithLength:options:]",
          struct mp_heap *self, MP_CMD, unsigned long length, unsigned long options) {
    unsigned long units = in_units(length);
    struct mp_resource *resource = NULL;
    unsigned char *contents = NULL;
    (void)options; /* those of the heap */
    pthread_mutex_lock(&self->lock);
    struct mp_resource **at =
        length > 0 && units <= self->size ? find_room(self, units, &contents) : NULL;
    if (at) {
        resource = mp_object_create(MP_CLASS_BUFFER);
        resource->device = mp_object_hold(self->device);
        resource->heap = mp_object_hold(self);
        resource->contents = contents;
        resource->length = length;
        resource->options = self->options;
        resource->next_of_heap = *at;
        *at = resource;
        self->used += units;
        mp_count_raise(MP_COUNT_HEAP_BUFFERS);
    }
    pthread_mutex_unlock(&self->lock);
    return (id)resource;
}

void mp_heap_forget(struct mp_resource *resource) {
    struct mp_heap *heap = resource->heap;
    pthread_mutex_lock(&heap->lock);
    struct mp_resource **at = &heap->first;
    while (*at && *at != resource)
        at = &(*at)->next_of_heap;
    if (*at) {
        *at = resource->next_of_heap;
        heap->used -= in_units(resource->length);
    }
    pthread_mutex_unlock(&heap->lock);
    mp_object_drop(heap);
}

MP_METHOD(unsigned long, heap_size, "-[AGXG16XFamilyHeap size]", struct mp_heap *self,
          MP_CMD) {
    return self->size;
}

MP_METHOD(unsigned long, heap_used, "-[AGXG16XFamilyHeap usedSize]", struct mp_heap *self,
          MP_CMD) {
    pthread_mutex_lock(&self->lock);
    unsigned long used = self->used;
    pthread_mutex_unlock(&self->lock);
    return used;
}

MP_METHOD(unsigned long, heap_storage_mode, "-[AGXG16XFamilyHeap storageMode]",
          struct mp_heap *self, MP_CMD) {
    return (self->options >> STORAGE_SHIFT) & 15;
}

MP_METHOD(unsigned long, heap_set_purgeable, "-[AGXG16XFamilyHeap setPurgeableState:]",
          struct mp_heap *self, MP_CMD, unsigned long state) {
    return mp_purgeable_set(&self->purgeable, state, self->contents, self->size);
}

MP_METHOD(id, heap_device, "-[AGXG16XFamilyHeap device]", struct mp_heap *self, MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, heap_dealloc, "-[AGXG16XFamilyHeap dealloc]", struct mp_heap *self,
          MP_CMD) {
    struct mp_device *device = self->device;
    free(self->contents);
    pthread_mutex_destroy(&self->lock);
    mp_object_destroy(self);
    mp_object_drop(device);
}

MP_METHOD(id, descriptor_new, "+[MTLHeapDescriptor new]", id self, MP_CMD) {
    (void)self;
    return mp_object_create(MP_CLASS_HEAP_DESCRIPTOR);
}

MP_METHOD(void, descriptor_set_size, "-[MTLHeapDescriptor setSize:]",
          struct mp_heap_descriptor *self, MP_CMD, unsigned long size) {
    self->size = size;
}

MP_METHOD(void, descriptor_set_storage, "-[MTLHeapDescriptor setStorageMode:]",
          struct mp_heap_descriptor *self, MP_CMD, unsigned long mode) {
    self->storage_mode = mode;
}

MP_METHOD(void, descriptor_set_cache, "-[MTLHeapDescriptor setCpuCacheMode:]",
          struct mp_heap_descriptor *self, MP_CMD, unsigned long mode) {
    self->cache_mode = mode;
}

MP_METHOD(void, descriptor_set_hazard, "-[MTLHeapDescriptor setHazardTrackingMode:]",
          struct mp_heap_descriptor *self, MP_CMD, unsigned long mode) {
    self->hazard_mode = mode;
}

MP_METHOD(void, descriptor_set_type, "-[MTLHeapDescriptor setType:]",
          struct mp_heap_descriptor *self, MP_CMD, unsigned long type) {
    self->type = type;
}

const struct mp_method mp_heap_methods[] = {
    MP_ROW("newBufferWithLength:options:", "@@:QQ", heap_buffer),
    MP_ROW("size", "Q@:", heap_size),
    MP_ROW("usedSize", "Q@:", heap_used),
    MP_ROW("storageMode", "Q@:", heap_storage_mode),
    MP_ROW("setPurgeableState:", "Q@:Q", heap_set_purgeable),
    MP_ROW("device", "@@:", heap_device),
    MP_ROW("dealloc", "v@:", heap_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_heap_descriptor_methods[] = {
    MP_ROW("setSize:", "v@:Q", descriptor_set_size),
    MP_ROW("setStorageMode:", "v@:Q", descriptor_set_storage),
    MP_ROW("setCpuCacheMode:", "v@:Q", descriptor_set_cache),
    MP_ROW("setHazardTrackingMode:", "v@:Q", descriptor_set_hazard),
    MP_ROW("setType:", "v@:q", descriptor_set_type),
    MP_ROWS_END,
};
const struct mp_method mp_heap_descriptor_class_methods[] = {
    MP_ROW("new", "@@:", descriptor_new),
    MP_ROWS_END,
};
