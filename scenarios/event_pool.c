/* event_pool: events that are taken from a pool, recorded on a stream, asked for the time
 * between them, given back and used again by another thread, as PyTorch's MPSEventPool
 * has it: an event's number goes on over its uses, and its time is taken when a listener
 * is told.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/stream_order.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define LIMIT_MS 30000
#define PAUSE_NS UINT64_C(100000)
#define EVENTS   2 /* of one measurement: before and after */

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 31),
    MP_PARAM_ITERS("20", 1000000, "measurements per thread"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("ops", "2", 1, 16, "ops between two events"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* One event of the pool. Used by one thread at a time; the listener's calls come from
 * another. */
struct entry {
    struct mp_device_event *event;
    uint64_t value;             /* of the last use */
    atomic_uint_least64_t told; /* value and time that the listener was told last */
    atomic_uint_least64_t at_ns;
    struct entry *next;
};

struct event_pool {
    pthread_mutex_t lock; /* guards `free` */
    struct entry *free;
    struct entry *entry;
    unsigned count;
    struct mp_lone_op *op; /* of each worker */
    atomic_flag has_reported;
};

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct event_pool *pool = run->state;
    (void)worker;
    if (!pool)
        return;
    for (unsigned i = 0; i < pool->count; i++)
        if (pool->entry[i].event)
            run->device->ops->event->destroy(pool->entry[i].event);
    for (unsigned i = 0; i < run->threads; i++)
        mp_lone_op_destroy(&pool->op[i]);
    pthread_mutex_destroy(&pool->lock);
    free(pool->entry);
    free(pool->op);
    free(pool);
    run->state = NULL;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    const struct mp_device_ops *ops = run->device->ops;
    struct mp_shape shape;
    if (!ops->event)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no events: use metal or metal@model",
                            ops->name);
    enum mp_status status = mp_stream_check_calls(run->pool, err);
    if (status != MP_OK)
        return status;
    struct event_pool *pool = mp_memory_zeroed(1, sizeof(*pool));
    run->state = pool;
    pthread_mutex_init(&pool->lock, NULL);
    atomic_flag_clear(&pool->has_reported);
    pool->count = EVENTS * run->threads;
    pool->entry = mp_memory_zeroed(pool->count, sizeof(*pool->entry));
    pool->op = mp_memory_zeroed(run->threads, sizeof(*pool->op));
    mp_shape_mm(n, n, n, &shape);
    status = ops->kernel_load(run->device, shape.kernel, shape.group, err);
    for (unsigned i = 0; status == MP_OK && i < pool->count; i++) {
        status = ops->event->create(run->device, true, &pool->entry[i].event, err);
        pool->entry[i].next = pool->free;
        pool->free = &pool->entry[i];
    }
    for (unsigned i = 0; status == MP_OK && i < run->threads; i++)
        status = mp_lone_op_create(worker, run->device, &shape,
                                   mp_rng_hash(run->seed, i + 1), &pool->op[i], err);
    if (status != MP_OK)
        tear_down(run, worker);
    return status;
}

static uint64_t ops_of(const struct mp_scenario_run *run) {
    return (uint64_t)mp_option_get(run->params, "ops")->integer;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer *
           ops_of(run);
}

/* There are enough for all threads. */
static struct entry *acquire(struct event_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    struct entry *entry = pool->free;
    pool->free = entry->next;
    pthread_mutex_unlock(&pool->lock);
    return entry;
}

static void release(struct event_pool *pool, struct entry *entry) {
    pthread_mutex_lock(&pool->lock);
    entry->next = pool->free;
    pool->free = entry;
    pthread_mutex_unlock(&pool->lock);
}

/* On a thread of the driver's. */
static void told(void *data, uint64_t value) {
    struct entry *entry = data;
    atomic_store(&entry->at_ns, mp_clock_now_ns());
    atomic_store(&entry->told, value);
}

static enum mp_status record(const struct mp_scenario_run *run, struct mp_worker *worker,
                             struct entry *entry, struct mp_error *err) {
    entry->value++;
    run->device->ops->event->notify(entry->event, entry->value, told, entry);
    return mp_stream_signal(worker, run->pool, entry->event, entry->value, err);
}

