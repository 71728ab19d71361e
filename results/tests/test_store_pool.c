/* What may be pooled, and the limits of what was.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/store/database.h"
#include "results/store/plan.h"
#include "results/store/request.h"
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
    char *words = NULL;
    if (sqlite3_exec(db(), sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s: %s", sql, words);
}

static int64_t cell(const char *arm, const char *role) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", "mm", arm);
    return fixture_cell(&fixture, &spec, role);
}

static int64_t subject(void) {
    return cell("none", "subject");
}

static int64_t control(void) {
    return cell("serial", "positive_control");
}

/* What cell_rate says of subjects, a line each. */
static void assert_rates(const char *want) {
    assert_string_equal(
        fixture_text(db(), "SELECT group_concat(line, char(10)) FROM (SELECT rounds ||"
                           " ' rounds, ' || failures || ' failed, ' || low || ' to ' ||"
                           " high AS line FROM cell_rate WHERE role = 'subject'"
                           " ORDER BY environment_id, version)"),
        want);
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    fixture_findings(fixture.store, "counts", &text);
    assert_string_equal(text.text, "");
    mp_strbuf_release(&text);
}

static void campaigns_on_one_build_are_one_rate(void **state) {
    (void)state;
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 15);
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 25);
    assert_rates("40 rounds, 0 failed, 0.0 to 0.0722");
    fixture_rounds(&fixture, subject(), MP_OUTCOME_HANG, 1);
    assert_rates("41 rounds, 1 failed, 0.000617 to 0.129");
}

static void other_builds_of_system_or_program_are_other_rates(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_environment env = {.os = "another"};
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 10);
    fixture_begin_campaign(&fixture);
    run_sql("UPDATE campaign SET version = '9.9' WHERE id = 2");
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    assert_int_equal(
        mp_store_environment(fixture.store, &env, &fixture.environment_id, &err), MP_OK);
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 40);
    assert_rates("10 rounds, 0 failed, 0.0 to 0.259\n20 rounds, 0 failed, 0.0 to 0.14\n"
                 "40 rounds, 0 failed, 0.0 to 0.0722");
}

static void rounds_go_with_the_driver_that_is_seen_after_them(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_environment env = {.os = "seen"};
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 2);
    assert_int_equal(
        mp_store_campaign_environment(fixture.store, fixture.campaign_id, &env, &err),
        MP_OK);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 18);
    assert_rates("20 rounds, 0 failed, 0.0 to 0.14");
}

static void replays_are_in_no_rate(void **state) {
    (void)state;
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    fixture_begin_campaign(&fixture);
    run_sql("UPDATE campaign SET round_seed = '0x7' WHERE id = 2");
    fixture_rounds(&fixture, subject(), MP_OUTCOME_HANG, 20);
    assert_rates("20 rounds, 0 failed, 0.0 to 0.14");
    assert_int_equal(fixture_integer(db(), "SELECT sum(is_replay) FROM campaign"), 1);
}

static void passes_beside_a_silent_control_do_not_count(void **state) {
    (void)state;
    fixture_rounds(&fixture, control(), MP_OUTCOME_PASS, 80);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 80);
    assert_rates("0 rounds, 0 failed, 0.0 to 1.0");
    assert_int_equal(fixture_integer(db(), "SELECT without_power FROM cell_rate"
                                           " WHERE role = 'subject'"),
                     80);
}

static void passes_count_as_soon_as_the_control_has_failed(void **state) {
    (void)state;
    int64_t other = cell("copy", "positive_control");
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    fixture_rounds(&fixture, control(), MP_OUTCOME_PASS, 3);
    fixture_rounds(&fixture, control(), MP_OUTCOME_CRASH, 1);
    assert_rates("0 rounds, 0 failed, 0.0 to 1.0"); /* one more is silent */
    fixture_rounds(&fixture, other, MP_OUTCOME_CRASH, 2);
    assert_rates("20 rounds, 0 failed, 0.0 to 0.14");
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    assert_rates("40 rounds, 0 failed, 0.0 to 0.0722");
}

/* The upper limit as if there were no such pass, the lower one as if all counted. */
static void a_control_that_was_skipped_takes_no_power(void **state) {
    (void)state;
    int64_t skipped = cell("fix", "positive_control");
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    fixture_rounds(&fixture, control(), MP_OUTCOME_HANG, 1);
    assert_rates("0 rounds, 0 failed, 0.0 to 1.0");
    fixture_rounds(&fixture, skipped, MP_OUTCOME_SKIP, 1);
    assert_rates("20 rounds, 0 failed, 0.0 to 0.14");
    fixture_rounds(&fixture, skipped, MP_OUTCOME_SKIP, 1);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    assert_rates("40 rounds, 0 failed, 0.0 to 0.0722");
    fixture_rounds(&fixture, skipped, MP_OUTCOME_BROKEN, 1); /* it is there after all */
    assert_rates("0 rounds, 0 failed, 0.0 to 1.0");
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 1);
    fixture_rounds(&fixture, skipped, MP_OUTCOME_HANG, 1);
    assert_rates("41 rounds, 0 failed, 0.0 to 0.0705");
}

