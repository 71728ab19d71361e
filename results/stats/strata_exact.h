/* Internal to strata: the exact conditional test of "the odds ratio is 1 in every
 * stratum".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_STRATA_EXACT_H
#define MP_STATS_STRATA_EXACT_H

#include <stdbool.h>
#include <stddef.h>

#include "results/stats/two_arms.h"

/* Probabilities of the sum of arm A's failures, given all margins: that high or higher,
 * that low or lower, as improbable or more. All 1 where there is nothing to sum, and
 * where the test is not complete because it would take too many steps. */
struct mp_strata_exact {
    double greater, less, two_sided;
    bool is_complete;
};

struct mp_strata_exact mp_strata_exact(const struct mp_two_arms *strata, size_t count);

#endif
