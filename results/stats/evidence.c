/* Weighs counts against a claim. Stateless.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/evidence.h"

#include <math.h>
#include <string.h>

#define UPPER_MIN  1e-15
#define BISECTIONS 60

const char *mp_decision_name(enum mp_decision decision) {
    static const char *const names[] = {"regression", "control_failed", "no_power", "met",
                                        "open"};
    return names[decision];
}

struct mp_beta_prior mp_evidence_prior(const struct mp_claim *claim) {
    return claim != NULL ? mp_prior_rare(claim->target) : mp_prior_jeffreys();
}

struct mp_evidence_cell mp_evidence_pooled(struct mp_evidence_cell cell) {
    cell.rounds += cell.earlier.rounds;
    cell.failures += cell.earlier.failures;
    cell.no_overlap += cell.earlier.no_overlap;
    cell.no_verdict += cell.earlier.no_verdict;
    cell.earlier = (struct mp_evidence_earlier){0};
    return cell;
}

struct mp_evidence_cell mp_evidence_at_worst(struct mp_evidence_cell cell) {
    cell.rounds += cell.no_verdict - cell.no_overlap;
    cell.failures += cell.no_verdict;
    cell.no_verdict = 0;
    cell.no_overlap = 0;
    return cell;
}

static void weigh_subject(const struct mp_claim *claim, struct mp_beta_prior prior,
                          const struct mp_evidence_cell *cell, size_t index,
                          struct mp_evidence *sum) {
    struct mp_evidence_cell at_worst = mp_evidence_at_worst(*cell);
    struct mp_evidence_cell pooled = mp_evidence_at_worst(mp_evidence_pooled(*cell));
    double below =
        mp_eprocess_log_below(cell->failures, cell->rounds, claim->target, prior);
    double worst =
        mp_eprocess_log_below(at_worst.failures, at_worst.rounds, claim->target, prior);
    if (cell->earlier.campaigns > 0)
        worst = fmin(worst, mp_eprocess_log_below(pooled.failures, pooled.rounds,
                                                  claim->target, prior));
    double above = mp_eprocess_log_above(cell->failures, cell->rounds + cell->no_verdict,
                                         claim->target, prior);
    if (sum->subjects == 0 || worst < sum->log_e_worst) {
        sum->weakest = index;
        sum->log_e = below;
        sum->log_e_worst = worst;
    }
    if (sum->subjects == 0 || above > sum->log_e_above) {
        sum->regressed = index;
        sum->log_e_above = above;
    }
    sum->subjects++;
    sum->met += mp_eprocess_decides(worst, claim->alpha);
    sum->is_met_as_counted =
        sum->is_met_as_counted && mp_eprocess_decides(below, claim->alpha);
}

void mp_evidence_weigh(const struct mp_claim *claim, struct mp_beta_prior prior,
                       const struct mp_evidence_cell *cell, size_t count,
                       struct mp_evidence *ret_evidence) {
    struct mp_evidence sum = {
        .weakest = SIZE_MAX, .regressed = SIZE_MAX, .is_met_as_counted = true};
    bool is_silent = false, has_failed = false, is_uncounted = false;
    for (size_t i = 0; i < count; i++) {
        switch (cell[i].role) {
        case MP_ROLE_SUBJECT:
            weigh_subject(claim, prior, &cell[i], i, &sum);
            break;
        case MP_ROLE_POSITIVE:
            sum.must_fail++;
            sum.controls_awaited += cell[i].failures == 0;
            is_silent =
                is_silent ||
                (cell[i].failures == 0 &&
                 (cell[i].left == 0 || cell[i].rounds >= MP_EVIDENCE_SILENT_ROUNDS));
            break;
        case MP_ROLE_NEGATIVE:
            has_failed = has_failed || cell[i].failures > 0;
            is_uncounted = is_uncounted || cell[i].rounds == cell[i].no_overlap;
            break;
        case MP_ROLE_FINDER:
        case MP_ROLE_COUNT:
            break;
        }
    }
    sum.is_met_at_worst = sum.subjects > 0 && sum.met == sum.subjects;
    sum.is_met_as_counted = sum.subjects > 0 && sum.is_met_as_counted;
    if (sum.subjects > 0) {
        struct mp_evidence_cell weakest = mp_evidence_at_worst(cell[sum.weakest]);
        struct mp_evidence_cell pooled =
            mp_evidence_at_worst(mp_evidence_pooled(cell[sum.weakest]));
        sum.share = mp_eprocess_share(sum.log_e_worst, claim->alpha);
        sum.clean_left = mp_eprocess_clean_rounds(weakest.failures, weakest.rounds,
                                                  claim->target, claim->alpha, prior);
        if (cell[sum.weakest].earlier.campaigns > 0) {
            uint64_t left = mp_eprocess_clean_rounds(pooled.failures, pooled.rounds,
                                                     claim->target, claim->alpha, prior);
            sum.clean_left = left > sum.clean_left ? left : sum.clean_left;
        }
        sum.is_out_of_reach = sum.clean_left > weakest.left;
    }
    if (sum.subjects > 0 &&
        mp_eprocess_decides(sum.log_e_above, claim->alpha / (double)sum.subjects))
        sum.decision = MP_DECISION_REGRESSION;
    else if (has_failed)
        sum.decision = MP_DECISION_CONTROL_FAILED;
    else if (is_silent)
        sum.decision = MP_DECISION_NO_POWER;
    else if (sum.is_met_at_worst && sum.controls_awaited == 0 && !is_uncounted)
        sum.decision = MP_DECISION_MET;
    else
        sum.decision = MP_DECISION_OPEN;
    *ret_evidence = sum;
}

double mp_evidence_upper(uint64_t failures, uint64_t rounds, double alpha,
                         struct mp_beta_prior prior) {
    if (rounds == 0 || failures >= rounds)
        return 1.0;
    /* Bisection of the logarithm of the rate: limits of 1e-8 keep their digits. Above the
     * observed rate the evidence grows with the target. */
    double low = failures > 0 ? log((double)failures / (double)rounds) : log(UPPER_MIN);
    double high = 0.0;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = 0.5 * (low + high);
        bool is_met = mp_eprocess_decides(
            mp_eprocess_log_below(failures, rounds, exp(middle), prior), alpha);
        if (is_met)
            high = middle;
        else
            low = middle;
    }
    return exp(high);
}
