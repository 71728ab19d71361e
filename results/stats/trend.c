/* The trend of rates over scores.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/trend.h"

#include <math.h>

#include "results/stats/normal.h"

struct mp_trend mp_trend_test(const uint64_t *failures, const uint64_t *rounds,
                              const double *scores, size_t count) {
    double all = 0.0, failed = 0.0, total = 0.0;
    for (size_t i = 0; i < count; i++) {
        all += (double)rounds[i];
        failed += fmin((double)failures[i], (double)rounds[i]);
        total += rounds[i] > 0 ? (double)rounds[i] * scores[i] : 0.0;
    }
    double rate = all > 0.0 ? failed / all : 0.0, mean = all > 0.0 ? total / all : 0.0;
    double slope = 0.0, spread = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (rounds[i] > 0) {
            double n = (double)rounds[i], x = fmin((double)failures[i], n);
            slope += (scores[i] - mean) * (x - n * rate);
            spread += n * (scores[i] - mean) * (scores[i] - mean);
        }
    }
    double variance = rate * (1.0 - rate) * spread;
    double z = variance > 0.0 ? slope / sqrt(variance) : 0.0;
    return (struct mp_trend){z, z * z, fmin(1.0, 2.0 * mp_normal_upper(fabs(z)))};
}
