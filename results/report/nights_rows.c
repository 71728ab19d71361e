/* Reads nights and counts them. Does not read the rounds themselves: their counts and
 * sums are stored.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_rows.h"
#include "harness/base/array.h"
#include "harness/wire/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/claim.h"
#include "results/report/judge.h"

const char *mp_nights_control_name(enum mp_nights_control control) {
    static const char *const names[] = {"none", "found", "silent"};
    return names[control];
}

/* "A" to "Z", then "A2" and so on. */
static void name_build(size_t index, struct mp_nights_build *build) {
    if (index < 26) {
        snprintf(build->name, sizeof(build->name), "%c", (char)('A' + (int)index));
    } else {
        snprintf(build->name, sizeof(build->name), "%c%u",
                 (char)('A' + (int)(index % 26)), (unsigned)(index / 26 + 1) % 100000);
    }
}

/* The build in the columns from `column` on, added if new. */
static size_t find_build(struct mp_nights *nights, sqlite3_stmt *rows, int column) {
    size_t i = 0;
    for (; i < nights->build_count; i++) {
        const struct mp_nights_build *build = &nights->build[i];
        const char *const parts[] = {build->os,    build->os_build, build->cpu,
                                     build->gpu,   build->driver,   build->driver_id,
                                     build->facts, build->version};
        size_t count = MP_COUNT(parts), equal = 0;
        while (equal < count &&
               strcmp(parts[equal], mp_query_text(rows, column + (int)equal)) == 0)
            equal++;
        if (equal == count)
            return i;
    }
    nights->build = mp_memory_resize(nights->build, i + 1, sizeof(*nights->build));
    nights->build[i] =
        (struct mp_nights_build){.os = mp_query_copy(rows, column),
                                 .os_build = mp_query_copy(rows, column + 1),
                                 .cpu = mp_query_copy(rows, column + 2),
                                 .gpu = mp_query_copy(rows, column + 3),
                                 .driver = mp_query_copy(rows, column + 4),
                                 .driver_id = mp_query_copy(rows, column + 5),
                                 .facts = mp_query_copy(rows, column + 6),
                                 .version = mp_query_copy(rows, column + 7)};
    name_build(i, &nights->build[i]);
    nights->build_count++;
    return i;
}

/* Campaigns come in order of nights: an existing row is among the newest. */
static size_t find_row(struct mp_nights *nights, const char *night, size_t build) {
    for (size_t i = nights->row_count; i-- > 0;) {
        struct mp_nights_row *row = &nights->row[i];
        if (strcmp(row->night, night) != 0)
            break;
        if (row->build == build)
            return i;
    }
    nights->row =
        mp_memory_resize(nights->row, nights->row_count + 1, sizeof(*nights->row));
    nights->row[nights->row_count] =
        (struct mp_nights_row){.night = mp_memory_copy_text(night),
                               .build = build,
                               .load_low = -1,
                               .load_high = -1};
    nights->build[build].nights++;
    return nights->row_count++;
}

