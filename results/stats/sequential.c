/* Path sums; very improbable paths are dropped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/sequential.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/stats/beta.h"
#include "results/stats/demonstration.h"
#include "results/stats/density.h"
#include "results/stats/evidence.h"
#include "results/stats/paired.h"

#define NEGLIGIBLE  1e-15 /* probability of paths that are no longer followed */
#define BUDGET_MAX  100   /* times the rounds of a clean run */
#define TARGET_FINE 1e-3  /* below it budgets are scaled */
#define UNEVEN_MAX  4000  /* pairs in which just one failed, that are followed */

/* The paths of one run by their failures so far, and where each number of failures
 * meets the claim. */
struct paths {
    const struct mp_claim *claim;
    struct mp_beta_prior prior;
    double rate;
    double *at;       /* probability, by failures */
    uint64_t *met_at; /* rounds at which this many failures meet the claim */
    size_t first, last, room;
    uint64_t refuted_from; /* the fewest failures that refute it by now */
};

static void grow(struct paths *paths, size_t needed) {
    size_t room = paths->room > 0 ? paths->room : 64;
    while (room < needed)
        room *= 2;
    if (room == paths->room)
        return;
    paths->at = mp_memory_resize(paths->at, room, sizeof(*paths->at));
    paths->met_at = mp_memory_resize(paths->met_at, room, sizeof(*paths->met_at));
    for (size_t f = paths->room; f < room; f++) {
        uint64_t clean = mp_eprocess_clean_rounds(f, f, paths->claim->target,
                                                  paths->claim->alpha, paths->prior);
        paths->at[f] = 0;
        paths->met_at[f] = clean > UINT64_MAX - f ? UINT64_MAX : clean + f;
    }
    paths->room = room;
}

/* One more round of all paths that continue. */
static void step(struct paths *paths) {
    grow(paths, paths->last + 2);
    for (size_t f = paths->last + 2; f-- > paths->first;) {
        double passed = f <= paths->last ? paths->at[f] * (1 - paths->rate) : 0;
        double failed = f > paths->first ? paths->at[f - 1] * paths->rate : 0;
        paths->at[f] = passed + failed;
    }
    paths->last++;
}

/* Takes out the paths that end after `n` rounds. */
static void end_paths(struct paths *paths, uint64_t n, struct mp_stopping *sum) {
    while (!mp_eprocess_decides(mp_eprocess_log_above(paths->refuted_from, n,
                                                      paths->claim->target, paths->prior),
                                paths->claim->alpha) &&
           paths->refuted_from <= n)
        paths->refuted_from++;
    for (size_t f = paths->first; f <= paths->last; f++) {
        bool is_met = n >= paths->met_at[f];
        bool is_refuted = !is_met && f >= paths->refuted_from;
        if (!is_met && !is_refuted)
            continue;
        sum->met += is_met ? paths->at[f] : 0;
        sum->refuted += is_refuted ? paths->at[f] : 0;
        sum->rounds += paths->at[f] * (double)n;
        paths->at[f] = 0;
    }
    while (paths->first < paths->last && paths->at[paths->first] <= NEGLIGIBLE)
        paths->first++;
    while (paths->last > paths->first && paths->at[paths->last] <= NEGLIGIBLE)
        paths->last--;
}

/* Until the budget is over, no path is left, or the chance of success is reached. Returns
 * the rounds. */
static uint64_t follow(const struct mp_claim *claim, struct mp_beta_prior prior,
                       double rate, uint64_t budget, double chance,
                       struct mp_stopping *sum) {
    struct paths paths = {.claim = claim, .prior = prior, .rate = rate};
    uint64_t n = 0;
    double left = 1;
    *sum = (struct mp_stopping){0};
    grow(&paths, 1);
    paths.at[0] = 1;
    while (n < budget && sum->met < chance && left > 1e-12) {
        step(&paths);
        end_paths(&paths, ++n, sum);
        left = 1 - sum->met - sum->refuted;
    }
    sum->rounds += fmax(0, left) * (double)n;
    free(paths.at);
    free(paths.met_at);
    return n;
}

