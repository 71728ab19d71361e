/* Puts the plan of a campaign into the database, before its first round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_PLAN_RECORD_H
#define MP_CAMPAIGN_PLAN_RECORD_H

#include "harness/supervisor/campaign/loop.h"
#include "results/stats/claim.h"

/* Records what `config` is about to run as a plan of command `kind`, `claim` NULL for
 * none, and sets config->plan_id. The seeds and the budget of `config` are final. */
enum mp_status mp_plan_record(struct mp_campaign_config *config, const char *kind,
                              const struct mp_claim *claim, const char *counts,
                              struct mp_error *err);

#endif
