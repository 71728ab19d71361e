/* Lifetimes of rounds: ops (or seconds) until a failure; a round that ended clean is
 * censored. Every function sorts the lifetimes it is given; a time that is negative or
 * not a number counts as 0. Never NaN.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_SURVIVAL_H
#define MP_STATS_SURVIVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/stats/binomial.h"

struct mp_lifetime {
    double time;
    bool has_failed; /* false: still alive at `time` */
};

/* One time at which rounds failed. A round that ended clean at that time was still at
 * risk. */
struct mp_survival_step {
    double time;
    uint64_t at_risk, failures;
    double survival; /* the share that lives longer */
    double error;    /* its standard error (Greenwood 1926) */
    struct mp_interval limits;
};

/* The curve of Kaplan and Meier (1958) with log-log limits at confidence 1 - alpha
 * (Kalbfleisch and Prentice); R's default is "log". Where nobody is left there is no
 * error to compute: the limits are then 0 and the upper one of the step before. Writes up
 * to `count` steps, gives their number.
 */
size_t mp_survival_curve(struct mp_lifetime *lives, size_t count, double alpha,
                         struct mp_survival_step *ret_steps);
/* The first time at which half or fewer live; infinite if never. */
double mp_survival_median(const struct mp_survival_step *steps, size_t count);
/* The mean lifetime, each cut at `horizon`: the area under the curve. */
double mp_survival_mean(const struct mp_survival_step *steps, size_t count,
                        double horizon);

struct mp_log_rank {
    double observed_a, observed_b, expected_a, expected_b; /* failures */
    double variance; /* of observed_a, if both live equally long */
    double chi2, p;  /* of "both live equally long", one degree of freedom */
};

/* The log-rank test of two arms (Mantel 1966). Without failures: chi2 0, p 1. */
struct mp_log_rank mp_survival_log_rank(struct mp_lifetime *a, size_t count_a,
                                        struct mp_lifetime *b, size_t count_b);

#endif
