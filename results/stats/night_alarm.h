/* An alarm that the rate has risen from one night to the next: the newest nights against
 * all before them, exactly and with cells as strata. The usual rate need not be known in
 * advance; the test accounts for that.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_NIGHT_ALARM_H
#define MP_STATS_NIGHT_ALARM_H

#include <stdbool.h>

#include "results/stats/night_series.h"

#define MP_NIGHT_ALARM_EARLIER 4 /* nights before one that can raise an alarm, at least */
#define MP_NIGHT_ALARM_NIGHTS  30 /* in this many, a false alarm has the chance alpha */

/* A night raises an alarm if it, or it and the one before, or the last four with it, fail
 * more often than all nights before them, with P at or below `level`. */
struct mp_night_alarm {
    size_t watched; /* nights that could raise one: the newest, at most
                       MP_NIGHT_ALARM_NIGHTS */
    double level;   /* alpha over all looks of that many nights */
    bool has_alarm;
    size_t night; /* the newest that raised one */
    size_t since; /* the first of those that raised one every night up to it */
    size_t
        first; /* where the rise began: the strongest split, at most three nights before
                     `since` */
    double p;  /* of the newest night, or of `night` */
    double rate_before, rate_after; /* of all rounds before `first`, and up to `night`;
                                      without an alarm, the newest night's */
};

/* Nights that differ more than by chance are allowed for by mp_night_series_dispersion of
 * those before: counts are divided by it. With 200 rounds a night the chance of a false
 * alarm in 30 nights is then 2 to 4 % (4,000 simulated stretches) where the standard
 * deviation of the nights' rates is up to two thirds of their mean, 6 % where it is as
 * large as the mean, and 15 % at one and a half of it: variance alone does not say how
 * far such rates reach. A blind night can raise an alarm, with all its
 * rounds, since failures need no power; it is none of those before. */
struct mp_night_alarm mp_night_alarm_test(struct mp_night_series series, double alpha);

/* Says that the rise of an alarm began with night `first`, where a better search found
 * it; at most `since`. */
void mp_night_alarm_begin(struct mp_night_series series, size_t first,
                          struct mp_night_alarm *alarm);

#endif
