/* The Bernoulli CUSUM (Reynolds and Stoumbos 1999): an alarm, soon, that a rate has risen
 * from p0 to p1 or more. It may be fed after every round for ever; false alarms come at a
 * known average distance.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_CUSUM_H
#define MP_STATS_CUSUM_H

#include <stdbool.h>
#include <stdint.h>

/* The rate between p0 and p1 at which the evidence stands still: a failure adds 1 - it, a
 * pass takes it away. 0 unless 0 < p0 < p1 < 1. */
double mp_cusum_balance(double p0, double p1);
/* One over it, as a whole number of 2 or more, for which run lengths are exact. 0 as
 * above, or beyond 2^32. */
uint64_t mp_cusum_period(double p0, double p1);

/* Level and limit in the units of `up` and `down`; rounds are counted from 1. */
struct mp_cusum {
    double up, down, limit, level;
    uint64_t rounds, alarm_at; /* 0: no alarm yet; the first alarm stands */
};

/* In units of one failure. */
void mp_cusum_init(struct mp_cusum *cusum, double balance, double limit);
/* In units of 1/period: a failure adds period - 1, a pass takes 1; whole numbers, so
 * exact. */
void mp_cusum_init_whole(struct mp_cusum *cusum, uint64_t period, uint64_t limit);
void mp_cusum_add(struct mp_cusum *cusum, bool has_failed);

#define MP_CUSUM_LIMIT_MAX 20000

/* The average number of rounds to an alarm, from a level of 0, for rounds that fail with
 * probability p: exact, by the Markov chain of mp_cusum_init_whole. Infinite for p <= 0
 * (or not a number), where no alarm comes; 0 for a period below 2 or a limit of 0 or
 * above MP_CUSUM_LIMIT_MAX. */
double mp_cusum_run_length(uint64_t period, uint64_t limit, double p);
/* The lowest limit whose run length at p is at least `rounds`; 0 if none up to
 * MP_CUSUM_LIMIT_MAX has it. */
uint64_t mp_cusum_limit(uint64_t period, double p, double rounds);

#endif
