/* What failed, on a page: kinds of crashes with their stacks, other failures, controls,
 * and what showed nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_FAILURES_HTML_H
#define MP_REPORT_FAILURES_HTML_H

#include "results/page/shell.h"
#include "results/report/failures.h"

void mp_failures_add_html(const struct mp_failures *failures,
                          const struct mp_report *report, struct mp_html *html);

#endif
