/* The report over nights, on databases whose answers are known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/tests/nights_fixture.h"

static const unsigned UNEVEN[12] = {0, 1, 0, 0, 7, 2, 0, 0, 5, 0, 1, 0};

static void nights_that_differ_widen_the_limits(void **state) {
    (void)state;
    nights_add_nights(UNEVEN, 12, 100);
    nights_assert_near("$.pooled[0].rate", 0.0133333333333333, 1e-15);
    nights_assert_near("$.pooled[0].overdispersion.phi", 4.054054, 1e-6);
    nights_assert_near("$.pooled[0].overdispersion.effective_rounds", 296, 0.05);
    nights_assert_near("$.pooled[0].low", 0.00764, 5e-6);
    nights_assert_near("$.pooled[0].high", 0.02156, 5e-6);
    assert_true(strtod(nights_json("$.pooled[0].overdispersion.adjusted_low"), NULL) <
                0.0036);
    assert_true(strtod(nights_json("$.pooled[0].overdispersion.adjusted_high"), NULL) >
                0.0339);
    nights_assert_shows("nights differ more than chance allows (phi 4.05, P ");
    nights_assert_shows("1200 rounds are worth 296 independent ones");
    assert_int_equal(nights_verdict, MP_VERDICT_CLEAN); /* of the newest night */
}

static const unsigned CHANGED[14] = {0, 1, 0, 0, 1, 0, 0, 0, 4, 6, 3, 5, 4, 7};

static void a_change_stands_beside_what_changed_with_it(void **state) {
    (void)state;
    for (unsigned i = 0; i < 14; i++) {
        if (i == 8)
            nights_set_environment("6.1.0", "def456");
        nights_add_night(i + 1, CHANGED[i], 100, 5);
    }
    nights_assert_near("$.changes[0].nights_before", 8, 0);
    nights_assert_near("$.changes[0].rate_before", 0.0025, 1e-12);
    nights_assert_near("$.changes[0].rate_after", 29.0 / 600, 1e-12);
    assert_string_equal(nights_json("$.changes[0].night"), "2026-11-09");
    assert_string_equal(nights_json("$.changes[0].changed"),
                        "driver build abc123 -> def456");
    assert_string_equal(nights_json("$.changes[1]"), "NULL");
    assert_true(strtod(nights_json("$.changes[0].p"), NULL) < 0.01);
    nights_assert_shows("changed with that night: driver build abc123 -> def456");
    nights_assert_shows("→ driver build abc123 -> def456\n");
    nights_assert_shows("→ the rate changed here: 0.250 % before, 4.83 % from here on\n");
    assert_int_equal(nights_verdict, MP_VERDICT_FAILURES);
}

static void nights_on_different_builds_are_not_pooled(void **state) {
    (void)state;
    nights_add_night(1, 0, 100, 5);
    nights_add_night(2, 1, 100, 5);
    nights_set_environment("6.2.0", "abc123");
    nights_add_night(2, 0, 50, 5);
    nights_add_night(3, 0, 50, 5);
    nights_assert_near("$.pooled[0].rounds", 200, 0);
    nights_assert_near("$.pooled[1].rounds", 100, 0);
    assert_string_equal(nights_json("$.pooled[1].build"), "B");
    assert_string_equal(nights_json("$.pooled[2]"), "NULL");
    nights_assert_near("$.pooled[0].cells[0].failures", 1, 0);
    nights_assert_near("$.pooled[1].cells[0].failures", 0, 0);
    nights_assert_shows("Nights on different builds of system or driver are not pooled");
    nights_assert_shows("build A: 2 nights, 200 rounds");
    nights_assert_shows("build B: 2 nights, 100 rounds");
    nights_assert_shows("→ build 6.1.0 -> 6.2.0");
    nights_options.across_builds = true;
    nights_assert_near("$.pooled[0].rounds", 300, 0);
    assert_string_equal(nights_json("$.pooled[0].build"), "NULL");
    assert_string_equal(nights_json("$.pooled[1]"), "NULL");
    nights_assert_shows("all builds pooled, as requested: 4 nights, 300 rounds");
}

