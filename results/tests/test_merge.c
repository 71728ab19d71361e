/* Databases of several machines become one, in whatever order and however often; what
 * does not fit is refused and named.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/report/report.h"
#include "results/store/database.h"
#include "results/tests/fixture.h"

/* Two machines, and what they are merged into. */
static struct fixture a, b, all, other;

static int set_up(void **state) {
    (void)state;
    fixture_open(&a);
    fixture_open(&b);
    fixture_make_folder(&all);
    fixture_make_folder(&other);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_close(&a);
    fixture_close(&b);
    fixture_close(&all);
    fixture_close(&other);
    return 0;
}

static sqlite3 *db(struct fixture *fixture) {
    return mp_store_handle(fixture->store);
}

static void run_sql(struct fixture *fixture, const char *sql) {
    if (sqlite3_exec(db(fixture), sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db(fixture)));
}

static enum mp_status merge(struct fixture *into, const char *const *from, size_t count,
                            struct mp_merge_counts *counts, struct mp_error *err) {
    if (into->store == NULL &&
        mp_store_open(into->path, MP_STORE_WRITE, &into->store, err) != MP_OK)
        fail_msg("%s", err->text);
    return mp_store_merge(into->store, from, count, NULL, counts, err);
}

static struct mp_merge_counts merge_one(struct fixture *into,
                                        const struct fixture *from) {
    struct mp_merge_counts counts = {0};
    struct mp_error err;
    const char *path = from->path;
    if (merge(into, &path, 1, &counts, &err) != MP_OK)
        fail_msg("%s", err.text);
    return counts;
}

static int64_t cell(struct fixture *fixture, const char *device, const char *arm) {
    struct mp_round_spec spec;
    fixture_spec(&spec, device, "mm", arm);
    return fixture_cell(fixture, &spec, "subject");
}

static void crash_round(struct fixture *fixture, int64_t cell_id, uint64_t address,
                        const char *title) {
    struct mp_error err;
    struct mp_signature_row signature = FIXTURE_SIGNATURE;
    signature.title = title;
    struct mp_crash *crash = fixture_crash(address);
    assert_int_equal(
        fixture_round(fixture, cell_id, MP_OUTCOME_CRASH, crash, &signature, &err),
        MP_OK);
    mp_crash_destroy(crash);
}

/* Each machine has cells of its own and one that both have. */
static void fill(void) {
    int64_t shared = cell(&a, "null", "none"),
            own = cell(&a, "null:fault=abort", "serial");
    fixture_rounds(&a, shared, MP_OUTCOME_PASS, 6);
    fixture_rounds(&a, shared, MP_OUTCOME_DROPPED, 1);
    crash_round(&a, own, 0x5c8, "SIGSEGV reading NULL+0x5c8");
    fixture_rounds(&a, own, MP_OUTCOME_SKIP, 2);
    own = cell(&b, "null:fault=hang", "none");
    shared = cell(&b, "null", "none");
    crash_round(&b, own, 0x98, "SIGSEGV reading NULL+0x98");
    crash_round(&b, own, 0x5c8, "SIGSEGV reading NULL+0x98");
    fixture_rounds(&b, shared, MP_OUTCOME_PASS, 4);
    fixture_begin_campaign(&b);
    fixture_rounds(&b, cell(&b, "null", "none"), MP_OUTCOME_MISMATCH, 2);
    run_sql(&a, "UPDATE campaign SET started_at = '2026-03-03T00:00:00.000Z'");
    run_sql(
        &b,
        "UPDATE campaign SET started_at = printf('2026-03-0%d', id * 2)"); /* 2 and 4 */
}

/* The report of a campaign (NULL: the newest) without the numbers of this file: "id":7
 * becomes "id":. */
