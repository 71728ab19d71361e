/* leak: threads make and release everything that a driver makes for its client, and the
 * driver's own counts must come back to what they were.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define PAUSE_NS    (2 * MP_CLOCK_NS_PER_MS)
#define PATIENCE_NS (5 * MP_CLOCK_NS_PER_S)
#define SETTLE      10 /* looks at a count that the driver's threads may still lower */

static const struct mp_option params[] = {
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("10", 1000000, "turns per thread: queue, buffers, pipeline and an op"),
    MP_PARAM_INT("n", "8", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_INT("slack", "1", 1, 1000000,
                 "things that may stay beyond what was there after a first turn, such as "
                 "a cache"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* What a driver counts: made so far less freed so far, or how many are there now. */
static const struct count {
    const char *what, *made, *freed;
} counts[] = {
    {"objects", "inits", "deallocs"},
    {"contexts", "contexts_live", NULL},
    {"contexts that it never frees", "contexts_leaked", NULL},
};

struct books {
    struct mp_shape shape;
    uint64_t before[MP_COUNT(counts)];
};

static uint64_t count_of(struct mp_device *device, const struct count *count) {
    /* What was freed first: what is made meanwhile counts as still there. */
    const uint64_t freed =
        count->freed ? device->ops->driver_count(device, count->freed) : 0;
    return device->ops->driver_count(device, count->made) - freed;
}

static enum mp_status do_turn(const struct mp_scenario_run *run, struct mp_worker *worker,
                              uint64_t salt, struct mp_error *err) {
    const struct books *books = run->state;
    const unsigned index = MP_STREAMS_MAX + worker->index;
    struct mp_device_stream *stream = NULL;
    struct mp_lone_op lone = {.device = NULL};
    enum mp_status status = MP_OK;
    if (run->device->ops->kernel_churn)
        status = mp_device_kernel_churn(worker, run->device, books->shape.kernel,
                                        books->shape.group, err);
    if (status == MP_OK)
        status = mp_device_stream_create(worker, run->device, index, &stream, err);
    if (status == MP_OK)
        status = mp_lone_op_create(worker, run->device, &books->shape, salt, &lone, err);
    if (status == MP_OK)
        status = mp_lone_op_run(worker, &lone, stream, index, err);
    if (status == MP_TIMEOUT)
        return status; /* still in use */
    if (status == MP_OK)
        mp_lone_op_check(worker, &lone);
    mp_lone_stream_destroy(worker, run->device, stream);
    mp_lone_op_destroy(&lone);
    return status;
}

/* The first turn fills what the driver keeps for good. */
static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct mp_device *device = run->device;
    if (device->ops->driver_count(device, counts[0].made) == 0)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s does not count what it makes, so a leak of it "
                            "would go unseen",
                            device->ops->name);
    struct books *books = mp_memory_zeroed(1, sizeof(*books));
    run->state = books;
    mp_shape_mm(n, n, n, &books->shape);
    enum mp_status status =
        device->ops->kernel_load(device, books->shape.kernel, books->shape.group, err);
    if (status == MP_OK)
        status = do_turn(run, worker, worker->seed, err);
    for (size_t i = 0; i < MP_COUNT(counts); i++) {
        books->before[i] = UINT64_MAX;
        for (int look = 0; look < SETTLE; look++) {
            const uint64_t now = count_of(device, &counts[i]);
            if (now < books->before[i])
                books->before[i] = now;
            mp_clock_sleep_ns(PAUSE_NS / SETTLE);
        }
    }
    if (status != MP_OK) {
        free(books);
        run->state = NULL;
    }
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer + 1;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0; status == MP_OK && i < iters; i++)
        status = do_turn(run, worker, mp_rng_hash(worker->seed, i), err);
    return status;
}

static enum mp_status verify_count(const struct mp_scenario_run *run,
                                   const struct count *count, uint64_t before,
                                   struct mp_error *err) {
    const uint64_t slack = (uint64_t)mp_option_get(run->params, "slack")->integer;
    const uint64_t turns = ops_planned(run) - 1;
    const uint64_t deadline_ns = mp_clock_now_ns() + PATIENCE_NS;
    uint64_t now = count_of(run->device, count);
    while (now > before + slack && mp_clock_now_ns() < deadline_ns) {
        mp_clock_sleep_ns(PAUSE_NS); /* the driver's threads may be at it */
        now = count_of(run->device, count);
    }
    if (now <= before + slack)
        return MP_OK;
    return mp_error_set(err, MP_DEVICE,
                        "%" PRIu64 " of the driver's %s are left after %" PRIu64
                        " turns that released all they made: it had %" PRIu64
                        " before and has %" PRIu64 " now",
                        now - before, count->what, turns, before, now);
}

static enum mp_status verify(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct books *books = run->state;
    enum mp_status status = MP_OK;
    (void)worker;
    for (size_t i = 0; status == MP_OK && i < MP_COUNT(counts); i++)
        status = verify_count(run, &counts[i], books->before[i], err);
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)worker;
    free(run->state);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_leak = {
    .name = "leak",
    .summary = "everything made is released, and the driver's counts must come back",
    .hunts = "objects and contexts that a driver, or a fix in its place, keeps for ever",
    .how = "each thread makes a pipeline, a queue and buffers, does a checked op and "
           "releases all, over and over; at the end the driver's own counts are compared "
           "with those after a first turn",
    .hit = "more of the driver's objects or contexts than before, or a wrong result",
    .origin = "test_memory_leak of the destroyImpl investigation (encoders made and "
              "released, 3,620 each) and its fix v2.4NR, which released none",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .verify = verify,
    .tear_down = tear_down,
};
