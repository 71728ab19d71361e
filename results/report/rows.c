/* Reads a campaign. Must not print.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"

void mp_report_note(struct mp_report *report, int code) {
    if (report->code == SQLITE_OK && code != SQLITE_OK) {
        report->code = code;
        snprintf(report->reason, sizeof(report->reason), "%s",
                 sqlite3_errmsg(report->db));
    }
}

sqlite3_stmt *mp_report_query(struct mp_report *report, const char *sql, int64_t id) {
    sqlite3_stmt *rows = NULL;
    int code = sqlite3_prepare_v2(report->db, sql, -1, &rows, NULL);
    int count = sqlite3_bind_parameter_count(rows);
    if (code == SQLITE_OK && count >= 1)
        code = sqlite3_bind_int64(rows, 1, report->campaign_id);
    if (code == SQLITE_OK && count >= 2)
        code = sqlite3_bind_int64(rows, 2, id);
    mp_report_note(report, code);
    return rows;
}

bool mp_report_next(struct mp_report *report, sqlite3_stmt *rows) {
    int code = report->code == SQLITE_OK ? sqlite3_step(rows) : report->code;
    if (code == SQLITE_ROW)
        return true;
    mp_report_note(report, code == SQLITE_DONE ? SQLITE_OK : code);
    sqlite3_finalize(rows);
    return false;
}

const char *mp_report_column(sqlite3_stmt *rows, int column) {
    const char *text = (const char *)sqlite3_column_text(rows, column);
    return text == NULL ? "" : text;
}

static char *copy_column(sqlite3_stmt *rows, int column) {
    return mp_memory_copy_text(mp_report_column(rows, column));
}

enum mp_status mp_report_status(const struct mp_report *report, struct mp_error *err) {
    if (report->code == SQLITE_OK)
        return MP_OK;
    return mp_error_set(err, MP_STORE, "cannot read the rounds in %s: %s", report->path,
                        report->reason);
}

static void load_campaign(struct mp_report *report, int64_t id) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT c.id, c.uuid, c.started_at, c.argv, c.seed, c.version, c.state,"
        /* An unfinished campaign lasted until its newest round. */
        " CAST(round((julianday(coalesce(c.ended_at, (SELECT started_at FROM round WHERE"
        " campaign_id = c.id ORDER BY seq DESC LIMIT 1), c.started_at)) - "
        "julianday(c.started_at)) "
        "* 86400000.0)"
        " AS INTEGER),"
        " e.os, e.os_build, e.cpu"
        " FROM campaign AS c JOIN environment AS e ON e.id = c.environment_id"
        " WHERE (?2 <> 0 AND c.id = ?2) OR (?2 = 0 AND ?1 = 0)"
        " ORDER BY c.started_at DESC, c.id DESC LIMIT 1",
        id);
    while (mp_report_next(report, rows)) {
        report->campaign_id = sqlite3_column_int64(rows, 0);
        report->uuid = copy_column(rows, 1);
        report->started_at = copy_column(rows, 2);
        report->argv = copy_column(rows, 3);
        report->seed = copy_column(rows, 4);
        report->version = copy_column(rows, 5);
        report->state = copy_column(rows, 6);
        int64_t wall_ms = sqlite3_column_int64(rows, 7);
        report->wall_ns = wall_ms > 0 ? (uint64_t)wall_ms * MP_CLOCK_NS_PER_MS : 0;
        struct mp_strbuf machine;
        mp_strbuf_init(&machine);
        for (int i = 8; i <= 10; i++) {
            const char *part = mp_report_column(rows, i);
            if (part[0] != '\0')
                mp_strbuf_addf(&machine, "%s%s", machine.len > 0 ? " · " : "", part);
        }
        free(report->machine);
        report->machine = mp_strbuf_detach(&machine);
    }
}

static void load_host(struct mp_report *report) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT group_concat(text, ', ') FROM (SELECT text FROM host_state"
        " WHERE campaign_id = ?1 AND text <> 'power=unknown thermal=unknown'"
        " ORDER BY id)",
        0);
    while (mp_report_next(report, rows)) {
        free(report->host);
        report->host = copy_column(rows, 0);
    }
}

