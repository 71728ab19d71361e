/* The sentence on which the verdict of a comparison rests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_REASON_H
#define MP_REPORT_COMPARE_REASON_H

#include "harness/base/strbuf.h"
#include "results/report/compare_rows.h"

/* Adds it; the comparison is loaded and judged. */
void mp_compare_write_reason(const struct mp_compare *compare, struct mp_strbuf *buf);
/* "crash and hang alone", where only some failures count. */
void mp_compare_write_counted(const struct mp_compare *compare, struct mp_strbuf *buf);
/* "1 point more", "5 points more or fewer". */
void mp_compare_write_margin(const struct mp_comparison_rule *rule,
                             struct mp_strbuf *buf);

/* "fixed", "no difference shown": for a sentence. */
const char *mp_compare_verdict_words(enum mp_comparison_verdict verdict);
/* "3 were skipped (no such device)"; nothing if none was. */
void mp_compare_write_skipped(const struct mp_compare *compare, size_t arm,
                              struct mp_strbuf *buf);

#endif
