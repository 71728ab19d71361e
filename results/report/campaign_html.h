/* The page of a campaign, in parts that other pages use.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CAMPAIGN_HTML_H
#define MP_REPORT_CAMPAIGN_HTML_H

#include "results/page/shell.h"
#include "results/report/campaign.h"

/* What is true of no GPU or of no driver of Apple's, first of all; then the verdict with
 * its reason. */
void mp_campaign_add_verdict_html(const struct mp_campaign *campaign,
                                  struct mp_html *html);

#endif
