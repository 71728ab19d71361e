/* A batching queue: what the threads of a round ask for is gathered into one submission.
 * A thread's ops wait in its request until it synchronizes; the thread that finds nobody
 * gathering leads: it waits a short time for the requests of others, as many as the queue
 * takes, submits them together, waits, and tells each thread what became of its own.
 * There is no thread of the queue's own, so nothing is left to shut down.
 *
 * Source of the pattern: BatchQueue of the destroyImpl investigation, where a thread
 * gathers requests up to a number or a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_BATCH_H
#define MP_ROUND_BATCH_H

#include "harness/round/device.h"

/* How long a leader waits for others. */
#define MP_BATCH_GATHER_NS UINT64_C(1000000)

struct mp_batch;

/* An op of a request, whose constants are kept beside it. */
struct mp_batch_item {
    struct mp_op op;
    unsigned char constants[MP_OP_CONSTANTS_MAX];
};

/* The ops of one request. */
struct mp_batch_part {
    struct mp_batch_item *item;
    size_t count;
};

/* What the queue does to the device, with a group of requests. */
struct mp_batch_calls {
    /* Around all calls for one group: what `enter` keeps out until `leave` does not come
     * between two of them. */
    void (*enter)(void *data);
    /* Encodes one op. An error is of the request that the op belongs to. */
    enum mp_status (*encode)(void *data, struct mp_worker *worker, const struct mp_op *op,
                             struct mp_error *err);
    /* Optional. Encodes all requests of a group together. False: it cannot, and did
     * nothing; each op is encoded then. An error is of the whole group. */
    bool (*join)(void *data, struct mp_worker *worker, const struct mp_batch_part *part,
                 size_t count, enum mp_status *ret_status, struct mp_error *err);
    /* The group that was joined was submitted, with this status. */
    void (*part)(void *data, struct mp_worker *worker, const struct mp_batch_part *part,
                 size_t count, enum mp_status status);
    /* Submits what was encoded, and waits for it. An error is of the whole group. */
    enum mp_status (*submit)(void *data, struct mp_worker *worker, struct mp_error *err);
    void (*leave)(void *data);
    void *data;
};

/* A queue that takes up to `limit` requests at once; a request that is not answered
 * within `patience_ns` is an error of its thread's. `calls` is copied. */
struct mp_batch *mp_batch_create(unsigned limit, uint64_t patience_ns,
                                 const struct mp_batch_calls *calls);
/* Nobody may be waiting any more. NULL is fine. */
void mp_batch_destroy(struct mp_batch *batch);

/* Adds an op to the worker's request; its constants are copied. */
void mp_batch_add(struct mp_batch *batch, const struct mp_worker *worker,
                  const struct mp_op *op);
/* Hands the worker's request in and waits until it was answered: what the device said to
 * it, or to the group that it was part of. */
enum mp_status mp_batch_flush(struct mp_batch *batch, struct mp_worker *worker,
                              struct mp_error *err);

#endif