static void load_campaigns(struct mp_nights *nights) {
    const char *since = nights->options->since == NULL ? "" : nights->options->since;
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query,
        "SELECT p.campaign_id, p.night, e.os, e.os_build, e.cpu, e.gpu, e.driver,"
        " e.driver_id, ifnull((SELECT group_concat(fact, ' ') FROM (SELECT key || '=' ||"
        " atom AS fact FROM json_each(e.facts) ORDER BY key)), ''), p.version, p.has_power FROM campaign_pool AS p"
        " JOIN campaign AS c ON c.id = p.campaign_id JOIN environment AS e"
        " ON e.id = p.environment_id WHERE p.night IS NOT NULL"
        " ORDER BY p.night, c.started_at, c.id",
        0, 0);
    while (mp_query_next(&nights->query, rows)) {
        const char *night = mp_query_text(rows, 1);
        if (strcmp(night, since) < 0)
            continue;
        size_t row = find_row(nights, night, find_build(nights, rows, 2));
        nights->row[row].campaigns++;
        nights->row[row].has_power |= sqlite3_column_int(rows, 10) != 0;
        nights->campaign = mp_memory_resize(nights->campaign, nights->campaign_count + 1,
                                            sizeof(*nights->campaign));
        nights->campaign[nights->campaign_count++] =
            (struct mp_nights_campaign){sqlite3_column_int64(rows, 0), row};
    }
    rows = mp_query_rows(
        &nights->query,
        "SELECT count(DISTINCT host) FROM campaign_pool WHERE night IS NOT NULL", 0, 0);
    while (mp_query_next(&nights->query, rows))
        nights->machines = (size_t)sqlite3_column_int64(rows, 0);
    rows = mp_query_rows(&nights->query,
                         "SELECT DISTINCT e.gpu FROM campaign_pool AS p JOIN environment"
                         " AS e ON e.id = p.environment_id WHERE night IS NOT NULL",
                         0, 0);
    while (mp_query_next(&nights->query, rows))
        nights->has_virtual |= mp_driver_is_virtual(mp_query_text(rows, 0));
}

/* "metal@model" stands for the device with any settings. */
static bool is_device(const char *device, const char *wanted) {
    size_t len = strlen(wanted);
    return strncmp(device, wanted, len) == 0 &&
           (device[len] == '\0' || device[len] == ':');
}

static bool is_wanted(const struct mp_nights_options *options,
                      const struct mp_nights_cell *cell) {
    return cell->role == MP_ROLE_SUBJECT &&
           (options->device == NULL || is_device(cell->device, options->device)) &&
           (options->arm == NULL || strcmp(cell->arm, options->arm) == 0) &&
           (options->scenario == NULL || strcmp(cell->scenario, options->scenario) == 0);
}

/* Every cell of any night, subjects first. */
static void load_cells(struct mp_nights *nights) {
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query,
        "SELECT cell.id, role, device, scenario, arm, params_text, title"
        " FROM (SELECT DISTINCT m.cell_id, m.role FROM campaign_cell AS m JOIN"
        " campaign_pool AS p ON p.campaign_id = m.campaign_id WHERE p.night IS NOT NULL)"
        " AS m JOIN cell ON cell.id = m.cell_id JOIN cell_title AS t ON t.cell_id = cell.id"
        " ORDER BY role DESC, scenario, arm, json_extract(params, '$.threads'), params,"
        " device",
        0, 0);
    while (mp_query_next(&nights->query, rows)) {
        struct mp_nights_cell cell = {.id = sqlite3_column_int64(rows, 0),
                                      .role = mp_role_find(mp_query_text(rows, 1)),
                                      .device = mp_query_copy(rows, 2),
                                      .scenario = mp_query_copy(rows, 3),
                                      .arm = mp_query_copy(rows, 4),
                                      .params = mp_query_copy(rows, 5),
                                      .title = mp_query_copy(rows, 6)};
        cell.is_shown = is_wanted(nights->options, &cell);
        nights->shown += cell.is_shown;
        nights->cell =
            mp_memory_resize(nights->cell, nights->cell_count + 1, sizeof(*nights->cell));
        nights->cell[nights->cell_count++] = cell;
    }
}

static struct mp_nights_count *find_count(struct mp_nights *nights, size_t row,
                                          int64_t cell_id) {
    for (size_t i = 0; i < nights->cell_count; i++)
        if (nights->cell[i].id == cell_id && nights->cell[i].is_current)
            return &nights->row[row].count[i];
    return NULL;
}

/* The cells of the campaign, with their roles. */
static void mark_cells(struct mp_nights *nights,
                       const struct mp_nights_campaign *campaign) {
    for (size_t i = 0; i < nights->cell_count; i++)
        nights->cell[i].is_current = false;
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query, "SELECT cell_id, role FROM campaign_cell WHERE campaign_id = ?1",
        campaign->id, 0);
    while (mp_query_next(&nights->query, rows)) {
        int64_t id = sqlite3_column_int64(rows, 0);
        enum mp_role role = mp_role_find(mp_query_text(rows, 1));
        for (size_t i = 0; i < nights->cell_count; i++) {
            if (nights->cell[i].id == id && nights->cell[i].role == role) {
                nights->row[campaign->row].count[i].is_there = true;
                nights->cell[i].is_current = true;
            }
        }
    }
}

