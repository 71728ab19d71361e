/* A comparison, whole.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_H
#define MP_REPORT_COMPARE_H

#include "results/report/compare_rows.h"

/* Reads the rounds of the report's campaign and sets the report's verdict. Failures
 * are noted in the report. Must be released, even after a failure. */
void mp_compare_load(struct mp_compare *compare, struct mp_report *report);
void mp_compare_release(struct mp_compare *compare);

#endif
