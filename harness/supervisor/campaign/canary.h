/* Runs the canary of a device: one known-good round, run alone. Judges nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_CANARY_H
#define MP_CAMPAIGN_CANARY_H

#include <signal.h>

#include "harness/base/status.h"
#include "harness/supervisor/campaign/judgement.h"
#include "harness/supervisor/process/runner.h"

/* How a canary ended. */
struct mp_canary {
    struct mp_judgement judgement; /* MP_OUTCOME_LOST: the user stopped it */
    uint64_t started_wall_ns, wall_ns;
};

/* Runs `spec` to its end; no other round may run. The user's second interrupt kills
 * it. */
enum mp_status mp_canary_run(struct mp_runner *runner, const struct mp_round_spec *spec,
                             const volatile sig_atomic_t *interrupts,
                             struct mp_canary *ret_canary, struct mp_error *err);

#endif
