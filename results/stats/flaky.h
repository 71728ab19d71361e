/* Decisions about a failure that does not always come: does a smaller case still keep
 * enough of its rate? Each decision is a sequential likelihood-ratio test with bounds by
 * Ville's inequality, so its error is what is stated however often one looks; the errors
 * of all decisions of a search add up to no more than the stated total.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_FLAKY_H
#define MP_STATS_FLAKY_H

#include <stdbool.h>
#include <stdint.h>

/* A case whose rate is below `keep` by this factor has lost the failure; between the two
 * either answer is right. */
#define MP_FLAKY_LOST 0.1

/* How the total error of a search is spent. */
#define MP_FLAKY_ALPHA_BASE  0.25 /* the limit of the first case's rate */
#define MP_FLAKY_ALPHA_STEPS 0.5  /* all steps */
#define MP_FLAKY_ALPHA_LAST  0.25 /* the final validation */

/* The error of step `step` (1, 2, ...): total * share / (step (step + 1)), whose sum over
 * any number of steps is at most total * MP_FLAKY_ALPHA_STEPS. */
double mp_flaky_alpha(double total, uint64_t step);

enum mp_flaky_verdict { MP_FLAKY_OPEN, MP_FLAKY_KEEPS, MP_FLAKY_LOSES };

/* To be asked after every round. "Keeps" is wrong with probability `alpha` at most if the
 * rate is keep * MP_FLAKY_LOST or less; "loses" if it is `keep` or more. */
enum mp_flaky_verdict mp_flaky_decide(double keep, double alpha, uint64_t failures,
                                      uint64_t rounds);

/* The rate that a smaller case must keep: `share` of the lower limit of the first case's
 * rate, at the error that the total spends on it. Valid also if one stops at a number of
 * failures. 0 without a failure. */
double mp_flaky_keep(double total, double share, uint64_t failures, uint64_t rounds);

/* Fresh rounds of the final validation: so many that `keep` gives 15 failures. */
uint64_t mp_flaky_last_rounds(double keep);
/* Whether they show a rate above keep * MP_FLAKY_LOST. */
bool mp_flaky_is_valid(double total, double keep, uint64_t failures, uint64_t rounds);

#endif
