/* The runs test.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/runs.h"

#include <math.h>

#include "results/stats/hypergeometric.h"
#include "results/stats/normal.h"

void mp_runs_add(struct mp_runs *runs, bool has_failed) {
    if (runs->failures + runs->passes == 0 || has_failed != runs->has_failed)
        runs->runs++;
    runs->failures += has_failed;
    runs->passes += !has_failed;
    runs->has_failed = has_failed;
}

/* P(X <= k) for the marked among the drawn; the smaller part is drawn, as the function
 * likes it. */
static double cut_lower(double drawn, double left, double marked, double k) {
    if (k < 0.0)
        return 0.0;
    if (drawn <= left) {
        struct mp_hypergeometric h = mp_hypergeometric_make(drawn, left, marked);
        return mp_hypergeometric_lower(&h, k);
    }
    struct mp_hypergeometric h = mp_hypergeometric_make(left, drawn, marked);
    return mp_hypergeometric_upper(&h, marked - k);
}

/* The first and the last round are of the same kind or not; given which, the places where
 * the rounds of each kind are cut into runs have a hypergeometric distribution. So the
 * exact tail needs three of its tails and no factorials. */
static double exact_lower(double runs, double a, double b) {
    double n = a + b, pairs = floor(runs / 2.0), more = floor((runs - 1.0) / 2.0);
    double differ = 2.0 * a / n * (b / (n - 1.0));
    double sum = differ * cut_lower(a - 1.0, b - 1.0, b - 1.0, pairs - 1.0);
    if (a >= 2.0)
        sum += a / n * ((a - 1.0) / (n - 1.0)) * cut_lower(a - 1.0, b - 1.0, b, more);
    if (b >= 2.0)
        sum += b / n * ((b - 1.0) / (n - 1.0)) * cut_lower(b - 1.0, a - 1.0, a, more);
    return fmin(1.0, sum);
}

bool mp_runs_test(const struct mp_runs *runs, struct mp_runs_test *ret_test) {
    if (runs->failures == 0 || runs->passes == 0)
        return false;
    double a = fmin((double)runs->failures, 0x1p52),
           b = fmin((double)runs->passes, 0x1p52);
    double n = a + b, r = fmin(fmax(2.0, (double)runs->runs), 2.0 * fmin(a, b) + 1.0);
    double product = 2.0 * a * b / n;
    double variance = product * ((2.0 * a * b - n) / n) / (n - 1.0);
    double mean = product + 1.0;
    double z = variance > 0.0 ? (r - mean) / sqrt(variance) : 0.0;
    *ret_test = (struct mp_runs_test){
        .mean = mean,
        .variance = variance,
        .z = z,
        .exact = exact_lower(r, a, b),
        .normal = mp_normal_cdf(z),
    };
    return true;
}
