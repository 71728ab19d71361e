/* The report of campaigns that compared arms, out of a database.
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
#include "results/report/report.h"
#include "results/tests/compare_fixture.h"

static const char *const two[] = {"none", "serial", NULL};
static const char *const three[] = {"none", "serial", "encode_mutex", NULL};

static void fixed_arm_is_told_with_its_figures(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 30, "fp");
    compare_add_blocks(0, 10, "pp");
    compare_end("complete");
    compare_assert_report("fixed", 0);
    compare_assert_shows(
        "FIXED  arm serial failed in 0 of 40 rounds, arm none in 30 of 40; a rate below "
        "10 % is shown (on the software model)");
    compare_assert_shows(
        "none (A, the control) with serial (B), in 40 blocks of one round of each");
    compare_assert_shows("≤ 9.03 %");             /* right at all looks together */
    compare_assert_shows("75.0 %  [50.4, 91.8]"); /* 30 of 40 */
    compare_assert_shows(
        "A - B = 75.0 points [34.5, 92.6] (95 % at all looks); 75.0 points "
        "[57.4, 85.9] (Newcombe, 95 %, had the number of rounds been fixed "
        "in advance)");
    compare_assert_shows("A failed at least ");
    compare_assert_shows(
        "0.50 [0.50, 0.50] of A's: the median of 10 blocks in which both passed; A 1.20M "
        "ops/s, B 600k ops/s");
    compare_assert_shows("crash in none");
    compare_assert_shows("\"boschloo_p\":");
    compare_assert_hides("worst case");
    compare_assert_hides("no claim");
    compare_assert_hides("CLAIM");
    compare_assert_shows(
        "\"claim\":null,"); /* of the campaign; the plan has one for each arm */
}

static void worst_case_of_rounds_without_a_verdict_is_told(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_ALL, "null", two, 1);
    compare_add_blocks(0, 12, "fp");
    compare_add_blocks(0, 48, "pp");
    compare_add_blocks(0, 12, "p-");
    compare_add_blocks(0, 1, "-p");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_shows(
        "which alone would be fixed, but 13 rounds without a verdict may have "
        "gone against it");
    compare_assert_shows("\"verdict_as_counted\":\"fixed\"");
    compare_assert_shows(
        "1 round of A and 12 of B without a verdict; counted as passes of A and failures "
        "of B: no difference shown; as failures of A and passes of B: fixed");
    compare_assert_shows("\"verdict_if_no_verdict_is_against\":\"no_difference\"");
    compare_assert_hides("software model");
}

static void silent_control_hides_all_that_would_mislead(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, "null", two, 1);
    compare_add_blocks(0, 20, "pp");
    compare_end("complete");
    compare_assert_report("no_power", 5);
    compare_assert_shows("NO POWER  arm none never failed in 20 rounds");
    compare_assert_hides("Boschloo p");
    compare_assert_hides("E = ");
    compare_assert_shows(
        "0.50 [0.50, 0.50] of A's"); /* what it costs is known all the same */
}

static void few_rounds_have_no_p_value(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_ALL, "null", two, 1);
    compare_add_blocks(0, 4, "fp");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_hides("Boschloo p");
    compare_assert_hides("McNemar p");
}

static void no_difference_says_what_a_halving_takes(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, "null", two, 1);
    for (int i = 0; i < 9; i++) {
        compare_add_blocks(0, 1, "fp");
        compare_add_blocks(0, 1, "pf");
        compare_add_blocks(0, 3, "pp");
    }
    compare_add_blocks(0, 1, "fp");
    compare_add_blocks(0, 4, "pp");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_shows(
        "NO DIFFERENCE  no difference shown: arm serial failed in 9 of 50 "
        "rounds, arm none in 10 of 50; ");
    compare_assert_shows(" more rounds per arm would show a halving");
}

static void strata_that_contradict_each_other_are_not_pooled(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_ALL, RACING, two, 3);
    for (size_t i = 0; i < 3; i++) {
        compare_add_blocks(i, 30, i == 2 ? "pf" : "fp");
        compare_add_blocks(i, 10, "ff");
        compare_add_blocks(i, 10, "pp");
    }
    compare_end("complete");
    compare_assert_report("worse", 1);
    compare_assert_shows("most of all in mm:threads=8");
    compare_assert_shows("no single figure: the strata differ in the effect of B");
    compare_assert_shows("\"homogeneous\":false");
    compare_assert_shows("\"difference\":{\"value\":null");
}

