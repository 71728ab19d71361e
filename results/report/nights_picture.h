/* Inside of the report over nights: how rates look. Texts without UTF-8 where the
 * terminal has none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_PICTURE_H
#define MP_REPORT_NIGHTS_PICTURE_H

#include "results/report/nights_rows.h"
#include "results/report/text.h"

/* The signs of the text. */
struct mp_nights_signs {
    const char *at_most, *dot, *arrow;                /* "≤", " · ", "→" */
    const char *left, *line, *right, *open, *clipped; /* of a bar */
    const char *point, *pooled;
};
const struct mp_nights_signs *mp_nights_signs(bool use_utf8);

/* "≤ 2.96 %" or "1.00 % [0.0253, 5.45]" */
void mp_nights_write_rate(struct mp_strbuf *buf, const struct mp_nights_signs *signs,
                          uint64_t failures, uint64_t rounds, struct mp_interval limits);
/* The limits that a rate is shown with: two-sided, for zero failures the one-sided
 * bound. */
struct mp_interval mp_nights_limits(uint64_t failures, uint64_t rounds);

/* A round number, `rate` or more and at most 1. */
double mp_nights_scale(double rate);
/* Adds the rate with its limits as a line of `width` columns, of which the last is
 * `scale`. */
struct mp_nights_bar {
    double low, rate, high;
    bool is_zero;   /* open to the left, without a point */
    bool is_pooled; /* another point */
};
void mp_nights_write_bar(struct mp_strbuf *buf, const struct mp_nights_signs *signs,
                         struct mp_nights_bar bar, double scale, size_t width);

/* The parts below the table of nights. */
void mp_nights_add_sections(const struct mp_nights *nights, struct mp_text *text);

#endif
