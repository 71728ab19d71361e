/* Bets on the difference of two arms. The order of pairs does not matter.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/margin.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "results/stats/demonstration.h"
#include "results/stats/eprocess.h"

#define STAKES    16
#define STAKE_MAX 0.98 /* of what may be lost with one pair: nobody is ever ruined */
#define RUNS      1000
#define LOOK_STEP 1.01 /* from one look at a simulated run to the next, in pairs */
#define FEW       60   /* up to this many are drawn one by one, more by the normal law */

/* The best stake is about the distance to be shown over the variance of a pair, which is
 * at most 1/2 for equal rates and hardly below the distance: so many lie from twice the
 * margin up to the largest, each as many times the one before. */
static double stake_of(size_t i, double least, double most) {
    return least * pow(most / least, (double)i / (STAKES - 1));
}

/* log of the mean over all stakes. `worst`: what a pair loses at most. */
static double mix(struct mp_margin_pairs pairs, double for_a, double for_even,
                  double for_b, double worst, double margin) {
    double most = STAKE_MAX / worst, least = fmin(2 * margin, most / 2);
    double log_e[STAKES], best = -INFINITY, sum = 0;
    double even = (double)(pairs.pairs - pairs.only_a - pairs.only_b);
    for (size_t i = 0; i < STAKES; i++) {
        double stake = stake_of(i, least, most);
        log_e[i] = (double)pairs.only_a * log1p(stake * for_a) +
                   even * log1p(stake * for_even) +
                   (double)pairs.only_b * log1p(stake * for_b);
        best = fmax(best, log_e[i]);
    }
    for (size_t i = 0; i < STAKES; i++)
        sum += exp(log_e[i] - best);
    return best + log(sum / STAKES);
}

static bool is_sound(struct mp_margin_pairs pairs, double margin) {
    return margin > 0 && margin < 1 && pairs.only_a <= pairs.pairs &&
           pairs.only_b <= pairs.pairs - pairs.only_a;
}

double mp_margin_log_below(struct mp_margin_pairs pairs, double margin) {
    if (!is_sound(pairs, margin))
        return 0;
    return mix(pairs, margin + 1, margin, margin - 1, 1 - margin, margin);
}

double mp_margin_log_above(struct mp_margin_pairs pairs, double margin) {
    if (!is_sound(pairs, margin))
        return 0;
    return mix(pairs, -1 - margin, -margin, 1 - margin, 1 + margin, margin);
}

/* In (0, 1]. */
static double draw(struct mp_rng *rng) {
    return 1 - mp_rng_unit(rng);
}

/* Of few, by the gaps between them. */
static uint64_t draw_few(double n, double p, struct mp_rng *rng) {
    uint64_t found = 0;
    for (double at = floor(log(draw(rng)) / log1p(-p)); at < n;
         at += 1 + floor(log(draw(rng)) / log1p(-p)))
        found++;
    return found;
}

/* How many of `count` happen that each do with chance `p`. */
static uint64_t draw_count(uint64_t count, double p, struct mp_rng *rng) {
    double n = (double)count;
    if (p <= 0 || p >= 1 || count == 0)
        return p >= 1 ? count : 0;
    if (n * p <= FEW)
        return draw_few(n, p, rng);
    if (n * (1 - p) <= FEW)
        return count - draw_few(n, 1 - p, rng);
    double normal = sqrt(-2 * log(draw(rng))) * cos(2 * acos(-1.0) * draw(rng));
    double value = round(n * p + sqrt(n * p * (1 - p)) * normal);
    return (uint64_t)fmax(0, fmin(n, value));
}

static bool is_shown(struct mp_margin_question question, struct mp_margin_pairs pairs) {
    struct mp_margin_pairs mirrored = {pairs.pairs, pairs.only_b, pairs.only_a};
    return mp_eprocess_decides(mp_margin_log_below(pairs, question.margin),
                               question.alpha) &&
           (!question.is_two_sided ||
            mp_eprocess_decides(mp_margin_log_below(mirrored, question.margin),
                                question.alpha));
}

/* After how many pairs one run shows it; infinite: not within the maximum. */
static double run_once(struct mp_margin_question question, struct mp_pair_rates rates,
                       uint64_t seed) {
    struct mp_margin_pairs pairs = {0};
    struct mp_rng rng;
    mp_rng_seed(&rng, seed);
    double uneven = rates.only_a + rates.only_b;
    while (pairs.pairs < MP_MARGIN_PAIRS_MAX) {
        uint64_t next = (uint64_t)ceil((double)(pairs.pairs + 1) * LOOK_STEP);
        uint64_t some = draw_count(next - pairs.pairs, uneven, &rng);
        uint64_t for_a = draw_count(some, uneven > 0 ? rates.only_a / uneven : 0, &rng);
        pairs.pairs = next;
        pairs.only_a += for_a;
        pairs.only_b += some - for_a;
        if (is_shown(question, pairs))
            return (double)next;
    }
    return INFINITY;
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

struct mp_sample_size mp_margin_rounds(struct mp_margin_question question,
                                       struct mp_pair_rates rates, double power) {
    struct mp_sample_size found = {MP_ROUNDS_NEVER, 0, false};
    double each = pow(power, 1 / (double)question.strata);
    double excess = rates.only_b - rates.only_a;
    if (!(rates.only_a >= 0 && rates.only_b >= 0 && rates.only_a + rates.only_b <= 1) ||
        excess >= question.margin ||
        (question.is_two_sided && -excess >= question.margin))
        return found;
    double *after = mp_memory_zeroed(RUNS, sizeof(*after));
    for (size_t i = 0; i < RUNS; i++)
        after[i] = run_once(question, rates, mp_rng_hash(20261128, i));
    qsort(after, RUNS, sizeof(*after), by_size);
    size_t place = (size_t)ceil(each * RUNS);
    double rounds = after[place > 0 ? place - 1 : 0];
    if (isfinite(rounds)) {
        found.rounds_per_arm = (uint64_t)rounds;
        found.power = power;
    }
    free(after);
    return found;
}

uint64_t mp_margin_default_budget(struct mp_margin_question question) {
    double rate = fmin(question.margin, 0.5);
    struct mp_pair_rates rates =
        mp_pair_rates_independent((struct mp_contrast){rate, rate, question.alpha});
    return mp_margin_rounds(question, rates, MP_STOPPING_CHANCE).rounds_per_arm;
}