static void thread_counts_show_a_trend(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_ALL, RACING, two, 4);
    static const unsigned failing[] = {2, 6, 11, 11}; /* of 20: p = 0.00095 with log2 */
    for (size_t i = 0; i < 4; i++) {
        compare_add_blocks(i, failing[i], "fp");
        compare_add_blocks(i, 20 - failing[i], "pp");
    }
    compare_end("complete");
    compare_assert_report("better", 0);
    compare_assert_shows("mm:threads=2");
    compare_assert_shows(
        "A fails more often with more threads, Cochran-Armitage p = 0.00095");
    compare_assert_shows("B: none, all of its rounds ended the same way");
    compare_assert_shows(" over 4 strata");
}

static void arms_are_ranked_by_failures_and_then_by_speed(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    compare_add_blocks(0, 10, "ppp"); /* serial is slow, encode_mutex slower */
    compare_add_blocks(0, 60, "fpp");
    compare_end("complete");
    compare_assert_report("fixed", 0);
    const char *serial = strstr(compare_text.text, "  1 serial "),
               *mutex = strstr(compare_text.text, "  2 encode");
    assert_non_null(serial);
    assert_non_null(mutex);
    compare_assert_shows("0.50 [0.50, 0.50]");
    compare_assert_shows("Each against none (A)");
    compare_assert_shows("Holm: p adjusted for 2 arms");
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    compare_add_blocks(0, 10, "ffp");
    compare_add_blocks(0, 60, "fpp");
    compare_end("complete");
    compare_assert_report("fixed", 0);
    compare_assert_shows("  1 encode_mutex ");
    compare_assert_shows("  2 serial ");
    compare_assert_shows("  3 none ");
}

static void skipped_arm_is_no_pass(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 20, "fs");
    compare_end("complete");
    compare_assert_report("nothing_ran", 4);
    compare_assert_shows(
        "NOTHING RAN  no round of arm serial passed or failed: 20 were skipped (");
}

static void exact_test_is_not_read_before_its_number_of_rounds(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_ALL, "null", two, 1);
    compare_add_blocks(0, 50, "fp");
    compare_end("interrupted");
    compare_assert_report("unfinished", 3);
    compare_assert_shows("UNFINISHED");
}

/* A library that skips what crashes. */
static void a_fix_that_only_hides_a_crash_is_told(void **state) {
    (void)state;
    compare_begin("compare", "null", two, 1);
    compare_add_blocks(0, 30, "fd");
    compare_add_blocks(0, 20, "pp");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_shows("; crash 30 -> 0, but dropped 0 -> 30");
    compare_assert_shows("Outcomes by arm");
    compare_assert_shows("\"outcomes\":{\"pass\":20,\"dropped\":30}");
    compare_begin("compare", "null", two, 1);
    compare_add_blocks(0, 30, "fd");
    compare_add_blocks(0, 20, "ff");
    compare_add_blocks(0, 20, "dd");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_shows("; crash 50 -> 20, but dropped 20 -> 50");
    compare_begin("compare", "null", two, 1);
    compare_add_blocks(0, 20, "ff");
    compare_add_blocks(0, 20, "pp");
    compare_add_blocks(0, 1, "fd");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_hides(", but dropped"); /* chance */
}

static void every_arm_that_is_fixed_is_named(void **state) {
    (void)state;
    compare_begin("compare", "null", three, 1);
    compare_add_blocks(0, 60, "fpp");
    compare_end("complete");
    compare_assert_report("fixed", 0);
    compare_assert_shows("; both arms are fixed: serial, encode_mutex");
    compare_begin("compare", "null", three, 1);
    compare_add_blocks(0, 60, "fpf");
    compare_end("complete");
    compare_assert_report("fixed", 0);
    compare_assert_hides("are fixed:");
}

static void run_is_no_comparison(void **state) {
    (void)state;
    compare_begin("run", "null", two, 1);
    compare_add_blocks(0, 5, "pp");
    compare_end("complete");
    struct mp_report_options options = {.campaign_id = compare_fixture.campaign_id};
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    struct mp_error err;
    mp_strbuf_clear(&compare_text);
    assert_int_equal(
        mp_report_json(compare_fixture.store, &options, &compare_text, &verdict, &err),
        MP_OK);
    compare_assert_shows("\"comparison\":null");
}

static void a_won_comparison_is_green_in_junit(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 60, "fp");
    compare_end("complete");
    compare_export();
    compare_assert_shows("tests=\"3\" failures=\"0\" errors=\"0\"");
    compare_assert_shows(
        "<testcase name=\"serial against none\" classname=\"mpstress.comparison\"");
    compare_assert_shows("<system-out>&#10;fixed: arm serial failed in 0 of 60 rounds");
    compare_assert_shows(
        "<system-out>60 of 60 rounds failed (60 crash)"); /* the control */
    compare_assert_shows("evidence: E = ");
}

