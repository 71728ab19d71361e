/* The regularised incomplete beta function and its inverse, accurate to rates of 1e-8.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_BETA_H
#define MP_STATS_BETA_H

/* I_x(a, b) for a, b > 0 and x in [0, 1]. Continued fraction (Lentz); relative accuracy about
 * 1e-13. */
double mp_beta_cdf(double x, double a, double b);
/* x with I_x(a, b) = p. */
double mp_beta_quantile(double p, double a, double b);

#endif
