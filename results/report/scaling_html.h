/* Speed-up and efficiency against a number that was varied, as curves, with the table
 * that says the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_SCALING_HTML_H
#define MP_REPORT_SCALING_HTML_H

#include "results/page/shell.h"
#include "results/report/scaling.h"

/* A section; nothing without a curve. */
void mp_scaling_add_html(const struct mp_scaling *scaling, const struct mp_report *report,
                         struct mp_html *html);

#endif
