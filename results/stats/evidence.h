/* When a claim is decided: one rule, for the run that judges after each round and for the
 * later report. Needs only counts, not their order. Pure.
 *
 * What is guaranteed, with alpha = 1 - the claim's confidence:
 * - A claim that does not hold for some subject is met with a chance of at most alpha,
 *   however often one looks (Ville 1939, on the mixture of eprocess.h). The claim is
 *   about each subject by itself and is met when it is met for every one of them, which
 *   needs no correction, since all must succeed (Berger 1982).
 * - A regression that no subject has is seen with a chance of at most alpha. It is one of
 *   any of K subjects, so each needs K times the evidence (Bonferroni).
 * - Both hold whatever happened in the rounds without a verdict. A round that hangs and
 *   is killed from outside has none because of what it did, so the rounds that have one
 *   are not a fair sample; each decision is therefore taken at worst: success with all of
 *   those rounds as failures, and without the passes in which no threads met
 *   (outcome.h); a regression with all of them as passes.
 * - A claim that is tried again must be met by this try, and by the rounds of all tries
 *   together as well. Together they are one sequence, so the chance that any of however
 *   many tries (or nights) meets it wrongly is at most alpha, too. A regression is one of
 *   this try alone.
 * - That rounds that began earlier have all ended is up to the caller.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STATS_EVIDENCE_H
#define MP_STATS_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/role.h"
#include "results/stats/claim.h"
#include "results/stats/eprocess.h"

/* A control that must fail counts as silent after this many rounds without a failure: one
 * that fails in one round of ten would have failed by then with a chance of 99.9 %
 * (0.9^66 = 0.00096).
 */
#define MP_EVIDENCE_SILENT_ROUNDS 66

/* Counts of earlier campaigns with the same claim about the same cell. */
struct mp_evidence_earlier {
    uint64_t campaigns;
    uint64_t rounds, failures, no_overlap, no_verdict; /* as in mp_evidence_cell */
};

struct mp_evidence_cell {
    enum mp_role role;
    uint64_t rounds, failures; /* those that passed or failed */
    uint64_t no_overlap; /* of them: passes in which overlap was promised and absent */
    uint64_t no_verdict; /* in addition: those that may hide a failure */
    struct mp_evidence_earlier earlier; /* of subjects */
    uint64_t left; /* rounds still to come, UINT64_MAX without an end, 0 after the run */
};

/* The first that applies stands. */
enum mp_decision {
    MP_DECISION_REGRESSION,     /* a subject fails more often than the claim says */
    MP_DECISION_CONTROL_FAILED, /* one that must pass failed */
    MP_DECISION_NO_POWER,       /* one that must fail did not: zeros mean nothing */
    MP_DECISION_MET,            /* every subject fails more rarely than the claim says */
    MP_DECISION_OPEN            /* none of these yet; at the end of a run: inconclusive */
};
/* "regression", "control_failed", "no_power", "met", "open". */
const char *mp_decision_name(enum mp_decision decision);

struct mp_evidence {
    enum mp_decision decision;
    size_t subjects, met; /* and for how many the claim is met, at worst */
    size_t weakest; /* the subject whose evidence is least; SIZE_MAX if there is none */
    double log_e;   /* its evidence for the claim, as counted */
    double log_e_worst;      /* the same at worst: this one decides */
    double share;            /* fraction of the evidence needed, at worst */
    uint64_t clean_left;     /* further rounds that it needs, if all of them pass */
    bool is_out_of_reach;    /* it has fewer rounds left than that */
    size_t regressed;        /* the subject with the most evidence for a regression */
    double log_e_above;      /* of it, with rounds without a verdict as passes */
    size_t controls_awaited; /* controls that must fail and have not yet */
    size_t must_fail;        /* all controls of that kind */
    bool is_met_as_counted;  /* for every subject, by the rounds with a verdict alone */
    bool is_met_at_worst;    /* for every subject, at worst */
};

/* The prior that a plan with this claim fixes, and the one of a plan without. */
struct mp_beta_prior mp_evidence_prior(const struct mp_claim *claim);

/* A cell together with its earlier tries. */
struct mp_evidence_cell mp_evidence_pooled(struct mp_evidence_cell cell);
/* A cell read at worst for a claim that its rate is low. */
struct mp_evidence_cell mp_evidence_at_worst(struct mp_evidence_cell cell);

void mp_evidence_weigh(const struct mp_claim *claim, struct mp_beta_prior prior,
                       const struct mp_evidence_cell *cell, size_t count,
                       struct mp_evidence *ret_evidence);

/* The upper limit of a rate that belongs to the claim's evidence: the least target for
 * which the claim would be met by these counts. It holds with confidence 1 - alpha at all
 * looks together. 1 without rounds. */
double mp_evidence_upper(uint64_t failures, uint64_t rounds, double alpha,
                         struct mp_beta_prior prior);

#endif
