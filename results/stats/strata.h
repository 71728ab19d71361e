/* Two arms compared within strata (scenario by threads) and over all of them, without
 * ever adding up the raw counts of different strata.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_STRATA_H
#define MP_STATS_STRATA_H

#include <stdbool.h>
#include <stddef.h>

#include "results/stats/effect.h"

/* Cochran-Mantel-Haenszel and what belongs to it. No stratum used: p 1, effects as in
 * effect.h where nothing is known. Never NaN. */
struct mp_strata {
    size_t used;    /* strata with failures and passes, and with rounds in both arms */
    size_t dropped; /* the others, which carry no information */

    double p; /* the one to quote: of the exact test unless the normal limit is good */
    bool is_exact; /* whether `p` is */

    double chi2, chi2_p; /* Cochran-Mantel-Haenszel, 1 degree of freedom */
    double chi2_corrected, chi2_corrected_p; /* with continuity correction */
    bool is_large; /* Mantel and Fleiss: the expected sum is 5 or more from
                      either end of what is possible */
    double exact_greater, exact_less, exact_two_sided; /* given all margins */
    bool has_exact;                                    /* false: too many tables */

    struct mp_effect odds;  /* Mantel-Haenszel, limits of Robins, Breslow and Greenland */
    struct mp_effect ratio; /* risk ratio, limits of Greenland and Robins */
    struct mp_effect difference; /* risk difference, limits of Sato; where these have no
                                    width, Newcombe's of the strata added in squares */

    /* Whether the odds ratio is the same in all strata: Breslow-Day, with Tarone's
     * correction, and the p of the latter. Below 0.10 show the strata instead of what was
     * pooled. Without two strata or a finite pooled odds ratio above 0: 0 degrees of
     * freedom and p 1. */
    double breslow_day, tarone, tarone_p, freedom;
};

struct mp_strata mp_strata_compare(const struct mp_two_arms *strata, size_t count,
                                   double alpha);

#endif
