/* Which of several ways to provoke a failure is worth the next round: Thompson sampling
 * over failures per second, with a floor for the plain way, so that there is always
 * something to compare with. Rates seen while choosing are biased upwards: what is quoted
 * is measured on fresh rounds afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_PORTFOLIO_H
#define MP_STATS_PORTFOLIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The share of rounds that go to the plain way whatever was seen. */
#define MP_PORTFOLIO_FLOOR 0.1

struct mp_portfolio_way {
    uint64_t rounds, failures; /* of the wanted kind */
    double seconds;            /* that the rounds took */
};

/* The way of round `number` (0, 1, ...): way[0] is the plain one. A way without a round
 * comes first; then each draws a rate from its posterior, Gamma(failures + 1/2) over its
 * seconds, and the largest wins. Pure: depends on its arguments only. */
size_t mp_portfolio_choose(const struct mp_portfolio_way *way, size_t count,
                           uint64_t seed, uint64_t number);

/* Probability that `a` fails more often per second than `b`, given what was seen. */
double mp_portfolio_is_faster(const struct mp_portfolio_way *a,
                              const struct mp_portfolio_way *b);

/* The way with most failures per second. `ret_doubt` is at most the probability that
 * another one is faster (the sum over the others); 1 without a failure. */
size_t mp_portfolio_leader(const struct mp_portfolio_way *way, size_t count,
                           double *ret_doubt);

#endif
