/* The runs of a fleet as one JSON document.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/fleet.h"

#include "harness/wire/role.h"
#include "results/report/json.h"
#include "results/report/rate.h"
#include "results/stats/binomial.h"

static void add_builds(const struct mp_fleet *fleet, struct json_object *document) {
    struct json_object *builds = mp_json_add_array(document, "builds");
    for (size_t i = 0; i < fleet->build_count; i++) {
        const struct mp_fleet_build *build = &fleet->build[i];
        struct json_object *item = mp_json_add_object(builds, NULL);
        mp_json_add_text(item, "name", build->name);
        mp_json_add_text(item, "os", build->os);
        mp_json_add_text(item, "os_build", build->os_build);
        mp_json_add_text(item, "cpu", build->cpu);
        mp_json_add_text(item, "gpu", build->gpu);
        mp_json_add_text(item, "driver", build->driver);
        mp_json_add_text(item, "driver_id", build->driver_id);
        mp_json_add_text(item, "version", build->version);
        mp_json_add_count(item, "machines", build->machines);
    }
}

static void add_rows(const struct mp_fleet *fleet, struct json_object *document) {
    struct json_object *rows = mp_json_add_array(document, "rows");
    for (size_t i = 0; i < fleet->row_count; i++) {
        const struct mp_fleet_row *row = &fleet->row[i];
        struct json_object *item = mp_json_add_object(rows, NULL);
        struct mp_interval limits =
            mp_rate_limits(mp_rate_of(row->failures, row->rounds));
        mp_json_add_text(item, "build", fleet->build[row->build].name);
        mp_json_add_text(item, "machine", row->machine);
        mp_json_add_text(item, "cell", row->title);
        mp_json_add_text(item, "arm", row->arm);
        mp_json_add_text(item, "device", row->device);
        mp_json_add_text(item, "role", mp_role_name(row->role));
        mp_json_add_count(item, "campaigns", row->campaigns);
        mp_json_add_count(item, "running", row->running);
        mp_json_add_count(item, "rounds", row->rounds);
        mp_json_add_count(item, "failures", row->failures);
        mp_json_add_count(item, "without_power", row->without_power);
        mp_json_add_count(item, "no_verdict", row->no_verdict);
        mp_json_add_number(item, "low", limits.low);
        mp_json_add_number(item, "high", limits.high);
    }
}

static void add_claim(const struct mp_fleet *fleet, struct json_object *document) {
    if (fleet->claim_text == NULL) {
        mp_json_add_null(document, "claim");
        return;
    }
    struct json_object *claim = mp_json_add_object(document, "claim");
    mp_json_add_text(claim, "text", fleet->claim_text);
    /* what would stand if all runs had ended as they are */
    mp_json_add_text(claim, "decision", mp_decision_name(fleet->decision));
    mp_json_add_number(claim, "log_e_worst", fleet->evidence.log_e_worst);
    mp_json_add_number(claim, "share", fleet->evidence.share);
    mp_json_add_count(claim, "clean_rounds_needed", fleet->evidence.clean_left);
    const struct mp_fleet_row *most = mp_fleet_most_tried(fleet);
    mp_json_add_count(claim, "tries", most != NULL ? most->earlier.campaigns + 1 : 1);
}

enum mp_status mp_fleet_json(struct mp_store *store,
                             const struct mp_fleet_options *options,
                             struct mp_strbuf *buf, enum mp_verdict *ret_verdict,
                             struct mp_error *err) {
    struct mp_fleet fleet;
    enum mp_status status = mp_fleet_load(&fleet, store, options, err);
    if (status == MP_OK) {
        struct mp_strbuf reason;
        mp_strbuf_init(&reason);
        mp_fleet_write_reason(&fleet, &reason);
        struct json_object *document = mp_json_document(
            "report", mp_verdict_name(fleet.verdict), mp_verdict_code(fleet.verdict));
        mp_json_add_text(document, "reason", reason.text);
        mp_json_add_text(document, "view", options->all ? "builds" : "fleet");
        mp_json_add_text(document, "fleet", options->all ? NULL : fleet.name);
        mp_json_add_count(document, "machines", fleet.machines);
        mp_json_add_count(document, "left_out", fleet.left_out);
        mp_json_add_count(document, "campaigns", fleet.campaigns);
        mp_json_add_count(document, "running", fleet.running);
        add_claim(&fleet, document);
        add_builds(&fleet, document);
        add_rows(&fleet, document);
        mp_json_print(document, buf);
        *ret_verdict = fleet.verdict;
        mp_strbuf_release(&reason);
    }
    mp_fleet_release(&fleet);
    return status;
}
