/* The queries of a package. Rounds are those of campaigns that may be pooled: no replays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/dossier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/wire/device_name.h"
#include "results/report/repeat.h"

/* clang-format off */
#define CELL(member, kind) MP_FIELD(struct mp_dossier_cell, member, kind)
static const struct mp_field CELL_TABLE[] = {
    CELL(id, INTEGER), CELL(title, WORD), CELL(device, WORD), CELL(arm, WORD),
    CELL(role, WORD), CELL(is_hit, TRUTH), CELL(is_same_work, TRUTH),
    CELL(passed, INTEGER), CELL(failed, INTEGER), CELL(no_verdict, INTEGER),
    CELL(hits, INTEGER), CELL(outcomes, TEXT), CELL(campaigns, WORD),
    CELL(load_low, REAL), CELL(load_high, REAL), CELL(median_ns, REAL),
};

#define HUNT(member, kind) MP_FIELD(struct mp_dossier_hunt, member, kind)
static const struct mp_field HUNT_TABLE[] = {
    HUNT(campaign_id, INTEGER), HUNT(perturb, TEXT), HUNT(rounds, INTEGER),
    HUNT(hits, INTEGER), HUNT(seconds, REAL), HUNT(plain_rounds, INTEGER),
    HUNT(plain_hits, INTEGER), HUNT(plain_seconds, REAL),
};

#define CAMPAIGN(member, kind) MP_FIELD(struct mp_dossier_campaign, member, kind)
static const struct mp_field CAMPAIGN_TABLE[] = {
    CAMPAIGN(id, INTEGER), CAMPAIGN(environment_id, INTEGER), CAMPAIGN(jobs, INTEGER),
    CAMPAIGN(started_at, WORD), CAMPAIGN(seed, WORD), CAMPAIGN(argv, WORD),
    CAMPAIGN(version, WORD), CAMPAIGN(state, WORD), CAMPAIGN(command, WORD),
    CAMPAIGN(left_out, TEXT), CAMPAIGN(is_looked_at, TRUTH),
};

#define ENVIRONMENT(member, kind) MP_FIELD(struct mp_dossier_environment, member, kind)
static const struct mp_field ENVIRONMENT_TABLE[] = {
    ENVIRONMENT(id, INTEGER), ENVIRONMENT(fingerprint, WORD), ENVIRONMENT(os, WORD),
    ENVIRONMENT(os_build, WORD), ENVIRONMENT(cpu, WORD), ENVIRONMENT(gpu, WORD),
    ENVIRONMENT(driver, WORD), ENVIRONMENT(driver_id, WORD), ENVIRONMENT(facts, WORD),
};

#define STATE(member, kind) MP_FIELD(struct mp_dossier_state, member, kind)
static const struct mp_field STATE_TABLE[] = {
    STATE(campaigns, WORD), STATE(name, WORD), STATE(text, WORD),
};

#define REPORT(member, kind) MP_FIELD(struct mp_dossier_report, member, kind)
static const struct mp_field REPORT_TABLE[] = {
    REPORT(id, INTEGER), REPORT(round_id, INTEGER), REPORT(sha256, WORD),
    REPORT(path, WORD), REPORT(kind, WORD), REPORT(form, WORD),
    REPORT(captured_at, TEXT), REPORT(os_build, TEXT), REPORT(model, TEXT),
    REPORT(file_sha256, TEXT), REPORT(file_bytes, INTEGER), REPORT(is_binary, TRUTH),
};
/* clang-format on */

static const struct mp_fields cell_fields = MP_FIELDS(struct mp_dossier_cell, CELL_TABLE);
static const struct mp_fields hunt_fields = MP_FIELDS(struct mp_dossier_hunt, HUNT_TABLE);
static const struct mp_fields campaign_fields =
    MP_FIELDS(struct mp_dossier_campaign, CAMPAIGN_TABLE);
static const struct mp_fields environment_fields =
    MP_FIELDS(struct mp_dossier_environment, ENVIRONMENT_TABLE);
static const struct mp_fields state_fields =
    MP_FIELDS(struct mp_dossier_state, STATE_TABLE);
static const struct mp_fields report_fields =
    MP_FIELDS(struct mp_dossier_report, REPORT_TABLE);