static void count_rounds(struct mp_nights *nights,
                         const struct mp_nights_campaign *campaign) {
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query,
        "SELECT cell_id, rounds, failures, no_verdict, passed + failures - rounds,"
        " has_power * rounds, has_power * failures, skipped FROM pool WHERE"
        " campaign_id = ?1",
        campaign->id, 0);
    while (mp_query_next(&nights->query, rows)) {
        struct mp_nights_count *count =
            find_count(nights, campaign->row, sqlite3_column_int64(rows, 0));
        if (count == NULL)
            continue;
        count->rounds += (uint64_t)sqlite3_column_int64(rows, 1);
        count->failures += (uint64_t)sqlite3_column_int64(rows, 2);
        count->no_verdict += (uint64_t)sqlite3_column_int64(rows, 3);
        count->without_power += (uint64_t)sqlite3_column_int64(rows, 4);
        count->seen += (uint64_t)sqlite3_column_int64(rows, 5);
        count->seen_failures += (uint64_t)sqlite3_column_int64(rows, 6);
        count->skipped += (uint64_t)sqlite3_column_int64(rows, 7);
    }
}

static void count_known(struct mp_nights *nights,
                        const struct mp_nights_campaign *campaign) {
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query,
        "SELECT k.cell_id, count(*) FROM known_round AS k JOIN round AS r ON"
        " r.id = k.round_id JOIN outcome AS o ON o.name = r.outcome"
        " WHERE k.campaign_id = ?1 AND o.class = 'failure'"
        " AND EXISTS (SELECT 1 FROM known_failure) GROUP BY 1",
        campaign->id, 0);
    while (mp_query_next(&nights->query, rows)) {
        struct mp_nights_count *count =
            find_count(nights, campaign->row, sqlite3_column_int64(rows, 0));
        if (count != NULL)
            count->known += (uint64_t)sqlite3_column_int64(rows, 1);
    }
}

static void add_sums(struct mp_nights *nights,
                     const struct mp_nights_campaign *campaign) {
    struct mp_nights_row *row = &nights->row[campaign->row];
    sqlite3_stmt *rows = mp_query_rows(&nights->query,
                                       "SELECT cell_id, timed, ops_done, run_ns, "
                                       "ifnull(load_low, -1), ifnull(load_high, -1)"
                                       " FROM round_sum WHERE campaign_id = ?1",
                                       campaign->id, 0);
    while (mp_query_next(&nights->query, rows)) {
        struct mp_nights_count *count =
            find_count(nights, campaign->row, sqlite3_column_int64(rows, 0));
        if (count != NULL) {
            count->timed += sqlite3_column_double(rows, 1);
            count->ops += sqlite3_column_double(rows, 2);
            count->run_ns += sqlite3_column_double(rows, 3);
        }
        double low = sqlite3_column_double(rows, 4),
               high = sqlite3_column_double(rows, 5);
        if (low >= 0 && (row->load_low < 0 || low < row->load_low))
            row->load_low = low;
        row->load_high = high > row->load_high ? high : row->load_high;
    }
}

/* A cell with the counts that a verdict is made of. */
static struct mp_report_cell make_cell(enum mp_role role,
                                       const struct mp_nights_count *count) {
    struct mp_report_cell cell = {.role = role,
                                  .rounds = count->rounds,
                                  .failures = count->failures,
                                  .known = count->known};
    cell.outcome[MP_OUTCOME_PASS] = count->rounds + count->without_power;
    cell.outcome[MP_OUTCOME_NO_VERDICT] = count->no_verdict - count->skipped;
    cell.outcome[MP_OUTCOME_SKIP] = count->skipped;
    return cell;
}

