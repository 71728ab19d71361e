/* The cells of a campaign as a heat map: workloads down, arms across.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_HEAT_HTML_H
#define MP_REPORT_HEAT_HTML_H

#include "results/page/shell.h"
#include "results/report/rows.h"

/* A section; nothing where there are fewer than two arms or two workloads. */
void mp_heat_add(const struct mp_report *report, struct mp_html *html);

#endif
