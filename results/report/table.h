/* The cells of a campaign as a table, and the counts of one in words.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_TABLE_H
#define MP_REPORT_TABLE_H

#include "harness/base/text.h"
#include "results/report/rows.h"

/* Nothing without cells. */
void mp_report_add_table(const struct mp_report *report, struct mp_text *text);
/* "3 dropped, 1 hang" */
void mp_report_write_kinds(const struct mp_report_cell *cell, struct mp_strbuf *buf);

#endif