static void a_night_without_power_is_in_no_pooled_figure(void **state) {
    (void)state;
    nights_add_night(1, 1, 100, 5);
    nights_add_night(2, 0, 100, 0);
    nights_add_night(3, 0, 100, 5);
    nights_add_night(4, 0, 100, 0);
    assert_int_equal((nights_show(), nights_verdict), MP_VERDICT_NO_POWER);
    nights_assert_near("$.pooled[0].rounds", 200, 0);
    nights_assert_near("$.pooled[0].without_power", 200, 0);
    nights_assert_near("$.pooled[0].silent.nights", 2, 0);
    nights_assert_near("$.pooled[0].nights", 2, 0);
    assert_string_equal(nights_json("$.nights[1].control"), "silent");
    assert_string_equal(nights_json("$.nights[1].pooled"), "0");
    nights_assert_shows(
        "2026-11-02  3     100       0  SILENT     0.2..2.2   no power\n");
    nights_assert_shows("; 2 more nights without power");
    nights_assert_shows("left out: 200");
    nights_assert_shows("vanished kinds are not judged");
}

static void campaigns_of_one_night_are_one_night(void **state) {
    (void)state;
    nights_add_night(1, 0, 60, 5);
    /* Its control was found in the other one only: its failures need no power. */
    nights_add_night(1, 2, 40, 0);
    nights_assert_near("$.nights[0].rounds", 62, 0);
    nights_assert_near("$.nights[0].failures", 2, 0);
    nights_assert_near("$.nights[0].campaigns", 2, 0);
    assert_string_equal(nights_json("$.nights[0].control"), "found");
    assert_string_equal(nights_json("$.nights[1]"), "NULL");
}

static void replays_are_in_no_night(void **state) {
    (void)state;
    nights_add_night(1, 0, 60, 5);
    nights_add_night(1, 30, 30, 5);
    nights_run_sql("UPDATE campaign SET round_seed = '0x7' WHERE id = (SELECT max(id)"
                   " FROM campaign)");
    nights_assert_near("$.nights[0].rounds", 60, 0);
    nights_assert_near("$.nights[0].campaigns", 1, 0);
    assert_int_equal(nights_verdict, MP_VERDICT_CLEAN);
}

static void nights_of_another_mpstress_are_not_pooled(void **state) {
    (void)state;
    nights_add_night(1, 0, 60, 5);
    nights_add_night(2, 0, 60, 5);
    nights_run_sql("UPDATE campaign SET version = '9.9' WHERE night = '2026-11-02'");
    nights_assert_near("$.pooled[0].rounds", 60, 0);
    nights_assert_near("$.pooled[1].rounds", 60, 0);
    assert_string_equal(nights_json("$.builds[1].version"), "9.9");
}

static void no_night_and_one_night_say_what_is_missing(void **state) {
    (void)state;
    nights_show();
    assert_int_equal(nights_verdict, MP_VERDICT_NOTHING_RAN);
    nights_assert_shows("No campaign in this database belongs to a night.");
    assert_string_equal(nights_json("$.nights[0]"), "NULL");
    nights_add_night(1, 0, 2966, 5);
    nights_assert_near("$.pooled[0].bound", 0.00100951, 1e-8);
    assert_int_equal(nights_verdict, MP_VERDICT_CLEAN);
    nights_assert_shows("this is the only night");
    nights_assert_near("$.pooled[0].bound_after_usual_night", 0.000504875, 1e-8);
    nights_assert_shows("the bound moves from 0.101 % to 0.0505 % for 2966 more rounds");
    nights_options.since = "2026-11-02";
    nights_show();
    nights_assert_shows(
        "No campaign in this database belongs to a night from that date on.");
    assert_int_equal(nights_verdict, MP_VERDICT_NOTHING_RAN);
}

static void subjects_are_narrowed_and_controls_are_not(void **state) {
    (void)state;
    nights_begin_night(1);
    nights_add(nights_make_cell(SOUND, "mm", "none", "subject"), MP_OUTCOME_MISMATCH, 3);
    nights_add(nights_make_cell(SOUND, "mm", "serial", "subject"), MP_OUTCOME_PASS, 7);
    nights_add(nights_make_cell("null", "noop", "none", "subject"), MP_OUTCOME_PASS, 11);
    nights_add(nights_make_cell(RACING, "destroy_impl", "none", "positive_control"),
               MP_OUTCOME_PASS, 5);
    nights_assert_near("$.nights[0].without_power", 18, 0);
    assert_int_equal(nights_verdict, MP_VERDICT_FAILURES);
    nights_options.arm = "serial";
    nights_assert_near("$.nights[0].without_power", 7, 0);
    assert_int_equal(nights_verdict, MP_VERDICT_NO_POWER);
    nights_options.arm = NULL;
    nights_options.device = "metal@model";
    nights_assert_near("$.nights[0].without_power", 7, 0);
    nights_options.device = "metal";
    struct mp_error err;
    assert_int_equal(mp_nights_text(nights_fixture.store, &nights_options, &nights_text,
                                    &nights_verdict, &err),
                     MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "noop, arm none, on null"));
    nights_options.device = NULL;
    nights_options.scenario = "noop";
    nights_assert_near("$.nights[0].without_power", 11, 0);
    nights_options.scenario = NULL;
    nights_options.since = "yesterday";
    assert_int_equal(mp_nights_text(nights_fixture.store, &nights_options, &nights_text,
                                    &nights_verdict, &err),
                     MP_USAGE);
}

