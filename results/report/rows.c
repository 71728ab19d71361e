/* Reads a campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/rows.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/wire/device_name.h"
#include "harness/wire/driver.h"
#include "results/report/facts.h"
#include "results/report/line.h"
#include "results/report/repeat.h"
#include "results/report/report.h"

/* clang-format off */
#define REPORT(member, kind) MP_FIELD(struct mp_report, member, kind)
static const struct mp_field REPORT_TABLE[] = {
    {"id", MP_FIELD_INTEGER, offsetof(struct mp_report, campaign_id)},
    REPORT(uuid, WORD), REPORT(started_at, WORD), REPORT(ended_at, TEXT),
    REPORT(argv, WORD), REPORT(seed, WORD), REPORT(version, WORD), REPORT(state, WORD),
    REPORT(wall_ns, INTEGER), REPORT(host, TEXT), REPORT(left_out, TEXT),
};

#define ENVIRONMENT(member, kind) MP_FIELD(struct mp_environment_row, member, kind)
static const struct mp_field ENVIRONMENT_TABLE[] = {
    ENVIRONMENT(fingerprint, WORD), ENVIRONMENT(os, WORD), ENVIRONMENT(os_build, WORD),
    ENVIRONMENT(cpu, WORD), ENVIRONMENT(gpu, TEXT), ENVIRONMENT(driver, WORD),
    ENVIRONMENT(driver_id, WORD), ENVIRONMENT(facts, JSON),
};

#define PLAN(member, kind) MP_FIELD(struct mp_report_plan, member, kind)
static const struct mp_field PLAN_TABLE[] = {
    PLAN(id, INTEGER), PLAN(hash, WORD), PLAN(kind, WORD), PLAN(seed, WORD),
    PLAN(created_at, WORD), PLAN(claim_text, WORD), PLAN(target, REAL), PLAN(counts_text, WORD),
    PLAN(confidence, REAL), PLAN(arms, JSON), PLAN(cells, JSON), PLAN(rounds, INTEGER),
    PLAN(duration_ns, INTEGER), PLAN(cell_count, INTEGER),
    {"prior_a", MP_FIELD_REAL, offsetof(struct mp_report_plan, prior.a)},
    {"prior_b", MP_FIELD_REAL, offsetof(struct mp_report_plan, prior.b)},
};

#define CELL(member, kind) MP_FIELD(struct mp_report_cell, member, kind)
static const struct mp_field CELL_TABLE[] = {
    CELL(id, INTEGER), CELL(device, WORD), CELL(scenario, WORD), CELL(arm, WORD),
    CELL(spec_hash, WORD), CELL(fix, TEXT), CELL(title, WORD),
    {"params", MP_FIELD_JSON, offsetof(struct mp_report_cell, params_json)},
    {"settings", MP_FIELD_TEXT, offsetof(struct mp_report_cell, params)},
};
/* clang-format on */

const struct mp_fields mp_report_fields = MP_FIELDS(struct mp_report, REPORT_TABLE);
const struct mp_fields mp_environment_fields =
    MP_FIELDS(struct mp_environment_row, ENVIRONMENT_TABLE);
const struct mp_fields mp_plan_fields = MP_FIELDS(struct mp_report_plan, PLAN_TABLE);
const struct mp_fields mp_report_cell_fields =
    MP_FIELDS(struct mp_report_cell, CELL_TABLE);

static bool read_campaign(struct mp_report *report, int64_t id) {
    bool is_found = mp_fields_find(
        &mp_report_fields, &report->query,
        "SELECT *, max(0, CAST(round((julianday(coalesce(ended_at,"
        /* An unfinished campaign lasted until its newest round. */
        " (SELECT started_at FROM round WHERE campaign_id = c.id ORDER BY seq DESC"
        " LIMIT 1), started_at)) - julianday(started_at)) * 86400000.0) AS INTEGER))"
        " * 1000000 AS wall_ns, (SELECT group_concat(text, ', ') FROM (SELECT text"
        " FROM host_state WHERE campaign_id = c.id"
        " AND text <> 'power=unknown thermal=unknown' ORDER BY id)) AS host"
        " FROM campaign AS c WHERE id = ?1 OR ?1 = 0"
        " ORDER BY started_at DESC, id DESC LIMIT 1",
        id, 0, report);
    mp_repeat_quote_line(&report->argv);
    return is_found;
}

