/* Sums over nights, and shuffles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/night_series.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/stats/gamma.h"
#include "results/stats/normal.h"

#define KNOWN      0.63  /* degrees of freedom of a difference that is kept */
#define DEAL_MAX   2000  /* failures of a cell; more are drawn by the normal limit */
#define FACTOR_MAX 10000 /* of dispersion */

static uint64_t failures_of(struct mp_night night) {
    return night.failures < night.rounds ? night.failures : night.rounds;
}

struct mp_night_series mp_night_series_part(struct mp_night_series series, size_t first,
                                            size_t nights) {
    return (struct mp_night_series){
        .nights = nights,
        .cells = series.cells,
        .count = series.count + first * series.cells,
        .is_blind = series.is_blind == NULL ? NULL : series.is_blind + first};
}

/* The rate of a cell over all nights; 0 without rounds. */
static double rate_of(struct mp_night_series series, size_t cell) {
    double failures = 0.0, rounds = 0.0;
    for (size_t i = cell; i < series.nights * series.cells; i += series.cells) {
        failures += (double)failures_of(series.count[i]);
        rounds += (double)series.count[i].rounds;
    }
    return rounds > 0.0 ? failures / rounds : 0.0;
}

void mp_night_series_excess(struct mp_night_series series,
                            struct mp_night_excess *ret_excess) {
    for (size_t i = 0; i < series.nights; i++)
        ret_excess[i] = (struct mp_night_excess){0.0, 0.0};
    for (size_t cell = 0; cell < series.cells; cell++) {
        double rate = rate_of(series, cell);
        for (size_t i = 0; i < series.nights; i++) {
            struct mp_night night = series.count[i * series.cells + cell];
            double rounds = (double)night.rounds;
            ret_excess[i].failures += fma(-rounds, rate, (double)failures_of(night));
            ret_excess[i].variance += rounds * rate * (1.0 - rate);
        }
    }
}

static int compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* How many of the largest differences are left out: each change of the rate makes one. */
static size_t count_left_out(size_t count) {
    size_t tenth = (count + 9) / 10;
    return count < 7 ? 1 : tenth > 2 ? tenth : 2;
}

/* The mean of the squares that are kept, where nights differ by chance: of chi-squared
 * variables below a quantile; and what is more in few, whose quantiles scatter (found by
 * simulation, within 0.02). */
static double expect_kept(size_t kept, size_t count) {
    double part = (double)kept / (double)count;
    double root = mp_normal_quantile(0.5 + part / 2.0);
    return (1.0 - mp_chi2_upper(root * root, 3.0)) / part + 0.85 / (double)count;
}

struct mp_night_dispersion mp_night_series_dispersion(struct mp_night_series series) {
    struct mp_night_dispersion result = {.phi = 1.0};
    struct mp_night_excess *excess = mp_memory_zeroed(series.nights + 1, sizeof(*excess));
    double *square = mp_memory_zeroed(series.nights + 1, sizeof(*square));
    size_t count = 0, last = SIZE_MAX;
    mp_night_series_excess(series, excess);
    for (size_t i = 0; i < series.nights; i++) {
        if (!(excess[i].variance > 0.0))
            continue;
        if (last != SIZE_MAX) {
            double step = excess[i].failures / excess[i].variance -
                          excess[last].failures / excess[last].variance;
            square[count++] =
                step * step / (1.0 / excess[i].variance + 1.0 / excess[last].variance);
        }
        last = i;
    }
    if (count >= 3) {
        size_t kept = count - count_left_out(count);
        double sum = 0.0;
        qsort(square, count, sizeof(*square), compare_numbers);
        for (size_t i = 0; i < kept; i++)
            sum += square[i];
        result.phi = sum / (double)kept / expect_kept(kept, count);
        result.freedom = KNOWN * (double)kept;
    }
    free(excess);
    free(square);
    return result;
}

static double draw_normal(struct mp_rng *rng) {
    double radius = sqrt(-2.0 * log(1.0 - mp_rng_unit(rng)));
    return radius * cos(6.283185307179586 * mp_rng_unit(rng));
}

