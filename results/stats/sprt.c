/* Wald's sequential test.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/sprt.h"

#include <math.h>

bool mp_sprt_make(struct mp_sprt_plan plan, struct mp_sprt *ret_sprt) {
    bool has_rates = plan.p0 >= 1e-12 && plan.p1 < 1.0 && plan.p1 >= 1.001 * plan.p0;
    bool has_errors =
        plan.alpha >= 1e-300 && plan.beta >= 1e-300 && plan.alpha + plan.beta < 1.0;
    if (!has_rates || !has_errors)
        return false;
    struct mp_sprt sprt = {
        .log_upper = log((1.0 - plan.beta) / plan.alpha),
        .log_lower = log(plan.beta / (1.0 - plan.alpha)),
        .step_fail = log(plan.p1 / plan.p0),
        /* log((1 - p1) / (1 - p0)) without the rounding of 1 - p */
        .step_pass = log1p(-(plan.p1 - plan.p0) / (1.0 - plan.p0)),
    };
    double span = sprt.step_fail - sprt.step_pass;
    sprt.slope = -sprt.step_pass / span;
    sprt.below = -sprt.log_lower / span;
    sprt.above = sprt.log_upper / span;
    sprt.rounds_p0 = ((1.0 - plan.alpha) * sprt.log_lower + plan.alpha * sprt.log_upper) /
                     (plan.p0 * sprt.step_fail + (1.0 - plan.p0) * sprt.step_pass);
    sprt.rounds_p1 = (plan.beta * sprt.log_lower + (1.0 - plan.beta) * sprt.log_upper) /
                     (plan.p1 * sprt.step_fail + (1.0 - plan.p1) * sprt.step_pass);
    sprt.clean_rounds = (uint64_t)ceil(sprt.log_lower / sprt.step_pass);
    sprt.failures = (uint64_t)ceil(sprt.log_upper / sprt.step_fail);
    *ret_sprt = sprt;
    return true;
}

enum mp_sprt_verdict mp_sprt_decide(const struct mp_sprt *sprt, uint64_t failures,
                                    uint64_t rounds) {
    double x = (double)(failures < rounds ? failures : rounds), n = (double)rounds;
    double ratio = x * sprt->step_fail + (n - x) * sprt->step_pass;
    if (ratio >= sprt->log_upper)
        return MP_SPRT_HIGH;
    return ratio <= sprt->log_lower ? MP_SPRT_LOW : MP_SPRT_OPEN;
}
