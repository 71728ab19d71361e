/* Names that views had in common, for those that still use them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_TEXT_H
#define MP_REPORT_TEXT_H

#include "harness/base/text.h"
#include "results/report/judge.h"
#include "results/report/line.h"
#include "results/report/rows.h"

#define MP_REPORT_LABEL_WIDTH MP_LABEL_WIDTH

static inline void mp_report_add_verdict(struct mp_text *text, enum mp_verdict verdict,
                                         const char *reason) {
    mp_verdict_add(verdict, reason, text);
}

#endif