static void load_cells(struct mp_report *report) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT cell.id, role, device, scenario, arm, (SELECT group_concat(key || '=' || "
        "atom)"
        " FROM json_each(params)), path FROM campaign_cell AS m JOIN cell ON cell.id ="
        " m.cell_id LEFT JOIN fix_library AS f ON f.cell_id = cell.id WHERE campaign_id = ?1"
        " ORDER BY CASE role WHEN 'subject' THEN 0 WHEN 'positive_control' THEN 1 ELSE 2 "
        "END,"
        " scenario, arm, json_extract(params, '$.threads'), params, device",
        0);
    while (mp_report_next(report, rows)) {
        report->cell =
            mp_memory_resize(report->cell, report->cell_count + 1, sizeof(*report->cell));
        report->cell[report->cell_count++] =
            (struct mp_report_cell){.id = sqlite3_column_int64(rows, 0),
                                    .role = mp_role_find(mp_report_column(rows, 1)),
                                    .device = copy_column(rows, 2),
                                    .scenario = copy_column(rows, 3),
                                    .arm = copy_column(rows, 4),
                                    .params = copy_column(rows, 5),
                                    .fix = copy_column(rows, 6)};
    }
}

static void count_rounds(struct mp_report *report, struct mp_report_cell *cell) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT outcome, sum(rounds), min(max_overlap), max(max_overlap) FROM"
        " round_count WHERE cell_id = ?2 AND campaign_id = ?1 GROUP BY outcome",
        cell->id);
    while (mp_report_next(report, rows)) {
        enum mp_outcome outcome = mp_outcome_find(mp_report_column(rows, 0));
        if (outcome == MP_OUTCOME_COUNT)
            outcome = MP_OUTCOME_NO_VERDICT; /* of another program's making */
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

/* The rounds without stacks, by why they have none. */
static void count_untraced(struct mp_report *report, struct mp_report_cell *cell) {
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT count(*) FILTER (WHERE untraced = 'off'),"
        " count(*) FILTER (WHERE untraced = 'refused') FROM round"
        " WHERE campaign_id = ?1 AND cell_id = ?2 AND untraced IS NOT NULL",
        cell->id);
    while (mp_report_next(report, rows)) {
        cell->untraced_off = (uint64_t)sqlite3_column_int64(rows, 0);
        cell->untraced_refused = (uint64_t)sqlite3_column_int64(rows, 1);
    }
}

void mp_report_add_driver(sqlite3_stmt *rows, int column, int first, int end,
                          struct mp_strbuf *buf) {
    static const char *const keys[] = {"name", "gpu", "driver", "driver_id", "facts"};
    for (int i = first; i < end; i++) {
        const char *value = mp_report_column(rows, column + i);
        if (value[0] != '\0')
            mp_strbuf_addf(buf, "%s%s=%s", buf->len > 0 ? " · " : "", keys[i], value);
    }
}

/* What the driver said of itself in the newest round of the cell. A device's own text
 * with settings in it says them already. */
static char *load_facts(struct mp_report *report, const struct mp_report_cell *cell) {
    struct mp_strbuf facts;
    mp_strbuf_init(&facts);
    bool has_settings = strchr(cell->device, ':') != NULL;
    sqlite3_stmt *rows = mp_report_query(
        report,
        "SELECT " MP_REPORT_DRIVER " FROM round JOIN round_driver AS d ON d.id = "
        "driver_id WHERE cell_id = ?2 AND campaign_id = ?1 ORDER BY round.id DESC LIMIT "
        "1",
        cell->id);
    while (mp_report_next(report, rows))
        mp_report_add_driver(rows, 0, 1, has_settings ? 4 : 5, &facts);
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
        report->device[i].facts = load_facts(report, cell);
        report->device_count++;
    }
}

