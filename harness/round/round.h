/* The life of one round, from a spec to a complete result in the page. Knows neither the
 * program around it nor any particular scenario or device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_ROUND_H
#define MP_ROUND_ROUND_H

#include "harness/round/arm.h"
#include "harness/round/scenario.h"
#include "harness/wire/round_page.h"

/* A resolved spec: every name in it is known and every value allowed. */
struct mp_round_plan {
    const struct mp_round_spec *spec; /* borrowed */
    const struct mp_scenario *scenario;
    const struct mp_arm *arm;
    unsigned arm_number; /* 1 if it has none */
    /* As mp_device_open takes it: of the spec, with what the arm sets. */
    char device[MP_SPEC_DEVICE_MAX];
    bool arm_is_idle; /* the scenario has nothing that the arm could change */
    struct mp_option_values params;
};

/* Checks `spec` against `scenario` (the one that it names), the arms and the device's
 * settings. Bad input is MP_USAGE or MP_NOT_FOUND; `ret_key` is then the offending key
 * of the spec ("device", "arm", or the name of a parameter), and the plan is unusable.
 * A plan is large: none but the one returned is made, for small stacks. */
enum mp_status mp_round_plan_make(const struct mp_round_spec *spec,
                                  const struct mp_scenario *scenario,
                                  struct mp_round_plan *ret_plan, const char **ret_key,
                                  struct mp_error *err);

/* Worker threads that the plan starts. */
unsigned mp_round_plan_threads(const struct mp_round_plan *plan);

/* Runs the round on this thread and its workers. Unless the process dies, `page` then
 * holds a complete result (phase DONE). `kept` is for processes that run several rounds
 * of one cell, else NULL: it holds the device that the last round left open, which this
 * one uses, or NULL, and afterwards the one that this round left open for the next: if
 * it passed, is not the last turn of its page, and the device is of those that stay open.
 * The caller closes it. If the scenario leaves, the caller ends the process at once and
 * in that way; workers may be at work, and `plan` stays. */
struct mp_leave mp_round_run(const struct mp_round_plan *plan, struct mp_round_page *page,
                             struct mp_device **kept);

/* Writes the result, its message ("" for none) and phase DONE: for a round that cannot
 * run at all.
 */
void mp_round_finish(struct mp_round_page *page, enum mp_page_result result,
                     const char *message);

#endif