static void add_report(struct fixture *fixture, const char *uuid, struct mp_strbuf *buf) {
    static const char *const numbers[] = {"\"id\":", "\"cell_id\":", "\"database\":\""};
    struct mp_report_options options = {0};
    struct mp_strbuf json;
    struct mp_error err;
    enum mp_verdict verdict;
    mp_strbuf_init(&json);
    if ((uuid != NULL && mp_store_campaign_find(fixture->store, uuid,
                                                &options.campaign_id, &err) != MP_OK) ||
        mp_report_json(fixture->store, &options, &json, &verdict, &err) != MP_OK)
        fail_msg("%s", err.text);
    for (const char *at = json.text; *at != '\0';) {
        size_t len = 0;
        for (size_t i = 0; i < 3 && len == 0; i++)
            len =
                strncmp(at, numbers[i], strlen(numbers[i])) == 0 ? strlen(numbers[i]) : 0;
        mp_strbuf_add(buf, at, len == 0 ? 1 : len);
        at += len == 0 ? 1 : len;
        if (len > 0 && at[-1] == '"')
            at += strcspn(at, "\"");
        while (len > 0 && isdigit((unsigned char)*at))
            at++;
    }
    mp_strbuf_release(&json);
}

/* All reports and rates of a file, in an order that does not hang on its numbers. */
static char *read_results(struct fixture *fixture) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    add_report(fixture, NULL, &text);
    char uuids[512];
    snprintf(
        uuids, sizeof(uuids), "%s",
        fixture_text(
            db(fixture),
            "SELECT group_concat(uuid) FROM (SELECT uuid FROM campaign ORDER BY 1)"));
    char *rest = NULL;
    for (char *uuid = strtok_r(uuids, ",", &rest); uuid != NULL;
         uuid = strtok_r(NULL, ",", &rest))
        add_report(fixture, uuid, &text);
    mp_strbuf_addstr(
        &text,
        fixture_text(db(fixture),
                     "SELECT group_concat(line, char(10)) FROM (SELECT json_array(device,"
                     " scenario, params, arm, rounds, failures, no_verdict, rate, low,"
                     " high) AS line FROM cell_rate ORDER BY line)"));
    return mp_strbuf_detach(&text);
}

static void assert_counts_hold(struct fixture *fixture) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    fixture_findings(fixture->store, "counts", &text);
    assert_string_equal(text.text, "");
    mp_strbuf_release(&text);
    assert_string_equal(fixture_text(db(fixture), "PRAGMA foreign_key_check"), "");
}

static void neither_order_nor_repetition_changes_a_result(void **state) {
    (void)state;
    fill();
    merge_one(&all, &a);
    merge_one(&all, &b);
    char *first = read_results(&all);
    assert_non_null(strstr(first, "NULL+0x5c8"));
    merge_one(&other, &b);
    merge_one(&other, &a);
    char *turned = read_results(&other);
    assert_string_equal(first, turned);
    merge_one(&all, &a);
    const char *const both[] = {b.path, a.path, b.path};
    struct mp_merge_counts counts[3];
    struct mp_error err;
    assert_int_equal(merge(&all, both, 3, counts, &err), MP_OK);
    char *again = read_results(&all);
    assert_string_equal(first, again);
    assert_int_equal(counts[2].rounds_new, 0);
    assert_int_equal(counts[2].campaigns_known, 2);
    assert_int_equal(fixture_integer(db(&all), "SELECT count(*) FROM round"), 18);
    assert_int_equal(fixture_integer(db(&all), "SELECT count(*) FROM crash"), 3);
    assert_int_equal(fixture_integer(db(&all), "SELECT count(*) FROM environment"), 1);
    assert_int_equal(fixture_integer(db(&all), "SELECT count(*) FROM cell"), 3);
    assert_counts_hold(&all);
    assert_counts_hold(&other);
    free(first);
    free(turned);
    free(again);
}

static void merged_campaign_reports_what_it_reported_before(void **state) {
    (void)state;
    fill();
    struct mp_strbuf before, after;
    mp_strbuf_init(&before);
    mp_strbuf_init(&after);
    char uuid[64];
    snprintf(uuid, sizeof(uuid), "%s", fixture_text(db(&a), "SELECT uuid FROM campaign"));
    add_report(&a, uuid, &before);
    merge_one(&all, &b);
    merge_one(&all, &a);
    add_report(&all, uuid, &after);
    assert_string_equal(before.text, after.text);
    mp_strbuf_release(&before);
    mp_strbuf_release(&after);
}

