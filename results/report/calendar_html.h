/* Nights as the months of a calendar, each a link to its row of the table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CALENDAR_HTML_H
#define MP_REPORT_CALENDAR_HTML_H

#include "results/page/shell.h"
#include "results/report/nights_rows.h"

void mp_calendar_add(const struct mp_nights *nights, struct mp_html *html);

/* What changed since the night before, and whether the rate did; nothing if neither. */
void mp_calendar_write_changes(const struct mp_nights *nights, size_t row,
                               struct mp_strbuf *line);

#endif
