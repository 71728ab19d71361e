/* queue_churn: queues are made on all threads until the driver refuses one or the thread
 * has as many as asked for; they are used and released; again. A driver may have a limit;
 * what was released must come back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define PAUSE_NS    (MP_CLOCK_NS_PER_MS / 2)
#define PATIENCE_NS (10 * MP_CLOCK_NS_PER_S)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("4", 1, 64),
    MP_PARAM_ITERS("8", 1000000, "turns per thread, each with an op on a new queue"),
    MP_PARAM_INT("n", "8", 1, 128, "rows and columns of the matrices"),
    MP_PARAM_INT("queues", "8", 1, 100000,
                 "queues that a thread holds at once, unless one is refused before"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct churn {
    atomic_llong held;  /* queues that threads have or ask for, those of the pool aside */
    atomic_ullong made; /* so far */
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    (void)worker;
    return mp_lone_op_set_up(run, sizeof(struct churn), err);
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static void release(const struct mp_scenario_run *run, struct mp_worker *worker,
                    struct mp_device_stream *stream) {
    struct churn *churn = run->state;
    mp_lone_stream_destroy(worker, run->device, stream);
    atomic_fetch_sub(&churn->held, 1);
}

static enum mp_status take(const struct mp_scenario_run *run, struct mp_worker *worker,
                           struct mp_device_stream **ret_stream, struct mp_error *err) {
    struct churn *churn = run->state;
    atomic_fetch_add(&churn->held, 1);
    const enum mp_status status = mp_device_stream_create(
        worker, run->device, MP_STREAMS_MAX + worker->index, ret_stream, err);
    if (status == MP_OK)
        atomic_fetch_add(&churn->made, 1);
    else
        atomic_fetch_sub(&churn->held, 1);
    return status;
}

/* Takes one queue while this thread holds none. Refusals are the driver's right as long
 * as other threads hold some. */
static enum mp_status take_first(const struct mp_scenario_run *run,
                                 struct mp_worker *worker,
                                 struct mp_device_stream **ret_stream,
                                 struct mp_error *err) {
    struct churn *churn = run->state;
    const uint64_t deadline_ns = mp_clock_now_ns() + PATIENCE_NS;
    struct mp_error reason = {""};
    bool is_alone; /* nobody had one from before the attempt until after it */
    enum mp_status status;
    for (;;) {
        const unsigned long long made = atomic_load(&churn->made);
        is_alone = atomic_load(&churn->held) == 0;
        status = take(run, worker, ret_stream, &reason);
        is_alone = is_alone && atomic_load(&churn->held) == 0 &&
                   atomic_load(&churn->made) == made;
        if (status == MP_OK || is_alone || mp_clock_now_ns() >= deadline_ns)
            break;
        mp_clock_sleep_ns(PAUSE_NS);
    }
    if (status == MP_OK)
        return MP_OK;
    return mp_error_set(err, MP_DEVICE,
                        "the driver makes no more queues after %llu that were made and "
                        "released, although %s: %s",
                        (unsigned long long)atomic_load(&churn->made),
                        is_alone ? "none is held" : "it was asked for 10 s", reason.text);
}

/* Takes queues until one is refused or there are `count`; returns how many. */
static size_t take_many(const struct mp_scenario_run *run, struct mp_worker *worker,
                        struct mp_device_stream **stream, size_t count) {
    struct mp_error refusal;
    size_t taken = 0;
    while (taken < count && take(run, worker, &stream[taken], &refusal) == MP_OK)
        taken++;
    return taken;
}

/* One turn: an op on the first queue, with all the others there. */
static enum mp_status do_turn(const struct mp_scenario_run *run, struct mp_worker *worker,
                              const struct mp_shape *shape, uint64_t salt,
                              struct mp_device_stream **stream, struct mp_error *err) {
    const size_t queues = (size_t)mp_option_get(run->params, "queues")->integer;
    struct mp_lone_op lone = {.device = NULL};
    size_t others = 0;
    enum mp_status status = take_first(run, worker, &stream[0], err);
    if (status != MP_OK)
        return status;
    others = take_many(run, worker, stream + 1, queues - 1);
    status = mp_lone_op_create(worker, run->device, shape, salt, &lone, err);
    if (status == MP_OK)
        status =
            mp_lone_op_run(worker, &lone, stream[0], MP_STREAMS_MAX + worker->index, err);
    if (status == MP_TIMEOUT)
        return status; /* still in use */
    if (status == MP_OK)
        mp_lone_op_check(worker, &lone);
    mp_lone_op_destroy(&lone);
    for (size_t i = 0; i <= others; i++)
        release(run, worker, stream[i]);
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    const size_t queues = (size_t)mp_option_get(run->params, "queues")->integer;
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    struct mp_device_stream **stream = mp_memory_zeroed(queues, sizeof(void *));
    enum mp_status status = MP_OK;
    struct mp_shape shape;
    mp_shape_mm(n, n, n, &shape);
    for (int64_t i = 0; status == MP_OK && i < iters; i++)
        status = do_turn(run, worker, &shape, mp_rng_hash(worker->seed, (uint64_t)i),
                         stream, err);
    free(stream);
    return status;
}

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    (void)worker;
    free(run->state);
    run->state = NULL;
}

const struct mp_scenario mp_scenario_queue_churn = {
    .name = "queue_churn",
    .summary = "queues made until one is refused, used and released, on all threads",
    .hunts = "queues or their contexts that do not come back when they are released, and "
             "races of their creation and release",
    .how = "each thread makes `queues` queues or as many as it gets, does a checked op "
           "on the first and releases all, over and over; after a refusal the next turn "
           "must get one again",
    .hit = "no queue although none is held, a crash in making or releasing one, or a "
           "wrong result",
    .origin = "metal_race_repro of the destroyImpl investigation: a queue per thread and "
              "round, refused after about 250 rounds (its own leak, as was found later)",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
