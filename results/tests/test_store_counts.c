/* The counts kept beside the rounds are those of the rounds, whoever writes; a difference
 * is told.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/store/database.h"
#include "results/tests/fixture.h"

static struct fixture fixture;

static int set_up(void **state) {
    (void)state;
    fixture_open(&fixture);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static sqlite3 *db(void) {
    return mp_store_handle(fixture.store);
}

static void run_sql(const char *sql) {
    if (sqlite3_exec(db(), sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db()));
}

static void assert_check_says(const char *words) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    fixture_findings(fixture.store, "counts", &text);
    assert_string_equal(text.text, words);
    mp_strbuf_release(&text);
}

static int64_t make_cell(const char *scenario) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", scenario, "none");
    return fixture_cell(&fixture, &spec, "subject");
}

/* Two cells, two campaigns, all outcomes. */
static void fill(void) {
    int64_t mm = make_cell("mm"), noop = make_cell("noop");
    for (int outcome = 0; outcome < MP_OUTCOME_COUNT; outcome++)
        fixture_rounds(&fixture, mm, (enum mp_outcome)outcome, 2);
    fixture_rounds(&fixture, noop, MP_OUTCOME_PASS, 5);
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, make_cell("mm"), MP_OUTCOME_PASS, 3);
}

static void counts_follow_every_recorded_round(void **state) {
    (void)state;
    fill();
    assert_int_equal(fixture_integer(db(), "SELECT sum(rounds) FROM round_count"),
                     fixture_integer(db(), "SELECT count(*) FROM round"));
    assert_int_equal(
        fixture_integer(db(), "SELECT rounds FROM round_count WHERE cell_id = 1 AND"
                              " campaign_id = 1 AND outcome = 'pass'"),
        2);
    assert_check_says("");
}

static void counts_follow_a_round_that_is_changed_or_removed_by_hand(void **state) {
    (void)state;
    fill();
    run_sql("UPDATE round SET outcome = 'lost' WHERE campaign_id = 2 AND seq = 1;"
            "UPDATE round SET max_overlap = 77 WHERE campaign_id = 2 AND seq = 2;"
            "UPDATE round SET cell_id = 2 WHERE campaign_id = 2 AND seq = 3");
    assert_string_equal(
        fixture_text(
            db(), "SELECT group_concat(cell_id || outcome || max_overlap || rounds, ' ')"
                  " FROM round_count WHERE campaign_id = 2"),
        "1lost51 1pass771 2pass51");
    run_sql("DELETE FROM round_text; DELETE FROM event; DELETE FROM round WHERE "
            "campaign_id = 1");
    assert_int_equal(
        fixture_integer(db(), "SELECT count(*) FROM round_count WHERE campaign_id ="
                              " 1"),
        0);
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    fixture_findings(fixture.store, "counts", &text);
    assert_null(
        strstr(text.text, "counted")); /* the limits are stale, and that is told */
    assert_non_null(strstr(text.text, "cell 1: its limits belong to"));
    mp_strbuf_release(&text);
}

static void check_names_each_count_that_is_wrong(void **state) {
    (void)state;
    fill();
    run_sql("UPDATE round_count SET rounds = 4 WHERE campaign_id = 2");
    assert_check_says(
        "campaign 2, cell 1, pass with overlap 5: 4 rounds counted, but there are 3\n");
    run_sql("DELETE FROM round_count WHERE campaign_id = 2");
    assert_check_says(
        "campaign 2, cell 1, pass with overlap 5: 0 rounds counted, but there are 3\n");
    run_sql("INSERT INTO round_count VALUES (2, 1, 'pass', 5, 3), (2, 2, 'crash', 9, 1)");
    assert_check_says(
        "campaign 2, cell 2, crash with overlap 9: 1 rounds counted, but there are 0\n");
}

/* Speed and load: only rounds that passed and were timed have a speed, every round a
 * load. */
