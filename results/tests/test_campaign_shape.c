/* What the rounds of a campaign show beside their rates: how the rate goes with a
 * parameter, and whether rounds are independent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include <string.h>

#include "results/report/dependence.h"
#include "results/report/dose.h"
#include "results/report/report.h"
#include "results/tests/fixture.h"

static struct fixture fixture;

static int set_up(void **state) {
    (void)state;
    memset(&fixture, 0, sizeof(fixture));
    fixture_open(&fixture);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static int64_t make_cell(const char *scenario, const char *threads, const char *q,
                         const char *arm) {
    struct mp_error err;
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", scenario, arm);
    assert_int_equal(mp_round_spec_set_param(&spec, "threads", threads, &err), MP_OK);
    assert_int_equal(mp_round_spec_set_param(&spec, "q", q, &err), MP_OK);
    return fixture_cell(&fixture, &spec, "subject");
}

static void add(int64_t cell, unsigned failed, unsigned passed) {
    fixture_rounds(&fixture, cell, MP_OUTCOME_CRASH, failed);
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, passed);
}

enum form { TEXT, JSON, MARKDOWN, JUNIT };

/* To be released. */
static struct mp_strbuf report(enum form form) {
    struct mp_report_options options = {.campaign_id = fixture.campaign_id,
                                        .width = 2000};
    struct mp_strbuf buf;
    struct mp_error err;
    enum mp_verdict verdict;
    mp_strbuf_init(&buf);
    enum mp_status (*const write[])(struct mp_store *, const struct mp_report_options *,
                                    struct mp_strbuf *, enum mp_verdict *,
                                    struct mp_error *) = {
        mp_report_text, mp_report_json, mp_report_markdown, mp_report_junit};
    assert_int_equal(write[form](fixture.store, &options, &buf, &verdict, &err), MP_OK);
    return buf;
}

static void assert_says(enum form form, const char *part, bool says) {
    struct mp_strbuf buf = report(form);
    if ((strstr(buf.text, part) != NULL) != says)
        fail_msg("'%s' is %s in:\n%s", part, says ? "not" : "", buf.text);
    mp_strbuf_release(&buf);
}

static void assert_json(const char *path, const char *expected) {
    struct mp_strbuf buf = report(JSON);
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT json_extract(?1, ?2)", -1, &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_text(stmt, 1, buf.text, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *found = (const char *)sqlite3_column_text(stmt, 0);
    assert_string_equal(found == NULL ? "null" : found, expected);
    sqlite3_finalize(stmt);
    mp_strbuf_release(&buf);
}

static void a_swept_parameter_has_a_slope_with_limits(void **state) {
    (void)state;
    add(make_cell("mm", "16", "0.5", "none"), 163, 37);
    add(make_cell("mm", "2", "0.5", "none"), 35, 165);
    add(make_cell("mm", "4", "0.5", "none"), 68, 132);
    add(make_cell("mm", "8", "0.5", "none"), 113, 87);
    add(make_cell("mm", "2", "0.5", "serial"), 0, 200);
    assert_says(
        TEXT,
        "mm, arm none, threads: 2, 4, 8, 16 failed in 17.5, 34.0, 56.5, 81.5 %; the"
        " hazard goes as threads to the power of 1.03 [0.875, 1.19]: rises with"
        " it",
        true);
    assert_says(MARKDOWN, "| threads | mm, arm none | 2, 4, 8, 16 failed in 17", true);
    assert_json("$.dose_response[0].parameter", "threads");
    assert_json("$.dose_response[0].doses[3].failures", "163");
    assert_json("$.dose_response[0].has_slope", "1");
    assert_json("$.dose_response[1]", "null");
}

/* Of two parameters that are swept, each has a slope for each value of the other; what is
 * no number has none. */
static void each_parameter_is_swept_by_itself(void **state) {
    (void)state;
    add(make_cell("mm", "2", "0.1", "none"), 2, 38);
    add(make_cell("mm", "8", "0.1", "none"), 8, 32);
    add(make_cell("mm", "2", "0.5", "none"), 10, 30);
    add(make_cell("mm", "8", "0.5", "none"), 0, 0);
    assert_json("$.dose_response[1].parameter", "threads");
    assert_json("$.dose_response[4]", "null");
    assert_says(TEXT, "mm:q=0.1, arm none, threads: 2, 8", true);
    assert_says(TEXT, "mm:q=0.5, arm none, threads: 2", false);
    assert_says(TEXT, "mm:threads=2, arm none, q: 0.1, 0.5 failed in 5", true);
}

static void a_sweep_without_a_failure_is_in_the_document_alone(void **state) {
    (void)state;
    add(make_cell("mm", "2", "0.5", "none"), 0, 40);
    add(make_cell("mm", "8", "0.5", "none"), 0, 40);
    assert_says(TEXT, "Rate against a parameter", false);
    assert_json("$.dose_response[0].has_slope", "0");
    assert_json("$.dose_response[0].slope", "null");
    assert_json("$.dependence.rounds_read", "0");
    assert_json("$.dependence.next_round.p", "null");
    assert_json("$.dependence.cells[0].p", "null");
}

/* "at least", where all rounds of a dose passed and all of another failed; rounds without a
 * verdict and a dose of zero are said to be left out. */
static void what_a_slope_does_not_hold_is_said(void **state) {
    (void)state;
    add(make_cell("mm", "8", "0", "none"), 0, 20);
    add(make_cell("mm", "8", "0.1", "none"), 0, 20);
    int64_t high = make_cell("mm", "8", "0.5", "none");
    add(high, 20, 0);
    fixture_rounds(&fixture, high, MP_OUTCOME_BROKEN, 2);
    assert_says(TEXT, "to the power of at least ", true);
    assert_says(
        TEXT,
        "a value of 0 or without rounds is not in it; 2 rounds without a verdict left out",
        true);
    assert_json("$.dose_response[0].high", "null");
}

