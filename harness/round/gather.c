/* The calls of a batching queue.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/gather.h"

#include "harness/base/clock.h"

static void enter(void *data) {
    struct mp_gather *gather = data;

    pthread_mutex_lock(gather->queue);
}

static void leave(void *data) {
    struct mp_gather *gather = data;

    pthread_mutex_unlock(gather->queue);
}

static enum mp_status encode(void *data, struct mp_worker *worker, const struct mp_op *op,
                             struct mp_error *err) {
    const struct mp_gather *gather = data;

    return mp_device_encode(worker, gather->device, gather->stream, 0, op, err);
}

static const struct mp_batch_calls *calls_of(struct mp_gather *gather,
                                             struct mp_batch_calls *calls);

static bool join(void *data, struct mp_worker *worker, const struct mp_batch_part *part,
                 size_t count, enum mp_status *ret_status, struct mp_error *err) {
    struct mp_gather *gather = data;
    struct mp_batch_calls calls;

    return mp_join_encode(&gather->join, worker, part, count, calls_of(gather, &calls),
                          ret_status, err);
}

static void part_results(void *data, struct mp_worker *worker,
                         const struct mp_batch_part *part, size_t count,
                         enum mp_status status) {
    struct mp_gather *gather = data;

    mp_join_end(&gather->join, worker, part, count, status);
}

static enum mp_status submit(void *data, struct mp_worker *worker, struct mp_error *err) {
    const struct mp_gather *gather = data;
    struct mp_device *device = gather->device;
    struct mp_device_stream *stream = gather->stream;
    enum mp_status status = mp_device_end(worker, device, stream, 0, err);

    if (status == MP_OK)
        status = mp_device_commit(worker, device, stream, 0, err);
    if (status == MP_OK)
        status = mp_device_wait(worker, device, stream, 0,
                                mp_clock_now_ns() + gather->wait_ns, err);
    return status;
}

static const struct mp_batch_calls *calls_of(struct mp_gather *gather,
                                             struct mp_batch_calls *calls) {
    *calls = (struct mp_batch_calls){.enter = enter,
                                     .encode = encode,
                                     .join = join,
                                     .part = part_results,
                                     .submit = submit,
                                     .leave = leave,
                                     .data = gather};
    return calls;
}

struct mp_batch *mp_gather_open(struct mp_gather *gather, unsigned limit) {
    struct mp_batch_calls calls;

    mp_join_init(&gather->join, gather->device);
    return mp_batch_create(limit, gather->wait_ns, calls_of(gather, &calls));
}

void mp_gather_close(struct mp_gather *gather) {
    mp_join_release(&gather->join);
}
