/* The tables of a comparison: strata with their arms, and the ranking of more than two
 * arms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_TABLE_H
#define MP_REPORT_COMPARE_TABLE_H

#include "harness/base/text.h"
#include "results/report/compare_rows.h"

void mp_compare_add_table(const struct mp_compare *compare, struct mp_text *text);
/* Outcomes of each arm's rounds; nothing if none failed. */
void mp_compare_add_outcomes(const struct mp_compare *compare, struct mp_text *text);
void mp_compare_add_ranking(const struct mp_compare *compare, struct mp_text *text);

/* "412", "12.3k": three digits. */
void mp_compare_format_speed(double speed, struct mp_strbuf *buf);
/* "0.62 [0.55, 0.71]". */
void mp_compare_format_cost(const struct mp_paired_ratio *cost, struct mp_strbuf *buf);

#endif