static void read_environment(struct mp_report *report) {
    struct mp_environment_row *environment = &report->environment;
    mp_fields_find(&mp_environment_fields, &report->query,
                   "SELECT * FROM environment WHERE id ="
                   " (SELECT environment_id FROM campaign WHERE id = ?1)",
                   report->campaign_id, 0, environment);
    const char *const parts[] = {environment->os, environment->os_build,
                                 environment->cpu};
    struct mp_strbuf machine;
    mp_strbuf_init(&machine);
    for (size_t i = 0; i < MP_COUNT(parts); i++)
        if (parts[i] != NULL && parts[i][0] != '\0')
            mp_strbuf_addf(&machine, "%s%s", machine.len > 0 ? " · " : "", parts[i]);
    report->machine = mp_strbuf_detach(&machine);
}

static void read_plan(struct mp_report *report) {
    mp_fields_find(&mp_plan_fields, &report->query,
                   "SELECT *, ifnull(claim, '') AS claim_text, ifnull(counts, '') AS"
                   " counts_text,"
                   " json_extract(text, '$.cells') AS cells,"
                   " json_array_length(text, '$.cells') AS cell_count FROM plan"
                   " WHERE id = (SELECT plan_id FROM campaign WHERE id = ?1)",
                   report->campaign_id, 0, &report->plan);
}

static void read_cells(struct mp_report *report) {
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT role, cell.*, path AS fix, t.title, params_text AS settings"
        " FROM campaign_cell AS m JOIN cell ON cell.id = m.cell_id"
        " JOIN cell_title AS t ON t.cell_id = cell.id LEFT JOIN fix_library AS f"
        " ON f.cell_id = cell.id WHERE campaign_id = ?1 ORDER BY role DESC, scenario,"
        " arm, json_extract(params, '$.threads'), params, device",
        report->campaign_id, 0);
    while (mp_query_next(&report->query, rows)) {
        report->cell =
            mp_memory_resize(report->cell, report->cell_count + 1, sizeof(*report->cell));
        struct mp_report_cell *cell = &report->cell[report->cell_count++];
        memset(cell, 0, sizeof(*cell));
        mp_fields_read(&mp_report_cell_fields, rows, cell);
        cell->role = mp_role_find(mp_query_text(rows, 0));
        if (cell->params == NULL)
            cell->params = mp_memory_copy_text("");
    }
}

static void count_rounds(struct mp_report *report, struct mp_report_cell *cell) {
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT outcome, sum(rounds), min(max_overlap), max(max_overlap) FROM"
        " round_count WHERE cell_id = ?2 AND campaign_id = ?1 GROUP BY outcome",
        report->campaign_id, cell->id);
    while (mp_query_next(&report->query, rows)) {
        enum mp_outcome outcome = mp_outcome_find(mp_query_text(rows, 0));
        if (outcome == MP_OUTCOME_COUNT)
            outcome = MP_OUTCOME_NO_VERDICT; /* from another version */
        uint64_t count = (uint64_t)sqlite3_column_int64(rows, 1);
        cell->outcome[outcome] += count;
        report->outcome[outcome] += count;
        report->rounds += count;
        enum mp_outcome_class class = mp_outcome_class(outcome);
        if (class == MP_CLASS_NO_VERDICT) {
            cell->no_verdict += count;
            continue;
        }
        int64_t low = sqlite3_column_int64(rows, 2), high = sqlite3_column_int64(rows, 3);
        cell->overlap_min =
            cell->rounds == 0 || low < cell->overlap_min ? low : cell->overlap_min;
        cell->overlap_max = high > cell->overlap_max ? high : cell->overlap_max;
        cell->rounds += count;
        cell->failures += class == MP_CLASS_FAILURE ? count : 0;
    }
}

/* Whether a program counted ops in any round. */
static void look_for_counts(struct mp_report *report, struct mp_report_cell *cell) {
    if (!mp_device_name_is_program(cell->device))
        return;
    sqlite3_stmt *rows =
        mp_query_rows(&report->query,
                      "SELECT 1 FROM round WHERE campaign_id = ?1 AND cell_id = ?2 AND"
                      " (ops_done > 0 OR ops_wrong > 0 OR ops_planned > 0) LIMIT 1",
                      report->campaign_id, cell->id);
    while (mp_query_next(&report->query, rows))
        cell->counts_ops = true;
}

static void count_in_flight(struct mp_report *report, struct mp_report_cell *cell) {
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT count(*) FROM running WHERE campaign_id = ?1 AND cell_id = ?2",
        report->campaign_id, cell->id);
    while (mp_query_next(&report->query, rows))
        cell->in_flight = (uint64_t)sqlite3_column_int64(rows, 0);
}