/* Judges the night as a report of its campaigns would. */
static void judge_row(const struct mp_nights *nights, struct mp_nights_row *row) {
    struct mp_report_cell *cells =
        mp_memory_zeroed(nights->cell_count + 1, sizeof(*cells));
    size_t count = 0;
    for (size_t i = 0; i < nights->cell_count; i++) {
        const struct mp_nights_cell *cell = &nights->cell[i];
        const struct mp_nights_count *here = &row->count[i];
        if (!here->is_there || (cell->role == MP_ROLE_SUBJECT && !cell->is_shown))
            continue;
        cells[count++] = make_cell(cell->role, here);
        if (cell->role == MP_ROLE_SUBJECT) {
            row->cells++;
            row->rounds += here->rounds;
            row->failures += here->failures;
            row->known += here->known;
            row->no_verdict += here->no_verdict;
            row->without_power += here->without_power;
        } else if (cell->role == MP_ROLE_POSITIVE && row->control != MP_CONTROL_SILENT &&
                   !mp_report_is_skipped(&cells[count - 1])) {
            row->control = here->failures > 0 ? MP_CONTROL_FOUND : MP_CONTROL_SILENT;
        }
    }
    row->verdict = mp_report_judge(cells, count);
    row->new_verdict = mp_report_judge_new(cells, count);
    if (row->verdict == MP_VERDICT_FAILURES && row->new_verdict != MP_VERDICT_FAILURES)
        row->verdict = MP_VERDICT_KNOWN_FAILURES;
    if (row->control == MP_CONTROL_NONE) {
        row->verdict = mp_verdict_without_control(row->verdict);
        row->new_verdict = mp_verdict_without_control(row->new_verdict);
    }
    row->is_pooled = row->rounds > 0;
    free(cells);
}

static bool is_narrowed(const struct mp_nights_options *options) {
    return options->device != NULL || options->arm != NULL || options->scenario != NULL;
}

/* The campaign's verdict becomes that of the night if it is not better. */
static void take_verdict(const struct mp_report *report, struct mp_nights_row *row) {
    struct mp_strbuf words;
    row->verdict = mp_verdict_worse(row->verdict, report->verdict);
    row->new_verdict = mp_verdict_worse(row->new_verdict, mp_report_exit(report, true));
    if (!report->plan.has_claim || row->verdict != report->verdict)
        return;
    mp_strbuf_init(&words);
    mp_claim_write(report, &words);
    free(row->claim);
    row->claim = mp_strbuf_detach(&words);
}

/* A night in which a claim was made is as good as the worst of its campaigns, of which
 * those with a claim are judged by it; a claim covers all subjects. */
static void judge_claims(struct mp_nights *nights, struct mp_store *store) {
    sqlite3_stmt *rows =
        mp_query_rows(&nights->query,
                      "SELECT c.id FROM campaign AS c JOIN plan ON plan.id ="
                      " c.plan_id WHERE c.night IS NOT NULL AND plan.claim IS"
                      " NOT NULL",
                      0, 0);
    bool *has_claim = mp_memory_zeroed(nights->row_count + 1, sizeof(*has_claim));
    while (mp_query_next(&nights->query, rows))
        for (size_t i = 0; i < nights->campaign_count; i++)
            if (nights->campaign[i].id == sqlite3_column_int64(rows, 0))
                has_claim[nights->campaign[i].row] = true;
    for (size_t row = 0; row < nights->row_count; row++)
        if (has_claim[row])
            nights->row[row].verdict = nights->row[row].new_verdict =
                MP_VERDICT_CLAIM_MET; /* the best there is */
    for (size_t i = 0; i < nights->campaign_count; i++) {
        struct mp_nights_row *row = &nights->row[nights->campaign[i].row];
        struct mp_report report;
        struct mp_error err;
        if (!has_claim[nights->campaign[i].row])
            continue;
        if (mp_report_load(&report, store, nights->campaign[i].id, &err) == MP_OK)
            take_verdict(&report, row);
        else
            row->verdict = row->new_verdict = MP_VERDICT_HARNESS;
        mp_report_release(&report);
    }
    free(has_claim);
}

