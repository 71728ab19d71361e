/* The scan for changes of a rate. Must not say when a rate changed without saying how
 * easily chance does the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/change_point.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"

#define SLACK 1e-9 /* a shuffle may give the same split with other rounding */

struct totals {
    double failures, rounds;
};

static struct totals add_night(struct totals sum, struct mp_night night) {
    double n = (double)night.rounds;
    return (struct totals){sum.failures + fmin((double)night.failures, n),
                           sum.rounds + n};
}

static struct totals total_of(const struct mp_night *nights, size_t count) {
    struct totals sum = {0.0, 0.0};
    for (size_t i = 0; i < count; i++)
        sum = add_night(sum, nights[i]);
    return sum;
}

static double rate_of(struct totals sum) {
    return sum.rounds > 0.0 ? fmax(0.0, fmin(1.0, sum.failures / sum.rounds)) : 0.0;
}

/* part * log(part rate / common rate), for failures or passes; 0 log 0 is 0. */
static double gain(double part, double rounds, double all, double all_rounds) {
    return part > 0.0 ? part * log(part / all * (all_rounds / rounds)) : 0.0;
}

static double split_statistic(struct totals left, struct totals all) {
    struct totals right = {all.failures - left.failures, all.rounds - left.rounds};
    if (left.rounds <= 0.0 || right.rounds <= 0.0)
        return 0.0;
    double passes = all.rounds - all.failures;
    double sum = gain(left.failures, left.rounds, all.failures, all.rounds) +
                 gain(right.failures, right.rounds, all.failures, all.rounds) +
                 gain(left.rounds - left.failures, left.rounds, passes, all.rounds) +
                 gain(right.rounds - right.failures, right.rounds, passes, all.rounds);
    return fmax(0.0, 2.0 * sum);
}

double mp_change_point_statistic(const struct mp_night *nights, size_t count,
                                 size_t split) {
    if (split == 0 || split >= count)
        return 0.0;
    return split_statistic(total_of(nights, split), total_of(nights, count));
}

/* The strongest split, without its P. */
static struct mp_change strongest(const struct mp_night *nights, size_t count) {
    struct totals all = total_of(nights, count), left = {0.0, 0.0};
    struct mp_change best = {
        .rate_before = rate_of(all), .rate_after = rate_of(all), .p = 1.0};
    for (size_t i = 1; i < count; i++) {
        left = add_night(left, nights[i - 1]);
        double statistic = split_statistic(left, all);
        if (statistic > best.statistic) {
            struct totals right = {all.failures - left.failures,
                                   all.rounds - left.rounds};
            best.night = i;
            best.statistic = statistic;
            best.rate_before = rate_of(left);
            best.rate_after = rate_of(right);
        }
    }
    return best;
}

/* The night of the round with this number, by halving; starts[i] is the first round of
 * night i. */
static size_t night_of(const uint64_t *starts, size_t count, uint64_t round) {
    size_t low = 0, high = count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (starts[middle] <= round)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Deals the failures out over all rounds, each round at most one: a draw of a night is
 * refused with the share of its rounds that are taken. */
static void shuffle_rounds(struct mp_night *nights, const uint64_t *starts, size_t count,
                           uint64_t failures, struct mp_rng *rng) {
    uint64_t rounds = starts[count];
    bool deals_passes = failures > rounds / 2; /* the rarer kind is dealt */
    uint64_t left = deals_passes ? rounds - failures : failures;
    for (size_t i = 0; i < count; i++)
        nights[i].failures = 0;
    while (left > 0) {
        size_t i = night_of(starts, count, mp_rng_below(rng, rounds));
        if (mp_rng_below(rng, nights[i].rounds) >= nights[i].failures) {
            nights[i].failures++;
            left--;
        }
    }
    for (size_t i = 0; deals_passes && i < count; i++)
        nights[i].failures = nights[i].rounds - nights[i].failures;
}

static void shuffle_nights(struct mp_night *nights, size_t count, struct mp_rng *rng) {
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)mp_rng_below(rng, i);
        struct mp_night night = nights[i - 1];
        nights[i - 1] = nights[j];
        nights[j] = night;
    }
}

/* Halves all counts until their sum is below 2^53, so that no sum overflows, and cuts
 * failures to rounds. Counts of that size never come from rounds. */
