/* Counts for the rule that decides a claim.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/until.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/campaign/environment.h"
#include "results/store/plan.h"

static void weigh(struct mp_until *until) {
    mp_evidence_weigh(&until->claim, until->prior, until->cell, until->plan->cell_count,
                      &until->evidence);
}

void mp_until_init(struct mp_until *until, const struct mp_plan *plan,
                   const struct mp_claim *claim) {
    *until = (struct mp_until){
        .plan = plan, .claim = *claim, .prior = mp_evidence_prior(claim)};
    until->cell = mp_memory_zeroed(plan->cell_count + 1, sizeof(*until->cell));
    for (size_t i = 0; i < plan->cell_count; i++) {
        uint64_t rounds = plan->cell[i].rounds;
        until->cell[i] = (struct mp_evidence_cell){
            .role = plan->cell[i].role, .left = rounds > 0 ? rounds : UINT64_MAX};
    }
    weigh(until);
}

void mp_until_release(struct mp_until *until) {
    free(until->cell);
    memset(until, 0, sizeof(*until));
}

void mp_until_restore(struct mp_until *until, const struct mp_saved_request *saved) {
    for (size_t i = 0; i < saved->cell_count && i < until->plan->cell_count; i++) {
        const struct mp_saved_cell *from = &saved->cell[i];
        struct mp_evidence_cell *cell = &until->cell[i];
        uint64_t ended = from->passed + from->failures + from->hidden + from->skipped;
        cell->rounds = from->passed + from->failures;
        cell->failures = from->failures;
        cell->no_overlap = from->no_overlap;
        cell->no_verdict = from->hidden;
        if (cell->left != UINT64_MAX)
            cell->left = cell->left > ended ? cell->left - ended : 0;
    }
    weigh(until);
}

enum mp_status mp_until_take_earlier(struct mp_until *until, struct mp_store *store,
                                     int64_t campaign_id, struct mp_error *err) {
    struct mp_environment env;
    enum mp_status status = MP_OK;
    mp_environment_read(&env, NULL);
    for (size_t i = 0; i < until->plan->cell_count && status == MP_OK; i++) {
        if (until->cell[i].role == MP_ROLE_SUBJECT)
            status =
                mp_store_earlier_tries(store, &until->claim, until->plan->cell[i].hash,
                                       campaign_id, &env, &until->cell[i].earlier, err);
    }
    weigh(until);
    return status;
}

bool mp_until_is_decided(void *arg, const struct mp_ended *ended) {
    struct mp_until *until = arg;
    struct mp_evidence_cell *cell = &until->cell[ended->cell_index];
    enum mp_outcome_class class = mp_outcome_class(ended->outcome);
    cell->no_verdict += mp_outcome_may_hide(ended->outcome);
    cell->no_overlap += ended->outcome == MP_OUTCOME_NO_OVERLAP;
    cell->rounds += class != MP_CLASS_NO_VERDICT;
    cell->failures += class == MP_CLASS_FAILURE;
    cell->left -= cell->left > 0 && cell->left != UINT64_MAX;
    weigh(until);
    return until->evidence.decision != MP_DECISION_OPEN;
}

uint64_t mp_until_rounds_left(const struct mp_until *until) {
    uint64_t blocks = until->evidence.clean_left, sum = 0;
    if (until->evidence.is_out_of_reach)
        return UINT64_MAX;
    for (size_t i = 0; i < until->plan->cell_count; i++) {
        uint64_t more = until->cell[i].left < blocks ? until->cell[i].left : blocks;
        if (more > UINT64_MAX - sum)
            return UINT64_MAX;
        sum += more;
    }
    return sum;
}

bool mp_until_is_reachable(const struct mp_until *until, struct mp_strbuf *buf) {
    char claim[MP_CLAIM_TEXT_MAX];
    uint64_t needed = mp_eprocess_clean_rounds(0, 0, until->claim.target,
                                               until->claim.alpha, until->prior);
    mp_claim_format(&until->claim, claim);
    for (size_t i = 0; i < until->plan->cell_count; i++) {
        const struct mp_cell *cell = &until->plan->cell[i];
        if (cell->role == MP_ROLE_SUBJECT && cell->is_device_present &&
            cell->rounds > 0 && cell->rounds < needed) {
            mp_strbuf_addf(buf,
                           "%s needs %" PRIu64
                           " rounds of each subject even if none fails, and %s "
                           "has %" PRIu64 ": this run cannot show it; raise --rounds",
                           claim, needed, cell->title, cell->rounds);
            return false;
        }
    }
    return true;
}

/* "0 of 74 rounds of mm:threads=8". */
static void add_counts(const struct mp_until *until, size_t index,
                       struct mp_strbuf *buf) {
    const struct mp_evidence_cell *cell = &until->cell[index];
    mp_strbuf_addf(buf, "%" PRIu64 " of %" PRIu64 " rounds of %s failed", cell->failures,
                   cell->rounds, until->plan->cell[index].title);
}

void mp_until_describe_end(const struct mp_until *until, const char *other_end,
                           struct mp_strbuf *buf) {
    const struct mp_evidence *evidence = &until->evidence;
    char claim[MP_CLAIM_TEXT_MAX];
    mp_claim_format(&until->claim, claim);
    switch (evidence->decision) {
    case MP_DECISION_MET:
        mp_strbuf_addf(buf, "ended by success: %s is shown", claim);
        break;
    case MP_DECISION_REGRESSION:
        mp_strbuf_addf(buf, "ended by a regression against %s: ", claim);
        add_counts(until, evidence->regressed, buf);
        break;
    case MP_DECISION_CONTROL_FAILED:
        mp_strbuf_addf(
            buf, "ended because a control that must pass failed: nothing can be shown");
        break;
    case MP_DECISION_NO_POWER:
        mp_strbuf_addf(buf, "ended without power: a control that must fail is silent");
        break;
    case MP_DECISION_OPEN:
        mp_strbuf_addf(buf, "%s, and %s is undecided: %.0f %% of the evidence needed",
                       other_end, claim, floor(100.0 * evidence->share));
        break;
    }
}
