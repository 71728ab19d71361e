/* Evidence that may be looked at after every round. The evidence of an e-process against
 * a hypothesis is a number E whose chance ever to reach 1/alpha, at any of all the looks,
 * is at most alpha if the hypothesis holds (Ville 1939). All functions are pure, give a
 * number (never NaN) for any input, and take more failures than rounds as all rounds
 * failed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_EPROCESS_H
#define MP_STATS_EPROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "results/stats/binomial.h"

/* The Beta(a, b) over which the likelihood is mixed. Part of a plan: to be fixed before
 * the first round. Values that are not positive and finite make functions answer that
 * nothing is known. */
struct mp_beta_prior {
    double a, b;
};

/* Beta(1/2, 1/2): for the evidence of claims, below and above. */
struct mp_beta_prior mp_prior_jeffreys(void);
/* Beta(1/2, 1/(2 p_target)): for limits of rates near or below `p_target`; Jeffreys'
 * outside (0, 1). */
struct mp_beta_prior mp_prior_rare(double p_target);

/* Limits of a rate that hold at all looks together with confidence 1 - alpha
 * (beta-binomial mixture; Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021).
 * rounds = 0 gives [0, 1]. */
struct mp_interval mp_eprocess_interval(uint64_t failures, uint64_t rounds, double alpha,
                                        struct mp_beta_prior prior);

/* log E for the claim "the rate is below p0", against all rates of p0 and above (prior
 * truncated to (0, p0)); it survives failures. Claim once it is log(1/alpha) or more. A
 * p0 outside (0, 1) gives 0: no evidence. */
double mp_eprocess_log_below(uint64_t failures, uint64_t rounds, double p0,
                             struct mp_beta_prior prior);
/* The mirror: log E for "the rate is above p0", the alarm of a regression. */
double mp_eprocess_log_above(uint64_t failures, uint64_t rounds, double p0,
                             struct mp_beta_prior prior);

/* The fewest further rounds, all without failure, that bring the claim "below p0" to
 * log(1/alpha); 0 if it is there. UINT64_MAX if 2^53 rounds in all would not do, or if p0
 * or alpha is outside (0, 1). */
uint64_t mp_eprocess_clean_rounds(uint64_t failures, uint64_t rounds, double p0,
                                  double alpha, struct mp_beta_prior prior);

/* Fraction of the evidence needed: log E / log(1/alpha), cut to [0, 1]; 0 for an alpha
 * outside (0, 1). */
double mp_eprocess_share(double log_e, double alpha);
bool mp_eprocess_decides(double log_e, double alpha);

/* OTHER: failed in a way that is not counted; a comparison takes it for a pass. */
enum mp_block_verdict { MP_BLOCK_NONE, MP_BLOCK_PASS, MP_BLOCK_FAIL, MP_BLOCK_OTHER };

/* Two arms that run in pairs of one round each, in random order: evidence that they
 * differ, from the pairs in which just one of them failed. If the arms do the same, each
 * is the one that failed in half of those, whatever else is true of a pair: shared seeds,
 * a position that fails more often, a rate that drifts. Over that half the likelihood is
 * mixed with Jeffreys' prior (Robbins 1970; the sign test made sequential). E is the mean
 * of two: that A, and that B fails more often; so the direction is that of the counts. */
struct mp_pair_eprocess {
    uint64_t pairs, skipped; /* pairs that count, and pairs that do not */
    uint64_t only_a, only_b; /* pairs in which just this one failed */
    double log_e;
};

void mp_pair_eprocess_init(struct mp_pair_eprocess *test);
/* One more pair. It counts only if both rounds have a verdict. */
void mp_pair_eprocess_add(struct mp_pair_eprocess *test, enum mp_block_verdict a,
                          enum mp_block_verdict b);
/* log E of this many pairs in which just one failed. */
double mp_pair_eprocess_log(uint64_t only_a, uint64_t only_b);

#endif
