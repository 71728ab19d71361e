/* The stream pool. Decides when and under which locks a thread may call the device;
 * contains nothing specific to one device.
 *
 * Order of locks, outermost first: the arm's over a whole op, a stream's `queue`, the
 * arm's over a single call. A round has one arm, so at most one of the arm's is taken. No
 * thread ever holds locks of two streams, and the gate waits before the first lock is
 * taken: so no arm can deadlock.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/stream.h"

#include <pthread.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/gate.h"

struct stream {
    struct mp_device_stream *device_stream;
    pthread_mutex_t queue; /* the serial queue, as dispatch_sync has it */
    pthread_mutex_t arm;   /* for arms that lock per stream */
    struct mp_gate gate;
};

struct mp_stream_pool {
    struct mp_device *device;
    struct mp_stream_policy policy;
    pthread_mutex_t arm; /* for arms that lock the round */
    atomic_uint hostile; /* syncs that the gate decided to be hostile */
    unsigned count;      /* streams created */
    struct stream stream[MP_STREAMS_MAX];
};

enum mp_status mp_stream_pool_create(struct mp_worker *worker, struct mp_device *device,
                                     const struct mp_stream_policy *policy,
                                     struct mp_stream_pool **ret_pool,
                                     struct mp_error *err) {
    struct mp_stream_pool *pool;
    enum mp_status status;

    if (policy->streams < 1 || policy->streams > MP_STREAMS_MAX)
        return mp_error_set(err, MP_LIMIT, "a pool has 1 to %d streams, not %u",
                            MP_STREAMS_MAX, policy->streams);
    if (policy->sync_off_queue && !(device->ops->capabilities & MP_CAP_OFF_QUEUE_SYNC))
        return mp_error_set(
            err, MP_UNSUPPORTED,
            "device %s cannot commit from a thread that does not encode, which "
            "sync=off_queue asks for",
            device->ops->name);
    pool = mp_memory_zeroed(1, sizeof(*pool));
    pool->device = device;
    pool->policy = *policy;
    pthread_mutex_init(&pool->arm, NULL);
    for (unsigned i = 0; i < policy->streams; i++) {
        struct stream *stream = &pool->stream[i];

        status = mp_device_stream_create(worker, device, i, &stream->device_stream, err);
        if (status != MP_OK) {
            mp_error_prefix(err, "stream %u of %u", i, policy->streams);
            mp_stream_pool_destroy(pool);
            return status;
        }
        pthread_mutex_init(&stream->queue, NULL);
        pthread_mutex_init(&stream->arm, NULL);
        pool->count = i + 1;
    }
    *ret_pool = pool;
    return MP_OK;
}

void mp_stream_pool_destroy(struct mp_stream_pool *pool) {
    for (unsigned i = 0; i < pool->count; i++) {
        struct stream *stream = &pool->stream[i];

        pool->device->ops->stream_destroy(pool->device, stream->device_stream);
        pthread_mutex_destroy(&stream->arm);
        pthread_mutex_destroy(&stream->queue);
    }
    pthread_mutex_destroy(&pool->arm);
    free(pool);
}

unsigned mp_stream_index(const struct mp_stream_pool *pool,
                         const struct mp_worker *worker) {
    if (pool->policy.share == MP_SHARE_ALL || pool->policy.streams == 1 ||
        worker->index == 0)
        return 0;
    return 1 + (worker->index - 1) % (pool->policy.streams - 1);
}

/* The arm's lock, if it has one over `span`; else NULL. */
static pthread_mutex_t *arm_lock(struct mp_stream_pool *pool, struct stream *stream,
                                 enum mp_arm_span span) {
    const struct mp_arm *arm = pool->policy.arm;

    if (arm->lock == MP_ARM_LOCK_NONE || arm->span != span)
        return NULL;
    return arm->lock == MP_ARM_LOCK_ROUND ? &pool->arm : &stream->arm;
}

static void lock(pthread_mutex_t *mutex) {
    if (mutex)
        pthread_mutex_lock(mutex);
}

static void unlock(pthread_mutex_t *mutex) {
    if (mutex)
        pthread_mutex_unlock(mutex);
}

/* One op being encoded, a possible victim of the gate. */
struct passage {
    struct mp_gate *gate;
    enum mp_op_point point; /* where it may be held */
};

static void reach_point(void *data, enum mp_op_point point) {
    const struct passage *passage = data;

    if (point == passage->point)
        mp_gate_hold(passage->gate);
}