static void a_comparison_that_shows_nothing_good_is_red_in_junit(void **state) {
    (void)state;
    static const struct {
        const char *rounds, *counts, *word;
    } rows[] = {
        {"pf", "failures=\"1\" errors=\"0\"", "<failure type=\"worse\""},
        {"ff", "failures=\"1\" errors=\"0\"", "<failure type=\"no_difference\""},
        {"pp", "failures=\"0\" errors=\"1\"", "<error type=\"no_power\""},
        {"ss", "failures=\"0\" errors=\"1\"", "<error type=\"nothing_ran\""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
        compare_add_blocks(0, 30, rows[i].rounds);
        compare_end("complete");
        compare_export();
        compare_assert_shows(rows[i].counts);
        compare_assert_shows(rows[i].word);
    }
}

static void markdown_has_figures_ranking_and_outcomes(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, three, 2);
    compare_add_blocks(0, 30, "fpd");
    compare_add_blocks(1, 30, "fpf");
    compare_end("complete");
    compare_export();
    compare_assert_shows(
        "**Each against none \\(A\\)**\n\n| figure | |\n|---|---|\n| serial | A \\- B");
    compare_assert_shows("| 1 | serial | 0 of 60 | ");
    compare_assert_shows("| 3 | none | 60 of 60 | ");
    compare_assert_shows(
        "| arm | pass | crash | dropped |\n|---|---:|---:|---:|\n| none | 0 | 60 | 0 |");
    compare_assert_shows("| none | the control | 30 | 30 |");
}

/* FIXED as counted, and better at worst: 20 rounds may have failed. */
static void both_readings_are_in_every_format(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 20, "f-");
    compare_add_blocks(0, 60, "fp");
    compare_end("complete");
    compare_assert_report("better", 0);
    compare_assert_shows(
        "BETTER  arm serial failed in 0 of 60 rounds, arm none in 80 of 80, "
        "significantly more; a rate of serial below 10 % is not shown, which "
        "alone would be fixed, but 20 rounds without a verdict may have");
    compare_assert_shows("\"verdict_as_counted\":\"fixed\"");
    compare_assert_shows("\"verdict_if_no_verdict_is_against\":\"better\"");
    compare_export();
    compare_assert_shows(
        "worst case: 0 rounds of A and 20 of B without a verdict; counted as "
        "passes of A and failures of B: better;");
    compare_assert_shows("| worst case | 0 rounds of A and 20 of B");
}

/* As in the text: fixed-n limits would be narrower than what is shown. */
static void cells_of_a_comparison_that_looks_have_limits_for_all_looks(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_ALL, RACING, two, 1);
    compare_add_blocks(0, 60, "fp");
    compare_end("complete");
    compare_export();
    compare_assert_shows("0 of 60 rounds failed, ≤ 4.88 %");
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 60, "fp");
    compare_end("complete");
    compare_export();
    compare_assert_hides("≤ 4.88 %");
}

static void one_kind_of_failure_may_be_counted_alone(void **state) {
    (void)state;
    compare_counts = "crash";
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 60, "fp");
    compare_add_blocks(0, 30, "dd"); /* neither better nor worse */
    compare_end("complete");
    compare_assert_report("fixed", 0);
    compare_assert_shows(
        "FIXED  counting crash alone: arm serial failed in 0 of 90 rounds, arm none "
        "in 60 of 90; a rate below 10 % is shown; not counted: dropped 30 -> 30");
    compare_assert_shows("counted    crash alone: ");
    compare_assert_shows("rate<10%@95% counting crash");
    compare_assert_shows("  rounds  failed  otherwise  failing");
    compare_assert_shows("\"counted\":[\"crash\"]");
    compare_assert_shows("\"failures\":60,\"other_failures\":30");
    compare_export();
    compare_assert_shows("<system-out>&#10;fixed: counting crash alone: arm serial");
    compare_assert_shows("Failed: counting crash alone; all outcomes are below.");
    compare_assert_shows("| serial |  | 90 | 0 | 0 |");
    /* The same rounds, when all count. */
    compare_counts = NULL;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 30, "dd");
    compare_add_blocks(0, 60, "fp");
    compare_end("complete");
    compare_assert_report("better", 0);
    compare_assert_shows("\"counted\":null");
}

