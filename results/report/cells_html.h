/* The cells of a campaign on a page: a table with their rates as a forest
 * plot.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CELLS_HTML_H
#define MP_REPORT_CELLS_HTML_H

#include "results/page/shell.h"
#include "results/report/rows.h"

/* A section with the table; nothing without cells. */
void mp_cells_add_html(const struct mp_report *report, struct mp_html *html);

#endif