/* The role of a cell in a campaign; in a hunt, its part: 'repro search', 'repro fresh',
 * 'repro minimize'. Rounds of the fresh part alone were chosen by nothing that they show.
 */
#define MEMBER                                                                           \
    ", member AS MATERIALIZED (SELECT m.campaign_id, m.cell_id, iif(m.role = 'finder'"   \
    " AND p.kind LIKE 'repro %', p.kind, m.role) AS role FROM campaign_cell AS m"        \
    " JOIN campaign AS c ON c.id = m.campaign_id LEFT JOIN plan AS p"                    \
    " ON p.id = c.plan_id WHERE m.campaign_id IN at)"

/* ?1 a signature, 0: none; ?2 the round of the crash. hit: its rounds; at: the campaigns
 * in which a cell of them ran. */
#define WITH                                                                             \
    "WITH hit AS MATERIALIZED (SELECT r.id, r.cell_id, r.campaign_id, r.wall_ns"         \
    " FROM round AS r JOIN campaign_pool AS p ON p.campaign_id = r.campaign_id"          \
    " WHERE r.id = ?2 OR r.id IN (SELECT round_id FROM crash WHERE signature_id = ?1)"   \
    " ), at AS MATERIALIZED (SELECT DISTINCT n.campaign_id AS id FROM round_count AS n"  \
    " JOIN campaign_pool AS p ON p.campaign_id = n.campaign_id"                          \
    " WHERE n.cell_id IN (SELECT cell_id FROM hit))"

static void load_cells(struct mp_dossier *dossier, int64_t signature, int64_t round) {
    dossier->cell = mp_fields_list(
        &cell_fields, &dossier->show.query,
        WITH MEMBER
        ", cells AS (SELECT cell_id, role FROM member GROUP BY 1, 2),"
        " came_in AS (SELECT m.cell_id, m.role, hit.wall_ns FROM hit JOIN member AS m"
        "  ON m.campaign_id = hit.campaign_id AND m.cell_id = hit.cell_id),"
        " counts AS (SELECT m.cell_id, m.role, n.outcome, o.class, sum(n.rounds) AS n"
        " FROM member AS m JOIN round_count AS n ON n.campaign_id = m.campaign_id"
        " AND n.cell_id = m.cell_id JOIN outcome AS o ON o.name = n.outcome"
        " GROUP BY 1, 2, 3),"
        " sums AS (SELECT cell_id, role, sum(n) FILTER (WHERE class = 'pass') AS passed,"
        "  sum(n) FILTER (WHERE class = 'failure') AS failed,"
        "  sum(n) FILTER (WHERE class = 'no_verdict') AS no_verdict FROM counts"
        "  GROUP BY 1, 2),"
        " kinds AS (SELECT cell_id, role,"
        "  group_concat(outcome || ' ' || n, ', ') AS words"
        "  FROM (SELECT * FROM counts WHERE class = 'failure' ORDER BY cell_id, role,"
        "  n DESC, outcome) GROUP BY 1, 2),"
        " came AS (SELECT cell_id, role, group_concat(campaign_id, ', ') AS words FROM"
        "  (SELECT cell_id, role, campaign_id FROM member"
        "  ORDER BY 1, 2, 3) GROUP BY 1, 2),"
        " middle AS (SELECT cell_id, role, wall_ns FROM (SELECT cell_id, role, wall_ns,"
        "  row_number() OVER (PARTITION BY cell_id, role ORDER BY wall_ns) AS k, count(*)"
        "  OVER (PARTITION BY cell_id, role) AS n FROM came_in) WHERE k = (n + 1) / 2)"
        " SELECT c.cell_id AS id, t.title, l.device, l.arm, c.role,"
        " (c.role = 'repro fresh' OR c.role = 'subject' AND c.cell_id IN"
        "  (SELECT cell_id FROM came_in WHERE role = 'subject')) AS is_hit,"
        " (c.role = 'subject' AND (l.scenario, l.params) IN (SELECT scenario, params"
        "  FROM cell WHERE id IN (SELECT cell_id FROM hit))) AS is_same_work,"
        " ifnull(s.passed, 0) AS passed, ifnull(s.failed, 0) AS failed,"
        " ifnull(s.no_verdict, 0) AS no_verdict, k.words AS outcomes,"
        " w.words AS campaigns, m.wall_ns * 1.0 AS median_ns,"
        " (SELECT count(*) FROM came_in AS h WHERE h.cell_id = c.cell_id"
        "  AND h.role = c.role) AS hits,"
        " (SELECT min(load_low) FROM round_sum AS s JOIN member AS f USING (campaign_id,"
        "  cell_id) WHERE f.cell_id = c.cell_id AND f.role = c.role) AS load_low,"
        " (SELECT max(load_high) FROM round_sum AS s JOIN member AS f USING (campaign_id,"
        "  cell_id) WHERE f.cell_id = c.cell_id AND f.role = c.role) AS load_high"
        " FROM cells AS c JOIN cell AS l ON l.id = c.cell_id"
        " JOIN cell_title AS t ON t.cell_id = c.cell_id"
        " JOIN came AS w ON w.cell_id = c.cell_id AND w.role = c.role"
        " LEFT JOIN sums AS s ON s.cell_id = c.cell_id AND s.role = c.role"
        " LEFT JOIN kinds AS k ON k.cell_id = c.cell_id AND k.role = c.role"
        " LEFT JOIN middle AS m ON m.cell_id = c.cell_id AND m.role = c.role"
        " ORDER BY is_hit DESC, is_same_work DESC, hits DESC, c.cell_id, c.role",
        signature, round, &dossier->cell_count);
}