/* Marsaglia and Tsang 2000; of a shape below 1 by that of shape + 1. */
static double draw_gamma(double shape, struct mp_rng *rng) {
    double boost = shape < 1.0 ? pow(1.0 - mp_rng_unit(rng), 1.0 / shape) : 1.0;
    double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = draw_normal(rng), v = 1.0 + c * x;
        v = v * v * v;
        if (v > 0.0 && log(1.0 - mp_rng_unit(rng)) < 0.5 * x * x + d - d * v + d * log(v))
            return boost * d * v;
    }
}

double mp_night_dispersion_draw(struct mp_night_dispersion dispersion,
                                struct mp_rng *rng) {
    if (!(dispersion.freedom > 0.0))
        return 1.0;
    double chi2 = 2.0 * draw_gamma(dispersion.freedom / 2.0, rng);
    double phi = dispersion.phi * dispersion.freedom / fmax(chi2, 1e-12);
    return fmin(fmax(phi, 1.0), FACTOR_MAX);
}

double mp_night_dispersion_upper(struct mp_night_dispersion dispersion, double alpha) {
    if (!(dispersion.freedom > 0.0))
        return 1.0;
    double chi2 = 2.0 * mp_gamma_quantile(alpha, dispersion.freedom / 2.0);
    double phi = dispersion.phi * dispersion.freedom / fmax(chi2, 1e-12);
    return fmin(fmax(phi, 1.0), FACTOR_MAX);
}

struct mp_night_dealer {
    struct mp_night_series series; /* as it was */
    struct mp_night *count;        /* as it was dealt */
    double *weight;                /* of each night */
    double *sum;                   /* of rounds times weight, up to and with a night */
    double mean, variance;         /* of the rarer kind's count in a usual night */
    double response; /* by which the mean of a night rises with its weight, at 1 */
};

/* The share of a cell's rounds by which the rarer kind's rises with a night's weight.
 * Dealt one by one, what is taken is not taken again: 1 - share = exp(-weight * c). */
static double find_response(double share, double rounds) {
    return share * rounds <= DEAL_MAX ? -(1.0 - share) * log1p(-share) : share;
}

struct mp_night_dealer *mp_night_dealer_make(struct mp_night_series series) {
    struct mp_night_dealer *dealer = mp_memory_zeroed(1, sizeof(*dealer));
    size_t counts = series.nights * series.cells;
    dealer->series = series;
    dealer->count = mp_memory_zeroed(counts + 1, sizeof(*dealer->count));
    dealer->weight = mp_memory_zeroed(series.nights + 1, sizeof(*dealer->weight));
    dealer->sum = mp_memory_zeroed(series.nights + 1, sizeof(*dealer->sum));
    for (size_t i = 0; i < counts; i++)
        dealer->count[i].rounds = series.count[i].rounds;
    for (size_t cell = 0; cell < series.cells; cell++) {
        double rate = rate_of(series, cell), rarer = fmin(rate, 1.0 - rate), rounds = 0.0;
        for (size_t i = cell; i < counts; i += series.cells)
            rounds += (double)series.count[i].rounds;
        double usual = rounds / (double)series.nights;
        dealer->mean += usual * rarer;
        dealer->variance += usual * rate * (1.0 - rate);
        dealer->response += usual * find_response(rarer, rounds);
    }
    return dealer;
}

void mp_night_dealer_free(struct mp_night_dealer *dealer) {
    free(dealer->count);
    free(dealer->weight);
    free(dealer->sum);
    free(dealer);
}

uint64_t mp_night_dealer_steps(const struct mp_night_dealer *dealer) {
    double failures = fmin(dealer->mean * (double)dealer->series.nights,
                           (double)(DEAL_MAX * dealer->series.cells));
    return (uint64_t)failures + dealer->series.nights * (dealer->series.cells + 1);
}

