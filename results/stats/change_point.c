/* The scan for changes of a rate.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/change_point.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"

#define SLACK    1e-9 /* a shuffle may give the same split with other rounding */
#define TRIALS   200  /* of the estimate of how much nights differ */
#define LIFT_MAX 2.0  /* by which it is corrected */

/* Sums of each cell, kept over a scan. */
struct sums {
    double *rate, *rounds, *before; /* before: rounds of the nights before the split */
    struct mp_night_excess *excess; /* of each night */
};

static struct sums make_sums(struct mp_night_series series) {
    return (struct sums){
        .rate = mp_memory_zeroed(series.cells + 1, sizeof(double)),
        .rounds = mp_memory_zeroed(series.cells + 1, sizeof(double)),
        .before = mp_memory_zeroed(series.cells + 1, sizeof(double)),
        .excess = mp_memory_zeroed(series.nights + 1, sizeof(struct mp_night_excess))};
}

static void free_sums(struct sums *sums) {
    free(sums->rate);
    free(sums->rounds);
    free(sums->before);
    free(sums->excess);
}

static void start(struct mp_night_series series, struct sums *sums) {
    mp_night_series_excess(series, sums->excess);
    for (size_t cell = 0; cell < series.cells; cell++) {
        double failures = 0.0, rounds = 0.0;
        for (size_t i = cell; i < series.nights * series.cells; i += series.cells) {
            rounds += (double)series.count[i].rounds;
            failures +=
                fmin((double)series.count[i].failures, (double)series.count[i].rounds);
        }
        sums->rounds[cell] = rounds;
        sums->rate[cell] = rounds > 0.0 ? failures / rounds : 0.0;
        sums->before[cell] = 0.0;
    }
}

/* Moves the split by one night, and gives the variance of what is before it. */
static double step(struct mp_night_series series, size_t night, struct sums *sums) {
    double variance = 0.0;
    for (size_t cell = 0; cell < series.cells; cell++) {
        double all = sums->rounds[cell], rate = sums->rate[cell];
        sums->before[cell] += (double)series.count[night * series.cells + cell].rounds;
        if (all > 1.0)
            variance += rate * (1.0 - rate) * sums->before[cell] *
                        ((all - sums->before[cell]) / (all - 1.0));
    }
    return variance;
}

double mp_change_point_statistic(struct mp_night_series series, size_t split) {
    double excess = 0.0, variance = 0.0;
    if (split == 0 || split >= series.nights)
        return 0.0;
    struct sums sums = make_sums(series);
    start(series, &sums);
    for (size_t i = 0; i < split; i++) {
        excess += sums.excess[i].failures;
        variance = step(series, i, &sums);
    }
    free_sums(&sums);
    return variance > 0.0 ? excess * excess / variance : 0.0;
}

/* The night before which the split is strongest, and its statistic. */
static size_t find_strongest(struct mp_night_series series, struct sums *sums,
                             double *ret_statistic) {
    double excess = 0.0;
    size_t best = 0;
    *ret_statistic = 0.0;
    start(series, sums);
    for (size_t i = 1; i < series.nights; i++) {
        excess += sums->excess[i - 1].failures;
        double variance = step(series, i - 1, sums);
        double statistic = variance > 0.0 ? excess * excess / variance : 0.0;
        if (statistic > *ret_statistic) {
            *ret_statistic = statistic;
            best = i;
        }
    }
    return best;
}

/* The rate of nights first to end - 1: that of all rounds and what they have beyond. What
 * is left of rounding is not a rate: one failure in all rounds would be more. */
static double rate_between(struct mp_night_series series, const struct sums *sums,
                           size_t first, size_t end) {
    double excess = 0.0, rounds = 0.0, failures = 0.0, all = 0.0;
    for (size_t cell = 0; cell < series.cells; cell++) {
        failures += sums->rate[cell] * sums->rounds[cell];
        all += sums->rounds[cell];
    }
    for (size_t i = first; i < end; i++) {
        excess += sums->excess[i].failures;
        for (size_t cell = 0; cell < series.cells; cell++)
            rounds += (double)series.count[i * series.cells + cell].rounds;
    }
    double rate =
        (all > 0.0 ? failures / all : 0.0) + (rounds > 0.0 ? excess / rounds : 0.0);
    return rate * all < SLACK ? 0.0 : fmin(1.0, rate);
}

