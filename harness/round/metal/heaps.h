/* The heaps out of which the client makes its buffers with memory=heap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_METAL_HEAPS_H
#define MP_ROUND_METAL_HEAPS_H

#include <pthread.h>
#include <stddef.h>

#include "harness/round/objc/runtime.h"

#define MP_METAL_HEAPS_MAX 64

struct mp_metal_heaps {
    pthread_mutex_t lock;
    id heap[MP_METAL_HEAPS_MAX]; /* retained; the newest is asked first */
    size_t count;
};

void mp_metal_heaps_init(struct mp_metal_heaps *heaps);
/* When their buffers are gone. Within a pool of the caller. */
void mp_metal_heaps_release(struct mp_metal_heaps *heaps, const struct mp_objc *objc);

size_t mp_metal_heaps_count(struct mp_metal_heaps *heaps);

/* A shared buffer, +1, or nil. Within a pool of the caller. */
id mp_metal_heaps_buffer(struct mp_metal_heaps *heaps, const struct mp_objc *objc,
                         id device, size_t size);

/* Tells `encoder` by useHeap: that a dispatch uses the heaps there are. */
void mp_metal_heaps_use(struct mp_metal_heaps *heaps, const struct mp_objc *objc,
                        id encoder);

#endif
