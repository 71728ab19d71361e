/* Length and power of runs that are judged after each round, exactly, by adding up the
 * probabilities of all paths to the decision limits. And the number of pairs for a test
 * judged once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_SEQUENTIAL_H
#define MP_STATS_SEQUENTIAL_H

#include <stddef.h>
#include <stdint.h>

#include "results/stats/claim.h"
#include "results/stats/eprocess.h"
#include "results/stats/power.h"

/* Where a run of one subject that is judged after each round ends (evidence.h). */
struct mp_stopping {
    double met, refuted; /* chances within the budget */
    double rounds;       /* on average, those of runs that use up the budget included */
};

/* With a true rate of `rate` and no more rounds than `budget`. Targets below 0.1 % are
 * scaled from there, with rate and budget: what counts is the expected number of
 * failures. Then of a budget above MP_STOPPING_ROUNDS_MAX only that many. */
#define MP_STOPPING_ROUNDS_MAX 200000
struct mp_stopping mp_stopping_make(const struct mp_claim *claim,
                                    struct mp_beta_prior prior, double rate,
                                    uint64_t budget);

/* The fewest rounds with which the claim is met with this chance if the true rate is
 * `share` times the target and evidence is mixed with this prior. MP_ROUNDS_NEVER if none
 * up to a hundred times those of a clean run are enough. Scaled in the same way. */
uint64_t mp_stopping_budget(const struct mp_claim *claim, struct mp_beta_prior prior,
                            double share, double chance);

/* The budget of a run that was given none: it decides with 80 % where half as many rounds
 * fail as the claim says. */
#define MP_STOPPING_CHANCE 0.8
uint64_t mp_stopping_default_budget(const struct mp_claim *claim);

/* How often just one of a pair fails: A alone, and B alone. */
struct mp_pair_rates {
    double only_a, only_b, alpha;
};
/* Of arms whose failures do not hang together: the worst case for a test of pairs, which
 * needs fewer the more they do. */
struct mp_pair_rates mp_pair_rates_independent(struct mp_contrast contrast);

/* The chance that the evidence of pairs shows a difference, looking after each of
 * `pairs`; and that McNemar's test does, looking once behind the last. */
double mp_pairs_sequential_power(struct mp_pair_rates rates, uint64_t pairs);
double mp_pairs_fixed_power(struct mp_pair_rates rates, uint64_t pairs);
/* The fewest pairs with this power. `power` of the result is that of this many;
 * MP_ROUNDS_NEVER if MP_PAIRS_MAX are not enough. Power with looks never falls with the
 * number; that of the test is saw-toothed. */
#define MP_PAIRS_MAX 100000
struct mp_sample_size mp_pairs_sequential(struct mp_pair_rates rates, double power);
struct mp_sample_size mp_pairs_fixed(struct mp_pair_rates rates, double power);

/* The blocks in each of `strata` workloads of a comparison of `arms` arms that was given
 * none: an arm that fails half as often as `fixed_below` in all of them, where the
 * control fails twice as often as that or more, is called fixed with MP_STOPPING_CHANCE,
 * looking after every block. `alpha` is that of the comparison. MP_ROUNDS_NEVER as
 * mp_stopping_budget. */
uint64_t mp_pairs_default_budget(double fixed_below, double alpha, size_t arms,
                                 size_t strata);

#endif
