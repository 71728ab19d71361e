/* A campaign, read whole.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/campaign.h"

#include <stdlib.h>
#include <string.h>

#include "results/report/compare.h"

/* clang-format off */
#define INJECTION(member, kind) MP_FIELD(struct mp_injection_row, member, kind)
static const struct mp_field INJECTION_TABLE[] = {
    INJECTION(line, WORD), INJECTION(scenarios, WORD),
};
/* clang-format on */

static const struct mp_fields injection_fields =
    MP_FIELDS(struct mp_injection_row, INJECTION_TABLE);

static void load_injection(struct mp_campaign *campaign) {
    campaign->injection = mp_fields_list(
        &injection_fields, &campaign->report.query,
        "SELECT group_concat(DISTINCT scenario) AS scenarios, line FROM (SELECT scenario,"
        " coalesce('sync=' || json_extract(params, '$.sync'), '') ||"
        " coalesce(' share=' || json_extract(params, '$.share'), '') ||"
        " coalesce(' q=' || json_extract(params, '$.q'), '') ||"
        " coalesce(' perturb=' || json_extract(params, '$.perturb'), '') AS line FROM campaign_cell"
        " JOIN cell ON cell.id = cell_id WHERE campaign_id = ?1 ORDER BY cell.id)"
        " WHERE line <> '' GROUP BY line ORDER BY line",
        campaign->report.campaign_id, 0, &campaign->injection_count);
}

enum mp_status mp_campaign_load(struct mp_campaign *campaign, struct mp_store *store,
                                int64_t campaign_id, struct mp_error *err) {
    memset(campaign, 0, sizeof(*campaign));
    enum mp_status status = mp_report_load(&campaign->report, store, campaign_id, err);
    if (status == MP_OK) {
        mp_compare_load(&campaign->compare, &campaign->report);
        mp_failures_load(&campaign->failures, &campaign->report);
        mp_report_health_load(&campaign->health, &campaign->report);
        mp_loaded_load(&campaign->modules, &campaign->report);
        load_injection(campaign);
        mp_dose_load(&campaign->sweep, &campaign->report, campaign->compare.counts);
        mp_scaling_load(&campaign->scaling, &campaign->report, &campaign->sweep);
        mp_dependence_load(&campaign->dependence, &campaign->report);
        mp_legality_load(&campaign->legality, &campaign->report);
        mp_replay_load(&campaign->replay, &campaign->report.query,
                       campaign->report.campaign_id);
        status = mp_query_status(&campaign->report.query, err);
    }
    return status;
}

void mp_campaign_release(struct mp_campaign *campaign) {
    mp_fields_release(&injection_fields, campaign->injection, campaign->injection_count);
    free(campaign->injection);
    mp_replay_release(&campaign->replay);
    mp_legality_release(&campaign->legality);
    mp_dependence_release(&campaign->dependence);
    mp_scaling_release(&campaign->scaling);
    mp_dose_release(&campaign->sweep);
    mp_loaded_release(&campaign->modules);
    mp_report_health_release(&campaign->health);
    mp_failures_release(&campaign->failures);
    mp_compare_release(&campaign->compare);
    mp_report_release(&campaign->report);
}

const char *mp_campaign_verdict(const struct mp_campaign *campaign) {
    return campaign->compare.is_one ? mp_compare_name(&campaign->compare)
                                    : mp_verdict_name(campaign->report.verdict);
}
