/* The text of a campaign's report, for formats that show it, or its headline, in another
 * frame.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_CAMPAIGN_TEXT_H
#define MP_REPORT_CAMPAIGN_TEXT_H

#include "harness/base/text.h"
#include "results/report/campaign.h"

/* The whole of it. */
void mp_campaign_write_text(struct mp_campaign *campaign, struct mp_text *text);
/* Below the verdict: claim, devices, campaign, plan, command, machine. */
void mp_campaign_add_headline(const struct mp_campaign *campaign, struct mp_text *text);

#endif
