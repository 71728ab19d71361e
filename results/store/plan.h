/* Plans: what a campaign is to run and show, written before its first round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_PLAN_H
#define MP_STORE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "results/stats/claim.h"
#include "results/stats/evidence.h"
#include "results/store/cell.h"
#include "results/store/store.h"

struct mp_plan_row {
    const char *kind;             /* the command: "run", "compare" */
    const struct mp_claim *claim; /* NULL: nothing is claimed */
    const char *counts;           /* kinds of failure, "crash,hang"; NULL: all */
    double prior_a, prior_b;      /* of the evidence */
    uint64_t seed;
    const uint64_t *round_seed; /* of every round, NULL: follows from the campaign's */
    uint64_t duration_ns;       /* 0: no limit of time */
    const struct mp_cell *cell; /* in the order of the plan, on which the order
                                            of rounds depends */
    size_t cell_count;
};

/* The id of this plan, made if it is new: a plan is identified by the hash of its
 * content. */
enum mp_status mp_store_plan(struct mp_store *store, const struct mp_plan_row *row,
                             int64_t *ret_id, struct mp_error *err);

/* Counts of campaigns on `env`'s system with the same claim about the cell with this
 * hash as a subject. Excludes `campaign_id`; 0: none. */
enum mp_status mp_store_earlier_tries(struct mp_store *store,
                                      const struct mp_claim *claim, const char *spec_hash,
                                      int64_t campaign_id,
                                      const struct mp_environment *env,
                                      struct mp_evidence_earlier *ret_earlier,
                                      struct mp_error *err);

#endif
