/* Internal to the exact tests: which tables, among those with the same margins, Fisher's
 * two-sided test calls significant.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_CRITICAL_H
#define MP_STATS_CRITICAL_H

#include <stdbool.h>

#include "results/stats/hypergeometric.h"

/* The values k <= left and k >= right. */
struct mp_critical {
    double left, right;
};

/* Those whose two-sided p (or mid-P) is `limit` or less. */
struct mp_critical mp_critical_make(const struct mp_hypergeometric *h, double limit,
                                    bool is_mid_p);

#endif