/* Earlier campaigns of the same system that made the same claim about the cell. The runs
 * of a fleet are one try together. */
static void count_earlier(struct mp_report *report, struct mp_report_cell *cell) {
    struct mp_evidence_earlier *earlier = &cell->earlier;
    if (cell->role != MP_ROLE_SUBJECT)
        return;
    sqlite3_stmt *rows = mp_query_rows(
        &report->query,
        "SELECT count(DISTINCT ifnull('fleet ' || m.fleet, t.campaign_id)),"
        " ifnull(sum(t.rounds), 0), ifnull(sum(t.failures), 0),"
        " ifnull(sum(t.no_overlap), 0), ifnull(sum(t.no_verdict), 0)"
        " FROM campaign AS own JOIN plan AS q ON q.id = own.plan_id"
        " JOIN environment AS f ON f.id = own.environment_id"
        " JOIN claim_try AS t ON t.claim = q.claim AND t.os = f.os"
        " AND replace(t.kind, ' of a fleet', '') = replace(q.kind, ' of a fleet', '')"
        " AND t.os_build = f.os_build AND t.cpu = f.cpu"
        " LEFT JOIN fleet_member AS m ON m.campaign_id = t.campaign_id"
        " LEFT JOIN fleet_member AS mine ON mine.campaign_id = own.id"
        " WHERE own.id = ?1 AND t.campaign_id < own.id AND t.cell_id = ?2"
        " AND m.fleet IS NOT ifnull(mine.fleet, '')",
        report->campaign_id, cell->id);
    while (mp_query_next(&report->query, rows)) {
        earlier->campaigns = (uint64_t)sqlite3_column_int64(rows, 0);
        earlier->rounds = (uint64_t)sqlite3_column_int64(rows, 1);
        earlier->failures = (uint64_t)sqlite3_column_int64(rows, 2);
        earlier->no_overlap = (uint64_t)sqlite3_column_int64(rows, 3);
        earlier->no_verdict = (uint64_t)sqlite3_column_int64(rows, 4);
    }
}

/* The rounds without stacks, by reason. */
static void count_untraced(struct mp_report *report, struct mp_report_cell *cell) {
    sqlite3_stmt *rows =
        mp_query_rows(&report->query,
                      "SELECT count(*) FILTER (WHERE untraced = 'off'),"
                      " count(*) FILTER (WHERE untraced = 'refused') FROM round"
                      " WHERE campaign_id = ?1 AND cell_id = ?2 AND untraced IS NOT NULL",
                      report->campaign_id, cell->id);
    while (mp_query_next(&report->query, rows)) {
        cell->untraced_off = sqlite3_column_int64(rows, 0);
        cell->untraced_refused = sqlite3_column_int64(rows, 1);
    }
}

/* The driver's facts in the newest round of the cell. The device text already contains
 * its settings. */
static char *read_facts(struct mp_report *report, const struct mp_report_cell *cell,
                        bool *ret_is_virtual) {
    struct mp_driver_facts driver = {0};
    struct mp_strbuf facts;
    mp_strbuf_init(&facts);
    mp_fields_find(&mp_driver_fields, &report->query,
                   "SELECT d.* FROM round JOIN round_driver AS d ON d.id = driver_id"
                   " WHERE campaign_id = ?1 AND cell_id = ?2 ORDER BY round.id DESC"
                   " LIMIT 1",
                   report->campaign_id, cell->id, &driver);
    *ret_is_virtual = driver.gpu != NULL && mp_driver_is_virtual(driver.gpu);
    mp_driver_facts_write(&driver, false, strchr(cell->device, ':') == NULL, &facts);
    mp_fields_release(&mp_driver_fields, &driver, 1);
    return mp_strbuf_detach(&facts);
}

static void find_device(struct mp_report *report, struct mp_report_cell *cell) {
    size_t i = 0;
    while (i < report->device_count && strcmp(report->device[i].text, cell->device) != 0)
        i++;
    cell->device_index = i;
    if (i == report->device_count) {
        report->device = mp_memory_resize(report->device, i + 1, sizeof(*report->device));
        report->device[i].text = cell->device;
        report->device[i].facts = read_facts(report, cell, &report->device[i].is_virtual);
        report->device_count++;
    }
}

static int64_t count_imported(struct mp_report *report) {
    int64_t count = 0;
    sqlite3_stmt *rows =
        mp_query_rows(&report->query, "SELECT count(*) FROM os_report", 0, 0);
    while (mp_query_next(&report->query, rows))
        count = sqlite3_column_int64(rows, 0);
    return count;
}

