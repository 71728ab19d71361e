/* Speeds in the report of a campaign: curves over threads, batches in samples, ops counted.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include <string.h>

#include "results/report/report.h"
#include "results/tests/fixture.h"

#define ROUNDS 8

static struct fixture fixture;
static const char *figures; /* SQL, of the rounds that are added */

static int set_up(void **state) {
    (void)state;
    memset(&fixture, 0, sizeof(fixture));
    fixture_open(&fixture);
    figures = "NULL";
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

/* Rounds of 390 ops in `us` microseconds each. */
static void add_cell(const char *scenario, const char *threads, const char *n,
                     unsigned us) {
    struct mp_round_spec spec;
    struct mp_error err;
    char sql[300];
    fixture_spec(&spec, "null", scenario, "none");
    assert_int_equal(mp_round_spec_set_param(&spec, "threads", threads, &err), MP_OK);
    assert_int_equal(mp_round_spec_set_param(&spec, "n", n, &err), MP_OK);
    const int64_t cell = fixture_cell(&fixture, &spec, "subject");
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, ROUNDS);
    snprintf(sql, sizeof(sql),
             "UPDATE round SET ops_done = 390, ops_planned = 400, run_ns = %u000, "
             "threads_started = 2, figures = %s WHERE cell_id = %lld",
             us, figures, (long long)cell);
    assert_int_equal(sqlite3_exec(mp_store_handle(fixture.store), sql, NULL, NULL, NULL),
                     SQLITE_OK);
}

/* To be released. */
static struct mp_strbuf report(
    enum mp_status (*write)(struct mp_store *, const struct mp_report_options *,
                            struct mp_strbuf *, enum mp_verdict *, struct mp_error *)) {
    struct mp_report_options options = {.campaign_id = fixture.campaign_id, .width = 100};
    struct mp_strbuf buf;
    struct mp_error err;
    enum mp_verdict verdict;
    mp_strbuf_init(&buf);
    assert_int_equal(write(fixture.store, &options, &buf, &verdict, &err), MP_OK);
    return buf;
}

static void assert_part(struct mp_strbuf buf, const char *part, bool says) {
    if ((strstr(buf.text, part) != NULL) != says)
        fail_msg("'%s' is %s in:\n%s", part, says ? "not" : "", buf.text);
    mp_strbuf_release(&buf);
}

static void assert_json(const char *path, const char *expected) {
    struct mp_strbuf buf = report(mp_report_json);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(mp_store_handle(fixture.store),
                                        "SELECT json_extract(?1, ?2)", -1, &stmt, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(stmt, 1, buf.text, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *found = (const char *)sqlite3_column_text(stmt, 0);
    if (strcmp(found == NULL ? "null" : found, expected) != 0)
        fail_msg("%s is %s, not %s, in:\n%s", path, found, expected, buf.text);
    sqlite3_finalize(stmt);
    mp_strbuf_release(&buf);
}

/* 1, 2 and 4 threads in 1000, 500 and 500 microseconds: twice as fast, and no more. */
static void a_sweep_of_threads_is_a_curve(void **state) {
    (void)state;
    add_cell("mm", "1", "8", 1000);
    add_cell("mm", "2", "8", 500);
    add_cell("mm", "4", "8", 500);
    assert_part(report(mp_report_text), "\nScaling\n", true);
    assert_part(report(mp_report_text),
                "saturated from 2 threads on: no larger number is more than 10 % faster",
                true);
    assert_part(report(mp_report_text), "390000 [390000, 390000]", true);
    assert_part(report(mp_report_text),
                "2 [2, 2]             100 %  "
                "████████████████████\n",
                true);
    assert_part(report(mp_report_text), "2 [2, 2]              50 %  ██████████\n", true);
    assert_part(report(mp_report_markdown),
                "| 4 | 780000 \\[780000, 780000\\] | 2 \\[2, 2\\] | 50 % |\n", true);
    assert_json("$.scaling[0].parameter", "threads");
    assert_json("$.scaling[0].saturation", "at");
    assert_json("$.scaling[0].saturated_at", "2.0");
    assert_json("$.scaling[0].points[2].efficiency", "0.5");
    assert_json("$.scaling[0].points[2].ops_per_second.low", "780000.0");
    assert_json("$.scaling[0].points[2].speed_up.rounds", "8");
    assert_json("$.ops.right", "9360.0");
    assert_json("$.ops.planned", "9600.0");
}

/* Two threads of a millisecond: 0.2 and 1.5 of two milliseconds. */
static void time_of_threads_is_inside_waiting_or_outside(void **state) {
    (void)state;
    figures = "'{\"driver_ns\":200000,\"wait_ns\":1500000}'";
    add_cell("mm", "1", "8", 1000);
    assert_part(report(mp_report_text), "of the threads' time", false);
    figures = "'{\"driver_ns\":100000,\"wait_ns\":300000}'";
    add_cell("mm", "2", "8", 500);
    assert_part(
        report(mp_report_text),
        "    10, 10 % of the threads' time inside the driver, 75, 30 % waiting for "
        "completion, ",
        true);
    assert_part(report(mp_report_markdown), "75, 30 % waiting for completion", true);
    assert_json("$.scaling[0].points[1].time.in_driver", "0.1");
    assert_json("$.scaling[0].points[1].time.outside", "0.6");
    figures = "NULL";
    add_cell("mm", "4", "8", 500);
    assert_part(report(mp_report_text), "of the threads' time", false);
    assert_json("$.scaling[0].points[2].time.in_driver", "null");
}

static void cells_without_a_sweep_have_no_curve_but_ops(void **state) {
    (void)state;
    add_cell("mm", "2", "8", 500);
    add_cell("mm", "2", "16", 500);
    assert_part(report(mp_report_text), "Scaling", false);
    assert_json("$.scaling[0].parameter", "null");
    assert_part(report(mp_report_text),
                "ops        6240 of 6400 planned ran and were "
                "right\n",
                true);
    assert_part(report(mp_report_markdown), "6240 of 6400 planned ops ran and were right",
                true);
}

/* A request has 6 ops: 390 ops are 65 requests. 8 threads of 1 sample in 1 ms, 1 thread of 8
 * samples in 1 ms: 8 times the samples. */
static void batches_are_compared_in_samples(void **state) {
    (void)state;
    add_cell("batch", "1", "1", 2000);
    add_cell("batch", "8", "1", 1000);
    add_cell("batch", "1", "8", 1000);
    assert_part(report(mp_report_text), "\nBatching against threading, in samples\n",
                true);
    assert_part(report(mp_report_text),
                "n=1,threads=1, arm none: 32500 [32500, 32500] "
                "samples/s, the base",
                true);
    assert_part(report(mp_report_text),
                "n=1,threads=8, arm none: 65000 [65000, 65000] samples/s, 2 [2, 2] times "
                "the base",
                true);
    assert_part(report(mp_report_text), "16 [16, 16] times the base", true);
    assert_part(report(mp_report_markdown), "16 \\[16, 16\\] times the base", true);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_sweep_of_threads_is_a_curve),
        TEST(time_of_threads_is_inside_waiting_or_outside),
        TEST(cells_without_a_sweep_have_no_curve_but_ops),
        TEST(batches_are_compared_in_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