static enum mp_verdict judge_claim(const struct mp_evidence *evidence) {
    switch (evidence->decision) {
    case MP_DECISION_REGRESSION:
        return MP_VERDICT_REGRESSION;
    case MP_DECISION_CONTROL_FAILED:
        return MP_VERDICT_FAILURES;
    case MP_DECISION_NO_POWER:
        return MP_VERDICT_NO_POWER;
    case MP_DECISION_MET:
        return MP_VERDICT_CLAIM_MET;
    case MP_DECISION_OPEN:
        break;
    }
    return MP_VERDICT_INCONCLUSIVE;
}

enum mp_verdict mp_report_judge(const struct mp_report_cell *cells, size_t count) {
    bool has_failed = false, is_silent = false, is_uncounted = false;
    uint64_t counted = 0;
    for (size_t i = 0; i < count; i++) {
        const struct mp_report_cell *cell = &cells[i];
        counted += cell->rounds;
        if (cell->role == MP_ROLE_POSITIVE) {
            is_silent = is_silent || cell->failures == 0;
        } else {
            has_failed = has_failed || cell->failures > 0;
            is_uncounted = is_uncounted || cell->rounds == 0;
        }
    }
    if (counted == 0)
        return MP_VERDICT_NOTHING_RAN;
    if (has_failed)
        return MP_VERDICT_FAILURES;
    if (is_silent)
        return MP_VERDICT_NO_POWER;
    return is_uncounted ? MP_VERDICT_INCONCLUSIVE : MP_VERDICT_CLEAN;
}

const char *mp_report_control_words(const struct mp_report_cell *cell, bool *ret_is_bad) {
    bool is_bad = true;
    const char *words = "";
    if (cell->role == MP_ROLE_POSITIVE && cell->failures > 0) {
        is_bad = false;
        words = "found, as it must";
    } else if (cell->role == MP_ROLE_POSITIVE) {
        words = cell->rounds > 0 ? "SILENT: no power" : "NO ROUND COUNTS: no power";
    } else if (cell->rounds == 0) {
        words = "no round counts";
    } else if (cell->role == MP_ROLE_NEGATIVE) {
        is_bad = cell->failures > 0;
        words = is_bad ? "FAILED: a control that must pass failed" : "clean, as it must";
    } else {
        is_bad = cell->failures > 0;
    }
    *ret_is_bad = is_bad;
    return words;
}

enum mp_status mp_report_load(struct mp_report *report, struct mp_store *store,
                              int64_t campaign_id, struct mp_error *err) {
    memset(report, 0, sizeof(*report));
    report->db = mp_store_handle(store);
    report->path = mp_store_path(store);
    load_campaign(report, campaign_id);
    if (report->code == SQLITE_OK && report->uuid == NULL) {
        return campaign_id == 0
                   ? mp_error_set(err, MP_NOT_FOUND, "%s holds no campaign yet",
                                  report->path)
                   : mp_error_set(err, MP_NOT_FOUND, "%s has no campaign %lld",
                                  report->path, (long long)campaign_id);
    }
    mp_report_load_plan(report);
    load_host(report);
    load_cells(report);
    for (size_t i = 0; i < report->cell_count && report->code == SQLITE_OK; i++) {
        count_rounds(report, &report->cell[i]);
        count_untraced(report, &report->cell[i]);
        find_device(report, &report->cell[i]);
    }
    mp_report_weigh(report);
    report->verdict = mp_report_judge(report->cell, report->cell_count);
    if (report->plan.has_claim && report->verdict != MP_VERDICT_NOTHING_RAN)
        report->verdict = judge_claim(&report->plan.evidence);
    return mp_report_status(report, err);
}

void mp_report_release(struct mp_report *report) {
    for (size_t i = 0; i < report->cell_count; i++) {
        free(report->cell[i].device);
        free(report->cell[i].scenario);
        free(report->cell[i].params);
        free(report->cell[i].arm);
        free(report->cell[i].fix);
    }
    for (size_t i = 0; i < report->device_count; i++)
        free(report->device[i].facts);
    mp_report_release_plan(&report->plan);
    free(report->cell);
    free(report->device);
    free(report->comparison_reason);
    free(report->uuid);
    free(report->started_at);
    free(report->argv);
    free(report->seed);
    free(report->version);
    free(report->state);
    free(report->machine);
    free(report->host);
}
