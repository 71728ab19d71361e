/* The figures of a comparison in words, for every format: evidence, tests, effects and
 * cost, a label and what it says each.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_FIGURES_H
#define MP_REPORT_COMPARE_FIGURES_H

#include "results/report/compare_rows.h"

/* Texts are owned. A label may be empty: the line goes with the one before. */
struct mp_compare_line {
    char *label, *text;
};

struct mp_compare_lines {
    struct mp_compare_line *line;
    size_t count;
};

/* Add the figures of two arms; of each of several workloads of two arms; and of each of
 * more than two arms. Nothing where that is not what was compared. To be released. */
void mp_compare_lines_of_pair(const struct mp_compare *compare,
                              struct mp_compare_lines *lines);
void mp_compare_lines_of_strata(const struct mp_compare *compare,
                                struct mp_compare_lines *lines);
void mp_compare_lines_of_arms(const struct mp_compare *compare,
                              struct mp_compare_lines *lines);
/* How many ops the rounds of two arms live, for formats that draw no curve. */
void mp_compare_lines_of_lives(const struct mp_compare *compare,
                               struct mp_compare_lines *lines);
void mp_compare_lines_release(struct mp_compare_lines *lines);

/* For other lines: adds one, taking the text of `line` and emptying it; "E = 12.3", a
 * power of ten where it is large; "1.0 points [-2.1, 3.0]". */
void mp_compare_line_end(struct mp_compare_lines *lines, const char *label,
                         struct mp_strbuf *line);
void mp_compare_write_evidence(double log_e, struct mp_strbuf *buf);
void mp_compare_write_points(struct mp_effect difference, struct mp_strbuf *buf);

/* How to read the lines of more than two arms. */
void mp_compare_write_legend(const struct mp_compare *compare, struct mp_strbuf *buf);

#endif
