/* Inside of the report: the lines that its parts add.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_TEXT_H
#define MP_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/text.h"
#include "results/report/rows.h"

#define MP_REPORT_LABEL_WIDTH  11
#define MP_REPORT_INDENT       5
#define MP_REPORT_FRAME_INDENT (MP_REPORT_INDENT + 6)

/* Begins an indented line with a label. */
void mp_report_begin_line(struct mp_text *text, const char *label);
/* The commands that run round `round_id` of the report's campaign again: by mpstress, and
 * under a debugger. */
void mp_report_add_repeat(struct mp_report *report, struct mp_text *text,
                          int64_t round_id);
void mp_report_add_by_hand(struct mp_report *report, struct mp_text *text,
                           int64_t round_id);
/* One row of depth, symbol, offset, module, file, line, pc. */
void mp_report_add_frame(struct mp_text *text, sqlite3_stmt *rows, bool is_first);

/* The first line: the verdict's word and what it rests on; and an empty line. */
void mp_report_add_verdict(struct mp_text *text, enum mp_verdict verdict,
                           const char *reason);
/* "@model" is the software model of the driver, whatever its settings. */
bool mp_report_is_model(const char *device);

/* The parts of the report. */
void mp_report_add_plan(const struct mp_report *report, struct mp_text *text);
/* What became of the claim: in one clause, in lines of the headline, and as JSON ("null"
 * if the campaign makes none). */
void mp_report_write_claim(const struct mp_report *report, struct mp_strbuf *buf);
void mp_report_add_claim(const struct mp_report *report, struct mp_text *text);
void mp_report_write_claim_json(struct mp_report *report, struct mp_strbuf *buf);
void mp_report_add_table(struct mp_report *report, struct mp_text *text);
void mp_report_add_crashes(struct mp_report *report, struct mp_text *text);
void mp_report_add_failures(struct mp_report *report, struct mp_text *text);
void mp_report_add_no_verdict(struct mp_report *report, struct mp_text *text);
void mp_report_add_health(struct mp_report *report, struct mp_text *text);

#endif
