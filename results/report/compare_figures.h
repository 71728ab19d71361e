/* The figures of a comparison: evidence, tests, effects and cost.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_FIGURES_H
#define MP_REPORT_COMPARE_FIGURES_H

#include "harness/base/text.h"
#include "results/report/compare_rows.h"

/* The result for two arms; and for each of more arms. */
void mp_compare_add_figures(const struct mp_compare *compare, struct mp_text *text);
void mp_compare_add_arms(const struct mp_compare *compare, struct mp_text *text);

#endif
