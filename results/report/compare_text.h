/* The text of a comparison.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_TEXT_H
#define MP_REPORT_COMPARE_TEXT_H

#include "harness/base/text.h"
#include "results/report/compare_rows.h"

/* The first line: the verdict in a sentence. */
void mp_compare_add_verdict(const struct mp_compare *compare, struct mp_text *text);
/* Everything after the report's headline. */
void mp_compare_add_all(const struct mp_compare *compare, struct mp_text *text);

#endif