static void fewer_crashes_for_other_failures_are_an_exchange(void **state) {
    (void)state;
    static const char *const kinds[] = {MP_COMPARE_KIND_LOOKS, MP_COMPARE_KIND_ALL};
    compare_counts = "crash,abort";
    for (size_t i = 0; i < 2; i++) {
        compare_begin(kinds[i], RACING, two, 1);
        compare_add_blocks(0, 40, "fd");
        compare_add_blocks(0, 50, "pp");
        compare_end("complete");
        compare_assert_report("exchanged", 3);
        compare_assert_shows(
            "EXCHANGED  counting crash and abort alone: arm serial failed in 0 of "
            "90 rounds, arm none in 40 of 90; crash 40 -> 0, but dropped 0 -> 40: "
            "other failures rose instead");
        compare_assert_shows(
            "\"verdict\":\"exchanged\",\"verdict_as_counted\":\"fixed\"");
        compare_export();
        compare_assert_shows("<failure type=\"exchanged\"");
        compare_assert_shows("### mpstress: exchanged");
    }
}

static void other_failures_are_told_where_the_counted_one_never_came(void **state) {
    (void)state;
    compare_counts = "hang";
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 40, "fp");
    compare_end("complete");
    compare_assert_report("no_power", 5);
    compare_assert_shows(
        "NO POWER  counting hang alone: arm none never failed in 40 rounds");
    compare_assert_shows("; not counted: crash 40 -> 0");
}

static void a_margin_is_told_in_every_format(void **state) {
    (void)state;
    compare_question = MP_CLAIM_EXCESS;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 20, "ff");
    compare_add_blocks(0, 60, "pp");
    compare_end("complete");
    compare_assert_report("no_worse", 0);
    compare_assert_shows(
        "NO WORSE  arm serial failed in 20 of 80 rounds, arm none in 20 of 80; less "
        "than 10 points more is shown");
    compare_assert_shows("excess<10%@95%");
    compare_assert_shows("that B fails in less than 10 points more; 20 decide");
    compare_assert_shows(
        "no worse   means failing in less than 10 points more than the control");
    compare_assert_shows("\"margin\":0.1,\"margin_is_two_sided\":false");
    compare_assert_hides("\"log_e_margin\":null");
    compare_export();
    compare_assert_shows("tests=\"3\" failures=\"0\" errors=\"0\"");
    compare_assert_shows(
        "<system-out>&#10;no_worse: arm serial failed in 20 of 80 rounds");
    compare_assert_shows("### mpstress: no\\_worse");
    compare_assert_shows("| evidence | E = ");
}

static void a_margin_that_is_exceeded_or_not_shown_is_no_success(void **state) {
    (void)state;
    compare_question = MP_CLAIM_EXCESS;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 40, "pf");
    compare_end("complete");
    compare_assert_report("worse", 1);
    compare_assert_shows("; more than 10 points more is shown");
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 10, "pp");
    compare_add_blocks(0, 2, "pf");
    compare_end("complete");
    compare_assert_report("not_shown", 3);
    compare_assert_shows(
        "NOT SHOWN  arm serial failed in 2 of 12 rounds, arm none in 0 of 12; less "
        "than 10 points more is not shown; about ");
    compare_assert_shows(" more blocks would show it (80 %) if both fail equally often");
    compare_export();
    compare_assert_shows("<failure type=\"not_shown\"");
    compare_question = MP_CLAIM_DIFFERENCE;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 40, "fp");
    compare_end("complete");
    compare_assert_report("different", 1);
    compare_assert_shows("; more than 10 points more or fewer is shown");
}

static void a_margin_must_hold_for_every_arm(void **state) {
    (void)state;
    compare_question = MP_CLAIM_EXCESS;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    compare_add_blocks(0, 70, "ppp");
    compare_end("complete");
    compare_assert_report("no_worse", 0);
    compare_assert_shows("; both arms are no worse: serial, encode_mutex");
    compare_assert_shows(
        "arm none never failed, so this says nothing of failures that these rounds "
        "cannot cause");
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    compare_add_blocks(0, 70, "pp-");
    compare_end("complete");
    compare_assert_report("nothing_ran", 4);
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    compare_add_blocks(0, 12, "pp-");
    compare_add_blocks(0, 70, "ppp");
    compare_end("complete");
    compare_assert_report("not_shown", 3);
    compare_assert_shows("arm encode_mutex failed in 0 of 70 rounds");
    compare_assert_shows(
        "is not shown, which alone would be no worse, but 12 rounds without a "
        "verdict may have gone against it");
}