enum mp_status mp_stream_encode(struct mp_worker *worker, struct mp_stream_pool *pool,
                                const struct mp_op *asked, struct mp_error *err) {
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    struct passage passage = {.gate = &stream->gate};
    struct mp_op victim;
    const struct mp_op *op = asked;
    pthread_mutex_t *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP);
    pthread_mutex_t *over_call = arm_lock(pool, stream, MP_ARM_OVER_CALL);
    enum mp_status status;

    if (pool->policy.sync_off_queue && pool->policy.hostile > 0) {
        uint64_t number =
            atomic_load_explicit(&worker->slot->ops_started, memory_order_relaxed);

        passage.point =
            (enum mp_op_point)(mp_rng_hash(worker->seed, number) % MP_OP_POINTS);
        victim = *asked;
        victim.at_point = reach_point;
        victim.point_data = &passage;
        op = &victim;
    }

    lock(over_op);
    lock(&stream->queue);
    lock(over_call);
    status =
        mp_device_encode(worker, pool->device, stream->device_stream, index, op, err);
    unlock(over_call);
    unlock(&stream->queue);
    unlock(over_op);
    return status;
}

/* Ends without a commit. A hostile end counts only if it lands inside an encoding with
 * every lock taken. */
static enum mp_status end_encoder(struct mp_worker *worker, struct mp_stream_pool *pool,
                                  unsigned index, bool is_hostile, struct mp_error *err) {
    struct stream *stream = &pool->stream[index];
    pthread_mutex_t *over_call = arm_lock(pool, stream, MP_ARM_OVER_CALL);
    enum mp_status status;

    lock(over_call);
    if (is_hostile && mp_recorder_other_encodes(worker))
        atomic_fetch_add_explicit(&worker->page->hostile_syncs, 1, memory_order_relaxed);
    status = mp_device_end(worker, pool->device, stream->device_stream, index, err);
    unlock(over_call);
    return status;
}

static enum mp_status commit(struct mp_worker *worker, struct mp_stream_pool *pool,
                             unsigned index, struct mp_error *err) {
    struct stream *stream = &pool->stream[index];
    pthread_mutex_t *over_call = arm_lock(pool, stream, MP_ARM_OVER_CALL);
    enum mp_status status;

    lock(over_call);
    status = mp_device_commit(worker, pool->device, stream->device_stream, index, err);
    unlock(over_call);
    return status;
}

enum mp_status mp_stream_end(struct mp_worker *worker, struct mp_stream_pool *pool,
                             struct mp_error *err) {
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    pthread_mutex_t *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP);
    enum mp_status status;

    lock(over_op);
    lock(&stream->queue);
    status = end_encoder(worker, pool, index, false, err);
    unlock(&stream->queue);
    unlock(over_op);
    return status;
}

enum mp_status mp_stream_synchronize(struct mp_worker *worker,
                                     struct mp_stream_pool *pool, struct mp_error *err) {
    const struct mp_stream_policy *policy = &pool->policy;
    unsigned index = mp_stream_index(pool, worker);
    struct stream *stream = &pool->stream[index];
    uint64_t number = worker->sync_count++;
    bool is_hostile =
        policy->sync_off_queue &&
        mp_gate_is_hostile(policy->seed, worker->index, number, policy->hostile);
    bool on_queue = !is_hostile || policy->arm->sync_on_queue;
    pthread_mutex_t *over_op = arm_lock(pool, stream, MP_ARM_OVER_OP);
    pthread_mutex_t *queue = on_queue ? &stream->queue : NULL;
    /* A victim is not held for a sync that the arm keeps from landing. */
    bool can_land = is_hostile && policy->arm->admits_hostile;
    enum mp_status status;

    if (is_hostile) {
        atomic_fetch_add_explicit(&pool->hostile, 1, memory_order_relaxed);
        mp_gate_wait(&stream->gate, worker, index, number);
        if (!can_land)
            mp_gate_pass(&stream->gate);
    }
    lock(over_op);
    lock(queue);
    status = end_encoder(worker, pool, index, is_hostile, err);
    if (status == MP_OK)
        status = commit(worker, pool, index, err);
    if (can_land)
        mp_gate_pass(&stream->gate);
    if (status == MP_OK)
        status = mp_device_wait(worker, pool->device, stream->device_stream, index,
                                mp_clock_now_ns() + policy->wait_ns, err);
    unlock(queue);
    unlock(over_op);
    return status;
}

bool mp_stream_pool_was_polite(const struct mp_stream_pool *pool) {
    bool is_shared = pool->policy.share == MP_SHARE_ALL || pool->policy.streams <= 2;

    return is_shared && pool->policy.sync_off_queue &&
           atomic_load_explicit(&pool->hostile, memory_order_relaxed) == 0;
}

uint64_t mp_stream_pool_ops_executed(const struct mp_stream_pool *pool) {
    uint64_t total = 0;

    for (unsigned i = 0; i < pool->count; i++)
        total += pool->device->ops->ops_executed(pool->stream[i].device_stream);
    return total;
}