struct mp_stopping mp_stopping_make(const struct mp_claim *claim,
                                    struct mp_beta_prior prior, double rate,
                                    uint64_t budget) {
    struct mp_claim coarse = *claim;
    struct mp_stopping sum;
    coarse.target = fmax(claim->target, TARGET_FINE);
    double scale = coarse.target / claim->target;
    double rounds = fmin((double)MP_STOPPING_ROUNDS_MAX, round((double)budget / scale));
    if (scale > 1)
        prior = mp_evidence_prior(&coarse);
    follow(&coarse, prior, fmin(1, fmax(0, rate * scale)), (uint64_t)rounds, 2, &sum);
    sum.rounds *= scale;
    return sum;
}

uint64_t mp_stopping_default_budget(const struct mp_claim *claim) {
    return mp_stopping_budget(claim, mp_evidence_prior(claim), 0.5, MP_STOPPING_CHANCE);
}

uint64_t mp_stopping_budget(const struct mp_claim *claim, struct mp_beta_prior prior,
                            double share, double chance) {
    struct mp_claim coarse = *claim;
    coarse.target = fmax(claim->target, TARGET_FINE);
    double scale = coarse.target / claim->target;
    if (scale > 1 && prior.b > 1) /* not Jeffreys', whose evidence scales by itself */
        prior = mp_evidence_prior(&coarse);
    uint64_t clean = mp_eprocess_clean_rounds(0, 0, coarse.target, coarse.alpha, prior);
    if (clean == UINT64_MAX)
        return MP_ROUNDS_NEVER;
    struct mp_stopping sum;
    uint64_t most = BUDGET_MAX * clean;
    most = most < MP_STOPPING_ROUNDS_MAX ? most : MP_STOPPING_ROUNDS_MAX;
    uint64_t rounds = follow(&coarse, prior, share * coarse.target, most, chance, &sum);
    return sum.met < chance ? MP_ROUNDS_NEVER : (uint64_t)ceil((double)rounds * scale);
}

struct mp_pair_rates mp_pair_rates_independent(struct mp_contrast contrast) {
    return (struct mp_pair_rates){.only_a = contrast.rate_a * (1 - contrast.rate_b),
                                  .only_b = contrast.rate_b * (1 - contrast.rate_a),
                                  .alpha = contrast.alpha};
}

/* Whether this many uneven pairs show a difference. */
static bool decides(uint64_t only_a, uint64_t only_b, double alpha, bool looks) {
    return looks ? mp_eprocess_decides(mp_pair_eprocess_log(only_a, only_b), alpha)
                 : mp_paired_mcnemar(only_a, only_b) <= alpha;
}

/* The chance to be decided after 0, 1, ... UNEVEN_MAX uneven pairs; with looks, at the
 * latest. To be freed. Both rules decide from a number of A's alone up, and down, so that
 * the limits move by at most one with each pair. */
static double *decided_after(struct mp_pair_rates rates, bool looks) {
    double share = rates.only_a / (rates.only_a + rates.only_b), decided = 0;
    double *chance = mp_memory_zeroed(UNEVEN_MAX + 1, sizeof(*chance));
    double *at = mp_memory_zeroed(UNEVEN_MAX + 2, sizeof(*at));
    size_t limit = 1; /* the fewest A's alone above one half that decide */
    at[0] = 1;
    for (size_t d = 1; d <= UNEVEN_MAX; d++) {
        double now = 0;
        for (size_t a = d + 1; a-- > 0;)
            at[a] = at[a] * (1 - share) + (a > 0 ? at[a - 1] * share : 0);
        while (limit <= d &&
               (2 * limit <= d || !decides(limit, d - limit, rates.alpha, looks)))
            limit++;
        for (size_t a = 0; a <= d; a++) {
            if (a < limit && d - a < limit)
                continue;
            now += at[a];
            at[a] = looks ? 0 : at[a];
        }
        decided = looks ? decided + now : now;
        chance[d] = fmin(1, decided);
    }
    free(at);
    return chance;
}

