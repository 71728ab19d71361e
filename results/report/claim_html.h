/* The claim of a campaign on a page: how the limits of its subjects narrowed, round by
 * round, towards the rate that was claimed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CLAIM_HTML_H
#define MP_REPORT_CLAIM_HTML_H

#include "results/page/shell.h"
#include "results/report/rows.h"

/* A section; nothing without a claim. */
void mp_claim_add_html(struct mp_report *report, struct mp_html *html);

#endif