static void a_slow_night_stands_out_against_earlier_ones(void **state) {
    (void)state;
    for (unsigned night = 1; night <= 6; night++) {
        nights_begin_night(night);
        int64_t cell = nights_make_cell(SOUND, "mm", "none", "subject");
        nights_add_timed(cell, MP_OUTCOME_PASS, 10,
                         night == 6   ? 2000
                         : night == 2 ? 5000
                                      : 1000);
        if (night == 5) {
            nights_show();
            nights_assert_shows(
                "no subject has 5 earlier nights with which to compare its speed");
        }
    }
    nights_assert_near("$.speed[0].ratio", 0.5, 1e-12);
    nights_assert_near("$.speed[0].median_ops_per_s", 1e6, 1e-6);
    nights_assert_near("$.speed[0].earlier_nights", 5, 0);
    assert_string_equal(nights_json("$.speed[0].drifted"), "1");
    nights_assert_shows("5e+05 ops/s, 0.50 of");
    nights_assert_shows("1 of 1 subject is outside of 0.8 to 1.25 times");
}

static void add_crash(int64_t cell) {
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(0x5c8);
    assert_int_equal(fixture_round(&nights_fixture, cell, MP_OUTCOME_CRASH, crash,
                                   &FIXTURE_SIGNATURE, &err),
                     MP_OK);
    mp_crash_destroy(crash);
}

static void new_and_vanished_kinds_of_failure_are_named(void **state) {
    (void)state;
    nights_add_night(1, 2, 100, 5);
    nights_add_night(2, 1, 100, 5);
    nights_begin_night(3);
    int64_t cell = nights_make_cell(SOUND, "mm", "none", "subject");
    nights_add(cell, MP_OUTCOME_PASS, 100);
    add_crash(cell);
    assert_string_equal(nights_json("$.kinds[1].state"), "new");
    assert_string_equal(nights_json("$.kinds[1].key"), FIXTURE_SIGNATURE.key);
    nights_assert_near("$.kinds[1].newest", 1, 0);
    assert_string_equal(nights_json("$.kinds[0].state"), "gone");
    nights_assert_near("$.kinds[0].earlier", 3, 0);
    nights_assert_near("$.kinds[0].earlier_nights", 2, 0);
    assert_string_equal(nights_json("$.kinds[0].last_seen"), "2026-11-02");
    nights_assert_near("$.kinds[0].absent_by_chance",
                       200.0 * 199 * 198 / (301.0 * 300 * 299), 1e-12);
    nights_assert_shows("new        1 x SIGSEGV reading NULL+0x5c8 in");
    nights_assert_shows(
        "gone       mismatch: a result was wrong: 3 times in 2 earlier nights");
}

static void failures_in_a_row_are_a_cluster(void **state) {
    (void)state;
    nights_begin_night(1);
    int64_t cell = nights_make_cell(SOUND, "mm", "none", "subject");
    nights_add(cell, MP_OUTCOME_PASS, 20);
    nights_add(cell, MP_OUTCOME_MISMATCH, 5);
    nights_add(cell, MP_OUTCOME_BROKEN, 3); /* no verdict: no end of a run */
    nights_add(cell, MP_OUTCOME_CRASH, 1);
    nights_add(cell, MP_OUTCOME_PASS, 20);
    nights_assert_near("$.order.runs", 3, 0);
    nights_assert_near("$.order.failures", 6, 0);
    nights_assert_near("$.order.passes", 40, 0);
    assert_true(strtod(nights_json("$.order.p"), NULL) < 0.001);
    nights_assert_shows("failures of the newest night cluster in time");
}

