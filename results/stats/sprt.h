/* Wald's sequential test between two rates (1945): the fewest rounds on average to tell a
 * rate of at most p0 from one of at least p1. It says nothing about rates between, and
 * gives no interval.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_SPRT_H
#define MP_STATS_SPRT_H

#include <stdbool.h>
#include <stdint.h>

/* Errors: alpha of "p1 or more" although p0 holds, beta of "p0 or less" although p1
 * holds. */
struct mp_sprt_plan {
    double p0, p1, alpha, beta;
};

/* Over n rounds with x failures: "p0 or less" when x <= slope n - below, "p1 or more"
 * when x >= slope n + above. */
struct mp_sprt {
    double log_upper, log_lower; /* bounds of the log likelihood ratio */
    double step_fail, step_pass; /* what a round adds to it */
    double slope, below, above;
    double rounds_p0, rounds_p1; /* Wald's average number of rounds at p0 and at p1 */
    uint64_t clean_rounds;       /* that decide for p0 from the start */
    uint64_t failures;           /* in a row that decide for p1 from the start */
};

enum mp_sprt_verdict { MP_SPRT_OPEN, MP_SPRT_LOW, MP_SPRT_HIGH };

/* False, with *ret_sprt untouched, unless 1e-12 <= p0 < p1 < 1, p1 is 1.001 p0 or more,
 * alpha and beta are positive and alpha + beta < 1. */
bool mp_sprt_make(struct mp_sprt_plan plan, struct mp_sprt *ret_sprt);
/* To be asked after every round; the first verdict stands. */
enum mp_sprt_verdict mp_sprt_decide(const struct mp_sprt *sprt, uint64_t failures,
                                    uint64_t rounds);

#endif
