/* How a failure rate is shown: its limits, as text, and as a bar beside others. One-sided
 * where nothing failed, two-sided otherwise; what is printed is rounded outward. All
 * symbols are UTF-8, which struct mp_text converts on an ASCII terminal.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_RATE_H
#define MP_REPORT_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/strbuf.h"
#include "results/stats/eprocess.h"

#define MP_RATE_ALPHA 0.05 /* limits hold with 95 % */

/* The heading above rates. */
#define MP_RATE_TITLE "failing, 95 % limits"

/* Failures among counted rounds. */
struct mp_rate {
    uint64_t failures, rounds;
    /* Passes that show nothing, since what had to fail did not. They are not in `rounds`;
     * the lower limit counts them. Where nothing passed but them, it is all that is
     * known. */
    uint64_t without_power;
    bool looks; /* judged after each round or block, which may have ended it */
    struct mp_beta_prior prior; /* of limits that hold at all looks */
};

/* For a number of rounds fixed in advance. */
static inline struct mp_rate mp_rate_of(uint64_t failures, uint64_t rounds) {
    return (struct mp_rate){.failures = failures, .rounds = rounds};
}

/* Two-sided, for zero failures 0 and the one-sided bound; Clopper-Pearson, or those
 * that hold at all looks. */
struct mp_interval mp_rate_limits(struct mp_rate rate);

/* "0.6 %" and "[0.1, 1.7]"; of no failure "≤ 0.6 %" and "", of no round "unknown", or
 * "no power", and ""; where only a lower limit is known "≥ 0.1 %" and "". */
#define MP_RATE_SIZE 80
void mp_rate_format(struct mp_rate rate, char ret_rate[MP_RATE_SIZE],
                    char ret_limits[MP_RATE_SIZE]);
/* Both: "0.6 %  [0.1, 1.7]". */
void mp_rate_write(struct mp_rate rate, struct mp_strbuf *buf);

/* A round number for the right end of bars: at least `rate`, at most 1. */
double mp_rate_scale(double rate);
/* Adds the rate with its limits, rounded outward, as a line of at most `width`
 * columns, of which the last is `scale`; limits beyond it are clipped. Nothing without
 * rounds or for a width below 2. `is_summary` draws a different point. */
void mp_rate_write_bar(struct mp_rate rate, bool is_summary, double scale, size_t width,
                       struct mp_strbuf *buf);
/* The axis of such bars, from 0 to `scale`: "0        5 %". */
void mp_rate_write_axis(double scale, size_t width, struct mp_strbuf *buf);

#endif
