/* The sign test, and order statistics of paired ratios.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/paired.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/stats/beta.h"

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The largest k with P(X < k) <= alpha / 2 for X of `count` fair coins: the limits are
 * the k-th smallest and the k-th largest. 0: there are too few. */
static size_t rank_of_limit(size_t count, double alpha) {
    size_t low = 0, high = count / 2 + 1; /* low fits, high does not */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        bool fits =
            mp_beta_cdf(0.5, (double)(count - middle + 1), (double)middle) <= alpha / 2;
        low = fits ? middle : low;
        high = fits ? high : middle;
    }
    return low;
}

double mp_paired_mcnemar(uint64_t only_a, uint64_t only_b) {
    uint64_t fewer = only_a < only_b ? only_a : only_b;
    uint64_t more = only_a < only_b ? only_b : only_a;
    if (fewer == more)
        return 1.0;
    /* P(X <= fewer) of `fewer + more` fair coins. */
    return fmin(1.0, 2.0 * mp_beta_cdf(0.5, (double)more, (double)fewer + 1.0));
}

struct mp_paired_ratio mp_paired_ratio(const double *a, const double *b, size_t count,
                                       double alpha) {
    struct mp_paired_ratio result = {.median = 1, .low = 0, .high = INFINITY};
    double *ratio = mp_memory_zeroed(count + 1, sizeof(*ratio));
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        double one = b[i] / a[i];
        if (a[i] > 0 && b[i] > 0 && isfinite(one) && one > 0)
            ratio[pairs++] = one;
    }
    if (pairs > 0) {
        qsort(ratio, pairs, sizeof(*ratio), compare_doubles);
        size_t rank = rank_of_limit(pairs, alpha);
        result.pairs = pairs;
        result.median = pairs % 2 == 1
                            ? ratio[pairs / 2]
                            : sqrt(ratio[pairs / 2 - 1]) * sqrt(ratio[pairs / 2]);
        result.low = rank > 0 ? ratio[rank - 1] : 0;
        result.high = rank > 0 ? ratio[pairs - rank] : INFINITY;
    }
    free(ratio);
    return result;
}
