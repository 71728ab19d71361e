/* Plans that show a rate to be low.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/demonstration.h"

#include <math.h>

#include "results/stats/beta.h"

#define ROUNDS_MAX ((uint64_t)1 << 53) /* exact integers of a double */
/* A probability within the last bits of alpha meets it. */
#define SLACK 1e-12

double mp_demonstration_pass(uint64_t allowed, uint64_t rounds, double rate) {
    if (allowed >= rounds || !(rate > 0.0))
        return 1.0;
    if (rate >= 1.0)
        return 0.0;
    if (allowed == 0)
        return exp((double)rounds * log1p(-rate));
    return mp_beta_upper(rate, (double)allowed + 1.0, (double)(rounds - allowed));
}

uint64_t mp_demonstration_rounds(uint64_t allowed, double rate, double alpha) {
    if (alpha >= 1.0)
        return 0;
    if (!(rate > 0.0) || !(alpha > 0.0) || allowed >= ROUNDS_MAX)
        return MP_ROUNDS_NEVER;
    double limit = alpha * (1.0 + SLACK);
    uint64_t low = allowed, high = allowed + 1; /* `low` rounds always pass */
    while (high < ROUNDS_MAX && mp_demonstration_pass(allowed, high, rate) > limit) {
        low = high;
        high = high * 2;
    }
    if (mp_demonstration_pass(allowed, high, rate) > limit)
        return MP_ROUNDS_NEVER;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (mp_demonstration_pass(allowed, middle, rate) > limit)
            low = middle;
        else
            high = middle;
    }
    return high;
}