static void copy_bounded(const struct mp_night *nights, size_t count,
                         struct mp_night *ret_nights) {
    double rounds = total_of(nights, count).rounds;
    unsigned halvings = 0;
    for (; rounds > 0x1p53; rounds /= 2.0)
        halvings++;
    for (size_t i = 0; i < count; i++) {
        uint64_t n = nights[i].rounds >> halvings, x = nights[i].failures >> halvings;
        ret_nights[i] = (struct mp_night){x < n ? x : n, n};
    }
}

struct mp_change mp_change_point_scan(const struct mp_night *nights, size_t count,
                                      struct mp_change_plan plan) {
    struct mp_change best = strongest(nights, count);
    best.p_adjusted = best.p;
    if (best.statistic <= 0.0)
        return best;
    struct mp_night *shuffled = mp_memory_zeroed(count, sizeof(*shuffled));
    uint64_t *starts = mp_memory_zeroed(count + 1, sizeof(*starts));
    uint64_t failures = 0, as_strong = 0;
    copy_bounded(nights, count, shuffled);
    for (size_t i = 0; i < count; i++) {
        failures += shuffled[i].failures;
        starts[i + 1] = starts[i] + shuffled[i].rounds;
    }
    uint64_t rarer = failures <= starts[count] / 2 ? failures : starts[count] - failures;
    bool is_whole = plan.shuffle == MP_SHUFFLE_NIGHTS || rarer > MP_SHUFFLE_FAILURES_MAX;
    double limit = strongest(shuffled, count).statistic * (1.0 - SLACK);
    struct mp_rng rng;
    mp_rng_seed(&rng, plan.seed);
    for (uint64_t i = 0; i < plan.draws; i++) {
        if (is_whole)
            shuffle_nights(shuffled, count, &rng);
        else
            shuffle_rounds(shuffled, starts, count, failures, &rng);
        as_strong += strongest(shuffled, count).statistic >= limit;
    }
    best.p = ((double)as_strong + 1.0) / ((double)plan.draws + 1.0);
    best.p_adjusted = best.p;
    free(shuffled);
    free(starts);
    return best;
}

/* A stretch of nights that was tried, and the try whose split made it. */
struct stretch {
    size_t first, count, parent;
};

/* Holm's adjusted P over all tries; a split stands only if the one that made its stretch
 * does. */
static size_t keep_significant(const struct stretch *stretches, struct mp_change *tries,
                               size_t count, double alpha,
                               struct mp_change *ret_changes) {
    bool stands[MP_CHANGES_MAX] = {false};
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        double adjusted = 0.0;
        for (size_t j = 0; j < count; j++) {
            if (tries[j].p > tries[i].p)
                continue;
            size_t smaller = 0;
            for (size_t k = 0; k < count; k++)
                smaller += tries[k].p < tries[j].p;
            adjusted = fmax(adjusted, (double)(count - smaller) * tries[j].p);
        }
        tries[i].p_adjusted = fmin(1.0, adjusted);
        bool has_parent = i == 0 || stands[stretches[i].parent];
        stands[i] = has_parent && tries[i].p_adjusted <= alpha;
        if (stands[i]) {
            size_t at = kept++;
            for (; at > 0 && ret_changes[at - 1].night > tries[i].night; at--)
                ret_changes[at] = ret_changes[at - 1];
            ret_changes[at] = tries[i];
        }
    }
    return kept;
}

/* One night cannot be split: it is no try. */
static size_t push_stretch(struct stretch *stretches, size_t known, struct stretch more) {
    if (more.count < 2 || known >= MP_CHANGES_MAX)
        return known;
    stretches[known] = more;
    return known + 1;
}

size_t mp_change_point_find(const struct mp_night *nights, size_t count, double alpha,
                            struct mp_change_plan plan, struct mp_change *ret_changes) {
    struct stretch stretches[MP_CHANGES_MAX] = {{0, count, 0}};
    struct mp_change tries[MP_CHANGES_MAX];
    size_t known = 1, tried = 0;
    for (; tried < known; tried++) {
        struct stretch here = stretches[tried];
        struct mp_change_plan own = plan;
        own.seed = mp_rng_hash(plan.seed, tried);
        struct mp_change change =
            mp_change_point_scan(nights + here.first, here.count, own);
        if (change.p <= alpha && change.night > 0) {
            size_t rest = here.count - change.night;
            struct stretch before = {here.first, change.night, tried};
            struct stretch after = {here.first + change.night, rest, tried};
            known = push_stretch(stretches, known, before);
            known = push_stretch(stretches, known, after);
        }
        change.night += here.first;
        tries[tried] = change;
    }
    return keep_significant(stretches, tries, tried, alpha, ret_changes);
}
