/* One round outside of the schedule.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/canary.h"

#include "harness/base/clock.h"

#define TICK_NS (100 * MP_CLOCK_NS_PER_MS)

enum mp_status mp_canary_run(struct mp_runner *runner, const struct mp_round_spec *spec,
                             const volatile sig_atomic_t *interrupts,
                             struct mp_canary *ret_canary, struct mp_error *err) {
    struct mp_round_end end;
    enum mp_status status = mp_runner_start(runner, spec, 0, err);
    if (status != MP_OK)
        return status;
    do { /* the runner enforces the round's deadline */
        if (*interrupts > 1)
            mp_runner_stop(runner);
        status = mp_runner_wait(runner, TICK_NS, &end, err);
    } while (status == MP_TIMEOUT);
    if (status == MP_OK) {
        mp_judgement_make(&end, NULL, &ret_canary->judgement);
        ret_canary->started_wall_ns = end.started_wall_ns;
        ret_canary->wall_ns = end.wall_ns;
        mp_round_end_release(&end);
    }
    return status;
}