/* The newest night against all before it, exactly. */
static void an_alarm_is_raised_by_a_night_that_fails_more(void **state) {
    (void)state;
    static const unsigned steady[7] = {1, 1, 2, 1, 0, 1, 1};
    nights_add_nights(steady, 7, 100);
    assert_string_equal(nights_json("$.alarm.night"), "NULL");
    nights_assert_near("$.alarm.watched_nights", 3, 0);
    nights_assert_shows("alarm      quiet; stricter");
    nights_add_night(8, 15, 100, 5);
    assert_string_equal(nights_json("$.alarm.night"), "2026-11-08");
    nights_assert_near("$.alarm.level", 0.05 / 90, 1e-15);
    nights_assert_near("$.alarm.rate_before", 0.01, 1e-12);
    nights_assert_near("$.alarm.rate_after", 0.15, 1e-12);
    nights_assert_shows("ALARM in the night of 2026-11-08: 15.0 % failed, in all nights");
}

/* Whether the rise is one, three (between two windows of the alarm) or eight nights old. */
static void alarm_and_change_give_a_rise_one_date(void **state) {
    (void)state;
    static const unsigned steady[9] = {1, 2, 1, 0, 1, 1, 2, 1, 1};
    nights_add_nights(steady, 9, 100);
    for (unsigned night = 10; night <= 17; night++) {
        nights_add_night(night, 30 + night % 3, 100, 5);
        assert_string_equal(nights_json("$.changes[0].night"), "2026-11-10");
        assert_string_equal(nights_json("$.alarm.from"), "2026-11-10");
        assert_string_equal(nights_json("$.alarm.raised_since"), "2026-11-10");
        nights_assert_near("$.alarm.rate_before", 10.0 / 900, 1e-12);
    }
    assert_string_equal(nights_json("$.alarm.night"), "2026-11-17");
    nights_assert_shows("ALARM in the night of 2026-11-17, first in that of 2026-11-10:");
    nights_assert_shows("from 2026-11-10 on");
}

/* A small rise takes nights to raise an alarm, and began before. */
static void a_rise_is_dated_back_to_its_change(void **state) {
    (void)state;
    static const unsigned rates[] = {5, 4, 6, 5, 5, 4, 6,  5,  5,  5,
                                     9, 9, 9, 9, 9, 9, 13, 14, 13, 14};
    nights_add_nights(rates, MP_COUNT(rates), 100);
    assert_string_equal(nights_json("$.changes[0].night"), "2026-11-11");
    assert_string_not_equal(nights_json("$.alarm.raised_since"), "2026-11-11");
    assert_string_equal(nights_json("$.alarm.from"), "2026-11-11");
    nights_assert_near("$.alarm.rate_before", 0.05, 1e-12);
}

static void one_failure_after_nights_without_any_is_no_alarm_and_many_are(void **state) {
    (void)state;
    static const unsigned quiet[9] = {0};
    nights_add_nights(quiet, 9, 100);
    assert_string_equal(nights_json("$.alarm.night"), "NULL");
    nights_add_night(10, 1, 100, 5); /* P 0.1 */
    assert_string_equal(nights_json("$.alarm.night"), "NULL");
    nights_assert_shows("new        1 x mismatch");
    nights_add_night(11, 50, 100, 5);
    assert_string_equal(nights_json("$.alarm.night"), "2026-11-11");
    assert_string_equal(nights_json("$.changes[0].night"), "2026-11-11");
}

static void failures_of_a_night_without_power_are_failures(void **state) {
    (void)state;
    static const unsigned quiet[9] = {0};
    nights_add_nights(quiet, 9, 200);
    nights_add_night(10, 50, 200, 0);
    nights_assert_near("$.pooled[0].rounds", 1850, 0);
    nights_assert_near("$.pooled[0].failures", 50, 0);
    nights_assert_near("$.pooled[0].without_power", 150, 0);
    nights_assert_near("$.pooled[0].silent.failures", 50, 0);
    assert_string_equal(nights_json("$.nights[9].control"), "silent");
    assert_string_equal(nights_json("$.alarm.night"), "2026-11-10");
    nights_assert_shows("50  SILENT     0.2..2.2   ≥ 19.1 %");
    nights_assert_shows("; 50 failures of");
}