/* Until the listener has been told; MP_DEVICE: it was not. */
static enum mp_status await_time(const struct entry *entry, const char *name,
                                 struct mp_error *err) {
    const uint64_t end_ns = mp_clock_now_ns() + LIMIT_MS * UINT64_C(1000000);
    while (atomic_load(&entry->told) != entry->value && mp_clock_now_ns() < end_ns)
        mp_clock_sleep_ns(PAUSE_NS);
    if (atomic_load(&entry->told) == entry->value)
        return MP_OK;
    return mp_error_set(err, MP_DEVICE,
                        "the listener of the %s event was not told of value %llu, but "
                        "last of %llu",
                        name, (unsigned long long)entry->value,
                        (unsigned long long)atomic_load(&entry->told));
}

/* What is wrong with two events between which ops ran; NULL: nothing. */
static const char *check_pair(const struct mp_scenario_run *run, const struct entry *from,
                              const struct entry *to, uint64_t begin_ns) {
    const struct mp_event_ops *events = run->device->ops->event;
    if (events->value(from->event) != from->value ||
        events->value(to->event) != to->value)
        return "an event of the pool has another value than it was recorded with";
    /* Listeners are told side by side, so the two times may be in any order. */
    if (atomic_load(&from->at_ns) < begin_ns || atomic_load(&to->at_ns) < begin_ns)
        return "a listener was told of an event before that was recorded";
    return NULL;
}

/* Whether no other thread commits what this one encodes. */
static bool is_alone(const struct mp_scenario_run *run) {
    return mp_option_get(run->params, "share")->integer == MP_SHARE_THREAD &&
           mp_option_get(run->params, "streams")->integer > (int64_t)run->threads;
}

/* Records, works, records; *ret_fault says what was wrong with the events. */
static enum mp_status measure(const struct mp_scenario_run *run, struct mp_worker *worker,
                              struct entry *from, struct entry *to,
                              const char **ret_fault, struct mp_error *err) {
    struct event_pool *pool = run->state;
    const struct mp_event_ops *events = run->device->ops->event;
    const struct mp_op *op = &pool->op[worker->index - 1].op;
    const uint64_t begin_ns = mp_clock_now_ns();
    enum mp_status status = record(run, worker, from, err);
    for (uint64_t i = 0; status == MP_OK && i < ops_of(run); i++)
        status = mp_stream_encode(worker, run->pool, op, err);
    if (status == MP_OK)
        status = record(run, worker, to, err);
    if (status != MP_OK)
        return status;
    /* Nothing of it is committed: on a stream of its own no use shows yet. */
    if (is_alone(run) && events->value(to->event) >= to->value)
        *ret_fault = "an event shows a value that was never committed";
    status = mp_stream_synchronize(worker, run->pool, err);
    if (status == MP_OK)
        status =
            mp_device_await(worker, run->device, to->event, to->value, LIMIT_MS, err);
    if (status == MP_OK)
        status = await_time(from, "first", err);
    if (status == MP_OK)
        status = await_time(to, "second", err);
    if (status == MP_OK && !*ret_fault)
        *ret_fault = check_pair(run, from, to, begin_ns);
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct event_pool *pool = run->state;
    struct mp_lone_op *op = &pool->op[worker->index - 1];
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (int64_t i = 0; status == MP_OK && i < iters; i++) {
        struct entry *from = acquire(pool), *to = acquire(pool);
        const char *fault = NULL;
        mp_check_poison(run->device->ops->buffer_contents(op->buffer[op->shape.inputs]),
                        op->shape.length[op->shape.inputs]);
        status = measure(run, worker, from, to, &fault, err);
        for (uint64_t k = fault ? 1 : 0; status == MP_OK && k < ops_of(run); k++)
            mp_lone_op_check(worker, op);
        if (status == MP_OK && fault) {
            if (!atomic_flag_test_and_set(&pool->has_reported))
                snprintf(worker->page->message, sizeof(worker->page->message),
                         "thread %u, measurement %lld: %s", worker->index, (long long)i,
                         fault);
            atomic_fetch_add(&worker->slot->ops_wrong, 1);
        }
        if (status == MP_OK) { /* else a listener may still be told */
            release(pool, to);
            release(pool, from);
        }
    }
    return status;
}

const struct mp_scenario mp_scenario_event_pool = {
    .name = "event_pool",
    .summary = "events of a pool: recorded, measured between, and used again",
    .hunts =
        "events that keep something of their last use, listeners that are told too early or never",
    .how = "each thread takes two events of one pool, records one before its ops and one "
           "after them, waits, takes the time between and gives both back for others",
    .hit =
        "wrong numbers, a value that was never committed, a time from before the measurement, a hang",
    .origin = "torch.mps.Event and PyTorch's MPSEventPool",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
