/* Rates as text and as bars on a common scale.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_picture.h"

#include <math.h>

#include "results/stats/percent.h"

const struct mp_nights_signs *mp_nights_signs(bool use_utf8) {
    static const struct mp_nights_signs signs[2] = {
        {.at_most = "<=",
         .dot = ", ",
         .arrow = "->",
         .left = "[",
         .line = "-",
         .right = "]",
         .open = "<",
         .clipped = ">",
         .point = "o",
         .pooled = "#"},
        {.at_most = "≤",
         .dot = " · ",
         .arrow = "→",
         .left = "├",
         .line = "─",
         .right = "┤",
         .open = "◁",
         .clipped = "▷",
         .point = "●",
         .pooled = "◆"},
    };
    return &signs[use_utf8];
}

struct mp_interval mp_nights_limits(uint64_t failures, uint64_t rounds) {
    if (failures == 0)
        return (struct mp_interval){0.0, mp_binomial_upper(0, rounds, MP_REPORT_ALPHA)};
    return mp_binomial_clopper_pearson(failures, rounds, MP_REPORT_ALPHA);
}

void mp_nights_write_rate(struct mp_strbuf *buf, const struct mp_nights_signs *signs,
                          uint64_t failures, uint64_t rounds, struct mp_interval limits) {
    char rate[MP_PERCENT_SIZE], low[MP_PERCENT_SIZE], high[MP_PERCENT_SIZE];
    mp_percent_upper(limits.high, high, sizeof(high));
    if (rounds == 0) {
        mp_strbuf_addstr(buf, "unknown");
    } else if (failures == 0) {
        mp_strbuf_addf(buf, "%s %s %%", signs->at_most, high);
    } else {
        mp_percent_point((double)failures / (double)rounds, rate, sizeof(rate));
        mp_percent_lower(limits.low, low, sizeof(low));
        mp_strbuf_addf(buf, "%s %% [%s, %s]", rate, low, high);
    }
}

double mp_nights_scale(double rate) {
    if (!(rate > 1e-12))
        return 1e-12;
    double power = pow(10.0, floor(log10(rate)));
    static const double steps[] = {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i] * power >= rate * (1.0 - 1e-9))
            return fmin(1.0, steps[i] * power);
    return 1.0;
}

static size_t place(double value, double scale, size_t width) {
    double share = fmax(0.0, fmin(1.0, value / scale));
    return (size_t)floor(share * (double)(width - 1) + 0.5);
}

void mp_nights_write_bar(struct mp_strbuf *buf, const struct mp_nights_signs *signs,
                         struct mp_nights_bar bar, double scale, size_t width) {
    if (width < 2)
        return;
    size_t low = place(bar.low, scale, width), high = place(bar.high, scale, width);
    size_t point = place(bar.rate, scale, width);
    bool is_clipped = bar.high > scale * (1.0 + 1e-9);
    for (size_t i = 0; i <= high; i++) {
        const char *sign = i < low ? " " : signs->line;
        if (!bar.is_zero && i == point)
            sign = bar.is_pooled ? signs->pooled : signs->point;
        else if (i == high)
            sign = is_clipped ? signs->clipped : signs->right;
        else if (i == low)
            sign = bar.is_zero ? signs->open : signs->left;
        mp_strbuf_addstr(buf, sign);
    }
}
