/* oversubscribe: more threads than streams, so that several share one through its serial
 * queue.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("48", 2, 128),
    MP_PARAM_ITERS("12", 10000000, "ops per thread, of four kinds in turn"),
    MP_PARAM_INT("n", "16", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_BATCH("1"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

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
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = MP_SHAPE_MIX_KINDS,
    .shape = mp_workload_mixed,
    MP_WORKLOAD_HOOKS,
};
