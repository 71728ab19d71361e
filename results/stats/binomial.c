/* Limits of a rate. Must not hand out NaN: every edge is a case of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/binomial.h"

#include <math.h>

#include "results/stats/beta.h"

/* The rate at which `failures` or more of `rounds` have probability `tail`. */
static double lower_limit(uint64_t failures, uint64_t rounds, double tail) {
    if (failures == 0) {
        return 0.0;
    }
    if (failures >= rounds) {
        return exp(log(tail) / (double)rounds);
    }
    return mp_beta_quantile(tail, (double)failures, (double)(rounds - failures) + 1.0);
}

/* The rate at which `failures` or fewer of `rounds` have probability `tail`. */
static double upper_limit(uint64_t failures, uint64_t rounds, double tail) {
    if (failures >= rounds) {
        return 1.0;
    }
    if (failures == 0) {
        return -expm1(log(tail) / (double)rounds);
    }
    return mp_beta_quantile_upper(tail, (double)failures + 1.0, (double)(rounds - failures));
}

/* An alpha outside (0, 1) claims nothing. */
static int is_level(double alpha) {
    return alpha > 0.0 && alpha < 1.0;
}

struct mp_interval mp_binomial_clopper_pearson(uint64_t failures, uint64_t rounds, double alpha) {
    if (rounds == 0 || !is_level(alpha)) {
        return (struct mp_interval){0.0, 1.0};
    }
    return (struct mp_interval){lower_limit(failures, rounds, alpha / 2.0),
                                upper_limit(failures, rounds, alpha / 2.0)};
}

double mp_binomial_upper(uint64_t failures, uint64_t rounds, double alpha) {
    return rounds == 0 || !is_level(alpha) ? 1.0 : upper_limit(failures, rounds, alpha);
}
