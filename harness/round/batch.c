/* The batching queue. One lock guards all requests; it is not held while the device
 * works.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/batch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/round/arm_lock.h"

#define NS_PER_S UINT64_C(1000000000)
/* A condition has no monotonic clock on every system, so that deadlines are looked at,
 * not slept to. */
#define LOOK_NS UINT64_C(200000)

enum request_state {
    IDLE,    /* ops are added to it */
    WAITING, /* in the queue */
    TAKEN,   /* by a leader */
    ANSWERED
};

/* Of one thread. The ops are touched by the thread, and by the leader that took it. */
struct request {
    enum request_state state;
    struct mp_batch_item *item;
    size_t count, room;
    enum mp_status status;
    struct mp_error err;
    struct request *next; /* in the queue */
    bool is_given_up;     /* by its thread, which waited too long; never used again */
};

struct mp_batch {
    struct mp_batch_calls calls;
    unsigned limit;
    uint64_t patience_ns;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool has_leader; /* somebody gathers ... */
    bool is_busy;    /* ... and somebody, perhaps another, has a group at the device */
    unsigned waiting;
    struct request *first, **last;
    struct request request[MP_PAGE_THREADS_MAX]; /* by the index of the worker */
};

struct mp_batch *mp_batch_create(unsigned limit, uint64_t patience_ns,
                                 const struct mp_batch_calls *calls) {
    struct mp_batch *batch = mp_memory_zeroed(1, sizeof(*batch));

    batch->calls = *calls;
    batch->limit = limit;
    batch->patience_ns = patience_ns;
    batch->last = &batch->first;
    pthread_mutex_init(&batch->lock, NULL);
    pthread_cond_init(&batch->changed, NULL);
    return batch;
}

void mp_batch_destroy(struct mp_batch *batch) {
    if (!batch)
        return;
    for (size_t i = 0; i < MP_PAGE_THREADS_MAX; i++)
        free(batch->request[i].item);
    pthread_cond_destroy(&batch->changed);
    pthread_mutex_destroy(&batch->lock);
    free(batch);
}

void mp_batch_add(struct mp_batch *batch, const struct mp_worker *worker,
                  const struct mp_op *op) {
    struct request *request = &batch->request[worker->index];
    struct mp_batch_item *item;

    if (request->is_given_up)
        return;
    if (request->count == request->room) {
        request->room = request->room > 0 ? 2 * request->room : 8;
        request->item =
            mp_memory_resize(request->item, request->room, sizeof(*request->item));
    }
    item = &request->item[request->count++];
    item->op = *op;
    if (op->kernel->constants_len > 0)
        memcpy(item->constants, op->constants, op->kernel->constants_len);
}

static void sleep_locked(struct mp_batch *batch) {
    struct timespec until;
    uint64_t ns;

    clock_gettime(CLOCK_REALTIME, &until);
    ns = (uint64_t)until.tv_nsec + LOOK_NS;
    until.tv_sec += (time_t)(ns / NS_PER_S);
    until.tv_nsec = (long)(ns % NS_PER_S);
    pthread_cond_timedwait(&batch->changed, &batch->lock, &until);
}

/* Takes the oldest requests out of the queue, as a list. Lock held. */
static struct request *take_group(struct mp_batch *batch) {
    struct request *group = batch->first, **end = &group;

    for (unsigned i = 0; i < batch->limit && *end; i++) {
        (*end)->state = TAKEN;
        end = &(*end)->next;
        batch->waiting--;
    }
    batch->first = *end;
    *end = NULL;
    if (!batch->first)
        batch->last = &batch->first;
    return group;
}

static void encode_one(struct mp_batch *batch, struct request *request,
                       struct mp_worker *worker) {
    for (size_t i = 0; request->status == MP_OK && i < request->count; i++) {
        struct mp_batch_item *item = &request->item[i];

        item->op.constants = item->constants;
        request->status =
            batch->calls.encode(batch->calls.data, worker, &item->op, &request->err);
    }
}

