/* Turns the cells to be run into the row of a plan. Decides nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/plan_record.h"

#include "results/stats/evidence.h"
#include "results/store/plan.h"

enum mp_status mp_plan_record(struct mp_campaign_config *config, const char *kind,
                              const struct mp_claim *claim, const char *counts,
                              struct mp_error *err) {
    const struct mp_plan *plan = config->plan;
    struct mp_beta_prior prior = mp_evidence_prior(claim);
    struct mp_plan_row row = {.kind = kind,
                              .claim = claim,
                              .counts = counts,
                              .prior_a = prior.a,
                              .prior_b = prior.b,
                              .seed = config->seed,
                              .round_seed =
                                  config->has_round_seed ? &config->round_seed : NULL,
                              .duration_ns = config->duration_ns,
                              .cell = plan->cell,
                              .cell_count = plan->cell_count};
    return mp_store_plan(config->store, &row, &config->plan_id, err);
}
