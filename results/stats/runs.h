/* The runs test (Wald and Wolfowitz 1940): do failures of a night cluster in time? A hint
 * of heat or of a reset that does not heal, not a proof.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_RUNS_H
#define MP_STATS_RUNS_H

#include <stdbool.h>
#include <stdint.h>

/* Starts zeroed. A run is a stretch of rounds that ended alike. */
struct mp_runs {
    uint64_t runs, failures, passes;
    bool has_failed; /* the last round */
};

void mp_runs_add(struct mp_runs *runs, bool has_failed);

struct mp_runs_test {
    double mean, variance, z; /* of the number of runs, if order were chance */
    double exact;             /* P(as few runs or fewer) */
    double normal;            /* the same by the normal limit */
};

/* False, with *ret_test untouched, unless both kinds of round occurred. Fewer than five
 * of either is too few to show. */
bool mp_runs_test(const struct mp_runs *runs, struct mp_runs_test *ret_test);

#endif