/* Encodes all of a group and submits it. No lock is held. */
static void run_group(struct mp_batch *batch, struct request *group,
                      struct mp_worker *worker) {
    struct mp_batch_part part[MP_PAGE_THREADS_MAX];
    struct mp_error err = {""}, ignored;
    enum mp_status status = MP_OK, submitted;
    size_t count = 0;
    bool is_joined;

    for (struct request *request = group; request; request = request->next) {
        request->status = MP_OK;
        part[count++] = (struct mp_batch_part){request->item, request->count};
    }
    batch->calls.enter(batch->calls.data);
    is_joined = batch->calls.join &&
                batch->calls.join(batch->calls.data, worker, part, count, &status, &err);
    for (struct request *request = group; request && !is_joined; request = request->next)
        encode_one(batch, request, worker);
    submitted =
        batch->calls.submit(batch->calls.data, worker, status == MP_OK ? &err : &ignored);
    if (status == MP_OK)
        status = submitted;
    if (is_joined)
        batch->calls.part(batch->calls.data, worker, part, count, status);
    batch->calls.leave(batch->calls.data);
    for (struct request *request = group; request && status != MP_OK;
         request = request->next)
        if (request->status == MP_OK) {
            request->status = status;
            request->err = err;
        }
}

/* Waits for the requests of others, and for the group before. False: that did not end in
 * time. Lock held. */
static bool gather(struct mp_batch *batch, uint64_t deadline_ns) {
    uint64_t enough_ns = mp_clock_now_ns() + MP_BATCH_GATHER_NS;

    batch->has_leader = true;
    while ((batch->is_busy && mp_clock_now_ns() < deadline_ns) ||
           (batch->waiting < batch->limit && mp_clock_now_ns() < enough_ns))
        sleep_locked(batch);
    batch->has_leader = false; /* the next group may gather meanwhile */
    return !batch->is_busy;
}

/* Submits a group and answers it; it may do without the leader's own request if older
 * ones fill it. Lock held, but for the work. */
static void lead(struct mp_batch *batch, struct mp_worker *worker, uint64_t deadline_ns) {
    struct request *group;
    unsigned size = 0;

    if (!gather(batch, deadline_ns))
        return;
    group = take_group(batch);
    batch->is_busy = true;
    pthread_cond_broadcast(&batch->changed);
    pthread_mutex_unlock(&batch->lock);

    run_group(batch, group, worker);
    pthread_mutex_lock(&batch->lock);
    batch->is_busy = false;
    while (group) {
        struct request *next = group->next;

        group->state = ANSWERED;
        group = next;
        size++;
    }
    pthread_cond_broadcast(&batch->changed);
    mp_recorder_count(worker, MP_FIGURE_ARM_GROUPS, 1);
    mp_recorder_raise(worker, MP_FIGURE_ARM_PEAK, size);
}

enum mp_status mp_batch_flush(struct mp_batch *batch, struct mp_worker *worker,
                              struct mp_error *err) {
    struct request *request = &batch->request[worker->index];
    uint64_t deadline_ns = mp_clock_now_ns() + batch->patience_ns;
    bool has_led = false;
    enum mp_status status;

    if (request->is_given_up)
        return mp_error_set(err, MP_TIMEOUT, "an earlier request was not answered");
    if (request->count == 0)
        return MP_OK;
    pthread_mutex_lock(&batch->lock);
    request->state = WAITING;
    request->next = NULL;
    *batch->last = request;
    batch->last = &request->next;
    batch->waiting++;
    pthread_cond_broadcast(&batch->changed);
    while (request->state != ANSWERED && mp_clock_now_ns() < deadline_ns) {
        has_led |= !batch->has_leader && request->state == WAITING;
        if (!batch->has_leader && request->state == WAITING)
            lead(batch, worker, deadline_ns);
        else
            sleep_locked(batch);
    }
    request->is_given_up = request->state != ANSWERED;
    if (request->is_given_up) {
        status = mp_error_set(err, MP_TIMEOUT,
                              "the batch queue did not answer in time: the thread that "
                              "leads it is stuck in the driver");
    } else {
        status = request->status;
        *err = request->err;
        request->state = IDLE;
        request->count = 0;
    }
    pthread_mutex_unlock(&batch->lock);
    mp_recorder_count(worker, MP_FIGURE_ARM_PASSES, 1);
    if (!has_led)
        mp_recorder_count(worker, MP_FIGURE_ARM_WAITS, 1);
    return status;
}
