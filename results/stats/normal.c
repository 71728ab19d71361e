/* The normal distribution, by the C library's erfc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/normal.h"

#include <math.h>
#include <stdbool.h>

#define SQRT_HALF   0.70710678118654752440084436210485
#define SQRT_TWO_PI 2.506628274631000502415765284811
#define Z_MAX       38.5   /* its tail is about 1e-324 */
#define TAIL_MIN    1e-300 /* below, erfc begins to lose digits */

double mp_normal_cdf(double z) {
    return 0.5 * erfc(-z * SQRT_HALF);
}

double mp_normal_upper(double z) {
    return 0.5 * erfc(z * SQRT_HALF);
}

/* z >= 0 whose upper tail is q <= 1/2. Newton on the logarithm of the tail, which is
 * concave: from the bound tail <= exp(-z^2 / 2) / 2 it comes from one side only. */
static double quantile_of_tail(double q) {
    if (q < TAIL_MIN)
        return Z_MAX;
    double z = sqrt(fmax(0.0, -2.0 * log(2.0 * q)));
    for (int i = 0; i < 60; i++) {
        double tail = mp_normal_upper(z);
        double slope = exp(-0.5 * z * z) / SQRT_TWO_PI / tail;
        double next = fmax(0.0, z + log(tail / q) / slope);
        bool is_near = fabs(next - z) <= 1e-15 * fmax(1.0, z);
        z = next;
        if (is_near)
            break;
    }
    return z;
}

double mp_normal_quantile(double p) {
    if (!(p > 0.0))
        return -Z_MAX;
    if (p >= 1.0)
        return Z_MAX;
    return p <= 0.5 ? -quantile_of_tail(p) : quantile_of_tail(1.0 - p);
}

double mp_normal_quantile_upper(double q) {
    return -mp_normal_quantile(q);
}