struct mp_change mp_change_point_scan(struct mp_night_series series,
                                      struct mp_night_dispersion dispersion,
                                      struct mp_change_plan plan) {
    struct sums sums = make_sums(series);
    struct mp_change best = {.p = 1.0};
    best.night = find_strongest(series, &sums, &best.statistic);
    best.rate_before = rate_between(series, &sums, 0, best.night);
    best.rate_after = rate_between(series, &sums, best.night, series.nights);
    if (best.night > 0) {
        struct mp_night_dealer *dealer = mp_night_dealer_make(series);
        struct mp_rng rng;
        uint64_t as_strong = 0;
        mp_rng_seed(&rng, plan.seed);
        for (uint64_t i = 0; i < plan.draws; i++) {
            double statistic;
            double factor = mp_night_dispersion_draw(dispersion, &rng);
            find_strongest(mp_night_dealer_deal(dealer, factor, &rng), &sums, &statistic);
            as_strong += statistic >= best.statistic * (1.0 - SLACK);
        }
        best.p = ((double)as_strong + 1.0) / ((double)plan.draws + 1.0);
        mp_night_dealer_free(dealer);
    }
    free_sums(&sums);
    return best;
}

/* A stretch of nights that is to be tried. */
struct stretch {
    size_t first, nights;
    double p; /* of the split that made it */
};

static size_t insert(struct mp_change *changes, size_t count, struct mp_change more) {
    size_t at = count;
    for (; at > 0 && changes[at - 1].night > more.night; at--)
        changes[at] = changes[at - 1];
    changes[at] = more;
    return count + 1;
}

/* Nights that differ much differ lopsidedly, and the estimate, which leaves the largest
 * differences out, comes out low. By how much is told from nights that are dealt so. */
static struct mp_night_dispersion estimate_dispersion(struct mp_night_series series,
                                                      uint64_t seed) {
    struct mp_night_dispersion found = mp_night_series_dispersion(series);
    if (found.phi <= 1.0)
        return found;
    struct mp_night_dealer *dealer = mp_night_dealer_make(series);
    struct mp_rng rng;
    double sum = 0.0;
    mp_rng_seed(&rng, mp_rng_hash(seed, UINT64_MAX));
    for (size_t i = 0; i < TRIALS; i++)
        sum +=
            mp_night_series_dispersion(mp_night_dealer_deal(dealer, found.phi, &rng)).phi;
    mp_night_dealer_free(dealer);
    found.phi *= fmin(LIFT_MAX, fmax(1.0, found.phi * TRIALS / sum));
    return found;
}

size_t mp_change_point_find(struct mp_night_series series, double alpha,
                            struct mp_change_plan plan, struct mp_change *ret_changes) {
    struct stretch stretches[2 * MP_CHANGES_MAX + 1] = {{0, series.nights, 0.0}};
    struct mp_night_dispersion dispersion = estimate_dispersion(series, plan.seed);
    size_t known = 1, found = 0;
    for (size_t tried = 0; tried < known && found < MP_CHANGES_MAX; tried++) {
        struct stretch here = stretches[tried];
        struct mp_change_plan own = {plan.draws, mp_rng_hash(plan.seed, tried)};
        struct mp_change change = mp_change_point_scan(
            mp_night_series_part(series, here.first, here.nights), dispersion, own);
        change.p = fmax(change.p, here.p);
        if (change.p > alpha || change.night == 0)
            continue;
        stretches[known++] = (struct stretch){here.first, change.night, change.p};
        stretches[known++] = (struct stretch){here.first + change.night,
                                              here.nights - change.night, change.p};
        change.night += here.first;
        found = insert(ret_changes, found, change);
    }
    return found;
}
