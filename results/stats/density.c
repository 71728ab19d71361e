/* Densities of counts, accurate at large counts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/density.h"

#include <math.h>

#define TWO_PI 6.283185307179586476925286766559

double mp_stirling_rest(double z) {
    double rest = 0.0;
    for (; z < 16.0; z += 1.0)
        rest += (z + 0.5) * log1p(1.0 / z) - 1.0;
    double w = 1.0 / (z * z);
    double sum = 1.0 / 1188.0 - w * (691.0 / 360360.0);
    sum = 1.0 / 1680.0 - w * sum;
    sum = 1.0 / 1260.0 - w * sum;
    sum = 1.0 / 360.0 - w * sum;
    sum = 1.0 / 12.0 - w * sum;
    return rest + sum / z;
}

double mp_deviance(double value, double mean, double diff) {
    double v = diff / (value + mean);
    if (fabs(v) > 0.1)
        return value * (log(value) - log(mean)) - diff;
    double term = 2.0 * value * v, sum = diff * v;
    for (int i = 1; i < 100; i++) {
        term *= v * v;
        double next = sum + term / (2 * i + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

double mp_binomial_density_log(double k, double n, double p, double q, double diff) {
    if (k < 0.0 || k > n)
        return -INFINITY;
    if (p <= 0.0 || q <= 0.0)
        return (p <= 0.0 ? k == 0.0 : k == n) ? 0.0 : -INFINITY;
    if (k == 0.0)
        return n * (p < 0.5 ? log1p(-p) : log(q));
    if (k == n)
        return n * (q < 0.5 ? log1p(-q) : log(p));
    double rest = n - k;
    double exponent = mp_stirling_rest(n) - mp_stirling_rest(k) - mp_stirling_rest(rest) -
                      mp_deviance(k, n * p, diff) - mp_deviance(rest, n * q, -diff);
    return exponent + 0.5 * log(n / k / rest / TWO_PI);
}
