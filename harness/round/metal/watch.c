/* See watch.h. A buffer that was never committed runs its handlers when it goes; it is
 * the last of its stream then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/watch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/objc/block.h"
#include "harness/round/objc/send.h"

#define STATUS_COMMITTED 2 /* MTLCommandBufferStatus */
#define STATUS_COMPLETED 4

struct mp_metal_watch {
    const struct mp_objc *objc;
    pthread_mutex_t lock; /* guards all below */
    unsigned references;
    uint64_t added, scheduled, completed;
    bool is_out_of_order, was_early, was_unscheduled;
};

/* What one handler captured. */
struct post {
    struct mp_metal_watch *watch;
    uint64_t number; /* of the buffer, from 0 */
    bool is_last;    /* the completed handler */
};

struct mp_metal_watch *mp_metal_watch_create(const struct mp_objc *objc) {
    struct mp_metal_watch *watch = mp_memory_zeroed(1, sizeof(*watch));
    watch->objc = objc;
    watch->references = 1;
    pthread_mutex_init(&watch->lock, NULL);
    return watch;
}

void mp_metal_watch_release(struct mp_metal_watch *watch) {
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    bool is_over = --watch->references == 0;
    pthread_mutex_unlock(&watch->lock);
    if (!is_over)
        return;
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

/* On a thread of the driver's. */
static void told(struct mp_objc_block *block, id buffer) {
    struct post *post = block->data;
    struct mp_metal_watch *watch = post->watch;
    mp_objc_thread_enter(watch->objc);
    unsigned long status = mp_send_command_buffer_status(watch->objc, buffer);
    mp_objc_thread_leave(watch->objc);
    pthread_mutex_lock(&watch->lock);
    if (post->is_last) {
        watch->is_out_of_order |= post->number != watch->completed;
        watch->was_early |= status >= STATUS_COMMITTED && status < STATUS_COMPLETED;
        watch->was_unscheduled |= watch->scheduled <= watch->completed;
        watch->completed++;
    } else {
        watch->scheduled++;
    }
    pthread_mutex_unlock(&watch->lock);
    free(post);
    mp_metal_watch_release(watch);
}

static struct post *post_make(struct mp_metal_watch *watch, uint64_t number,
                              bool is_last) {
    struct post *post = mp_memory_zeroed(1, sizeof(*post));
    *post = (struct post){watch, number, is_last};
    return post;
}

void mp_metal_watch_add(struct mp_metal_watch *watch, id buffer) {
    pthread_mutex_lock(&watch->lock);
    uint64_t number = watch->added++;
    watch->references += 2;
    pthread_mutex_unlock(&watch->lock);
    struct mp_objc_block scheduled =
        mp_objc_block_make(watch->objc, told, post_make(watch, number, false));
    struct mp_objc_block completed =
        mp_objc_block_make(watch->objc, told, post_make(watch, number, true));
    mp_send_add_scheduled_handler(watch->objc, buffer, &scheduled);
    mp_send_add_completed_handler(watch->objc, buffer, &completed);
}

enum mp_status mp_metal_watch_check(struct mp_metal_watch *watch, uint64_t ended,
                                    unsigned stream, struct mp_error *err) {
    if (!watch)
        return MP_OK;
    pthread_mutex_lock(&watch->lock);
    uint64_t completed = watch->completed;
    bool is_out_of_order = watch->is_out_of_order, was_early = watch->was_early;
    bool was_unscheduled = watch->was_unscheduled;
    pthread_mutex_unlock(&watch->lock);
    if (completed < ended)
        return mp_error_set(err, MP_DEVICE,
                            "waitUntilCompleted returned before the completed handler of "
                            "command buffer %llu of stream %u had run",
                            (unsigned long long)completed + 1, stream);
    if (is_out_of_order)
        return mp_error_set(err, MP_DEVICE,
                            "completed handlers of stream %u ran in another order than "
                            "their command buffers were committed",
                            stream);
    if (was_early)
        return mp_error_set(err, MP_DEVICE,
                            "a completed handler of stream %u ran while the status of "
                            "its command buffer was not completed",
                            stream);
    if (was_unscheduled)
        return mp_error_set(err, MP_DEVICE,
                            "a completed handler of stream %u ran before the scheduled "
                            "handler of its command buffer",
                            stream);
    return MP_OK;
}
