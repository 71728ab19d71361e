/* profiler_on: ops while a profiler is on, as PyTorch's is: each command buffer gets a
 * completed handler, between its ops and beside whatever encoder is open, which reads
 * when the device began and ended with it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/stream_order.h"
#include "scenarios/lone_op.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"

#define LIMIT_NS (30 * MP_CLOCK_NS_PER_S)
#define PAUSE_NS UINT64_C(100000)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("20", 1000000, "profiled command buffers per thread"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("ops", "3", 1, 64, "ops between two synchronizations"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* One thread's ops, and what its handlers told. */
struct lane {
    struct mp_lone_op op;
    atomic_uint_least64_t told, start_ns, end_ns; /* `told` is written last */
    uint64_t last_end_ns;
};

struct profiling {
    atomic_flag has_reported;
    struct lane lane[];
};

static void tear_down(struct mp_scenario_run *run, struct mp_worker *worker) {
    struct profiling *profiling = run->state;
    (void)worker;
    for (unsigned i = 0; profiling && i < run->threads; i++)
        mp_lone_op_destroy(&profiling->lane[i].op);
    free(profiling);
    run->state = NULL;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const uint32_t n = (uint32_t)mp_option_get(run->params, "n")->integer;
    const size_t lanes = run->threads * sizeof(struct lane);
    struct mp_shape shape;
    if (!run->device->ops->profile)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no handlers on command buffers: use metal or "
                            "metal@model",
                            run->device->ops->name);
    enum mp_status status = mp_stream_check_calls(run->pool, err);
    if (status == MP_OK)
        status = mp_lone_op_set_up(run, sizeof(struct profiling) + lanes, err);
    if (status != MP_OK)
        return status;
    struct profiling *profiling = run->state;
    atomic_flag_clear(&profiling->has_reported);
    mp_shape_mm(n, n, n, &shape);
    for (unsigned i = 0; status == MP_OK && i < run->threads; i++)
        status =
            mp_lone_op_create(worker, run->device, &shape, mp_rng_hash(run->seed, i + 1),
                              &profiling->lane[i].op, err);
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

/* On a thread of the driver's. */
static void told(void *data, uint64_t start_ns, uint64_t end_ns) {
    struct lane *lane = data;
    atomic_store(&lane->start_ns, start_ns);
    atomic_store(&lane->end_ns, end_ns);
    atomic_fetch_add(&lane->told, 1);
}

/* Whether no other thread's buffers come between those of this one. */
static bool is_alone(const struct mp_scenario_run *run) {
    return mp_option_get(run->params, "share")->integer == MP_SHARE_THREAD &&
           mp_option_get(run->params, "streams")->integer > (int64_t)run->threads;
}

/* What is wrong with the times of the newest buffer; NULL: nothing. */
static const char *check_times(const struct mp_scenario_run *run, struct lane *lane) {
    const uint64_t start_ns = atomic_load(&lane->start_ns);
    const uint64_t end_ns = atomic_load(&lane->end_ns);
    const bool is_late = is_alone(run) && start_ns < lane->last_end_ns;
    lane->last_end_ns = end_ns;
    if (start_ns == 0 || end_ns == 0)
        return "a completed command buffer says no time";
    if (end_ns < start_ns)
        return "a command buffer ended before it began";
    if (is_late)
        return "a command buffer began before the one ahead of it had ended";
    return NULL;
}

/* The handler of buffer `number` was called, and no other one once more. */
static enum mp_status await_handler(const struct lane *lane, uint64_t number,
                                    struct mp_error *err) {
    const uint64_t end_ns = mp_clock_now_ns() + LIMIT_NS;
    while (atomic_load(&lane->told) < number && mp_clock_now_ns() < end_ns)
        mp_clock_sleep_ns(PAUSE_NS);
    const uint64_t count = atomic_load(&lane->told);
    if (count == number)
        return MP_OK;
    return mp_error_set(err, MP_DEVICE,
                        "the profiler was told of %llu command buffers of %llu",
                        (unsigned long long)count, (unsigned long long)number);
}

static enum mp_status profile(const struct mp_scenario_run *run, struct mp_worker *worker,
                              struct lane *lane, uint64_t number, struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (uint64_t i = 0; status == MP_OK && i < ops_of(run); i++) {
        status = mp_stream_encode(worker, run->pool, &lane->op.op, err);
        if (status == MP_OK && i == ops_of(run) / 2)
            status = mp_stream_profile(worker, run->pool, told, lane, err);
    }
    if (status == MP_OK)
        status = mp_stream_synchronize(worker, run->pool, err);
    return status == MP_OK ? await_handler(lane, number, err) : status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct profiling *profiling = run->state;
    struct lane *lane = &profiling->lane[worker->index - 1];
    const struct mp_shape *shape = &lane->op.shape;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 1; status == MP_OK && i <= iters; i++) {
        mp_check_poison(run->device->ops->buffer_contents(lane->op.buffer[shape->inputs]),
                        shape->length[shape->inputs]);
        status = profile(run, worker, lane, i, err);
        if (status != MP_OK)
            break;
        const char *fault = check_times(run, lane);
        for (uint64_t k = fault ? 1 : 0; k < ops_of(run); k++)
            mp_lone_op_check(worker, &lane->op);
        if (!fault)
            continue;
        if (!atomic_flag_test_and_set(&profiling->has_reported))
            snprintf(worker->page->message, sizeof(worker->page->message),
                     "thread %u, command buffer %llu: %s", worker->index,
                     (unsigned long long)i, fault);
        atomic_fetch_add(&worker->slot->ops_wrong, 1);
    }
    return status;
}

const struct mp_scenario mp_scenario_profiler_on = {
    .name = "profiler_on",
    .summary = "ops while a profiler reads the times of each command buffer",
    .hunts = "handlers that are lost or called twice, and what happens to an encoder "
             "that is open when a handler is added",
    .how = "each thread adds a completed handler to its command buffer between two ops, "
           "synchronizes, and compares the times that the handler read",
    .hit = "a time that cannot be, a handler that was not called, wrong numbers, an "
           "abort \"Completed handler provided after commit call\"",
    .origin = "torch.mps.profiler, which the audit of the destroyImpl investigation "
              "found switched off in threads: MPSProfiler adds such handlers to the "
              "stream's command buffer",
    .params = params,
    .has_outputs = true,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .tear_down = tear_down,
};
