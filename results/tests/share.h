/* Shares of simulated campaigns, and whether one is beyond doubt on one side of a limit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_SHARE_H
#define MP_TESTS_SHARE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results/stats/binomial.h"

#define CERTAIN                                                                          \
    1e-6 /* the gate's own chance to be wrong, had the seeds not been fixed              \
          */

struct share {
    uint64_t hits, campaigns;
};

static inline double of(struct share share) {
    return (double)share.hits / (double)share.campaigns;
}

/* The gate: is the true share above `limit`, beyond doubt? */
static inline bool is_above(struct share share, double limit) {
    return mp_binomial_lower(share.hits, share.campaigns, CERTAIN) > limit;
}

static inline bool is_below(struct share share, double limit) {
    return mp_binomial_upper(share.hits, share.campaigns, CERTAIN) < limit;
}

/* `expected` comes of an exact sum. */
static inline bool is_as(struct share share, double expected) {
    return !is_above(share, expected) && !is_below(share, expected);
}

static inline void tell(const char *what, struct share share) {
    print_message("[ FIGURE   ] %s: %.4f of %llu\n", what, of(share),
                  (unsigned long long)share.campaigns);
}

#endif
