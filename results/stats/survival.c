/* Kaplan-Meier and log-rank. The survival is kept as a logarithm, since one failure in
 * 1e9 rounds is lost in 1 - 1e-9.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/survival.h"

#include <math.h>
#include <stdlib.h>

#include "results/stats/gamma.h"
#include "results/stats/normal.h"

#define SLACK 1e-12 /* a product of shares may miss 1/2 by its last digit */

static int compare_times(const void *left, const void *right) {
    double a = ((const struct mp_lifetime *)left)->time;
    double b = ((const struct mp_lifetime *)right)->time;
    return (a > b) - (a < b);
}

static void sort_lives(struct mp_lifetime *lives, size_t count) {
    for (size_t i = 0; i < count; i++)
        lives[i].time = lives[i].time > 0.0 ? lives[i].time : 0.0;
    if (count > 1)
        qsort(lives, count, sizeof(*lives), compare_times);
}

/* The failures among those that end at lives[*pos].time; moves past all of them. */
static uint64_t take_failures(const struct mp_lifetime *lives, size_t count,
                              size_t *pos) {
    double time = lives[*pos].time;
    uint64_t failures = 0;
    while (*pos < count && lives[*pos].time <= time) {
        failures += lives[*pos].has_failed;
        ++*pos;
    }
    return failures;
}

static struct mp_interval log_log_limits(double log_survival, double spread, double z) {
    double wide = z * sqrt(spread) / -log_survival;
    return (struct mp_interval){exp(log_survival * exp(wide)),
                                exp(log_survival * exp(-wide))};
}

size_t mp_survival_curve(struct mp_lifetime *lives, size_t count, double alpha,
                         struct mp_survival_step *ret_steps) {
    bool is_level = alpha > 0.0 && alpha < 1.0;
    double z = is_level ? mp_normal_quantile_upper(alpha / 2.0) : 0.0;
    double log_survival = 0.0, spread = 0.0; /* the sum of Greenwood's terms */
    double high = 1.0;
    size_t steps = 0;
    sort_lives(lives, count);
    for (size_t pos = 0; pos < count;) {
        struct mp_survival_step step = {.time = lives[pos].time, .at_risk = count - pos};
        step.failures = take_failures(lives, count, &pos);
        if (step.failures == 0)
            continue;
        double n = (double)step.at_risk, d = (double)step.failures;
        step.limits = (struct mp_interval){0.0, is_level ? high : 1.0};
        if (step.failures < step.at_risk) {
            log_survival += log1p(-d / n);
            spread += d / n / (n - d);
            step.survival = exp(log_survival);
            step.error = step.survival * sqrt(spread);
            if (is_level) {
                step.limits = log_log_limits(log_survival, spread, z);
                high = step.limits.high;
            }
        }
        ret_steps[steps++] = step;
    }
    return steps;
}

double mp_survival_median(const struct mp_survival_step *steps, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (steps[i].survival <= 0.5 * (1.0 + SLACK))
            return steps[i].time;
    return INFINITY;
}

double mp_survival_mean(const struct mp_survival_step *steps, size_t count,
                        double horizon) {
    double area = 0.0, from = 0.0, survival = 1.0;
    if (!(horizon > 0.0))
        return 0.0;
    for (size_t i = 0; i < count && steps[i].time < horizon; i++) {
        area += survival * (steps[i].time - from);
        from = steps[i].time;
        survival = steps[i].survival;
    }
    return survival > 0.0 ? area + survival * (horizon - from) : area;
}

struct mp_log_rank mp_survival_log_rank(struct mp_lifetime *a, size_t count_a,
                                        struct mp_lifetime *b, size_t count_b) {
    struct mp_log_rank got = {.p = 1.0};
    double variance = 0.0;
    size_t pos_a = 0, pos_b = 0;
    sort_lives(a, count_a);
    sort_lives(b, count_b);
    while (pos_a < count_a || pos_b < count_b) {
        double risk_a = (double)(count_a - pos_a), risk_b = (double)(count_b - pos_b);
        double n = risk_a + risk_b, failed_a = 0.0, failed_b = 0.0;
        bool has_a = pos_a < count_a, has_b = pos_b < count_b;
        bool takes_a = has_a && (!has_b || a[pos_a].time <= b[pos_b].time);
        bool takes_b = has_b && (!has_a || b[pos_b].time <= a[pos_a].time);
        if (takes_a)
            failed_a = (double)take_failures(a, count_a, &pos_a);
        if (takes_b)
            failed_b = (double)take_failures(b, count_b, &pos_b);
        double failed = failed_a + failed_b;
        got.observed_a += failed_a;
        got.observed_b += failed_b;
        got.expected_a += failed * (risk_a / n);
        got.expected_b += failed * (risk_b / n);
        if (n > 1.0)
            variance += failed * (risk_a / n) * (risk_b / n) * ((n - failed) / (n - 1.0));
    }
    got.variance = variance;
    if (variance > 0.0) {
        double diff = got.observed_a - got.expected_a;
        got.chi2 = diff * diff / variance;
        got.p = mp_chi2_upper(got.chi2, 1.0);
    }
    return got;
}
