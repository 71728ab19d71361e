/* Comparisons on simulated rounds: whole ones of known rates, through the plan, the order,
 * the seeds, the blocks, the evidence and the verdicts of mpstress.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_SIMULATED_ARMS_H
#define MP_TESTS_SIMULATED_ARMS_H

#include "harness/tests/simulated.h"
#include "results/stats/comparison.h"
#include "results/tests/calibration.h"

#define SIMULATED_ALPHA      0.05
#define SIMULATED_ARMS_MAX   3
#define SIMULATED_STRATA_MAX 2

/* One round's fate. */
struct simulated_toss {
    uint64_t seed; /* of the round, the same for all arms of a block */
    size_t arm;
    double p;
    bool is_first; /* of its block */
};

struct simulated_world {
    double rate[SIMULATED_ARMS_MAX]; /* of the control, then of the arms */
    size_t arms;
    uint64_t rounds; /* of each arm */
    double fixed_below;
    bool looks; /* else it is judged once, at the end */
    bool (*fails)(struct simulated_toss toss);
    unsigned jobs; /* 0: one */
    uint64_t failure
        [SIMULATED_ARMS_MAX]; /* how long a round of the arm takes that fails; one that
                                    passes takes 1. 0: as long */
    bool takes_as_they_end;   /* wrong on purpose */
    struct mp_claim margin;   /* target 0: the question is whether they differ */
    double other
        [SIMULATED_ARMS_MAX]; /* of failures that do not count, in the other rounds */
    size_t strata;            /* 0: one */
    double second[SIMULATED_ARMS_MAX]; /* rates in the second */
};

struct simulated_shares {
    struct share different; /* some arm is said to differ from the control */
    struct share good;      /* the first arm is said to be better or fixed */
    struct share fixed, decided, exchanged;
    struct share within, beyond;   /* the margin is said to hold; to be exceeded */
    struct share lost, lost_fixed; /* limits that do not hold the true difference: those
                                      for all looks, and Newcombe's for one */
    struct share lost_ratio, lost_rate, lost_rate_fixed; /* nor the ratio; nor the arm's
                                                            rate: for all looks, and
                                                            Clopper-Pearson's */
    uint64_t median; /* blocks until it was decided, 0 if most were not */
};

struct simulated_shares simulated_compare(const struct simulated_world *world,
                                          const struct calibration *size, uint64_t seed);
/* A line of the table: `promise` says what `figure` is to the share. */
void simulated_tell(const struct simulated_world *world, const char *what,
                    struct share share, const char *promise, double figure);

#endif
