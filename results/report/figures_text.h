/* The section of a report on what arms, gate and driver did.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_FIGURES_TEXT_H
#define MP_REPORT_FIGURES_TEXT_H

#include "results/report/rows.h"

/* A line for each cell and each of the three of which there is something to say; nothing
 * if there is none. */
void mp_figures_add(const struct mp_report *report, struct mp_text *text);

#endif
