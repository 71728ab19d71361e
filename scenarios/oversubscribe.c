/* oversubscribe: more threads than streams. What a thread gets when none is free is the
 * pool's policy; the main thread may work on stream 0 meanwhile, or synchronize all.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("48", 2, 128),
    MP_PARAM_ITERS("12", 10000000, "ops per thread, of four kinds in turn"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_BATCH("1"),
    MP_PARAM_POOL,
    {.name = "main",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHAT",
     .fallback = "idle",
     .choices = "idle|ops|sync_all",
     .meanings = "it waits for the workers\n"
                 "as many ops as a worker does, on stream 0\n"
                 "it synchronizes all streams, once per `iters`",
     .help = "what the main thread does while the workers are at work"},
    MP_PARAM_END,
};

static bool main_has_ops(const struct mp_scenario_run *run) {
    return strcmp(mp_option_get(run->params, "main")->text, "ops") == 0;
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    const struct mp_workload_layout layout = {
        .kinds = run->scenario->kinds,
        .slots = (unsigned)mp_option_get(run->params, "batch")->integer,
        .shape = run->scenario->shape,
        .has_main = main_has_ops(run),
    };
    struct mp_workload *workload;
    const enum mp_status status =
        mp_workload_create(run, worker, &layout, &workload, err);

    if (status == MP_OK)
        run->state = workload;
    return status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return mp_workload_ops_planned(run) / run->threads *
           (run->threads + main_has_ops(run));
}

static enum mp_status beside(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err) {
    const int64_t iters = mp_option_get(run->params, "iters")->integer;
    enum mp_status status = MP_OK;

    (void)ret_leave;
    if (main_has_ops(run))
        return mp_workload_thread_main(run, worker, err);
    if (strcmp(mp_option_get(run->params, "main")->text, "sync_all") == 0)
        for (int64_t i = 0; status == MP_OK && i < iters; i++)
            status = mp_stream_synchronize_all(worker, run->pool, err);
    return status;
}

const struct mp_scenario mp_scenario_oversubscribe = {
    .name = "oversubscribe",
    .summary = "more threads than streams, small mixed ops, many synchronizations",
    .hunts = "streams handed to several threads: ops in another thread's buffer, pool "
             "exhaustion",
    .how = "threads share streams through serial queues, or get one by another policy; "
           "each synchronizes after every `batch` ops",
    .hit = "a crash at encoder creation or end, a missing or wrong output, or a hang of "
           "the pool; with policy=throw, or a stream_wait that is too short, ops that "
           "are missing since the pool refused their thread, which the round says",
    .origin = "test_oversubscription, test_pool_exhaustion and "
              "test_stream_pool_boundaries of the destroyImpl investigation: 40 to 80 "
              "threads over 32 streams, of which stream 0 is the main thread's",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = MP_SHAPE_MIX_KINDS,
    .shape = mp_workload_mixed,
    .set_up = set_up,
    .ops_planned = ops_planned,
    .thread_main = mp_workload_thread_main,
    .beside = beside,
    .tear_down = mp_workload_tear_down,
};
