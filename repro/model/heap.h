/* AGXG16XFamilyHeap: memory out of which buffers are made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_HEAP_H
#define MP_MODEL_HEAP_H

#include <pthread.h>

#include "repro/model/classes.h"
#include "repro/model/object.h"
#include "repro/model/purgeable.h"

struct mp_device;
struct mp_resource;

/* MTLHeapDescriptor */
struct mp_heap_descriptor {
    struct mp_driver_object base;
    unsigned long size, type;
    unsigned long storage_mode, cache_mode, hazard_mode;
};

struct mp_heap {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
    unsigned char *contents;
    unsigned long size, options;
    struct mp_purgeable purgeable;
    pthread_mutex_t lock; /* guards all below */
    /* Those that are alive, by their places; not held: each holds the heap. */
    struct mp_resource *first;
    unsigned long used; /* bytes, with what alignment costs */
};

/* NULL if the descriptor has no size, or memory is short. */
struct mp_heap *mp_heap_create(struct mp_device *device,
                               const struct mp_heap_descriptor *descriptor);
/* The end of a buffer of the heap. */
void mp_heap_forget(struct mp_resource *resource);

extern const struct mp_method mp_heap_methods[], mp_heap_descriptor_methods[],
    mp_heap_descriptor_class_methods[];

#endif