/* Twenty failures in a row, as those of a device that a failure leaves unhealthy. */
static void failures_that_cluster_are_told(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    add(cell, 0, 90);
    add(cell, 20, 90);
    assert_says(TEXT, "Rounds are not independent", true);
    assert_says(TEXT, "arm none: failures cluster in time, 20 of 200 rounds in 3 runs",
                true);
    assert_says(TEXT, "failed in 19 of 20; after one that passed in 1 of 179", true);
    assert_says(MARKDOWN, "failures cluster in time", true);
    assert_says(JUNIT, "failures cluster in time", true);
    assert_json("$.dependence.cells[0].is_shown", "1");
    assert_json("$.dependence.next_round.after_failure_failed", "19");
}

static void failures_that_are_spread_are_not(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    for (int i = 0; i < 10; i++) {
        add(cell, 1, 7);
        add(cell, 1, 11);
    }
    assert_says(TEXT, "Rounds are not independent", false);
    assert_says(MARKDOWN, "cluster", false);
    assert_json("$.dependence.cells[0].is_shown", "0");
    assert_json("$.dependence.rounds_read", "200");
}

/* A failure that hangs ends after passes that were begun later: in the order of ending
 * such failures would stand together. */
static void rounds_stand_in_the_order_in_which_they_were_begun(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    add(cell, 0, 180);
    add(cell, 20, 0);
    char *why = NULL;
    sqlite3_exec(mp_store_handle(fixture.store),
                 "UPDATE round SET position = iif(seq > 180, (seq - 181) * 10 + 5,"
                 " (seq - 1) / 9 * 10 + (seq - 1) % 9 + ((seq - 1) % 9 > 3) + 1)",
                 NULL, NULL, &why);
    assert_null(why);
    assert_json("$.dependence.cells[0].runs", "41");
    assert_says(TEXT, "Rounds are not independent", false);
}

/* Each cell alternates with one that must fail: within none of them does order matter. */
static void another_rate_of_another_cell_is_no_dependence(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    int64_t other = make_cell("layernorm", "8", "0.5", "none");
    for (int i = 0; i < 60; i++) {
        add(other, 1, 0);
        add(cell, i % 10 == 3, i % 10 != 3);
    }
    assert_says(TEXT, "Rounds are not independent", false);
}

/* Between "never said" and "always said" the level is what it says. */
static void a_few_failures_in_a_row_are_told_and_two_that_meet_are_not(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    add(cell, 0, 27);
    add(cell, 6, 27);
    assert_says(TEXT, "failures cluster in time, 6 of 60 rounds in 3 runs", true);
    int64_t other = make_cell("layernorm", "8", "0.5", "none");
    for (int i = 0; i < 4; i++)
        add(other, i == 2 ? 2 : 1, 7);
    assert_json("$.dependence.cells[0].is_shown", "0"); /* layernorm comes first */
    assert_json("$.dependence.cells[1].is_shown", "1");
}

/* Two cells and the round after are three tests: the best of them counts three times. */
static void several_tests_are_allowed_for(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    int64_t other = make_cell("layernorm", "8", "0.5", "none");
    for (int i = 0; i < 6; i++)
        add(other, 1, 6);
    add(cell, 0, 27);
    add(cell, 6, 27);
    struct mp_strbuf buf = report(JSON);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(mp_store_handle(fixture.store),
                           "SELECT abs(min(json_extract(value, '$.p')) * 3 /"
                           " min(json_extract(value, '$.p_adjusted')) - 1) < 1e-9 FROM"
                           " json_each(json_array(json_extract(?1, "
                           "'$.dependence.cells[0]'), json_extract(?1, "
                           "'$.dependence.cells[1]'), json_extract(?1, "
                           "'$.dependence.next_round')))",
                           -1, &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_text(stmt, 1, buf.text, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), 1);
    sqlite3_finalize(stmt);
    mp_strbuf_release(&buf);
}

/* Nothing is known of what a round without a verdict left behind, and rounds of one seed
 * share their luck. */
static void only_rounds_that_follow_each_other_are_pairs(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    for (int i = 0; i < 10; i++) {
        add(cell, 1, 0);
        fixture_rounds(&fixture, cell, MP_OUTCOME_BROKEN, 1);
        add(cell, 1, 3);
    }
    assert_json("$.dependence.next_round.after_failure", "10");
    assert_json("$.dependence.next_round.after_failure_failed", "0");
}

static void rounds_of_one_seed_are_no_pair(void **state) {
    (void)state;
    int64_t cell = make_cell("mm", "8", "0.5", "none");
    for (int i = 0; i < 10; i++)
        add(cell, 2, 2);
    assert_json("$.dependence.next_round.after_failure_failed", "10");
    sqlite3_exec(mp_store_handle(fixture.store),
                 "UPDATE round SET seed = '0x' || ((seq + 1) / 2)", NULL, NULL, NULL);
    assert_json("$.dependence.next_round.after_failure", "10");
    assert_json("$.dependence.next_round.after_failure_failed", "0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_swept_parameter_has_a_slope_with_limits, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(each_parameter_is_swept_by_itself, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_sweep_without_a_failure_is_in_the_document_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_slope_does_not_hold_is_said, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(failures_that_cluster_are_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            a_few_failures_in_a_row_are_told_and_two_that_meet_are_not, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(several_tests_are_allowed_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_rounds_that_follow_each_other_are_pairs,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(rounds_of_one_seed_are_no_pair, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(failures_that_are_spread_are_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            rounds_stand_in_the_order_in_which_they_were_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_rate_of_another_cell_is_no_dependence,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