static void judge_missing(struct mp_nights *nights, struct mp_store *store,
                          const struct mp_nights_campaign *campaign) {
    struct mp_nights_row *row = &nights->row[campaign->row];
    struct mp_report report;
    struct mp_error err;
    if (mp_report_load(&report, store, campaign->id, &err) == MP_OK &&
        mp_report_lacks_rounds(&report)) {
        int64_t missing = mp_report_headline(&report).missing;
        row->missing += missing > 0 ? (uint64_t)missing : 0;
        enum mp_verdict open = strcmp(report.state, "running") == 0
                                   ? MP_VERDICT_UNFINISHED
                                   : MP_VERDICT_INTERRUPTED;
        row->verdict = mp_verdict_worse(row->verdict, open);
        row->new_verdict = mp_verdict_worse(row->new_verdict, open);
    }
    mp_report_release(&report);
}

/* What a night would have found in the rounds that it lacks is not known. */
static void judge_incomplete(struct mp_nights *nights, struct mp_store *store) {
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query,
        "SELECT id FROM campaign WHERE night IS NOT NULL AND state <> 'complete'", 0, 0);
    while (mp_query_next(&nights->query, rows)) {
        int64_t id = sqlite3_column_int64(rows, 0);
        for (size_t i = 0; i < nights->campaign_count; i++)
            if (nights->campaign[i].id == id)
                judge_missing(nights, store, &nights->campaign[i]);
    }
}

/* Of several builds that night, the worst. */
static void judge(struct mp_nights *nights) {
    nights->verdict = nights->new_verdict = MP_VERDICT_NOTHING_RAN;
    nights->newest = nights->row_count;
    while (nights->newest > 0 && strcmp(nights->row[nights->newest - 1].night,
                                        nights->row[nights->row_count - 1].night) == 0)
        nights->newest--;
    for (size_t i = nights->newest; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        bool is_first = i == nights->newest;
        nights->verdict =
            is_first ? row->verdict : mp_verdict_worse(nights->verdict, row->verdict);
        nights->new_verdict =
            is_first ? row->new_verdict
                     : mp_verdict_worse(nights->new_verdict, row->new_verdict);
    }
}

static enum mp_status check_options(const struct mp_nights *nights,
                                    struct mp_error *err) {
    const struct mp_nights_options *options = nights->options;
    struct mp_strbuf known;
    enum mp_status status = MP_OK;
    mp_strbuf_init(&known);
    for (size_t i = 0; i < nights->cell_count && known.len < 400; i++) {
        if (nights->cell[i].role == MP_ROLE_SUBJECT)
            mp_strbuf_addf(&known, "%s%s, arm %s, on %s", known.len > 0 ? "; " : "",
                           nights->cell[i].scenario, nights->cell[i].arm,
                           nights->cell[i].device);
    }
    if (is_narrowed(options) && nights->row_count > 0 && nights->shown == 0)
        status = mp_error_set(
            err, MP_NOT_FOUND, "%s has no such subject in its nights; it has %s",
            nights->query.path, known.len > 0 ? known.text : "none at all");
    mp_strbuf_release(&known);
    return status;
}

static bool is_date(const char *text) {
    static const char form[] = "dddd-dd-dd";
    size_t i = 0;
    while (form[i] != '\0' && text[i] != '\0' &&
           (form[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i]))
        i++;
    return form[i] == '\0' && text[i] == '\0';
}

