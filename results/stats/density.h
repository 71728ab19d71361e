/* Densities of counts by the saddle-point form (Loader 2000), which keeps its digits
 * where a count is 1e9: nothing here subtracts two large logarithms. The other tests of
 * this folder build on it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_DENSITY_H
#define MP_STATS_DENSITY_H

/* lgamma(z + 1) minus Stirling's leading terms (z + 1/2) log z - z + log(2 pi) / 2; z >
 * 0. */
double mp_stirling_rest(double z);
/* value * log(value / mean) + mean - value for value, mean > 0, given diff = value -
 * mean, which the caller knows more exactly than the difference of the two. */
double mp_deviance(double value, double mean, double diff);
/* log P(X = k) for X ~ Binomial(n, p), given q = 1 - p and diff = k - n p. Counts are
 * whole. */
double mp_binomial_density_log(double k, double n, double p, double q, double diff);

#endif
