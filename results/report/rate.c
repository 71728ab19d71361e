/* Rates as text and as bars on a common scale.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/rate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "results/stats/evidence.h"
#include "results/stats/percent.h"

#define SCALE_MIN 1e-12

static double share(struct mp_rate rate) {
    return (double)rate.failures / (double)rate.rounds;
}

/* All that passed did so without power. */
static bool has_lower_limit_alone(struct mp_rate rate) {
    return rate.failures == rate.rounds && rate.without_power > 0;
}

static struct mp_interval find_limits(struct mp_rate rate, uint64_t rounds) {
    if (rate.looks && rate.failures == 0)
        return (struct mp_interval){
            .low = 0.0, .high = mp_evidence_upper(0, rounds, MP_RATE_ALPHA, rate.prior)};
    if (rate.looks)
        return mp_eprocess_interval(rate.failures, rounds, MP_RATE_ALPHA, rate.prior);
    if (rate.failures == 0) {
        return (struct mp_interval){.low = 0.0,
                                    .high = mp_binomial_upper(0, rounds, MP_RATE_ALPHA)};
    }
    return mp_binomial_clopper_pearson(rate.failures, rounds, MP_RATE_ALPHA);
}

struct mp_interval mp_rate_limits(struct mp_rate rate) {
    struct mp_interval limits = find_limits(rate, rate.rounds);
    if (rate.without_power > 0)
        limits.low = find_limits(rate, rate.rounds + rate.without_power).low;
    if (has_lower_limit_alone(rate))
        limits.high = 1.0;
    return limits;
}

void mp_rate_format(struct mp_rate rate, char ret_rate[MP_RATE_SIZE],
                    char ret_limits[MP_RATE_SIZE]) {
    char point[MP_PERCENT_SIZE], low[MP_PERCENT_SIZE], high[MP_PERCENT_SIZE];
    ret_limits[0] = '\0';
    if (rate.rounds == 0) {
        snprintf(ret_rate, MP_RATE_SIZE, "%s",
                 rate.without_power > 0 ? "no power" : "unknown");
        return;
    }
    struct mp_interval limits = mp_rate_limits(rate);
    mp_percent_upper(limits.high, high, sizeof(high));
    if (rate.failures == 0) {
        snprintf(ret_rate, MP_RATE_SIZE, "≤ %s %%", high);
        return;
    }
    mp_percent_lower(limits.low, low, sizeof(low));
    if (has_lower_limit_alone(rate)) {
        snprintf(ret_rate, MP_RATE_SIZE, "≥ %s %%", low);
        return;
    }
    mp_percent_point(share(rate), point, sizeof(point));
    snprintf(ret_rate, MP_RATE_SIZE, "%s %%", point);
    snprintf(ret_limits, MP_RATE_SIZE, "[%s, %s]", low, high);
}

void mp_rate_write(struct mp_rate rate, struct mp_strbuf *buf) {
    char point[MP_RATE_SIZE], limits[MP_RATE_SIZE];
    mp_rate_format(rate, point, limits);
    mp_strbuf_addf(buf, "%s%s%s", point, limits[0] != '\0' ? "  " : "", limits);
}

double mp_rate_scale(double rate) {
    static const double steps[] = {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0};
    if (!(rate > SCALE_MIN))
        return SCALE_MIN;
    double power = pow(10.0, floor(log10(rate)));
    for (size_t i = 0; i < MP_COUNT(steps); i++)
        if (steps[i] * power >= rate * (1.0 - 1e-9))
            return fmin(1.0, steps[i] * power);
    return 1.0;
}

/* The column of a value on the scale. */
static double place(double value, double scale, size_t width) {
    return fmax(0.0, fmin(1.0, value / scale)) * (double)(width - 1);
}

void mp_rate_write_bar(struct mp_rate rate, bool is_summary, double scale, size_t width,
                       struct mp_strbuf *buf) {
    if (rate.rounds == 0 || width < 2)
        return;
    struct mp_interval limits = mp_rate_limits(rate);
    bool is_zero = rate.failures == 0, is_clipped = limits.high > scale * (1.0 + 1e-9);
    size_t low = (size_t)floor(place(limits.low, scale, width)),
           high = (size_t)ceil(place(limits.high, scale, width) - 1e-9);
    size_t point = (size_t)lround(place(share(rate), scale, width));
    for (size_t i = 0; i <= high; i++) {
        const char *sign = i < low ? " " : "─";
        if (!is_zero && i == point && !has_lower_limit_alone(rate))
            sign = is_summary ? "◆" : "●";
        else if (i == high)
            sign = is_clipped ? "▷" : "┤";
        else if (i == low)
            sign = is_zero ? "◁" : "├";
        mp_strbuf_addstr(buf, sign);
    }
}

void mp_rate_write_axis(double scale, size_t width, struct mp_strbuf *buf) {
    char end[32];
    snprintf(end, sizeof(end), "%.6g %%", 100.0 * scale);
    size_t len = strlen(end);
    mp_strbuf_addch(buf, '0');
    mp_strbuf_pad(buf, ' ', width > len + 1 ? width - len - 1 : 1);
    mp_strbuf_addstr(buf, end);
}
