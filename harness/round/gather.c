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

struct mp_batch *mp_gather_open(struct mp_gather *gather, unsigned limit) {
    return mp_batch_create(limit, gather->wait_ns,
                           &(struct mp_batch_calls){.enter = enter,
                                                    .encode = encode,
                                                    .submit = submit,
                                                    .leave = leave,
                                                    .data = gather});
}
