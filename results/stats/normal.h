/* The normal distribution.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_NORMAL_H
#define MP_STATS_NORMAL_H

/* P(Z <= z). */
double mp_normal_cdf(double z);
/* P(Z >= z): keeps its digits where the other tail rounds to 1. */
double mp_normal_upper(double z);
/* z with P(Z <= z) = p; a p outside (0, 1) gives the end, -38.5 or 38.5 (never
 * infinity). */
double mp_normal_quantile(double p);
/* z with P(Z >= z) = q. */
double mp_normal_quantile_upper(double q);

#endif
