/* Rounds of several cells over nights, and nights simulated by chance alone. Cells are
 * strata: their rates are never mixed, so a night with more rounds of a bad cell is not a
 * worse night.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_NIGHT_SERIES_H
#define MP_STATS_NIGHT_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/rng.h"

/* Failures above the rounds count as all rounds. */
struct mp_night {
    uint64_t failures, rounds;
};

/* That of night t and cell c is count[t * cells + c]. */
struct mp_night_series {
    size_t nights, cells;
    const struct mp_night *count; /* borrowed */
    /* Borrowed, of each night: its passes show nothing, as what had to fail did not.
     * NULL: of none. For the alarm: other tests are given no such nights. */
    const bool *is_blind;
};

/* Nights first to first + nights - 1. */
struct mp_night_series mp_night_series_part(struct mp_night_series series, size_t first,
                                            size_t nights);

/* The excess of a night over the rates of its cells in the series, and its variance by
 * chance. */
struct mp_night_excess {
    double failures, variance;
};
/* Writes one for each night. */
void mp_night_series_excess(struct mp_night_series series,
                            struct mp_night_excess *ret_excess);

/* How much more nights differ than by chance, estimated from differences of
 * neighbours: a change of the rate makes one of them large, and the largest (one, from
 * eight nights on two, from 31 on a tenth of them) are left out. phi 1: by chance
 * alone; it may come out lower. */
struct mp_night_dispersion {
    double phi;
    double freedom; /* how well it is known, as the degrees of freedom of a variance; 0:
                       there are too few nights, and phi is 1 */
};
struct mp_night_dispersion mp_night_series_dispersion(struct mp_night_series series);
/* A plausible true factor, drawn from its uncertainty; at least 1. */
double mp_night_dispersion_draw(struct mp_night_dispersion dispersion,
                                struct mp_rng *rng);

/* The factor that it exceeds with probability alpha; at least 1. */
double mp_night_dispersion_upper(struct mp_night_dispersion dispersion, double alpha);

/* Deals the same failures of each cell at random to nights with the same rounds. */
struct mp_night_dealer;
/* Freed with mp_night_dealer_free. */
struct mp_night_dealer *mp_night_dealer_make(struct mp_night_series series);
void mp_night_dealer_free(struct mp_night_dealer *dealer);
/* Deals; nights differ by `dispersion` (1: by chance alone). What it returns is valid
 * until the next deal. */
struct mp_night_series mp_night_dealer_deal(struct mp_night_dealer *dealer,
                                            double dispersion, struct mp_rng *rng);
/* Approximate steps of one deal. */
uint64_t mp_night_dealer_steps(const struct mp_night_dealer *dealer);

#endif
