/* What a plan is told from a database: the speed, and which rounds are counted together.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "results/report/rounds_needed.h"
#include "results/tests/fixture.h"

#define SECOND UINT64_C(1000000000)

static void run_sql(struct fixture *fixture, const char *sql) {
    char *reason = NULL;
    if (sqlite3_exec(mp_store_handle(fixture->store), sql, NULL, NULL, &reason) !=
        SQLITE_OK)
        fail_msg("%s: %s", sql, reason);
}

static void make(struct fixture *fixture, const struct mp_rounds_needed_options *options,
                 struct mp_rounds_needed *needed) {
    struct mp_error err;
    if (mp_rounds_needed_make(options, fixture->store, needed, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static int64_t add_cell(struct fixture *fixture, const char *arm, const char *role) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", "mm", arm);
    return fixture_cell(fixture, &spec, role);
}

/* Two cells in turn, a round every 3 s and 1 s; once the machine slept for a day. */
static void speed_is_from_start_to_start_and_a_pause_does_not_count(void **state) {
    (void)state;
    struct fixture fixture;
    struct mp_rounds_needed needed;
    struct mp_rounds_needed_options options = {
        .has_rounds = true, .rounds = 100, .night_ns = 3600 * SECOND};
    fixture_open(&fixture);
    int64_t slow = add_cell(&fixture, "none", "subject");
    int64_t fast = add_cell(&fixture, "serial", "positive_control");
    for (int i = 0; i < 30; i++) {
        fixture_rounds(&fixture, slow, MP_OUTCOME_PASS, 1);
        fixture_rounds(&fixture, fast, MP_OUTCOME_MISMATCH, 1);
    }
    run_sql(&fixture,
            "UPDATE round SET wall_ns = 500000000, started_at ="
            " strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-01', printf('+%d seconds',"
            " (seq - 1) / 2 * 4 + (seq - 1) % 2 * 3 + iif(seq > 31, 86400, 0)))");
    make(&fixture, &options, &needed);
    assert_int_equal(needed.campaign_id, fixture.campaign_id);
    assert_int_equal(needed.cells, 2);
    assert_true(fabs((double)needed.block_ns - 4.0 * SECOND) < 0.02 * SECOND);
    assert_true(fabs((double)needed.round_ns - 3.0 * SECOND) < 0.02 * SECOND);
    assert_int_equal(needed.known_count, 1);
    assert_true(llabs((long long)needed.known[0].more[2].rounds - 900) <= 5);
    mp_rounds_needed_release(&needed);
    fixture_close(&fixture);
}

static void rounds_of_other_environments_are_not_counted(void **state) {
    (void)state;
    struct fixture fixture;
    struct mp_rounds_needed needed;
    struct mp_claim claim = {.target = 0.05, .alpha = 0.05};
    struct mp_rounds_needed_options options = {.claim = &claim, .night_ns = SECOND};
    fixture_open(&fixture);
    int64_t cell = add_cell(&fixture, "none", "subject");
    int64_t control = add_cell(&fixture, "serial", "positive_control");
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 30);
    fixture_rounds(&fixture, control, MP_OUTCOME_MISMATCH, 5);
    fixture_begin_campaign(&fixture);
    add_cell(&fixture, "none", "subject");
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 40);
    fixture_rounds(&fixture, cell, MP_OUTCOME_MISMATCH, 1);
    fixture_rounds(&fixture, cell, MP_OUTCOME_NO_OVERLAP, 2);
    make(&fixture, &options, &needed);
    assert_int_equal(needed.known_count, 1);
    assert_int_equal(needed.known[0].rounds, 73);
    assert_int_equal(needed.known[0].failures, 1);
    assert_int_equal(needed.known[0].no_overlap, 2);
    assert_int_equal(needed.known[0].no_verdict, 0);
    assert_non_null(strstr(needed.known[0].name,
                           "mm:n=256,q=0.5,sync=off_queue,threads=8, arm none, "));
    mp_rounds_needed_release(&needed);
    struct mp_environment env = {.os = "another"};
    struct mp_error err;
    assert_int_equal(
        mp_store_environment(fixture.store, &env, &fixture.environment_id, &err), MP_OK);
    fixture_begin_campaign(&fixture);
    add_cell(&fixture, "none", "subject");
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 7);
    make(&fixture, &options, &needed);
    assert_int_equal(needed.known[0].rounds, 7);
    mp_rounds_needed_release(&needed);
    options.campaign_id = 1;
    make(&fixture, &options, &needed);
    assert_int_equal(needed.known[0].rounds, 73);
    mp_rounds_needed_release(&needed);
    fixture_close(&fixture);
}

