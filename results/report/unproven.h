/* What only a run on a Mac can show, and none has shown yet: it stands in the report of
 * every run on Apple's Metal. When such a run was seen, its line goes from the table and
 * from ARCHITECTURE.md, which has the same list.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_UNPROVEN_H
#define MP_REPORT_UNPROVEN_H

#include "harness/base/text.h"
#include "results/report/rows.h"

struct json_object;

/* Each adds the list to a report whose rounds opened Apple's Metal, nothing to others. */
void mp_unproven_add(const struct mp_report *report, struct mp_text *text);
void mp_unproven_add_json(const struct mp_report *report, struct json_object *to);
/* `plain` escapes a text. */
void mp_unproven_add_markdown(const struct mp_report *report,
                              void (*plain)(struct mp_strbuf *buf, const char *text),
                              struct mp_strbuf *buf);

#endif
