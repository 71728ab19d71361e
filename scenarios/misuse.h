/* The common form of scenarios that break one rule of a driver's API, or keep it
 * (rule=broken|kept): threads do one step over and over, and where an op ran, its output
 * is checked. The steps are the device's (struct mp_misuse_ops).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_MISUSE_H
#define MP_SCENARIOS_MISUSE_H

#include "harness/round/scenario.h"

/* The parameter that says which of the two; `kept` is what the twin does. */
#define MP_PARAM_RULE(kept)                                                              \
    {                                                                                    \
        .name = "rule", .type = MP_OPTION_CHOICE, .metavar = "HOW",                      \
        .fallback = "broken", .choices = "broken|kept",                                  \
        .meanings = "the rule is broken: a control that must fail\n" kept,               \
        .help = "whether the rule is broken"                                             \
    }

/* Hooks as initialisers of struct mp_scenario; set_up is the scenario's own. */
#define MP_MISUSE_HOOKS                                                                  \
    .ops_planned = mp_misuse_ops_planned, .thread_main = mp_misuse_thread_main,          \
    .verify = mp_misuse_verify, .tear_down = mp_misuse_tear_down

/* Prepares steps of the kind called `kind` for threads with products of n x n matrices (a
 * parameter). MP_UNSUPPORTED where the device has no such rule, in the words of `lack`
 * ("no Vulkan rule to break: use vulkan"), or is protected from it. */
enum mp_status mp_misuse_set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                                const char *kind, const char *lack, struct mp_error *err);
uint64_t mp_misuse_ops_planned(const struct mp_scenario_run *run);
enum mp_status mp_misuse_thread_main(struct mp_scenario_run *run,
                                     struct mp_worker *worker, struct mp_error *err);
enum mp_status mp_misuse_verify(struct mp_scenario_run *run, struct mp_worker *worker,
                                struct mp_error *err);
void mp_misuse_tear_down(struct mp_scenario_run *run, struct mp_worker *worker);

#endif
