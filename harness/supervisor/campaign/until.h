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
    struct mp_evidence_cell *cell; /* one per cell of the plan */
    struct mp_evidence evidence;   /* up to the newest round */
};

void mp_until_init(struct mp_until *until, const struct mp_plan *plan,
                   const struct mp_claim *claim);
void mp_until_release(struct mp_until *until);

/* Counts what a resumed campaign has already recorded; its cells are those of the
 * plan. */
void mp_until_restore(struct mp_until *until, const struct mp_saved_request *saved);

/* Counts what earlier campaigns in the database showed for the same claim;
 * `campaign_id` is the one being resumed, 0: a new one. */
enum mp_status mp_until_take_earlier(struct mp_until *until, struct mp_store *store,
                                     int64_t campaign_id, struct mp_error *err);

/* As mp_campaign_config.is_decided: `arg` is the mp_until. May become undecided again
 * as running rounds end. */
bool mp_until_is_decided(void *arg, const struct mp_ended *ended);

/* Rounds of all cells that the run still needs to meet the claim if all of them pass;
 * 0 if it is met, or only waits for a control. UINT64_MAX: not enough rounds are left. */
uint64_t mp_until_rounds_left(const struct mp_until *until);

/* Whether a run without any failure can meet the claim within the budget of rounds. If
 * not, says so in `buf`. */
bool mp_until_is_reachable(const struct mp_until *until, struct mp_strbuf *buf);

/* Adds why the run ended, in words; `other_end` is the reason if the claim is
 * undecided. */
void mp_until_describe_end(const struct mp_until *until, const char *other_end,
                           struct mp_strbuf *buf);

#endif
