/* Figures over nights in words: the text below the table of nights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_SECTIONS_H
#define MP_REPORT_NIGHTS_SECTIONS_H

#include "harness/base/text.h"
#include "results/report/nights_rows.h"

void mp_nights_add_sections(const struct mp_nights *nights, struct mp_text *text);

#endif
