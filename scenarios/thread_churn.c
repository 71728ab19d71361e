/* thread_churn: threads that come and go in batches, each with a few ops, in the places
 * and on the streams of those that ended.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("20", 2, 128),
    MP_PARAM_ITERS("16", 10000000, "ops of four kinds, of each place for a thread"),
    MP_PARAM_INT("n", "32", 1, 256, "rows and columns of the matrices"),
    MP_PARAM_BATCH("4"),
    MP_PARAM_PATTERN("churn"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

const struct mp_scenario mp_scenario_thread_churn = {
    .name = "thread_churn",
    .summary = "threads that come and go in batches, a few ops each",
    .hunts = "what a driver keeps for a thread and does not give back, or gives to the "
             "wrong one: caches, pools and streams of threads that have ended",
    .how = "all threads of a batch begin together, do `batch` ops, synchronize and end; "
           "those of the next batch go on in their streams; with pattern=open_exit each "
           "ends with its encoder open and the next synchronizes",
    .hit = "a crash at the start or end of a thread, a missing or wrong output",
    .origin = "test_thread_churn of the destroyImpl investigation: 4 batches of 20 "
              "threads with a barrier, 50 threads one after the other",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = MP_SHAPE_MIX_KINDS,
    .shape = mp_workload_mixed,
    MP_WORKLOAD_HOOKS,
};
