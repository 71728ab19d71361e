/* Did a rate change over the nights, and when? The binomial likelihood-ratio scan
 * (Worsley 1983), judged by shuffling, so that the many possible places are paid for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_CHANGE_POINT_H
#define MP_STATS_CHANGE_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Failures above the rounds of a night count as all rounds. */
struct mp_night {
    uint64_t failures, rounds;
};

struct mp_change {
    size_t night;     /* the first one after the change */
    double statistic; /* 2 (log likelihood of two rates - of one) */
    double rate_before, rate_after;
    double p;          /* P of a change as strong as this where there is none */
    double p_adjusted; /* the same over all places that were tried (Holm); only of
                          mp_change_point_find */
};

/* The statistic of the split before nights[split]; 0 if that is no split. */
double mp_change_point_statistic(const struct mp_night *nights, size_t count,
                                 size_t split);

enum mp_shuffle {
    MP_SHUFFLE_ROUNDS, /* rounds within a night fail independently */
    MP_SHUFFLE_NIGHTS, /* whole nights change places: with overdispersion */
};

/* With more failures (or passes, if they are rarer) than this, nights are shuffled in any
 * case. */
#define MP_SHUFFLE_FAILURES_MAX 1000000

struct mp_change_plan {
    enum mp_shuffle shuffle;
    uint64_t draws; /* shuffles; the smallest P is 1 / (draws + 1) */
    uint64_t seed;
};

/* The strongest split of the nights with its P; p_adjusted is p. No nights or one: night
 * 0, statistic 0, P 1. Takes about draws * (failures + nights) steps. The same seed gives
 * the same P on every machine. */
struct mp_change mp_change_point_scan(const struct mp_night *nights, size_t count,
                                      struct mp_change_plan plan);

#define MP_CHANGES_MAX 32

/* Splits the nights at the strongest change, then each part, until no part has one with P
 * at or below alpha or MP_CHANGES_MAX places were tried; then keeps those that Holm's
 * correction over all tries leaves, in the order of nights. Writes up to MP_CHANGES_MAX
 * changes, gives their number. */
size_t mp_change_point_find(const struct mp_night *nights, size_t count, double alpha,
                            struct mp_change_plan plan, struct mp_change *ret_changes);

#endif