/* Weights of mean 1, whose variance makes the counts of nights differ as they shall. */
static void draw_weights(struct mp_night_dealer *dealer, double dispersion,
                         struct mp_rng *rng) {
    double spread =
        (dispersion - 1.0) * dealer->variance / (dealer->response * dealer->response);
    for (size_t i = 0; i < dealer->series.nights; i++) {
        dealer->weight[i] = 1.0;
        if (spread > 0.0 && isfinite(spread))
            dealer->weight[i] = draw_gamma(1.0 / spread, rng) * spread + 1e-9;
    }
}

/* The night whose stretch of the sums holds `place`. */
static size_t find_night(const double *sum, size_t nights, double place) {
    size_t low = 0, high = nights - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sum[middle] > place)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* One by one, each round at most once: a draw of a night is refused with the share of its
 * rounds that are taken. Weights that have nothing left to give are dropped. */
static void deal_each(struct mp_night_dealer *dealer, size_t cell, uint64_t left,
                      struct mp_rng *rng) {
    size_t nights = dealer->series.nights, cells = dealer->series.cells;
    uint64_t tries = 100 * left + 1000;
    while (left > 0) {
        if (tries-- == 0) {
            double sum = 0.0;
            for (size_t i = 0; i < nights; i++)
                dealer->sum[i] = sum += (double)dealer->count[i * cells + cell].rounds;
            tries = UINT64_MAX;
        }
        size_t i =
            find_night(dealer->sum, nights, mp_rng_unit(rng) * dealer->sum[nights - 1]);
        struct mp_night *night = &dealer->count[i * cells + cell];
        if (night->rounds > 0 && mp_rng_below(rng, night->rounds) >= night->failures) {
            night->failures++;
            left--;
        }
    }
}

/* Night by night by the normal limit of the hypergeometric distribution. */
static void deal_many(struct mp_night_dealer *dealer, size_t cell, double left,
                      double rounds, struct mp_rng *rng) {
    size_t nights = dealer->series.nights, cells = dealer->series.cells;
    double total = dealer->sum[nights - 1], before = 0.0;
    for (size_t i = 0; i < nights; i++) {
        struct mp_night *night = &dealer->count[i * cells + cell];
        double own = (double)night->rounds, later = rounds - own;
        double share = total - before > 0.0
                           ? fmin(1.0, (dealer->sum[i] - before) / (total - before))
                           : 1.0;
        double free_part = rounds > 0.0 ? fmax(0.0, 1.0 - left / rounds) : 0.0;
        double sd = sqrt(left * share * (1.0 - share) * free_part);
        double drawn = floor(left * share + sd * draw_normal(rng) + 0.5);
        drawn = fmin(fmax(drawn, fmax(0.0, left - later)), fmin(own, left));
        night->failures = (uint64_t)drawn;
        before = dealer->sum[i];
        left -= drawn;
        rounds = later;
    }
}

struct mp_night_series mp_night_dealer_deal(struct mp_night_dealer *dealer,
                                            double dispersion, struct mp_rng *rng) {
    size_t nights = dealer->series.nights, cells = dealer->series.cells;
    draw_weights(dealer, dispersion, rng);
    for (size_t cell = 0; cell < cells; cell++) {
        uint64_t failures = 0, rounds = 0;
        double sum = 0.0;
        for (size_t i = 0; i < nights; i++) {
            struct mp_night *night = &dealer->count[i * cells + cell];
            night->failures = 0;
            rounds += night->rounds;
            failures += failures_of(dealer->series.count[i * cells + cell]);
            dealer->sum[i] = sum += (double)night->rounds * dealer->weight[i];
        }
        bool deals_passes = failures > rounds / 2; /* the rarer kind is dealt */
        uint64_t left = deals_passes ? rounds - failures : failures;
        if (left <= DEAL_MAX)
            deal_each(dealer, cell, left, rng);
        else
            deal_many(dealer, cell, (double)left, (double)rounds, rng);
        for (size_t i = 0; deals_passes && i < nights; i++) {
            struct mp_night *night = &dealer->count[i * cells + cell];
            night->failures = night->rounds - night->failures;
        }
    }
    return (struct mp_night_series){
        .nights = nights, .cells = cells, .count = dealer->count};
}