static void campaign_that_went_on_is_completed(void **state) {
    (void)state;
    int64_t id = cell(&a, "null", "none");
    fixture_rounds(&a, id, MP_OUTCOME_PASS, 3);
    merge_one(&all, &a);
    struct mp_error err;
    const char *early = all.path;
    fixture_rounds(&a, id, MP_OUTCOME_DROPPED, 2);
    assert_int_equal(mp_store_campaign_end(a.store, a.campaign_id, "complete", 0, &err),
                     MP_OK);
    merge_one(&other, &a);
    struct mp_merge_counts counts = {0};
    assert_int_equal(merge(&other, &early, 1, &counts, &err),
                     MP_OK); /* the older one tells nothing */
    assert_int_equal(counts.campaigns_known, 1);
    counts = merge_one(&all, &a);
    assert_int_equal(counts.campaigns_grown, 1);
    assert_int_equal(counts.rounds_new, 2);
    assert_int_equal(counts.rounds_known, 3);
    assert_string_equal(fixture_text(db(&all), "SELECT state FROM campaign"), "complete");
    char *left = read_results(&all), *right = read_results(&other);
    assert_string_equal(left, right);
    assert_counts_hold(&all);
    free(left);
    free(right);
}

/* Merging is refused with `words`, and nothing has changed. */
static void assert_conflict(const char *words) {
    char *before = read_results(&all);
    struct mp_error err = {0};
    struct mp_merge_counts counts[2];
    const char *const from[] = {b.path, a.path};
    assert_int_equal(merge(&all, from, 2, counts, &err), MP_FORMAT);
    char uuid[64];
    snprintf(uuid, sizeof(uuid), "%s", fixture_text(db(&a), "SELECT uuid FROM campaign"));
    if (strstr(err.text, words) == NULL || strstr(err.text, uuid) == NULL ||
        strstr(err.text, a.path) == NULL)
        fail_msg("'%s', '%s' and '%s' are not all in: %s", words, uuid, a.path, err.text);
    char *after = read_results(&all);
    assert_string_equal(before, after);
    assert_int_equal(sqlite3_get_autocommit(db(&all)), 1);
    free(before);
    free(after);
}

static void campaign_with_other_content_is_refused_and_nothing_is_written(void **state) {
    (void)state;
    fill();
    merge_one(&all, &a);
    run_sql(&a, "UPDATE round SET wall_ns = 1, outcome = 'hang' WHERE seq = 3");
    assert_conflict("differs in round 3: wall_ns outcome;");
    run_sql(&a, "UPDATE round SET wall_ns = 25000000, outcome = 'pass' WHERE seq = 3;"
                "UPDATE campaign SET seed = '0x7'");
    assert_conflict("differs in seed;");
    run_sql(&a, "UPDATE campaign SET seed = '0xfedcba9876543210';"
                "UPDATE campaign_cell SET role = 'positive_control' WHERE cell_id = 1");
    assert_conflict("differs in the role of mm, arm none: subject and positive_control");
    run_sql(&a, "UPDATE campaign_cell SET role = 'subject' WHERE cell_id = 1;"
                "UPDATE round SET seq = 99 WHERE seq = 6");
    assert_conflict("went on in both");
    run_sql(&a, "UPDATE round SET seq = 6 WHERE seq = 99");
    merge_one(&all, &a); /* as it was, it fits */
}

static void round_that_a_report_overruled_is_no_conflict_in_either_order(void **state) {
    (void)state;
    fixture_rounds(&a, cell(&a, "null", "none"), MP_OUTCOME_PASS, 3);
    merge_one(&all, &a);
    run_sql(&a, "UPDATE round SET outcome = 'crash', detail = 'the system reported a "
                "crash: ' || detail"
                " WHERE seq = 2;"
                "UPDATE cell_limit SET failures = 1");
    merge_one(&other, &a);
    const char *early = all.path;
    struct mp_error err;
    struct mp_merge_counts counts;
    assert_int_equal(merge(&other, &early, 1, &counts, &err), MP_OK);
    merge_one(&all, &a);
    assert_int_equal(fixture_integer(db(&all), "SELECT failures FROM cell_rate"), 1);
    assert_int_equal(fixture_integer(db(&other), "SELECT failures FROM cell_rate"), 1);
    assert_counts_hold(&all);
}

