/* Internal to the exact tests: which tables Boschloo's test calls significant.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_BOSCHLOO_H
#define MP_STATS_BOSCHLOO_H

#include <stdbool.h>
#include <stdint.h>

/* Whether Boschloo's test is enumerated for this many rounds. */
bool mp_boschloo_fits(uint64_t rounds_a, uint64_t rounds_b);
/* The largest limit for Fisher's two-sided p at which the test of that limit still keeps
 * the level alpha: at least alpha. The rounds must fit. */
double mp_boschloo_critical(uint64_t rounds_a, uint64_t rounds_b, double alpha);

#endif
