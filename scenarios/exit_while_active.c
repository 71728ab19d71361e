/* exit_while_active: the process ends while its threads use the device, or with the
 * device open after they have ended. No rule of an API forbids that: programs end by a
 * signal handler, an error on another thread, or a main that returns.
 *
 * Each thread does its planned ops, which are checked as everywhere. Then it goes on with
 * ops that are in no count, until the process is gone; the main thread leaves once all of
 * them are at that.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

#define PAUSE_NS (MP_CLOCK_NS_PER_MS / 2)

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("4", 1000000, "ops per thread that are checked before"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_INT("tail", "20", 1, 1000000,
                 "ops that each thread has begun after them when the process ends"),
    {.name = "leave",
     .type = MP_OPTION_CHOICE,
     .metavar = "HOW",
     .fallback = "exit",
     .choices = "exit|return",
     .meanings = "the main thread calls exit\nmain returns",
     .help = "how the process ends"},
    {.name = "join",
     .type = MP_OPTION_FLAG,
     .metavar = "on|off",
     .fallback = "off",
     .help = "wait for the threads first, and leave the device open"},
    MP_PARAM_POOL,
    MP_PARAM_END,
};

struct ending {
    struct mp_workload *workload; /* first, for tear_down */
    atomic_uint left;  /* threads that have not begun `tail` ops yet, or failed */
    atomic_bool is_up; /* all threads have done their planned ops */
    atomic_uint counted;
    atomic_bool stops; /* the threads return */
};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = 1, .slots = 1, .shape = mp_workload_square};
    struct ending *ending = mp_memory_zeroed(1, sizeof(*ending));
    enum mp_status status =
        mp_workload_create(run, worker, &layout, &ending->workload, err);
    if (status != MP_OK) {
        free(ending);
        return status;
    }
    atomic_init(&ending->left, run->threads);
    atomic_init(&ending->counted, run->threads);
    run->state = ending;
    return MP_OK;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return run->threads * (uint64_t)mp_option_get(run->params, "iters")->integer;
}

static enum mp_status do_op(const struct mp_scenario_run *run, struct mp_worker *worker,
                            uint64_t number, struct mp_error *err) {
    struct ending *ending = run->state;
    enum mp_status status = mp_workload_encode(ending->workload, worker, number, err);
    if (status == MP_OK)
        status = mp_stream_synchronize(worker, run->pool, err);
    return status;
}

/* Ops without a count, until the process ends or the main thread says stop. */
static enum mp_status go_on(const struct mp_scenario_run *run, struct mp_worker *worker,
                            struct mp_error *err) {
    struct ending *ending = run->state;
    const uint64_t tail = (uint64_t)mp_option_get(run->params, "tail")->integer;
    enum mp_status status = MP_OK;
    uint64_t count = 0;
    while (!atomic_load(&ending->is_up) && !atomic_load(&ending->stops))
        mp_clock_sleep_ns(PAUSE_NS);
    mp_recorder_stop_counting(worker);
    while (status == MP_OK && !atomic_load(&ending->stops)) {
        if (++count == tail)
            atomic_fetch_sub(&ending->left, 1);
        status = do_op(run, worker, count, err);
    }
    if (count < tail)
        atomic_fetch_sub(&ending->left, 1);
    return status;
}

static enum mp_status thread_main(struct mp_scenario_run *run, struct mp_worker *worker,
                                  struct mp_error *err) {
    struct ending *ending = run->state;
    const uint64_t iters = (uint64_t)mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;
    for (uint64_t i = 0; status == MP_OK && i < iters; i++) {
        status = do_op(run, worker, i, err);
        if (status == MP_OK)
            mp_workload_check(ending->workload, worker, i, 1);
    }
    if (status != MP_OK)
        atomic_store(&ending->stops, true); /* then there is nothing to leave */
    atomic_fetch_sub(&ending->counted, 1);
    return status == MP_OK ? go_on(run, worker, err) : status;
}

/* The device has executed what was planned before the first op that is in no count. */
static enum mp_status beside(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err) {
    struct ending *ending = run->state;
    (void)err;
    while (atomic_load(&ending->counted) > 0)
        mp_clock_sleep_ns(PAUSE_NS);
    if (atomic_load(&ending->stops))
        return MP_OK;
    atomic_store(&worker->page->ops_device, mp_stream_pool_ops_executed(run->pool));
    atomic_store(&ending->is_up, true);
    while (atomic_load(&ending->left) > 0)
        mp_clock_sleep_ns(PAUSE_NS);
    ret_leave->is_leaving = true;
    ret_leave->joins = mp_option_get(run->params, "join")->integer != 0;
    ret_leave->returns = strcmp(mp_option_get(run->params, "leave")->text, "return") == 0;
    if (ret_leave->joins)
        atomic_store(&ending->stops, true);
    return MP_OK;
}

const struct mp_scenario mp_scenario_exit_while_active = {
    .name = "exit_while_active",
    .summary = "the process ends while its threads use the device",
    .hunts = "drivers that take themselves apart at exit while they are in use: their "
             "destructors and exit handlers run on one thread while others are inside",
    .how = "each thread does its checked ops and goes on; then the main thread calls "
           "exit or returns from main, with join=on after the threads have ended",
    .hit = "a crash in phase done, on a worker inside the driver or on the main thread "
           "in a destructor, or a hang there; rates of an NVIDIA H200, with their "
           "conditions: results/reference/h200.md of the sources",
    .origin =
        "public reports of crashes at exit with Vulkan on NVIDIA: wgpu 8365, Halide "
        "8497, llama.cpp 10528, ncnn 5234; it reproduces their kind with driver "
        "580.159.04",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = thread_main,
    .beside = beside,
    .tear_down = mp_workload_tear_down_state,
};
