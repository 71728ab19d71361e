/* The regularised incomplete beta function and its inverses, accurate to rates of 1e-8
 * and to counts of 1e9. No globals, no lgamma (whose sign variable is shared by all
 * threads).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_BETA_H
#define MP_STATS_BETA_H

/* I_x(a, b) for a, b > 0; x outside [0, 1] counts as the nearer end. Continued fraction
 * (Lentz); relative accuracy about 1e-13. */
double mp_beta_cdf(double x, double a, double b);
/* 1 - I_x(a, b): keeps its digits where I_x(a, b) rounds to 1. */
double mp_beta_upper(double x, double a, double b);
/* x with I_x(a, b) = p. */
double mp_beta_quantile(double p, double a, double b);
/* x with 1 - I_x(a, b) = q: keeps its digits where 1 - q would round. */
double mp_beta_quantile_upper(double q, double a, double b);

/* For 0 < x < 1 and y = 1 - x, both given because the smaller one holds the digits:
 * log(x^a y^b / B(a, b)), and log(I_x(a, b)) less that. The large terms cancel before
 * they are computed, so both keep their digits where the beta functions themselves
 * underflow. */
double mp_beta_log_weight(double x, double y, double a, double b);
double mp_beta_log_tail(double x, double y, double a, double b);

#endif