static void replays_and_passes_without_power_are_told_and_not_counted(void **state) {
    (void)state;
    struct fixture fixture;
    struct mp_rounds_needed needed;
    struct mp_claim claim = {.target = 0.05, .alpha = 0.05};
    struct mp_rounds_needed_options options = {.claim = &claim, .night_ns = SECOND};
    struct mp_strbuf text;
    fixture_open(&fixture);
    fixture_rounds(&fixture, add_cell(&fixture, "none", "subject"), MP_OUTCOME_PASS, 80);
    fixture_rounds(&fixture, add_cell(&fixture, "serial", "positive_control"),
                   MP_OUTCOME_PASS, 80);
    fixture_begin_campaign(&fixture);
    run_sql(&fixture, "UPDATE campaign SET round_seed = '0x7' WHERE id = 2");
    fixture_rounds(&fixture, add_cell(&fixture, "none", "subject"), MP_OUTCOME_PASS, 90);
    make(&fixture, &options, &needed);
    assert_int_equal(needed.campaign_id, 1);
    assert_int_equal(needed.known_count, 1);
    assert_int_equal(needed.known[0].rounds, 0);
    assert_int_equal(needed.known[0].without_power, 80);
    assert_false(needed.known[0].is_shown);
    mp_strbuf_init(&text);
    mp_rounds_needed_text(&needed, 1000, &text);
    assert_non_null(strstr(text.text, "NOT enough for rate<5%@95%"));
    assert_non_null(strstr(text.text, "80 more passed where a control that must fail"
                                      " stayed silent"));
    mp_strbuf_release(&text);
    mp_rounds_needed_release(&needed);
    fixture_close(&fixture);
}

static void without_a_database_or_rounds_there_is_no_speed(void **state) {
    (void)state;
    struct fixture fixture;
    struct mp_rounds_needed needed;
    struct mp_error err;
    struct mp_claim claim = {.target = 0.001, .alpha = 0.05};
    struct mp_rounds_needed_options options = {.claim = &claim, .night_ns = SECOND};
    struct mp_strbuf text;
    assert_int_equal(mp_rounds_needed_make(&options, NULL, &needed, &err), MP_OK);
    assert_int_equal(needed.campaign_id, 0);
    assert_int_equal(needed.known_count, 0);
    assert_int_equal(needed.fixed[0].rounds, 2995);
    assert_int_equal(needed.fixed[2].rounds, 6294);
    assert_int_equal(needed.looking[0].rounds, 3678);
    assert_true(fabs(needed.fixed[0].pass_tenth - 0.741177622452) < 1e-9);
    mp_rounds_needed_release(&needed);
    fixture_open(&fixture); /* its campaign has no round */
    make(&fixture, &options, &needed);
    assert_int_equal(needed.campaign_id, 0);
    mp_strbuf_init(&text);
    mp_rounds_needed_text(&needed, 80, &text);
    assert_non_null(strstr(text.text, "No speed measured here yet"));
    mp_strbuf_release(&text);
    mp_rounds_needed_release(&needed);
    fixture_close(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(speed_is_from_start_to_start_and_a_pause_does_not_count),
        cmocka_unit_test(rounds_of_other_environments_are_not_counted),
        cmocka_unit_test(replays_and_passes_without_power_are_told_and_not_counted),
        cmocka_unit_test(without_a_database_or_rounds_there_is_no_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