static void load_hunts(struct mp_dossier *dossier, int64_t signature, int64_t round) {
    dossier->hunt = mp_fields_list(
        &hunt_fields, &dossier->show.query,
        WITH
        ", way AS (SELECT r.campaign_id, json_extract(l.params, '$.perturb') AS perturb,"
        "  count(*) FILTER (WHERE o.class <> 'no_verdict') AS rounds,"
        "  count(*) FILTER (WHERE r.id IN (SELECT id FROM hit)) AS hits,"
        "  total(r.wall_ns) / 1e9 AS seconds FROM round AS r"
        "  JOIN outcome AS o ON o.name = r.outcome JOIN cell AS l ON l.id = r.cell_id"
        "  JOIN campaign AS c ON c.id = r.campaign_id JOIN plan AS p ON p.id = c.plan_id"
        "  WHERE p.kind = 'repro fresh' AND c.id IN at GROUP BY 1, r.cell_id)"
        " SELECT p.campaign_id, w.perturb, w.rounds, w.hits, w.seconds,"
        " p.rounds AS plain_rounds, p.hits AS plain_hits, p.seconds AS plain_seconds"
        " FROM way AS p LEFT JOIN way AS w ON w.campaign_id = p.campaign_id"
        " AND w.perturb IS NOT NULL WHERE p.perturb IS NULL ORDER BY 1",
        signature, round, &dossier->hunt_count);
}

static void load_campaigns(struct mp_dossier *dossier, int64_t signature, int64_t round) {
    struct mp_query *query = &dossier->show.query;
    dossier->campaign = mp_fields_list(
        &campaign_fields, query,
        WITH
        " SELECT c.*, p.looked_at AS is_looked_at FROM campaign AS c JOIN campaign_pool"
        " AS p ON p.campaign_id = c.id WHERE c.id IN at ORDER BY c.id",
        signature, round, &dossier->campaign_count);
    for (size_t i = 0; i < dossier->campaign_count; i++)
        mp_repeat_quote_line(&dossier->campaign[i].argv);
    dossier->environment = mp_fields_list(
        &environment_fields, query,
        WITH " SELECT * FROM environment WHERE id IN (SELECT environment_id FROM campaign"
             " WHERE id IN at OR id = (SELECT campaign_id FROM round WHERE id = ?2))"
             " ORDER BY id",
        signature, round, &dossier->environment_count);
    dossier->state =
        mp_fields_list(&state_fields, query,
                       WITH " SELECT group_concat(campaign_id, ', ') AS campaigns, name,"
                            " text FROM (SELECT * FROM campaign_state WHERE campaign_id"
                            " IN at ORDER BY campaign_id) GROUP BY name, text"
                            " ORDER BY name, min(campaign_id)",
                       signature, round, &dossier->state_count);
}

