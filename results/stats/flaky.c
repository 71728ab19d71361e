/* Sequential decisions with a total error.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/flaky.h"

#include <math.h>

#include "results/stats/beta.h"

#define LAST_FAILURES   15.0
#define LAST_ROUNDS_MIN 30
#define LAST_ROUNDS_MAX 1000000
#define KEEP_MAX        0.95 /* so that a single pass does not decide */

double mp_flaky_alpha(double total, uint64_t step) {
    double k = (double)(step > 0 ? step : 1);
    return total * MP_FLAKY_ALPHA_STEPS / (k * (k + 1));
}

enum mp_flaky_verdict mp_flaky_decide(double keep, double alpha, uint64_t failures,
                                      uint64_t rounds) {
    if (!(keep > 0) || !(alpha > 0) || alpha >= 1)
        return MP_FLAKY_OPEN;
    double high = keep < KEEP_MAX ? keep : KEEP_MAX, low = high * MP_FLAKY_LOST;
    double x = (double)(failures < rounds ? failures : rounds), n = (double)rounds;
    double ratio = x * log(high / low) + (n - x) * (log1p(-high) - log1p(-low));
    if (ratio >= -log(alpha))
        return MP_FLAKY_KEEPS;
    return ratio <= log(alpha) ? MP_FLAKY_LOSES : MP_FLAKY_OPEN;
}

/* Clopper and Pearson's lower limit; the same after a fixed number of failures. */
static double lower_limit(double alpha, uint64_t failures, uint64_t rounds) {
    if (failures == 0 || rounds < failures)
        return 0;
    return mp_beta_quantile(alpha, (double)failures, (double)(rounds - failures) + 1);
}

double mp_flaky_keep(double total, double share, uint64_t failures, uint64_t rounds) {
    return share * lower_limit(total * MP_FLAKY_ALPHA_BASE, failures, rounds);
}

uint64_t mp_flaky_last_rounds(double keep) {
    double rounds = keep > 0 ? ceil(LAST_FAILURES / keep) : LAST_ROUNDS_MIN;
    if (rounds < LAST_ROUNDS_MIN)
        return LAST_ROUNDS_MIN;
    return rounds < LAST_ROUNDS_MAX ? (uint64_t)rounds : LAST_ROUNDS_MAX;
}

bool mp_flaky_is_valid(double total, double keep, uint64_t failures, uint64_t rounds) {
    return lower_limit(total * MP_FLAKY_ALPHA_LAST, failures, rounds) >
           keep * MP_FLAKY_LOST;
}
