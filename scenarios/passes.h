/* What the scenarios of op chains share: each worker runs its chain, pass after pass, on
 * weights and inputs of its own. Every result of every op is poisoned before its pass is
 * encoded, and compared with the CPU reference once the pass is complete.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_PASSES_H
#define MP_SCENARIOS_PASSES_H

#include "harness/round/scenario.h"
#include "scenarios/chain.h"

/* The hooks of a scenario that has a `chain` and the rows of MP_PARAM_PASSES. Threads
 * encode `batch` passes for each of `depth` command buffers, and synchronize. */
enum mp_status mp_passes_set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                struct mp_error *err);
enum mp_status mp_passes_warm_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                 uint64_t *ret_ops, struct mp_error *err);
uint64_t mp_passes_ops_planned(const struct mp_scenario_run *run);
enum mp_status mp_passes_thread_main(struct mp_scenario_run *run,
                                     struct mp_worker *worker, struct mp_error *err);
void mp_passes_tear_down(struct mp_scenario_run *run, struct mp_worker *worker);

#define MP_PASSES_HOOKS                                                                  \
    .set_up = mp_passes_set_up, .warm_up = mp_passes_warm_up,                            \
    .ops_planned = mp_passes_ops_planned, .thread_main = mp_passes_thread_main,          \
    .tear_down = mp_passes_tear_down

#endif