/* The report and the view say the same of the same rounds. */
static void nights_pool_what_the_view_pools(void **state) {
    (void)state;
    nights_add_night(1, 1, 100, 5);
    nights_add_night(2, 30, 100, 0);
    nights_add_night(3, 0, 100, 5);
    static const char *const columns[][2] = {{"rounds", "rounds"},
                                             {"failures", "failures"},
                                             {"without_power", "without_power"}};
    for (size_t i = 0; i < MP_COUNT(columns); i++) {
        char sql[128], path[64];
        snprintf(sql, sizeof(sql), "SELECT %s FROM cell_rate WHERE role = 'subject'",
                 columns[i][0]);
        snprintf(path, sizeof(path), "$.pooled[0].cells[0].%s", columns[i][1]);
        nights_assert_near(path, (double)fixture_integer(nights_db(), sql), 0);
    }
    nights_assert_near("$.pooled[0].cells[0].low",
                       mp_binomial_clopper_pearson(31, 300, 0.05).low, 1e-12);
    nights_assert_near("$.pooled[0].cells[0].high",
                       mp_binomial_clopper_pearson(31, 230, 0.05).high, 1e-12);
}

/* A blind night fails half of its rounds and is then forgotten: the nights before and
 * after it are what changes are looked for in. */
static void a_night_without_power_is_no_night_to_compare_with(void **state) {
    (void)state;
    for (unsigned night = 1; night <= 12; night++)
        nights_add_night(night, night == 6 ? 100 : 4, 200, night == 6 ? 0 : 5);
    assert_string_equal(nights_json("$.changes[0].night"), "NULL");
    nights_assert_near("$.pooled[0].overdispersion.nights", 11, 0);
    assert_string_equal(nights_json("$.alarm.from"), "2026-11-06");
    /* It is none of the nights before: what is more than usual raises an alarm, however
     * much failed in it. */
    nights_add_night(13, 4, 200, 5);
    nights_add_night(14, 30, 200, 5);
    assert_string_equal(nights_json("$.alarm.night"), "2026-11-14");
    nights_assert_near("$.alarm.rate_before", 48.0 / 2400, 1e-12);
}

static void a_kind_that_came_once_may_well_be_absent(void **state) {
    (void)state;
    nights_add_night(1, 1, 100, 5);
    nights_add_night(2, 0, 300, 5);
    nights_assert_near("$.kinds[0].absent_by_chance", 0.25, 1e-12);
    nights_assert_shows("absent by\n           chance with P 0.25");
}

static void every_night_names_what_opens_it(void **state) {
    (void)state;
    static const unsigned failures[4] = {0, 3, 0, 0};
    nights_add_nights(failures, 4, 100);
    nights_assert_near("$.nights[1].campaign_ids[0]", 3, 0);
    nights_assert_shows("this opens 2026-11-02:\n  mpstress report --campaign 3 --db ");
}

static void columns_stand_below_each_other_at_any_load(void **state) {
    (void)state;
    nights_add_night(1, 0, 100, 5);
    nights_add_night(2, 0, 100, 5);
    nights_run_sql("UPDATE round_sum SET load_high = 123.4 WHERE campaign_id = 3");
    nights_show();
    const char *title = strstr(nights_text.text, "failing, 95 %");
    const char *line = title;
    while (line > nights_text.text && line[-1] != '\n')
        line--;
    size_t column = (size_t)(title - line);
    for (int night = 1; night <= 2; night++) {
        line = strchr(line, '\n') + 1;
        assert_memory_equal(line + column, "\xe2\x89\xa4", 3); /* at most */
    }
    nights_assert_shows("0.2..123.4");
}

/* As if the campaigns so far had been run with --until and were complete. */
static void claim_that_fewer_than_5_percent_fail(void) {
    nights_run_sql(
        "INSERT INTO plan (id, hash, kind, claim, target, confidence, prior_a, prior_b,"
        " arms, seed, text, created_at) VALUES (1, 'x', 'run', 'rate<5%@95%', 0.05, 0.95,"
        " 0.5, 0.5, '[]', '0x1', '{\"cells\":[]}', '');"
        "UPDATE campaign SET plan_id = 1, state = 'complete' WHERE night IS NOT NULL");
}

