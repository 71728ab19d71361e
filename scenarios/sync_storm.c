/* sync_storm: the main thread synchronizes over and over while the workers use the
 * device, as a program does that reads results or asks for a global synchronize.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <string.h>

#include "scenarios/kernels/kernels.h"
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 2, 128),
    MP_PARAM_ITERS("20", 10000000, "ops per worker, of four kinds"),
    MP_PARAM_INT("n", "24", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_BATCH("2"),
    MP_PARAM_INT("storm", "60", 1, 10000000,
                 "empty ops of the main thread, with a synchronization after each"),
    {.name = "which",
     .type = MP_OPTION_CHOICE,
     .metavar = "STREAMS",
     .fallback = "all",
     .choices = "own|all",
     .meanings =
         "stream 0, which no worker has unless share=all\n"
         "every stream of the pool, so that a worker's ops are committed under it",
     .help = "what the main thread synchronizes"},
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static const uint32_t group[3] = {1, 1, 1};

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    enum mp_status status =
        run->device->ops->kernel_load(run->device, &mp_kernel_noop, group, err);
    return status == MP_OK ? mp_workload_set_up(run, worker, err) : status;
}

static uint64_t ops_planned(const struct mp_scenario_run *run) {
    return mp_workload_ops_planned(run) +
           (uint64_t)mp_option_get(run->params, "storm")->integer;
}

static enum mp_status beside(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_leave *ret_leave, struct mp_error *err) {
    const int64_t storm = mp_option_get(run->params, "storm")->integer;
    const bool is_all = strcmp(mp_option_get(run->params, "which")->text, "all") == 0;
    const struct mp_op op = {
        .kernel = &mp_kernel_noop, .grid = {1, 1, 1}, .group = {1, 1, 1}};
    enum mp_status status = MP_OK;
    (void)ret_leave;
    for (int64_t i = 0; status == MP_OK && i < storm; i++) {
        status = mp_stream_encode(worker, run->pool, &op, err);
        if (status == MP_OK)
            status = is_all ? mp_stream_synchronize_all(worker, run->pool, err)
                            : mp_stream_synchronize(worker, run->pool, err);
        if (status == MP_OK)
            atomic_fetch_add_explicit(&worker->slot->ops_done, 1, memory_order_relaxed);
    }
    return status;
}

const struct mp_scenario mp_scenario_sync_storm = {
    .name = "sync_storm",
    .summary = "the main thread synchronizes over and over beside the workers",
    .hunts = "a synchronization that ends, commits or completes what another thread is "
             "in the middle of",
    .how =
        "workers do small mixed ops; meanwhile the main thread commits an almost empty "
        "command buffer, synchronizes its stream or all of them, and again",
    .hit = "a crash inside a worker's encoding, ops that are missing or wrong, or a wait "
           "that never ends",
    .origin =
        "metal_race_repro_mps (a thread that commits an empty buffer and waits each "
        "millisecond) and test_stream_pool_boundaries (the main thread "
        "synchronizes) of the destroyImpl investigation",
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
