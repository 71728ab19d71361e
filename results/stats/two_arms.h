/* Failures of two arms run side by side, and exact tests of "both fail equally often".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_TWO_ARMS_H
#define MP_STATS_TWO_ARMS_H

#include <stdbool.h>
#include <stdint.h>

/* Failures above the rounds of their arm count as all rounds. */
struct mp_two_arms {
    uint64_t failures_a, rounds_a, failures_b, rounds_b;
};

/* Probabilities, given the margins, of a table as rare as this one or rarer. */
struct mp_fisher {
    double greater;   /* one-sided: arm A fails more often than B */
    double less;      /* one-sided: arm A fails less often */
    double two_sided; /* the sum over all tables as improbable, with R's slack of 1e-7 */
    double mid_p;     /* the same, counting ties half: may exceed its level by a little */
};

/* Fisher's exact test. An empty arm, or arms that all failed or all passed, give 1
 * (mid-P: 1/2). Never NaN. Cost: at most about 1e6 terms, whatever the counts. */
struct mp_fisher mp_two_arms_fisher(struct mp_two_arms arms);

struct mp_boschloo {
    double two_sided;
    bool is_exact; /* false: too many rounds to enumerate; two_sided is then Fisher's
                      mid-P */
};

#define MP_BOSCHLOO_TABLES_MAX 4000000
#define MP_BOSCHLOO_ROUNDS_MAX 20000

/* Boschloo's unconditional test: the largest probability, over every common rate, of a
 * table whose two-sided Fisher p is as small as the one seen. Exact level, never weaker
 * than Fisher. With more tables (rounds_a * rounds_b) or rounds than these limits,
 * Fisher's mid-P and is_exact = false. */
struct mp_boschloo mp_two_arms_boschloo(struct mp_two_arms arms);

#endif
