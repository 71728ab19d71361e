/* The rate against a dose: complementary log-log regression on the logarithm of the dose.
 * Its likelihood is concave, so every root is bracketed and halved; nothing may diverge.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/dose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/stats/gamma.h"

#define SLOPE_MAX 64.0 /* steeper than this is a step */
#define BASE_MAX  4000.0
#define ETA_MAX   650.0   /* of the logarithm of a hazard */
#define TINY      (-30.0) /* below, rate and hazard are the same */
#define HALF      0.5
#define HALVINGS  48
#define PI        3.14159265358979323846

/* One dose: its logarithm above the mean of them all, and what became of its rounds. */
struct group {
    double place, failed, passed;
};

struct curve {
    struct group *group;
    size_t count;
};

/* The hazard and what goes with it, at a = base and b = slope. */
struct point {
    double hazard;     /* h */
    double log_rate;   /* log(1 - exp(-h)) */
    double by_failure; /* of the logarithm of the rate by that of h: h / (exp(h) - 1) */
};

static struct point point_at(const struct group *group, double base, double slope) {
    double eta = fma(slope, group->place, base);
    eta = fmin(fmax(eta, -ETA_MAX), ETA_MAX);
    double hazard = exp(eta);
    return (struct point){
        .hazard = hazard,
        .log_rate = eta < TINY ? eta : log(-expm1(-hazard)),
        .by_failure = eta < TINY ? 1.0 : hazard / expm1(hazard),
    };
}

static double likelihood(const struct curve *curve, double base, double slope) {
    double sum = 0.0;
    for (size_t i = 0; i < curve->count; i++) {
        const struct group *group = &curve->group[i];
        struct point point = point_at(group, base, slope);
        if (group->failed > 0.0)
            sum += group->failed * point.log_rate;
        if (group->passed > 0.0)
            sum -= group->passed * point.hazard;
    }
    return sum;
}

/* The derivative of the likelihood by the base, and by the slope. */
struct score {
    double base, slope;
};

static struct score score_at(const struct curve *curve, double base, double slope) {
    struct score score = {0.0, 0.0};
    for (size_t i = 0; i < curve->count; i++) {
        const struct group *group = &curve->group[i];
        struct point point = point_at(group, base, slope);
        double part = group->failed * point.by_failure - group->passed * point.hazard;
        score.base += part;
        score.slope += part * group->place;
    }
    return score;
}

/* The base that fits best with this slope. */
static double fit_base(const struct curve *curve, double slope) {
    double low = -BASE_MAX, high = BASE_MAX;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = 0.5 * (low + high);
        if (score_at(curve, middle, slope).base > 0.0)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

static double profile(const struct curve *curve, double slope) {
    return likelihood(curve, fit_base(curve, slope), slope);
}

static double rise(const struct curve *curve, double slope) {
    return score_at(curve, fit_base(curve, slope), slope).slope;
}

/* SLOPE_MAX with the sign: as good as infinite. */
static double fit_slope(const struct curve *curve) {
    double low = -SLOPE_MAX, high = SLOPE_MAX;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = 0.5 * (low + high);
        if (rise(curve, middle) > 0.0)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

/* Where the likelihood has fallen by `drop`, between the best slope and `end`. */
static double find_limit(const struct curve *curve, double best, double end,
                         double drop) {
    double inside = best, outside = end;
    double floor_at = profile(curve, best) - drop;
    if (profile(curve, end) >= floor_at)
        return copysign(INFINITY, end);
    for (int i = 0; i < HALVINGS; i++) {
        double middle = 0.5 * (inside + outside);
        if (profile(curve, middle) >= floor_at)
            inside = middle;
        else
            outside = middle;
    }
    return outside;
}

/* Pearson's sum of squares against the fitted rates. */
static double find_misfit(const struct curve *curve, double slope) {
    double base = fit_base(curve, slope), sum = 0.0;
    for (size_t i = 0; i < curve->count; i++) {
        const struct group *group = &curve->group[i];
        struct point point = point_at(group, base, slope);
        double rounds = group->failed + group->passed;
        double rate = -expm1(-point.hazard),
               variance = rounds * rate * exp(-point.hazard);
        double excess = fma(-rounds, rate, group->failed);
        if (variance > 0.0)
            sum += excess * excess / variance;
        else if (fabs(excess) > 0.5)
            return INFINITY;
    }
    return sum;
}

/* What counts, doses that are given twice as one. */
static struct curve collect(const struct mp_dose *doses, size_t count) {
    struct curve curve = {.group = mp_memory_zeroed(count + 1, sizeof(*curve.group))};
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!(doses[i].dose > 0.0) || doses[i].rounds == 0 || isinf(doses[i].dose))
            continue;
        double place = log(doses[i].dose);
        size_t at = 0;
        while (at < curve.count && fabs(curve.group[at].place - place) > 1e-12)
            at++;
        if (at == curve.count)
            curve.group[curve.count++].place = place;
        double rounds = (double)doses[i].rounds;
        double failed = fmin((double)doses[i].failures, rounds);
        curve.group[at].failed += failed;
        curve.group[at].passed += rounds - failed;
    }
    for (size_t i = 0; i < curve.count; i++)
        sum += curve.group[i].place;
    for (size_t i = 0; i < curve.count; i++)
        curve.group[i].place -= sum / (double)curve.count;
    return curve;
}