static void sums_follow_every_round_as_well(void **state) {
    (void)state;
    fill();
    static const char want[] = "SELECT group_concat(campaign_id || ' ' || cell_id || ' ' "
                               "|| n || ' ' || o || ' ' || t, "
                               "',')"
                               " FROM (SELECT campaign_id, cell_id, count(*) FILTER "
                               "(WHERE outcome = 'pass') AS n,"
                               " total(ops_done) FILTER (WHERE outcome = 'pass') AS o,"
                               " total(run_ns) FILTER (WHERE outcome = 'pass') AS t FROM "
                               "round GROUP BY 1, 2 ORDER BY 1, "
                               "2)";
    static const char got[] =
        "SELECT group_concat(campaign_id || ' ' || cell_id || ' ' || timed "
        "|| ' ' || ops_done || ' '"
        " || run_ns, ',') FROM (SELECT * FROM round_sum ORDER BY 1, 2)";
    char expected[512];
    snprintf(expected, sizeof(expected), "%s", fixture_text(db(), want));
    assert_string_equal(fixture_text(db(), got), expected);
    run_sql(
        "UPDATE round SET outcome = 'crash' WHERE campaign_id = 2 AND seq = 1;"
        "UPDATE round SET ops_done = 1000, load = 7.5 WHERE campaign_id = 2 AND seq = 2;"
        "DELETE FROM round WHERE campaign_id = 2 AND seq = 3");
    snprintf(expected, sizeof(expected), "%s", fixture_text(db(), want));
    assert_string_equal(fixture_text(db(), got), expected);
    assert_string_equal(fixture_text(db(),
                                     "SELECT load_low || ' ' || load_high FROM round_sum"
                                     " WHERE campaign_id = 2"),
                        "0.25 7.5");
    run_sql("UPDATE round_sum SET ops_done = ops_done + 1 WHERE campaign_id = 2");
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    fixture_findings(fixture.store, "counts", &text);
    assert_non_null(strstr(
        text.text, "campaign 2, cell 1: the sums for its speed belong to 1 rounds"));
    mp_strbuf_release(&text);
}

static void sums_of_figures_follow_every_round_as_well(void **state) {
    (void)state;
    fill();
    static const char got[] =
        "SELECT group_concat(name || ' ' || rounds || ' ' || total || ' ' || most, ', ')"
        " FROM (SELECT * FROM cell_figure WHERE campaign_id = 2 AND rounds > 0"
        " ORDER BY cell_id, name)";
    run_sql(
        "UPDATE round SET figures = '{\"lost\":3,\"arm_peak\":2}'"
        " WHERE campaign_id = 2 AND seq = 1;"
        "UPDATE round SET figures = '{\"lost\":5}' WHERE campaign_id = 2 AND seq = 2");
    assert_string_equal(fixture_text(db(), got), "arm_peak 1 2.0 2.0, lost 2 8.0 5.0");
    assert_check_says("");
    run_sql("UPDATE round SET cell_id = 2 WHERE campaign_id = 2 AND seq = 1");
    assert_string_equal(fixture_text(db(), got),
                        "lost 1 5.0 5.0, arm_peak 1 2.0 2.0, lost 1 3.0 3.0");
    run_sql("UPDATE cell_figure SET total = 6 WHERE total = 5");
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    fixture_findings(fixture.store, "counts", &text);
    assert_non_null(strstr(text.text, "lost is said to be 6 over 1 rounds, but is 5"));
    mp_strbuf_release(&text);
    run_sql("DELETE FROM round WHERE campaign_id = 2 AND seq = 1");
    assert_string_equal(fixture_text(db(), got), "lost 1 6.0 5.0");
}

static void check_names_limits_that_belong_to_other_counts(void **state) {
    (void)state;
    fill();
    run_sql("UPDATE cell_limit SET failures = 1 WHERE cell_id = 2");
    assert_check_says(
        "cell 2: its limits belong to 1 failures of 5 rounds, but there are 0 of 5\n");
    run_sql("DELETE FROM cell_limit WHERE cell_id = 2");
    assert_check_says(
        "cell 2: its limits belong to 0 failures of 0 rounds, but there are 0 of 5\n");
}

/* What a report asks of a million rounds must not read them: no plan walks the rounds. */
static void counting_reads_no_rounds(void **state) {
    (void)state;
    static const char *const queries[] = {
        "SELECT * FROM cell_rate", "SELECT * FROM balance WHERE campaign_id = 1",
        "SELECT sum(rounds) FROM round_count WHERE campaign_id = 1 AND cell_id = 1",
        "SELECT * FROM cell_figure WHERE campaign_id = 1 AND cell_id = 1"};
    for (size_t i = 0; i < MP_COUNT(queries); i++) {
        char sql[256];
        snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", queries[i]);
        sqlite3_stmt *rows = NULL;
        assert_int_equal(sqlite3_prepare_v2(db(), sql, -1, &rows, NULL), SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            const char *words = (const char *)sqlite3_column_text(rows, 3);
            if (strstr(words, " round ") != NULL || strstr(words, "round_by") != NULL)
                fail_msg("%s: %s", queries[i], words);
        }
        sqlite3_finalize(rows);
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(counts_follow_every_recorded_round),
        TEST(counts_follow_a_round_that_is_changed_or_removed_by_hand),
        TEST(check_names_each_count_that_is_wrong),
        TEST(sums_follow_every_round_as_well),
        TEST(sums_of_figures_follow_every_round_as_well),
        TEST(check_names_limits_that_belong_to_other_counts),
        TEST(counting_reads_no_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
