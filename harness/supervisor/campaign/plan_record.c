/* Turns the cells to be run into the row of a plan. Decides nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/plan_record.h"

#include "harness/wire/round_spec.h"
#include "results/stats/evidence.h"
#include "results/store/plan.h"

/* An order that no round could read is refused before anything is written. */
static enum mp_status check_specs(const struct mp_plan *plan, struct mp_error *err) {
    enum mp_status status = MP_OK;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    for (size_t i = 0; i < plan->cell_count && status == MP_OK; i++) {
        struct mp_round_spec readback;
        mp_strbuf_clear(&text);
        mp_round_spec_format(&plan->cell[i].spec, &text);
        if (mp_round_spec_parse(text.text, text.len, "the order of a round", &readback,
                                err) != MP_OK)
            status = MP_USAGE;
    }
    mp_strbuf_release(&text);
    return status;
}

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
    enum mp_status status = check_specs(plan, err);
    if (status != MP_OK)
        return status;
    return mp_store_plan(config->store, &row, &config->plan_id, err);
}