static void load_reports(struct mp_dossier *dossier, int64_t signature, int64_t round) {
    dossier->report = mp_fields_list(
        &report_fields, &dossier->show.query,
        "SELECT o.*, f.sha256 AS file_sha256, ifnull(length(f.bytes), 0) AS file_bytes,"
        " ifnull(instr(f.bytes, x'00') > 0, 0) AS is_binary"
        " FROM os_report AS o LEFT JOIN os_report_file AS l ON l.os_report_id = o.id"
        " LEFT JOIN file_content AS f ON f.id = l.file_content_id"
        " WHERE o.round_id = ?2 OR o.signature_id = ?1"
        " ORDER BY ifnull(o.round_id = ?2, 0) DESC, o.id",
        signature, round, &dossier->report_count);
    while (dossier->report_count > MP_DOSSIER_REPORTS_MAX) {
        mp_fields_release(&report_fields, &dossier->report[--dossier->report_count], 1);
        dossier->reports_left_out++;
    }
}

static int64_t find_number(struct mp_query *query, const char *sql, int64_t id,
                           int64_t other) {
    int64_t found = MP_FIELD_NULL;
    sqlite3_stmt *rows = mp_query_rows(query, sql, id, other);
    while (mp_query_next(query, rows))
        if (sqlite3_column_type(rows, 0) != SQLITE_NULL)
            found = sqlite3_column_int64(rows, 0);
    return found;
}

/* The crash that stands for a signature. */
static enum mp_status find_crash(struct mp_store *store, const struct mp_dossier_of *of,
                                 int64_t *ret_id, struct mp_error *err) {
    struct mp_query query;
    if (!of->is_signature) {
        *ret_id = of->id;
        return MP_OK;
    }
    mp_query_begin(&query, store);
    int64_t is_known =
        find_number(&query, "SELECT 1 FROM signature WHERE id = ?1", of->id, 0);
    *ret_id = find_number(
        &query,
        "SELECT k.id FROM crash AS k JOIN round AS r ON r.id = k.round_id JOIN cell ON"
        " cell.id = r.cell_id WHERE k.signature_id = ?1 ORDER BY"
        " r.campaign_id = ?2 DESC,"
        " cell.device LIKE 'null%' OR substr(cell.device, 1, instr(cell.device || ':',"
        "  ':')) LIKE '%@%' /* a driver of a device before what stands for one */,"
        " EXISTS (SELECT 1 FROM crash_thread AS t WHERE t.crash_id = k.id) DESC,"
        " ifnull(json_extract(params, '$.threads'), 0),"
        " ifnull(json_extract(params, '$.iters'), 0),"
        " ifnull(json_extract(params, '$.ops'), 0), k.id DESC LIMIT 1",
        of->id, of->campaign_id);
    bool has_rounds = find_number(&query, "SELECT 1 FROM round WHERE signature_id = ?1",
                                  of->id, 0) != MP_FIELD_NULL;
    enum mp_status status = mp_query_status(&query, err);
    mp_query_end(&query);
    if (status == MP_OK && is_known == MP_FIELD_NULL)
        return mp_error_set(err, MP_NOT_FOUND, "%s has no signature %lld",
                            mp_store_path(store), (long long)of->id);
    if (status == MP_OK && *ret_id == MP_FIELD_NULL && has_rounds)
        return mp_error_set(err, MP_NOT_FOUND,
                            "signature %lld in %s is of failures that left no stack "
                            "(wrong numbers, lost work, an exit code, or a crash that "
                            "nothing traced): a package is about a traced crash or hang; "
                            "'mpstress show signature %lld' shows what is known",
                            (long long)of->id, mp_store_path(store), (long long)of->id);
    if (status == MP_OK && *ret_id == MP_FIELD_NULL)
        return mp_error_set(
            err, MP_NOT_FOUND,
            "signature %lld in %s is known by imported reports alone: no "
            "round of mpstress has crashed so, and nothing can be said of "
            "how often it happens or how to repeat it",
            (long long)of->id, mp_store_path(store));
    return status;
}

