/* When a claim is decided: the one rule, for the run that looks after each round and for
 * the report that comes later. It needs the counts alone, not their order, and its error
 * rate holds however often one looks. Pure.
 *
 * The claim is about each subject by itself: it is met when it is met for every one of
 * them, which needs no correction, since all must succeed. A regression is one of any of
 * K subjects, so each needs K times the evidence.
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

struct mp_evidence_cell {
    enum mp_role role;
    uint64_t rounds, failures; /* those that count */
    uint64_t no_verdict;
    uint64_t left; /* rounds still to come, UINT64_MAX without an end, 0 after the run */
};

/* The first that applies stands. */
enum mp_decision {
    MP_DECISION_REGRESSION,     /* a subject fails more often than the claim says */
    MP_DECISION_CONTROL_FAILED, /* one that must pass failed: no word of this machine is
                                   good */
    MP_DECISION_NO_POWER,       /* one that must fail is silent: zeros mean nothing */
    MP_DECISION_MET,            /* every subject fails more rarely than the claim says */
    MP_DECISION_OPEN            /* none of these yet; at the end of a run: inconclusive */
};
/* "regression", "control_failed", "no_power", "met", "open". */
const char *mp_decision_name(enum mp_decision decision);

struct mp_evidence {
    enum mp_decision decision;
    size_t subjects, met; /* and for how many the claim is met */
    size_t weakest; /* the subject whose evidence is least; SIZE_MAX if there is none */
    double log_e;   /* of it, for the claim */
    double share;   /* of the evidence that is needed, in [0, 1] */
    uint64_t clean_left;     /* further rounds that it needs, if all of them pass */
    bool is_out_of_reach;    /* it has fewer rounds left than that */
    size_t regressed;        /* the subject with the most evidence for a regression */
    double log_e_above;      /* of it */
    size_t controls_awaited; /* that must fail and have not yet */
    size_t must_fail;        /* controls of that kind in all */
    bool is_met_at_worst;    /* also if all rounds without verdict had failed */
};

/* The prior that a plan with this claim fixes, and the one of a plan without. */
struct mp_beta_prior mp_evidence_prior(const struct mp_claim *claim);

void mp_evidence_weigh(const struct mp_claim *claim, struct mp_beta_prior prior,
                       const struct mp_evidence_cell *cell, size_t count,
                       struct mp_evidence *ret_evidence);

/* The upper limit of a rate that belongs to the claim's evidence: the least target for
 * which the claim would be met by these counts. It holds with confidence 1 - alpha at all
 * looks together. 1 without rounds. */
double mp_evidence_upper(uint64_t failures, uint64_t rounds, double alpha,
                         struct mp_beta_prior prior);

#endif
