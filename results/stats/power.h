/* The power of a comparison of two arms: the sum of the probabilities of all tables that
 * its test calls significant.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_POWER_H
#define MP_STATS_POWER_H

#include <stdbool.h>
#include <stdint.h>

enum mp_exact_test { MP_TEST_FISHER, MP_TEST_MID_P, MP_TEST_BOSCHLOO };

/* What is to be told apart: the true rates of both arms, at this two-sided level. */
struct mp_contrast {
    double rate_a, rate_b, alpha;
};

struct mp_power {
    double power;
    bool is_exact; /* false: too many tables, by the normal limit (Boschloo: by Fisher's
                      power, which is never larger) */
};

/* Power of `test` with this many rounds in each arm. Rates outside [0, 1] count as the
 * nearer end; an empty arm has power 0. */
struct mp_power mp_power_make(enum mp_exact_test test, uint64_t rounds_a,
                              uint64_t rounds_b, struct mp_contrast contrast);

struct mp_sample_size {
    uint64_t rounds_per_arm; /* MP_ROUNDS_NEVER where no number tells the arms apart */
    /* at that number; power is saw-toothed, so the next one may have less */
    double power;
    bool is_smallest; /* false: smaller ones were not all tried */
};

/* The smallest equal number of rounds per arm with at least the wished power, scanning
 * upward. Takes under a second: where there are too many numbers to try, only every so
 * many-th is (about 1 in 1,000 apart). */
struct mp_sample_size mp_power_rounds(enum mp_exact_test test,
                                      struct mp_contrast contrast, double power);

/* The textbook formula per arm, without or with continuity correction (Casagrande, Pike
 * and Smith 1978): off by up to a quarter for rare failures. Infinite for equal rates. */
double mp_power_rounds_normal(struct mp_contrast contrast, double power,
                              bool is_corrected);

#endif
