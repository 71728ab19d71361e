/* A campaign that runs until its claim is decided: counts the rounds as they are recorded
 * and asks the rule of results/stats after each one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_UNTIL_H
#define MP_CAMPAIGN_UNTIL_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/loop.h"
#include "results/stats/evidence.h"
#include "results/store/request.h"

struct mp_until {
    const struct mp_plan *plan; /* borrowed */
    struct mp_claim claim;
    struct mp_beta_prior prior;
    struct mp_evidence_cell *cell; /* of each cell of the plan */
    struct mp_evidence evidence;   /* up to the newest round */
};

void mp_until_init(struct mp_until *until, const struct mp_plan *plan,
                   const struct mp_claim *claim);
void mp_until_release(struct mp_until *until);

/* Counts what a campaign that goes on has recorded already; its cells are those of the
 * plan. */
void mp_until_restore(struct mp_until *until, const struct mp_saved_request *saved);

/* Counts what earlier campaigns in the database showed of the same claim; `campaign_id`
 * is the one that goes on, 0: a new one. */
enum mp_status mp_until_take_earlier(struct mp_until *until, struct mp_store *store,
                                     int64_t campaign_id, struct mp_error *err);

/* As mp_campaign_config.is_decided: `arg` is the mp_until. It may become open again while
 * rounds that still run come back. */
bool mp_until_is_decided(void *arg, const struct mp_ended *ended);

/* Rounds of all cells that the run needs until the claim is met if all of them pass; 0 if
 * it is, or if it waits for a control only. UINT64_MAX: it cannot be with the rounds that
 * are left. */
uint64_t mp_until_rounds_left(const struct mp_until *until);

/* Whether the budget of rounds lets a run without any failure meet the claim. If not,
 * says so in `buf`. */
bool mp_until_is_reachable(const struct mp_until *until, struct mp_strbuf *buf);

/* Adds why the run ended, in words; `other_end` says it of a run whose claim is
 * undecided. */
void mp_until_describe_end(const struct mp_until *until, const char *other_end,
                           struct mp_strbuf *buf);

#endif
