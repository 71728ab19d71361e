/* The gamma and chi-square distributions, accurate to shapes of 1e9.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_GAMMA_H
#define MP_STATS_GAMMA_H

/* P(shape, x), the lower tail of Gamma(shape) at scale 1; shape > 0; x <= 0 gives 0.
 * Equals P(N >= shape) for a Poisson count N of mean x and a whole shape. */
double mp_gamma_cdf(double x, double shape);
/* 1 - P(shape, x). */
double mp_gamma_upper(double x, double shape);
/* x with P(shape, x) = p, and x with 1 - P(shape, x) = q. A p or q outside (0, 1) gives
 * the end: 0 or infinity. */
double mp_gamma_quantile(double p, double shape);
double mp_gamma_quantile_upper(double q, double shape);
/* P(X >= x) for X ~ chi-square with `freedom` > 0 degrees of freedom. */
double mp_chi2_upper(double x, double freedom);

#endif
