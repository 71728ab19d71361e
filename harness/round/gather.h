/* What a batching queue of a stream pool does to the device: all that it gathers goes to
 * one stream.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_GATHER_H
#define MP_ROUND_GATHER_H

#include <pthread.h>

#include "harness/round/join.h"

struct mp_gather {
    struct mp_device *device;
    struct mp_device_stream *stream; /* number 0 of the pool */
    /* The stream's serial queue, held over a whole group: a thread that synchronizes
     * every stream of the pool ends and commits there as well. */
    pthread_mutex_t *queue;
    uint64_t wait_ns;
    struct mp_join join;
};

/* A queue that takes up to `limit` requests at once. `gather` is borrowed until the queue
 * is destroyed. */
struct mp_batch *mp_gather_open(struct mp_gather *gather, unsigned limit);
/* After the queue and the streams were destroyed, and before the device is closed. */
void mp_gather_close(struct mp_gather *gather);

#endif
