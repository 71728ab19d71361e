/* oversubscribe: more threads than streams, so that several share one through its serial
 * queue.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("48", 2, 128),
    MP_PARAM_ITERS("12", 10000000, "ops a thread, of four kinds in turn"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_BATCH("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    mp_shape_mixed(kind, (uint32_t)mp_option_get(run->params, "n")->integer, thread,
                   ret_shape);
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    return mp_workload_set_up(run, worker, MP_SHAPE_MIX_KINDS, shape, err);
}

const struct mp_scenario mp_scenario_oversubscribe = {
    .name = "oversubscribe",
    .summary = "more threads than streams, small mixed ops, many synchronizations",
    .hunts = "streams handed to several threads: ops in another thread's buffer, pool "
             "exhaustion",
    .how = "threads share streams through serial queues; each synchronizes after every "
           "`batch` ops",
    .hit = "a crash at encoder creation or end, a missing or wrong output, or a hang of "
           "the pool",
    .origin = "test_oversubscription and test_pool_exhaustion of the destroyImpl "
              "investigation: 40 to 64 threads over 32 streams",
    .params = params,
    .promises_overlap = true,
    .set_up = set_up,
    .ops_planned = mp_workload_ops_planned,
    .thread_main = mp_workload_thread_main,
    .tear_down = mp_workload_tear_down,
};