enum mp_status mp_dossier_load(struct mp_dossier *dossier, struct mp_store *store,
                               const struct mp_dossier_of *of, struct mp_error *err) {
    struct mp_show_options options = {.kind = MP_SHOW_CRASH, .has_all_modules = true};
    memset(dossier, 0, sizeof(*dossier));
    dossier->store = store;
    enum mp_status status = find_crash(store, of, &options.id, err);
    if (status != MP_OK)
        return status;
    status = mp_show_load(&dossier->show, store, &options, err);
    struct mp_query *query = &dossier->show.query;
    for (size_t i = 0; i < dossier->show.crash_count; i++)
        if (dossier->show.crash[i].crash.id == options.id)
            dossier->crash = &dossier->show.crash[i];
    if (status != MP_OK || dossier->crash == NULL)
        return status;
    int64_t round = dossier->show.round_id;
    dossier->signature = dossier->crash->crash.signature; /* borrows its texts */
    int64_t signature = dossier->signature.id;
    dossier->threads =
        find_number(query,
                    "SELECT json_extract(params, '$.threads') FROM cell"
                    " WHERE id = (SELECT cell_id FROM round WHERE id = ?1)",
                    round, 0);
    dossier->ops = find_number(query,
                               "SELECT json_extract(params, '$.ops') FROM cell"
                               " WHERE id = (SELECT cell_id FROM round WHERE id = ?1)",
                               round, 0);
    load_cells(dossier, signature, round);
    if (signature != 0)
        load_hunts(dossier, signature, round);
    load_campaigns(dossier, signature, round);
    load_reports(dossier, signature, round);
    return mp_query_status(query, err);
}

void mp_dossier_release(struct mp_dossier *dossier) {
    mp_fields_release(&cell_fields, dossier->cell, dossier->cell_count);
    mp_fields_release(&hunt_fields, dossier->hunt, dossier->hunt_count);
    mp_fields_release(&campaign_fields, dossier->campaign, dossier->campaign_count);
    mp_fields_release(&environment_fields, dossier->environment,
                      dossier->environment_count);
    mp_fields_release(&state_fields, dossier->state, dossier->state_count);
    mp_fields_release(&report_fields, dossier->report, dossier->report_count);
    free(dossier->cell);
    free(dossier->hunt);
    free(dossier->campaign);
    free(dossier->environment);
    free(dossier->state);
    free(dossier->report);
    if (dossier->show.query.db != NULL)
        mp_show_release(&dossier->show);
}

enum mp_dossier_ground mp_dossier_ground_of(const char *device) {
    if (mp_device_name_is_model(device))
        return MP_GROUND_MODEL;
    if (mp_device_name_is_software(device))
        return MP_GROUND_SOFTWARE;
    return mp_device_name_is_of(device, "null") ? MP_GROUND_TEST_BED : MP_GROUND_OTHER;
}

/* Of its claim, or a cell in which it came otherwise: as a control, in a search. */
static bool is_of_it(const struct mp_dossier_cell *cell) {
    return cell->is_hit || cell->hits > 0;
}

bool mp_dossier_is_mixed(const struct mp_dossier *dossier) {
    enum mp_dossier_ground ground = mp_dossier_ground_of(dossier->show.round.device);
    bool is_mixed = false;
    for (size_t i = 0; i < dossier->cell_count; i++)
        if (is_of_it(&dossier->cell[i]))
            is_mixed |= mp_dossier_ground_of(dossier->cell[i].device) != ground;
    return is_mixed;
}

bool mp_dossier_is_of_model(const struct mp_dossier *dossier) {
    return mp_device_name_is_model(dossier->show.round.device) &&
           !mp_dossier_is_mixed(dossier);
}

bool mp_dossier_read_file(const struct mp_dossier *dossier, size_t index,
                          struct mp_strbuf *ret_bytes) {
    struct mp_query query;
    bool is_found = false;
    mp_strbuf_clear(ret_bytes);
    mp_query_begin(&query, dossier->store);
    sqlite3_stmt *rows = mp_query_rows(
        &query,
        "SELECT bytes FROM file_content WHERE id = (SELECT file_content_id FROM"
        " os_report_file WHERE os_report_id = ?1)",
        dossier->report[index].id, 0);
    while (mp_query_next(&query, rows)) {
        is_found = true;
        mp_strbuf_add(ret_bytes, sqlite3_column_blob(rows, 0),
                      (size_t)sqlite3_column_bytes(rows, 0));
    }
    mp_query_end(&query);
    return is_found;
}