enum mp_status mp_nights_read(struct mp_nights *nights, struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_error *err) {
    memset(nights, 0, sizeof(*nights));
    mp_query_begin(&nights->query, store);
    nights->options = options;
    if (options->since != NULL && !is_date(options->since))
        return mp_error_set(err, MP_USAGE, "'%s' is not a date; write it as 2026-11-20",
                            options->since);
    load_campaigns(nights);
    load_cells(nights);
    enum mp_status status = check_options(nights, err);
    for (size_t i = 0; i < nights->row_count; i++)
        nights->row[i].count =
            mp_memory_zeroed(nights->cell_count + 1, sizeof(*nights->row[i].count));
    for (size_t i = 0; i < nights->campaign_count && nights->query.code == SQLITE_OK;
         i++) {
        mark_cells(nights, &nights->campaign[i]);
        count_rounds(nights, &nights->campaign[i]);
        count_known(nights, &nights->campaign[i]);
        add_sums(nights, &nights->campaign[i]);
    }
    for (size_t i = 0; i < nights->row_count; i++)
        judge_row(nights, &nights->row[i]);
    if (!is_narrowed(options))
        judge_claims(nights, store);
    judge_incomplete(nights, store);
    judge(nights);
    if (status == MP_OK)
        status = mp_query_status(&nights->query, err);
    return status;
}

void mp_nights_release(struct mp_nights *nights) {
    mp_query_end(&nights->query);
    for (size_t i = 0; i < nights->build_count; i++) {
        struct mp_nights_build *build = &nights->build[i];
        char *const parts[] = {build->os,    build->os_build, build->cpu,
                               build->gpu,   build->driver,   build->driver_id,
                               build->facts, build->version};
        for (size_t part = 0; part < MP_COUNT(parts); part++)
            free(parts[part]);
    }
    for (size_t i = 0; i < nights->cell_count; i++) {
        free(nights->cell[i].device);
        free(nights->cell[i].scenario);
        free(nights->cell[i].arm);
        free(nights->cell[i].params);
        free(nights->cell[i].title);
    }
    for (size_t i = 0; i < nights->row_count; i++) {
        free(nights->row[i].night);
        free(nights->row[i].count);
        free(nights->row[i].claim);
    }
    for (size_t i = 0; i < nights->kind_count; i++) {
        free(nights->kind[i].title);
        free(nights->kind[i].issue);
        free(nights->kind[i].until);
        free(nights->kind[i].key);
    }
    free(nights->build);
    free(nights->cell);
    free(nights->row);
    free(nights->campaign);
    free(nights->pool);
    free(nights->changed_row);
    free(nights->watched_row);
    free(nights->speed);
    free(nights->kind);
}

void mp_nights_write_build(const struct mp_nights_build *build, const char *separator,
                           struct mp_strbuf *buf) {
    const char *const parts[] = {build->os,        build->os_build, build->driver,
                                 build->driver_id, build->gpu,      build->cpu};
    bool is_first = true;
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        if (parts[i][0] != '\0') {
            mp_strbuf_addf(buf, "%s%s", is_first ? "" : separator, parts[i]);
            is_first = false;
        }
    }
    mp_strbuf_addf(buf, "%s%smpstress %s", is_first ? "unknown" : "", separator,
                   build->version);
}

static void write_pair(struct mp_strbuf *buf, const char *what, const char *before,
                       const char *after) {
    if (strcmp(before, after) != 0)
        mp_strbuf_addf(buf, "%s%s %s -> %s", buf->len > 0 ? "; " : "", what,
                       before[0] != '\0' ? before : "unknown",
                       after[0] != '\0' ? after : "unknown");
}

void mp_nights_write_difference(const struct mp_nights *nights, size_t row,
                                struct mp_strbuf *buf) {
    if (row == 0)
        return;
    const struct mp_nights_build *before = &nights->build[nights->row[row - 1].build];
    const struct mp_nights_build *after = &nights->build[nights->row[row].build];
    write_pair(buf, "system", before->os, after->os);
    write_pair(buf, "build", before->os_build, after->os_build);
    write_pair(buf, "driver", before->driver, after->driver);
    write_pair(buf, "driver build", before->driver_id, after->driver_id);
    write_pair(buf, "GPU", before->gpu, after->gpu);
    write_pair(buf, "processor", before->cpu, after->cpu);
    write_pair(buf, "machine", before->facts, after->facts);
    write_pair(buf, "mpstress", before->version, after->version);
}