enum mp_status mp_report_read(struct mp_report *report, struct mp_store *store,
                              int64_t campaign_id, struct mp_error *err) {
    memset(report, 0, sizeof(*report));
    mp_query_begin(&report->query, store);
    bool is_found = read_campaign(report, campaign_id);
    report->imported = count_imported(report);
    enum mp_status status = mp_query_status(&report->query, err);
    if (status == MP_OK && !is_found && campaign_id == 0)
        status = mp_error_set(err, MP_NOT_FOUND,
                              report->imported > 0
                                  ? "%s has no campaigns yet, only imported reports: "
                                    "'mpstress list reports' shows them"
                                  : "%s has no campaigns yet",
                              report->query.path);
    else if (status == MP_OK && !is_found)
        status = mp_error_set(err, MP_NOT_FOUND, "%s has no campaign %lld",
                              report->query.path, (long long)campaign_id);
    if (status != MP_OK)
        return status;
    read_environment(report);
    read_plan(report);
    read_cells(report);
    for (size_t i = 0; i < report->cell_count && report->query.code == SQLITE_OK; i++) {
        count_rounds(report, &report->cell[i]);
        look_for_counts(report, &report->cell[i]);
        count_in_flight(report, &report->cell[i]);
        count_earlier(report, &report->cell[i]);
        count_untraced(report, &report->cell[i]);
        mp_figures_load_cell(&report->cell[i].figures, &report->query,
                             report->campaign_id, report->cell[i].id);
        find_device(report, &report->cell[i]);
    }
    struct mp_strbuf note;
    mp_strbuf_init(&note);
    mp_report_write_not_shown(report->cell, report->cell_count, &note);
    report->not_shown = mp_strbuf_detach(&note);
    mp_reuse_load(&report->reuse, &report->query, report->campaign_id);
    return mp_query_status(&report->query, err);
}

void mp_report_release(struct mp_report *report) {
    mp_query_end(&report->query);
    for (size_t i = 0; i < report->device_count; i++)
        free(report->device[i].facts);
    for (size_t i = 0; i < report->cell_count; i++)
        free(report->cell[i].program);
    mp_fields_release(&mp_report_cell_fields, report->cell, report->cell_count);
    mp_fields_release(&mp_plan_fields, &report->plan, 1);
    mp_fields_release(&mp_environment_fields, &report->environment, 1);
    mp_fields_release(&mp_report_fields, report, 1);
    mp_known_release(&report->known);
    free(report->cell);
    free(report->device);
    free(report->machine);
    free(report->not_shown);
    free(report->comparison_reason);
}

const struct mp_report_cell *mp_report_find_cell(const struct mp_report *report,
                                                 int64_t id) {
    for (size_t i = 0; i < report->cell_count; i++)
        if (report->cell[i].id == id)
            return &report->cell[i];
    return NULL;
}

static bool compares_with_looks(const struct mp_report *report) {
    const char *kind = report->plan.kind;
    return kind != NULL && strcmp(kind, MP_COMPARE_KIND_LOOKS) == 0;
}

bool mp_report_has_looked(const struct mp_report *report) {
    return report->plan.has_claim || compares_with_looks(report);
}

struct mp_rate mp_report_rate(const struct mp_report *report,
                              const struct mp_report_cell *cell) {
    /* As the plan's prior expects; arms of a comparison may have any rate. */
    bool is_rare = cell->role != MP_ROLE_POSITIVE && !compares_with_looks(report);
    return (struct mp_rate){.failures = cell->failures,
                            .rounds = cell->rounds,
                            .looks = mp_report_has_looked(report),
                            .prior = is_rare ? report->plan.prior : mp_prior_jeffreys()};
}

bool mp_report_is_all_model(const struct mp_report *report) {
    bool is_all = report->device_count > 0;
    for (size_t i = 0; i < report->device_count; i++)
        is_all = is_all && mp_device_name_is_model(report->device[i].text);
    return is_all;
}

const char *mp_report_note(const struct mp_report *report, size_t index) {
    bool has_model = false, has_software = false;
    for (size_t i = 0; i < report->device_count; i++) {
        has_model |= mp_device_name_is_model(report->device[i].text);
        has_software |= mp_device_name_is_software(report->device[i].text);
    }
    const char *notes[] = {has_model ? MP_MODEL_NOTE : NULL,
                           has_software ? MP_SOFTWARE_NOTE : NULL};
    for (size_t i = 0; i < MP_COUNT(notes); i++)
        if (notes[i] != NULL && index-- == 0)
            return notes[i];
    return NULL;
}
