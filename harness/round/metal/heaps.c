/* As allocators of real clients do it: a few large heaps, one more when none has room.
 * Hazards are tracked, which is not the default of a heap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/heaps.h"

#include "harness/round/objc/send.h"

#define HEAP_BYTES     ((size_t)8 << 20)
#define PAGE_BYTES     ((size_t)64 << 10)
#define STORAGE_SHARED 0 /* MTLStorageMode, and as MTLResourceOptions */
#define HAZARD_TRACKED 2 /* MTLHazardTrackingMode */
#define OPTION_TRACKED 0x200
#define VOLATILE       3 /* MTLPurgeableState */
#define NON_VOLATILE   2

void mp_metal_heaps_init(struct mp_metal_heaps *heaps) {
    pthread_mutex_init(&heaps->lock, NULL);
}

void mp_metal_heaps_release(struct mp_metal_heaps *heaps, const struct mp_objc *objc) {
    for (size_t i = 0; i < heaps->count; i++) {
        mp_send_set_purgeable(objc, heaps->heap[i], VOLATILE);
        mp_send_release(objc, heaps->heap[i]);
    }
    heaps->count = 0;
    pthread_mutex_destroy(&heaps->lock);
}

size_t mp_metal_heaps_count(struct mp_metal_heaps *heaps) {
    pthread_mutex_lock(&heaps->lock);
    size_t count = heaps->count;
    pthread_mutex_unlock(&heaps->lock);
    return count;
}

/* A heap with room for one buffer of `size` bytes at least, +1, or nil. */
static id heap_make(const struct mp_objc *objc, id device, size_t size) {
    size_t bytes = size < HEAP_BYTES - PAGE_BYTES ? HEAP_BYTES : size + PAGE_BYTES;
    id descriptor =
        mp_send_new_heap_descriptor(objc, (id)objc->class_named("MTLHeapDescriptor"));
    if (!descriptor)
        return NULL;
    mp_send_set_heap_size(objc, descriptor, bytes);
    mp_send_set_storage_mode(objc, descriptor, STORAGE_SHARED);
    mp_send_set_hazard_mode(objc, descriptor, HAZARD_TRACKED);
    id heap = mp_send_new_heap(objc, device, descriptor);
    mp_send_release(objc, descriptor);
    if (heap)
        mp_send_set_purgeable(objc, heap, NON_VOLATILE);
    return heap;
}

id mp_metal_heaps_buffer(struct mp_metal_heaps *heaps, const struct mp_objc *objc,
                         id device, size_t size) {
    id buffer = NULL;
    pthread_mutex_lock(&heaps->lock);
    for (size_t i = heaps->count; !buffer && i > 0; i--)
        buffer = mp_send_new_heap_buffer(objc, heaps->heap[i - 1], size,
                                         STORAGE_SHARED | OPTION_TRACKED);
    if (!buffer && heaps->count < MP_METAL_HEAPS_MAX) {
        id heap = heap_make(objc, device, size);
        if (heap) {
            heaps->heap[heaps->count++] = heap;
            buffer = mp_send_new_heap_buffer(objc, heap, size,
                                             STORAGE_SHARED | OPTION_TRACKED);
        }
    }
    pthread_mutex_unlock(&heaps->lock);
    return buffer;
}

/* No lock is held over the calls: a heap once made stays where it is. */
void mp_metal_heaps_use(struct mp_metal_heaps *heaps, const struct mp_objc *objc,
                        id encoder) {
    size_t count = mp_metal_heaps_count(heaps);
    for (size_t i = 0; i < count; i++)
        mp_send_use_heap(objc, encoder, heaps->heap[i]);
}