/* Half a failure nearer to the other end: counts are whole, and what is as far out as the
 * ones seen counts as seen. Nothing changes where no failure can be moved. */
static struct curve lean(const struct curve *curve, bool is_up) {
    struct curve moved = {.group = mp_memory_zeroed(curve->count, sizeof(*moved.group)),
                          .count = curve->count};
    memcpy(moved.group, curve->group, curve->count * sizeof(*moved.group));
    struct group *from = NULL, *to = NULL;
    for (size_t i = 0; i < moved.count; i++) {
        struct group *group = &moved.group[i];
        bool is_further = from == NULL || (group->place > from->place) == !is_up;
        if (group->failed >= HALF && is_further)
            from = group;
    }
    for (size_t i = 0; i < moved.count && from != NULL; i++) {
        struct group *group = &moved.group[i];
        bool is_beyond = is_up ? group->place > from->place : group->place < from->place;
        bool is_nearer = to == NULL ||
                         fabs(group->place - from->place) < fabs(to->place - from->place);
        if (is_beyond && group->passed >= HALF && is_nearer)
            to = group;
    }
    if (to != NULL) {
        from->failed -= HALF;
        from->passed += HALF;
        to->failed += HALF;
        to->passed -= HALF;
    }
    return moved;
}

static double find_end(const struct curve *curve, double end, double drop) {
    struct curve moved = lean(curve, end > 0.0);
    double best = fit_slope(&moved);
    double limit = find_limit(&moved, best, end, drop);
    free(moved.group);
    return limit;
}

/* What the mixture of rates makes of the outcomes, with Jeffreys' prior at each dose. */
static double log_mixture(const struct curve *curve) {
    double sum = 0.0;
    for (size_t i = 0; i < curve->count; i++) {
        const struct group *group = &curve->group[i];
        sum += lgamma(group->failed + 0.5) + lgamma(group->passed + 0.5) -
               lgamma(group->failed + group->passed + 1.0) - log(PI);
    }
    return sum;
}

/* Slopes that the mixture does not refute. */
static void find_anytime(const struct curve *curve, double best, double alpha,
                         struct mp_dose_response *response) {
    double drop = profile(curve, best) - log_mixture(curve) - log(alpha);
    if (drop < 0.0) {
        response->low_anytime = INFINITY;
        response->high_anytime = -INFINITY;
    } else {
        response->low_anytime = find_limit(curve, best, -SLOPE_MAX, drop);
        response->high_anytime = find_limit(curve, best, SLOPE_MAX, drop);
    }
}

/* Of slope 0, by the same rule as the limits. */
static double find_p(const struct curve *curve, bool is_rising) {
    struct curve moved = lean(curve, !is_rising);
    double best = fit_slope(&moved);
    double fall = profile(&moved, best) - profile(&moved, 0.0);
    bool is_beyond = (best > 0.0) != is_rising;
    free(moved.group);
    return is_beyond ? 1.0 : mp_chi2_upper(fmax(0.0, 2.0 * fall), 1.0);
}

static void fit(const struct curve *curve, double alpha,
                struct mp_dose_response *response) {
    double best = fit_slope(curve), drop = mp_gamma_quantile_upper(alpha, 0.5);
    bool is_step = fabs(best) > SLOPE_MAX - 1e-6;
    response->slope = is_step ? copysign(INFINITY, best) : best;
    response->low = find_end(curve, -SLOPE_MAX, drop);
    response->high = find_end(curve, SLOPE_MAX, drop);
    find_anytime(curve, best, alpha, response);
    response->p = find_p(curve, best > 0.0);
    response->misfit_p = NAN;
    if (curve->count >= 3 && !is_step) {
        double misfit = find_misfit(curve, best);
        double freedom = (double)curve->count - 2.0;
        response->misfit_p = isinf(misfit) ? 0.0 : mp_chi2_upper(misfit, freedom);
    }
}

struct mp_dose_response mp_dose_response(const struct mp_dose *doses, size_t count,
                                         double alpha) {
    struct curve curve = collect(doses, count);
    struct mp_dose_response response = {.doses = curve.count};
    double failed = 0.0, passed = 0.0;
    for (size_t i = 0; i < curve.count; i++) {
        failed += curve.group[i].failed;
        passed += curve.group[i].passed;
    }
    response.has_slope = curve.count >= 2 && failed > 0.0 && passed > 0.0;
    if (response.has_slope)
        fit(&curve, alpha, &response);
    free(curve.group);
    return response;
}