static void report_of_the_system_is_one_and_keeps_its_round(void **state) {
    (void)state;
    fill();
    static const char add[] = "INSERT INTO os_report"
                              " (incident, sha256, path, kind, truncated)"
                              " VALUES ('I-1', '%s', '%s', 'crash', 0);"
                              "UPDATE os_report SET round_id = %s";
    char sql[512];
    snprintf(sql, sizeof(sql), add, "aa", "/one.ips", "8");
    run_sql(&a, sql);
    snprintf(sql, sizeof(sql), add, "bb", "/other.ips", "NULL");
    run_sql(&b, sql);
    merge_one(&all, &b);
    merge_one(&all, &a);
    assert_string_equal(fixture_text(db(&all),
                                     "SELECT count(*) || ' ' || outcome || ' ' || uuid ="
                                     " '1 crash ' || uuid FROM os_report JOIN round ON"
                                     " round.id = round_id JOIN campaign ON campaign.id ="
                                     " campaign_id"),
                        "1");
}

/* Puts a row into every table that has none: any value of the right type that its
 * references and uniqueness allow. */
static void fill_table(struct fixture *fixture, const char *table) {
    struct mp_strbuf sql, names;
    char query[512];
    sqlite3_stmt *rows = NULL;
    mp_strbuf_init(&sql);
    mp_strbuf_init(&names);
    snprintf(query, sizeof(query),
             "SELECT c.name, c.type, (SELECT \"table\" FROM "
             "pragma_foreign_key_list('%s') WHERE"
             " \"from\" = c.name ORDER BY id LIMIT 1), (SELECT \"to\" FROM"
             " pragma_foreign_key_list('%s') WHERE \"from\" = c.name ORDER BY id LIMIT 1)"
             " FROM pragma_table_info('%s') AS c ORDER BY cid",
             table, table, table);
    assert_int_equal(sqlite3_prepare_v2(db(fixture), query, -1, &rows, NULL), SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(rows, 0);
        const char *type = (const char *)sqlite3_column_text(rows, 1);
        const char *parent = (const char *)sqlite3_column_text(rows, 2);
        mp_strbuf_addf(&names, "%s\"%s\"", names.len > 0 ? ", " : "", name);
        mp_strbuf_addstr(&sql, sql.len > 0 ? ", " : "");
        if (parent != NULL) {
            mp_strbuf_addf(&sql, "(SELECT \"%s\" FROM \"%s\" LIMIT 1)",
                           (const char *)sqlite3_column_text(rows, 3), parent);
        } else {
            mp_strbuf_addstr(&sql, strcmp(type, "TEXT") == 0   ? "'{\"a\": 1}'"
                                   : strcmp(type, "BLOB") == 0 ? "x'00ff'"
                                                               : "1");
        }
    }
    sqlite3_finalize(rows);
    char *whole = NULL;
    assert_true((whole = sqlite3_mprintf("INSERT INTO \"%s\" (%s) SELECT %s", table,
                                         names.text, sql.text)) != NULL);
    run_sql(fixture, whole);
    sqlite3_free(whole);
    mp_strbuf_release(&sql);
    mp_strbuf_release(&names);
}

/* Walks the schema itself: a table or a column that somebody adds is merged, or this
 * fails. */
static void every_row_of_every_table_is_taken(void **state) {
    (void)state;
    static const char *const left[] = {
        "running"}; /* rounds in flight stay where they are */
    fill();
    run_sql(&a, "UPDATE round SET figures = '{\"lost\":3}' WHERE id = 1");
    run_sql(&a, "PRAGMA ignore_check_constraints = ON");
    sqlite3_stmt *tables = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(db(&a),
                           "SELECT name FROM sqlite_schema WHERE type = 'table' AND"
                           " name NOT LIKE 'sqlite%' ORDER BY rowid",
                           -1, &tables, NULL),
        SQLITE_OK);
    unsigned filled = 0;
    for (int pass = 0; pass < 2; pass++) {
        while (sqlite3_step(tables) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(tables, 0);
            char count[256], same[512];
            snprintf(count, sizeof(count), "SELECT count(*) FROM \"%s\"", name);
            if (pass == 0 && fixture_integer(db(&a), count) == 0) {
                fill_table(&a, name);
                filled++;
            }
            if (pass == 1 && strcmp(name, left[0]) != 0) {
                snprintf(same, sizeof(same),
                         "SELECT (SELECT count(*) FROM (SELECT * FROM \"%s\" EXCEPT "
                         "SELECT * FROM"
                         " source.\"%s\")) + (SELECT count(*) FROM (SELECT * FROM "
                         "source.\"%s\""
                         " EXCEPT SELECT * FROM \"%s\"))",
                         name, name, name, name);
                if (fixture_integer(db(&all), same) != 0 ||
                    fixture_integer(db(&all), count) == 0)
                    fail_msg("merge does not take all of table %s", name);
            }
        }
        sqlite3_reset(tables);
        if (pass == 0) {
            struct mp_error err;
            assert_int_equal(mp_store_open(all.path, MP_STORE_WRITE, &all.store, &err),
                             MP_OK);
            run_sql(&all, "PRAGMA ignore_check_constraints = ON");
            merge_one(&all, &a);
            char *attach = sqlite3_mprintf("ATTACH %Q AS source", a.path);
            run_sql(&all, attach);
            sqlite3_free(attach);
        }
    }
    sqlite3_finalize(tables);
    assert_true(filled > 0);
    assert_int_equal(fixture_integer(db(&all), "SELECT count(*) FROM running"), 0);
}