/* By their seed; that is no sign that rounds hang together. */
static void arms_that_share_their_luck_are_not_called_dependent(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_ALL, RACING, two, 1);
    for (unsigned i = 0; i < 40; i++)
        compare_add_blocks(0, 1, i * 7 % 10 < 3 ? "ff" : "pp");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_hides("Rounds are not independent");
    compare_begin(MP_COMPARE_KIND_ALL, RACING, two, 1);
    compare_add_blocks(0, 30, "ff");
    compare_add_blocks(0, 60, "pp");
    compare_end("complete");
    compare_assert_report("no_difference", 3);
    compare_assert_shows("Rounds are not independent");
}

/* The control fails after 40, 80, ... 1200 ops or passes with 1200, the arm with 600. */
static void ops_to_failure_are_told(void **state) {
    (void)state;
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 30, "fp");
    compare_add_blocks(0, 10, "pp");
    compare_run_sql("UPDATE round SET ops_wrong = 0, ops_dropped = 0");
    compare_run_sql("UPDATE round SET ops_done = 20 * (seq + 1) WHERE outcome = 'crash'");
    compare_end("complete");
    compare_assert_report("fixed", 0);
    /* 30 failures in 40 (1 + ... + 30) + 10 * 1200 ops: 1 in 1020. */
    compare_assert_shows("1 in 1.02k [714, 1.52k]");
    compare_assert_shows("fewer than 1 in 8.01k"); /* 40 * 600 / log(20) */
    compare_assert_shows("0                       1200 ops");
    compare_assert_shows("█▇▇▇▇▇▆▆▆▆▆▅▅▅▅▅▅▄▄▄▄▄▃▃▃▃▃▂▂▂▂▂");
    compare_assert_shows("\"failures\":30,\"ops\":30600.0,\"failures_per_op\":0.00098");
    compare_assert_shows("\"median_ops\":800.0,\"curve\":[{\"ops\":40.0,\"at_risk\":40,"
                         "\"failures\":1,\"survival\":0.975,");
    compare_assert_shows("\"median_ops\":null,\"curve\":[]");
    compare_export();
    compare_assert_shows(
        "ops to fail: A fails 1 in 1.02k [714, 1.52k], B fails fewer than 1 in "
        "8.01k ops; log-rank p = ");
}

static void a_failure_that_does_not_count_only_ends_a_life(void **state) {
    (void)state;
    compare_counts = "crash";
    compare_begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    compare_add_blocks(0, 10, "dp");
    compare_add_blocks(0, 10, "fp");
    compare_run_sql("UPDATE round SET ops_wrong = 0, ops_dropped = 0");
    compare_assert_report("better", 0);
    compare_assert_shows("\"rounds\":20,\"failures\":10,\"ops\":24000.0");
}

#define TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, compare_set_up, compare_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(fixed_arm_is_told_with_its_figures),
        TEST(worst_case_of_rounds_without_a_verdict_is_told),
        TEST(silent_control_hides_all_that_would_mislead),
        TEST(few_rounds_have_no_p_value),
        TEST(no_difference_says_what_a_halving_takes),
        TEST(strata_that_contradict_each_other_are_not_pooled),
        TEST(thread_counts_show_a_trend),
        TEST(arms_are_ranked_by_failures_and_then_by_speed),
        TEST(skipped_arm_is_no_pass),
        TEST(exact_test_is_not_read_before_its_number_of_rounds),
        TEST(a_fix_that_only_hides_a_crash_is_told),
        TEST(every_arm_that_is_fixed_is_named),
        TEST(run_is_no_comparison),
        TEST(one_kind_of_failure_may_be_counted_alone),
        TEST(fewer_crashes_for_other_failures_are_an_exchange),
        TEST(other_failures_are_told_where_the_counted_one_never_came),
        TEST(a_margin_is_told_in_every_format),
        TEST(a_margin_that_is_exceeded_or_not_shown_is_no_success),
        TEST(a_margin_must_hold_for_every_arm),
        TEST(arms_that_share_their_luck_are_not_called_dependent),
        TEST(ops_to_failure_are_told),
        TEST(a_failure_that_does_not_count_only_ends_a_life),
        TEST(a_won_comparison_is_green_in_junit),
        TEST(a_comparison_that_shows_nothing_good_is_red_in_junit),
        TEST(markdown_has_figures_ranking_and_outcomes),
        TEST(both_readings_are_in_every_format),
        TEST(cells_of_a_comparison_that_looks_have_limits_for_all_looks),
    };
    return cmocka_run_group_tests_name("reports of comparisons", tests, NULL, NULL);
}