/* The chance over all numbers of uneven pairs among `pairs`. */
static double mix(const double *chance, struct mp_pair_rates rates, uint64_t pairs) {
    double n = (double)pairs, uneven = fmin(1, rates.only_a + rates.only_b), power = 0;
    double mean = n * uneven, spread = 10 * sqrt(mean * (1 - uneven)) + 10;
    double first = fmax(0, floor(mean - spread)), last = fmin(n, ceil(mean + spread));
    for (double d = first; d <= last; d += 1) {
        double mass = uneven >= 1 ? (d >= n ? 1.0 : 0.0)
                                  : exp(mp_binomial_density_log(d, n, uneven, 1 - uneven,
                                                                fma(-n, uneven, d)));
        power += mass * (d > UNEVEN_MAX ? chance[UNEVEN_MAX] : chance[(size_t)d]);
    }
    return fmin(1, power);
}

static bool is_sound(struct mp_pair_rates rates) {
    return rates.only_a >= 0 && rates.only_b >= 0 && rates.only_a + rates.only_b > 0 &&
           rates.only_a + rates.only_b <= 1 && rates.alpha > 0 && rates.alpha < 1;
}

static double power_of(struct mp_pair_rates rates, uint64_t pairs, bool looks) {
    if (!is_sound(rates) || pairs == 0)
        return 0;
    double *chance = decided_after(rates, looks);
    double power = mix(chance, rates, pairs);
    free(chance);
    return power;
}

double mp_pairs_sequential_power(struct mp_pair_rates rates, uint64_t pairs) {
    return power_of(rates, pairs, true);
}

double mp_pairs_fixed_power(struct mp_pair_rates rates, uint64_t pairs) {
    return power_of(rates, pairs, false);
}

/* By halving to where the power is about the wished one; then, since it may be
 * saw-toothed, upward from a little below. */
static struct mp_sample_size search(struct mp_pair_rates rates, double power,
                                    bool looks) {
    struct mp_sample_size found = {MP_ROUNDS_NEVER, 0, true};
    if (!is_sound(rates))
        return found;
    double *chance = decided_after(rates, looks);
    uint64_t low = 0, high = 1;
    while (high < MP_PAIRS_MAX && mix(chance, rates, high) < power) {
        low = high;
        high = 2 * high < MP_PAIRS_MAX ? 2 * high : MP_PAIRS_MAX;
    }
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (mix(chance, rates, middle) < power)
            low = middle;
        else
            high = middle;
    }
    uint64_t n = looks ? high : high - high / 8;
    while (n < MP_PAIRS_MAX && mix(chance, rates, n) < power)
        n++;
    found.power = mix(chance, rates, n);
    if (found.power >= power)
        found.rounds_per_arm = n;
    free(chance);
    return found;
}

struct mp_sample_size mp_pairs_sequential(struct mp_pair_rates rates, double power) {
    return search(rates, power, true);
}

struct mp_sample_size mp_pairs_fixed(struct mp_pair_rates rates, double power) {
    return search(rates, power, false);
}

/* That the arms differ is then seen all but always: with more than 1 - DIFFER_MISSED. */
#define DIFFER_MISSED 0.002

uint64_t mp_pairs_default_budget(double fixed_below, double alpha, size_t arms,
                                 size_t strata) {
    struct mp_claim claim = {.target = fixed_below, .alpha = alpha / (double)(arms - 1)};
    double each = pow(MP_STOPPING_CHANCE + DIFFER_MISSED, 1 / (double)strata);
    return mp_stopping_budget(&claim, mp_prior_jeffreys(), 0.5, each);
}