static void failures_need_no_power(void **state) {
    (void)state;
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 60);
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, control(), MP_OUTCOME_PASS, 5);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 40);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_CRASH, 3);
    /* 3 of 103: 0.00604; 3 of 63: 0.133 */
    assert_rates("63 rounds, 3 failed, 0.00604 to 0.133");
}

static void controls_stand_apart_and_are_rated_by_their_own_rounds(void **state) {
    (void)state;
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, cell("none", "positive_control"), MP_OUTCOME_PASS, 40);
    assert_rates("20 rounds, 0 failed, 0.0 to 0.14");
    assert_string_equal(fixture_text(db(), "SELECT rounds || ' ' || high FROM cell_rate"
                                           " WHERE role = 'positive_control'"),
                        "40 0.0722");
}

static void campaigns_that_a_look_may_have_ended_are_marked(void **state) {
    (void)state;
    static const char *const kinds[] = {"run", "compare", "compare_all"};
    struct mp_claim claim = {.target = 0.05, .alpha = 0.05};
    struct mp_error err;
    for (size_t i = 0; i < MP_COUNT(kinds); i++) {
        int64_t plan = 0;
        char sql[96];
        struct mp_plan_row row = {.kind = kinds[i], .claim = &claim, .seed = i};
        fixture_begin_campaign(&fixture);
        assert_int_equal(mp_store_plan(fixture.store, &row, &plan, &err), MP_OK);
        snprintf(sql, sizeof(sql), "UPDATE campaign SET plan_id = %lld WHERE id = %lld",
                 (long long)plan, (long long)fixture.campaign_id);
        run_sql(sql);
        fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 5);
    }
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 5);
    assert_string_equal(
        fixture_text(db(), "SELECT campaigns || ' ' || looked_at FROM cell_rate"), "4 2");
    run_sql("UPDATE campaign SET state = 'interrupted' WHERE id = 5");
    assert_string_equal(
        fixture_text(db(), "SELECT campaigns || ' ' || looked_at FROM cell_rate"), "4 3");
}

static void tries_of_a_claim_lend_what_may_be_pooled(void **state) {
    (void)state;
    struct mp_claim claim = {.target = 0.05, .alpha = 0.05};
    struct mp_error err;
    int64_t plan = 0;
    struct mp_plan_row row = {.kind = "run", .claim = &claim, .seed = 1};
    assert_int_equal(mp_store_plan(fixture.store, &row, &plan, &err), MP_OK);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 20);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_SKIP, 2);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_LOST, 1);
    fixture_begin_campaign(&fixture); /* its control stays silent */
    fixture_rounds(&fixture, control(), MP_OUTCOME_PASS, 9);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_NO_OVERLAP, 30);
    fixture_rounds(&fixture, subject(), MP_OUTCOME_CRASH, 3);
    fixture_begin_campaign(&fixture); /* a replay */
    fixture_rounds(&fixture, subject(), MP_OUTCOME_PASS, 40);
    run_sql("UPDATE campaign SET round_seed = '0x7' WHERE id = 3");
    char sql[64];
    snprintf(sql, sizeof(sql), "UPDATE campaign SET plan_id = %lld", (long long)plan);
    run_sql(sql);
    assert_string_equal(
        fixture_text(db(), "SELECT group_concat(rounds || ' ' || failures || ' ' ||"
                           " no_overlap || ' ' || no_verdict, '; ') FROM claim_try"),
        "20 0 0 1; 3 3 0 0");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(campaigns_on_one_build_are_one_rate),
        TEST(other_builds_of_system_or_program_are_other_rates),
        TEST(rounds_go_with_the_driver_that_is_seen_after_them),
        TEST(replays_are_in_no_rate),
        TEST(passes_beside_a_silent_control_do_not_count),
        TEST(passes_count_as_soon_as_the_control_has_failed),
        TEST(a_control_that_was_skipped_takes_no_power),
        TEST(failures_need_no_power),
        TEST(controls_stand_apart_and_are_rated_by_their_own_rounds),
        TEST(campaigns_that_a_look_may_have_ended_are_marked),
        TEST(tries_of_a_claim_lend_what_may_be_pooled),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