static void claims_judge_the_night_that_made_them(void **state) {
    (void)state;
    nights_add_night(1, 1, 1000, 5);
    claim_that_fewer_than_5_percent_fail();
    nights_show();
    assert_int_equal(nights_verdict, MP_VERDICT_CLAIM_MET);
    nights_options.arm = "none";
    nights_show();
    assert_int_equal(nights_verdict, MP_VERDICT_FAILURES);
    nights_options.arm = NULL;
    /* Another campaign of the same night makes no claim, has no control, and is clean. */
    nights_begin_night(1);
    int64_t other = nights_make_cell(SOUND, "linear_nograph", "none", "subject");
    nights_add(other, MP_OUTCOME_PASS, 10);
    nights_show();
    assert_int_equal(nights_verdict, MP_VERDICT_CLEAN_NO_CONTROL);
    /* Its failure is not covered by the claim of the first. */
    nights_add(other, MP_OUTCOME_CRASH, 1);
    nights_show();
    assert_int_equal(nights_verdict, MP_VERDICT_FAILURES);
}

static void a_night_without_a_control_says_so_in_its_verdict(void **state) {
    (void)state;
    nights_begin_night(1);
    int64_t subject = nights_make_cell(SOUND, "mm", "none", "subject");
    nights_add(subject, MP_OUTCOME_PASS, 100);
    assert_string_equal(nights_json("$.verdict"), "clean_no_control");
    assert_string_equal(nights_json("$.nights[0].verdict"), "clean_no_control");
    assert_ptr_equal(strstr(nights_show(), "CLEAN, NO CONTROL  the newest night, "),
                     nights_text.text);
    claim_that_fewer_than_5_percent_fail();
    nights_show();
    assert_int_equal(nights_verdict, MP_VERDICT_CLAIM_MET_NO_CONTROL);
}

static void a_control_that_was_skipped_is_no_silent_one(void **state) {
    (void)state;
    for (unsigned night = 1; night <= 3; night++) {
        nights_begin_night(night);
        nights_add(nights_make_cell(SOUND, "mm", "none", "subject"), MP_OUTCOME_PASS, 50);
        nights_add(nights_make_cell("metal", "mm", "none", "positive_control"),
                   MP_OUTCOME_SKIP, 1);
        if (night == 2)
            nights_add(nights_make_cell(RACING, "mm", "none", "positive_control"),
                       MP_OUTCOME_CRASH, 4);
    }
    assert_string_equal(nights_json("$.nights[0].control"), "none");
    assert_string_equal(nights_json("$.nights[0].verdict"), "inconclusive");
    assert_string_equal(nights_json("$.nights[1].control"), "found");
    assert_string_equal(nights_json("$.nights[1].verdict"), "clean");
    nights_assert_near("$.pooled[0].rounds", 150, 0);
    nights_assert_near("$.pooled[0].without_power", 0, 0);
    nights_add(nights_make_cell("metal", "mm", "none", "positive_control"),
               MP_OUTCOME_PASS, 1); /* it is there after all */
    assert_string_equal(nights_json("$.nights[2].control"), "silent");
    assert_string_equal(nights_json("$.nights[2].verdict"), "no_power");
    nights_assert_near("$.pooled[0].without_power", 50, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, nights_set_up, nights_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nights_that_differ_widen_the_limits),
        TEST(a_change_stands_beside_what_changed_with_it),
        TEST(nights_on_different_builds_are_not_pooled),
        TEST(a_night_without_power_is_in_no_pooled_figure),
        TEST(campaigns_of_one_night_are_one_night),
        TEST(replays_are_in_no_night),
        TEST(nights_of_another_mpstress_are_not_pooled),
        TEST(no_night_and_one_night_say_what_is_missing),
        TEST(subjects_are_narrowed_and_controls_are_not),
        TEST(a_slow_night_stands_out_against_earlier_ones),
        TEST(new_and_vanished_kinds_of_failure_are_named),
        TEST(failures_in_a_row_are_a_cluster),
        TEST(an_alarm_is_raised_by_a_night_that_fails_more),
        TEST(alarm_and_change_give_a_rise_one_date),
        TEST(a_rise_is_dated_back_to_its_change),
        TEST(one_failure_after_nights_without_any_is_no_alarm_and_many_are),
        TEST(failures_of_a_night_without_power_are_failures),
        TEST(nights_pool_what_the_view_pools),
        TEST(a_night_without_power_is_no_night_to_compare_with),
        TEST(a_kind_that_came_once_may_well_be_absent),
        TEST(every_night_names_what_opens_it),
        TEST(columns_stand_below_each_other_at_any_load),
        TEST(claims_judge_the_night_that_made_them),
        TEST(a_night_without_a_control_says_so_in_its_verdict),
        TEST(a_control_that_was_skipped_is_no_silent_one),
    };
    return cmocka_run_group_tests_name("nights", tests, NULL, NULL);
}