/* A copy that a killed merge would leave must not have a name. A commit hook. */
static int assert_no_copy(void *context) {
    unsigned *commits = context;
    DIR *folder = opendir(all.folder);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (strstr(entry->d_name, "merge") != NULL)
            fail_msg("%s lies there until the merge ends", entry->d_name);
    closedir(folder);
    ++*commits;
    return 0;
}

static void file_of_an_older_version_is_merged_and_left_as_it_is(void **state) {
    (void)state;
    static const char *const steps[] = {
        mp_schema_2_sql, mp_schema_3_sql, mp_schema_4_sql, mp_schema_5_sql,
        "ALTER TABLE round ADD COLUMN weather TEXT NOT NULL DEFAULT 'fair'"};
    static const struct mp_schema next = {mp_schema_sql, steps, MP_COUNT(steps)};
    struct mp_error err;
    fixture_attach(&other, other.path);
    fixture_rounds(&other, cell(&other, "null", "none"), MP_OUTCOME_PASS, 1);
    mp_store_close(other.store);
    other.store = NULL;
    assert_int_equal(mp_store_open(all.path, MP_STORE_WRITE, &all.store, &err), MP_OK);
    mp_store_close(all.store);
    if (mp_database_open(all.path, MP_STORE_WRITE, &next, &all.store, &err) != MP_OK)
        fail_msg("%s", err.text);
    unsigned commits = 0;
    sqlite3_commit_hook(db(&all), assert_no_copy, &commits);
    struct mp_merge_counts counts = merge_one(&all, &other);
    sqlite3_commit_hook(db(&all), NULL, NULL);
    assert_true(commits > 0);
    assert_int_equal(counts.rounds_new, 1);
    assert_int_equal(fixture_integer(db(&all), "SELECT passed FROM balance"), 1);
    assert_string_equal(fixture_text(db(&all), "SELECT weather FROM round"), "fair");
    sqlite3 *old = NULL;
    assert_int_equal(sqlite3_open(other.path, &old), SQLITE_OK);
    assert_int_equal(fixture_integer(old, "PRAGMA user_version"), MP_COUNT(steps));
    sqlite3_close(old);
    assert_counts_hold(&all);
}

static void what_cannot_be_merged_is_refused_by_name(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_merge_counts counts[20];
    const char *from[20];
    for (size_t i = 0; i < 20; i++)
        from[i] = b.path;
    assert_int_equal(merge(&a, from, 20, counts, &err), MP_USAGE);
    assert_non_null(strstr(err.text, "neither order nor repetition matters"));
    from[1] = a.path;
    assert_int_equal(merge(&a, from, 2, counts, &err), MP_USAGE);
    assert_non_null(strstr(err.text, "into itself"));
    from[0] = "/no/such/file.db";
    assert_int_equal(merge(&a, from, 1, counts, &err), MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "/no/such/file.db"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(neither_order_nor_repetition_changes_a_result),
        TEST(merged_campaign_reports_what_it_reported_before),
        TEST(campaign_that_went_on_is_completed),
        TEST(campaign_with_other_content_is_refused_and_nothing_is_written),
        TEST(round_that_a_report_overruled_is_no_conflict_in_either_order),
        TEST(report_of_the_system_is_one_and_keeps_its_round),
        TEST(every_row_of_every_table_is_taken),
        TEST(file_of_an_older_version_is_merged_and_left_as_it_is),
        TEST(what_cannot_be_merged_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
