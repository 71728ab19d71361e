/* Did rates change over the nights, and when? The strongest split by the
 * Cochran-Mantel-Haenszel test with cells as strata, judged against shuffled nights to
 * account for the many possible places. Nights that differ more than by chance are
 * allowed for; how much they do is told from neighbours, so that a change does not hide
 * itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_CHANGE_POINT_H
#define MP_STATS_CHANGE_POINT_H

#include "results/stats/night_series.h"

struct mp_change {
    size_t night; /* the first one after the change */
    /* chi-squared with 1 degree of freedom, at a place set beforehand */
    double statistic;
    double rate_before,
        rate_after; /* of all cells, as if each night had all of them alike:
                                       the rate of all, moved by the cells' excess */
    double p; /* P of a split as strong as this where there is none; of a part of the
                 nights, at least that of the split that made it */
};

/* The statistic of the split before night `split`; 0 if that is not a split. */
double mp_change_point_statistic(struct mp_night_series series, size_t split);

struct mp_change_plan {
    uint64_t draws; /* the smallest P is 1 / (draws + 1) */
    uint64_t seed;
};

/* The strongest split with its P. No nights or one: night 0, statistic 0, P 1. The same
 * seed gives the same P on every machine. */
struct mp_change mp_change_point_scan(struct mp_night_series series,
                                      struct mp_night_dispersion dispersion,
                                      struct mp_change_plan plan);

#define MP_CHANGES_MAX 32

/* Splits the nights at the strongest change if its P is at or below alpha, then each part
 * likewise: where nothing ever changed, anything is found with a chance of alpha; each
 * stretch between true changes adds as much. Writes up to MP_CHANGES_MAX changes in the
 * order of nights, gives their number. */
size_t mp_change_point_find(struct mp_night_series series, double alpha,
                            struct mp_change_plan plan, struct mp_change *ret_changes);

#endif
