/* Decides about messages by what is known of the round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/mach_policy.h"

struct mp_mach_step mp_mach_policy_step(struct mp_mach_policy *policy,
                                        enum mp_mach_kind kind, bool is_own) {
    struct mp_mach_step step = {.answer = MP_MACH_NO_ANSWER};
    switch (kind) {
    case MP_MACH_CRASH:
        /* Processes that the round starts inherit its port. */
        step.records = is_own && !policy->is_ending;
        step.notes_child = !is_own;
        step.answer = policy->keeps_report ? MP_MACH_NOT_TAKEN : MP_MACH_TAKEN;
        break;
    case MP_MACH_HELLO:
        step.keeps_task = is_own && !policy->is_greeted;
        policy->is_greeted |= is_own;
        break;
    case MP_MACH_FOREIGN:
        step.destroys = true;
        break;
    }
    return step;
}
