/* event_mix: streams that wait for each other by events. The threads form a chain: each
 * adds its own numbers to what the one before it made, on a stream of its own, and no
 * thread waits for another but by an event, on the device or on the CPU. The last sum is
 * right only if every wait held.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/stream_order.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/shape.h"

#define LIMIT_MS    30000 /* of a wait that must succeed */
#define TOO_SOON_MS 1     /* of one that must not */
#define PAUSE_NS    UINT64_C(200000)
/* Every so many steps a thread also waits for a value that nobody signals. */
#define STEPS_PER_TIMEOUT 8

static const struct mp_option params[] = {
    MP_PARAM_THREADS("4", 2, 31),
    MP_PARAM_ITERS("20", 1000000, "steps per thread"),
    MP_PARAM_INT("n", "64", 1, 65536, "numbers of one step"),
    {.name = "wait",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHERE",
     .fallback = "device",
     .choices = "device|cpu",
     .meanings = "a command of the stream waits for the one before\n"
                 "the thread waits for the one before and then encodes",
     .help = "where a thread waits for the one before it"},
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* Of one worker. */
struct link {
    struct mp_device_buffer *own, *sum; /* what it adds, and where to */
    struct mp_device_event *done;       /* shared: steps that it has done */
    struct mp_device_event *inner;      /* not shared: between commands of its stream */
    atomic_uint_least64_t told;         /* steps of which a listener was told ... */
    atomic_bool told_wrong;             /* ... in order, each once */
};

struct chain {
    struct mp_shape shape;
    struct mp_device_buffer *first; /* what the first worker adds to */
    atomic_flag has_reported;
    struct link link[];
};

static float number_of(uint64_t seed, uint64_t step, size_t at) {
    return (float)(mp_rng_hash(seed + step, at) % 1024) / 64;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct chain *chain = run->state;
    const struct mp_device_ops *ops = run->device->ops;
    (void)worker;
    for (unsigned i = 0; chain && i < run->threads; i++) {
        struct link *link = &chain->link[i];
        if (link->own)
            ops->buffer_destroy(run->device, link->own);
        if (link->sum)
            ops->buffer_destroy(run->device, link->sum);
        if (link->done)
            ops->event->destroy(link->done);
        if (link->inner)
            ops->event->destroy(link->inner);
    }
    if (chain && chain->first)
        ops->buffer_destroy(run->device, chain->first);
    free(chain);
    run->state = NULL;
}

static enum mp_status make_link(const struct mp_scenario_run *run,
                                struct mp_worker *worker, unsigned thread,
                                struct mp_error *err) {
    struct chain *chain = run->state;
    struct link *link = &chain->link[thread - 1];
    const struct mp_event_ops *events = run->device->ops->event;
    const size_t bytes = chain->shape.length[0] * sizeof(float);
    enum mp_status status =
        mp_device_buffer_create(worker, run->device, bytes, &link->own, err);
    if (status == MP_OK)
        status = mp_device_buffer_create(worker, run->device, bytes, &link->sum, err);
    if (status == MP_OK)
        status = events->create(run->device, true, &link->done, err);
    if (status == MP_OK)
        status = events->create(run->device, false, &link->inner, err);
    if (status != MP_OK)
        return status;
    float *own = run->device->ops->buffer_contents(link->own);
    for (size_t k = 0; k < chain->shape.length[0]; k++)
        own[k] = number_of(mp_rng_hash(run->seed, thread), 0, k);
    return MP_OK;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    if (!run->device->ops->event)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no events: use metal or metal@model",
                            run->device->ops->name);
    if (mp_option_get(run->params, "share")->integer != MP_SHARE_THREAD ||
        mp_option_get(run->params, "streams")->integer <= (int64_t)run->threads)
        return mp_error_set(err, MP_USAGE,
                            "a stream that waits for its own signal would wait for ever: "
                            "%u threads need share=thread and streams=%u",
                            run->threads, run->threads + 1);
    enum mp_status status = mp_stream_check_calls(run->pool, err);
    if (status == MP_OK && mp_option_get(run->params, "wait")->integer == 0)
        status = mp_stream_check_waits(run->pool, run->threads, err);
    if (status != MP_OK)
        return status;
    struct chain *chain =
        mp_memory_zeroed(1, sizeof(*chain) + run->threads * sizeof(chain->link[0]));
    run->state = chain;
    atomic_flag_clear(&chain->has_reported);
    mp_shape_add((uint32_t)mp_option_get(run->params, "n")->integer, &chain->shape);
    status = run->device->ops->kernel_load(run->device, chain->shape.kernel,
                                           chain->shape.group, err);
    if (status == MP_OK)
        status = mp_device_buffer_create(worker, run->device,
                                         chain->shape.length[0] * sizeof(float),
                                         &chain->first, err);
    for (unsigned i = 1; status == MP_OK && i <= run->threads; i++)
        status = make_link(run, worker, i, err);
    if (status != MP_OK)
        tear_down(run, worker);
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

/* On a thread of the driver's. */
static void told(void *data, uint64_t value) {
    struct link *link = data;
    if (atomic_fetch_add(&link->told, 1) + 1 != value)
        atomic_store(&link->told_wrong, true);
}

/* Waits until nobody reads the worker's last sum any more, and makes this step's place
 * for a new one. */
static enum mp_status prepare(const struct mp_scenario_run *run, struct mp_worker *worker,
                              uint64_t step, struct mp_error *err) {
    struct chain *chain = run->state;
    const struct mp_device_ops *ops = run->device->ops;
    struct link *link = &chain->link[worker->index - 1];
    const size_t count = chain->shape.length[0];
    if (worker->index < run->threads) {
        enum mp_status status =
            mp_device_await(worker, run->device, chain->link[worker->index].done,
                            step - 1, LIMIT_MS, err);
        if (status != MP_OK)
            return status;
    }
    mp_check_poison(ops->buffer_contents(link->sum), count);
    if (worker->index == 1) {
        float *first = ops->buffer_contents(chain->first);
        for (size_t k = 0; k < count; k++)
            first[k] = number_of(run->seed, step, k);
    }
    return MP_OK;
}

/* The commands of one step: wait for the one before, add, and say so. */
static enum mp_status encode(const struct mp_scenario_run *run, struct mp_worker *worker,
                             uint64_t step, struct mp_error *err) {
    struct chain *chain = run->state;
    struct link *link = &chain->link[worker->index - 1];
    const bool is_first = worker->index == 1;
    struct link *before = is_first ? NULL : link - 1;
    const bool on_cpu = mp_option_get(run->params, "wait")->integer != 0;
    struct mp_op op = {
        .kernel = chain->shape.kernel,
        .constants = &chain->shape.constants,
        .buffer = {is_first ? chain->first : before->sum, link->own, link->sum}};
    enum mp_status status = MP_OK;
    memcpy(op.grid, chain->shape.grid, sizeof(op.grid));
    memcpy(op.group, chain->shape.group, sizeof(op.group));
    if (before && on_cpu)
        status = mp_device_await(worker, run->device, before->done, step, LIMIT_MS, err);
    else if (before)
        status = mp_stream_wait_for(worker, run->pool, before->done, step, err);
    if (status == MP_OK)
        status = mp_stream_encode(worker, run->pool, &op, err);
    if (status == MP_OK)
        status = mp_stream_signal(worker, run->pool, link->inner, step, err);
    if (status == MP_OK)
        status = mp_stream_wait_for(worker, run->pool, link->inner, step, err);
    if (status == MP_OK)
        status = mp_stream_signal(worker, run->pool, link->done, step, err);
    return status;
}

/* What the CPU sees of the worker's event after its step. */
static const char *check_event(const struct mp_scenario_run *run,
                               struct mp_worker *worker, uint64_t step) {
    const struct chain *chain = run->state;
    struct mp_device_event *done = chain->link[worker->index - 1].done;
    struct mp_error ignored;
    if (run->device->ops->event->value(done) != step)
        return "a signal of the stream has not reached the CPU when its buffer is "
               "complete";
    if (mp_device_await(worker, run->device, done, step, 0, &ignored) != MP_OK)
        return "a wait for a value that is reached timed out";
    if (step % STEPS_PER_TIMEOUT == 1 &&
        mp_device_await(worker, run->device, done, step + 1, TOO_SOON_MS, &ignored) !=
            MP_TIMEOUT)
        return "a wait for a value that nobody signals did not time out";
    return NULL;
}

static void check(const struct mp_scenario_run *run, struct mp_worker *worker,
                  uint64_t step) {
    struct chain *chain = run->state;
    const size_t count = chain->shape.length[0];
    const float *sum =
        run->device->ops->buffer_contents(chain->link[worker->index - 1].sum);
    const char *fault = check_event(run, worker, step);
    struct mp_check found = {0};
    for (size_t k = 0; k < count; k++) {
        float expected = number_of(run->seed, step, k);
        for (unsigned i = 1; i <= worker->index; i++)
            expected += number_of(mp_rng_hash(run->seed, i), 0, k);
        mp_check_compare(&sum[k], &expected, 1, 2, &chain->shape.tolerance, &found);
    }
    _Atomic uint64_t *counter = &worker->slot->ops_done;
    if (found.wrong > 0)
        counter = found.unwritten == found.compared ? &worker->slot->ops_dropped
                                                    : &worker->slot->ops_wrong;
    else if (fault)
        counter = &worker->slot->ops_wrong;
    if (fault && found.wrong == 0 && !atomic_flag_test_and_set(&chain->has_reported))
        snprintf(worker->page->message, sizeof(worker->page->message),
                 "thread %u, step %llu: %s", worker->index, (unsigned long long)step,
                 fault);
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* The listener is told of all steps, if late. */
static enum mp_status await_listener(const struct mp_scenario_run *run,
                                     const struct mp_worker *worker,
                                     struct mp_error *err) {
    struct chain *chain = run->state;
    struct link *link = &chain->link[worker->index - 1];
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    const uint64_t end_ns = mp_clock_now_ns() + LIMIT_MS * UINT64_C(1000000);
    while (atomic_load(&link->told) < iters && mp_clock_now_ns() < end_ns)
        mp_clock_sleep_ns(PAUSE_NS);
    if (atomic_load(&link->told) == iters && !atomic_load(&link->told_wrong))
        return MP_OK;
    return mp_error_set(err, MP_DEVICE,
                        "the listener of thread %u was told of %llu of %llu values%s",
                        worker->index, (unsigned long long)atomic_load(&link->told),
                        (unsigned long long)iters,
                        atomic_load(&link->told_wrong) ? ", and not in their order" : "");
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct chain *chain = run->state;
    const struct mp_event_ops *events = run->device->ops->event;
    struct link *link = &chain->link[worker->index - 1];
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t step = 1; status == MP_OK && step <= iters; step++) {
        events->notify(link->done, step, told, link);
        status = prepare(run, worker, step, err);
        if (status == MP_OK)
            status = encode(run, worker, step, err);
        if (status == MP_OK)
            status = mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            check(run, worker, step);
    }
    if (status == MP_OK)
        return await_listener(run, worker, err);
    events->set(link->done, UINT64_MAX); /* nobody waits for what will not come */
    return status;
}

const struct mp_scenario mp_scenario_event_mix = {
    .name = "event_mix",
    .summary = "streams that wait for each other by events, on the device and on the CPU",
    .hunts = "events that are lost, early or late; waits that do not time out; encoders "
             "that end when an event is encoded, under whoever uses them",
    .how =
        "a chain of threads, each on a stream of its own: wait for the event of the one "
        "before, add, signal; listeners are told of each value, and now and then a "
        "thread waits for a value that nobody signals",
    .hit = "wrong sums, a hang, a listener that is told twice or never",
    .origin = "MPSEvent of PyTorch and the fences of MLX; encoding an event finishes the "
              "buffer's encoder off any queue",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
