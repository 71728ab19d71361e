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
#include "results/store/plan.h"
#include "results/store/request.h"
#include "results/tests/fixture.h"

#define RACING    "metal@model:defects=destroy_race,reader=U"
#define CELLS_MAX 16

static struct fixture fixture;
static struct mp_strbuf text;
static int64_t cell_id[CELLS_MAX]; /* by stratum and arm */
static size_t arm_count;
static unsigned block;
static enum mp_claim_kind question;
static const char *counts; /* of the next campaign; NULL: all failures */

static int set_up(void **state) {
    (void)state;
    fixture_open(&fixture);
    mp_strbuf_init(&text);
    counts = NULL;
    question = MP_CLAIM_RATE;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mp_strbuf_release(&text);
    fixture_close(&fixture);
    return 0;
}

/* A campaign of `strata` thread counts (2, 4, 8, ...) under each of `arms`, ended by
 * NULL. */
static void begin(const char *kind, const char *device, const char *const *arms,
                  size_t strata) {
    static struct mp_cell cell[CELLS_MAX];
    const struct mp_claim claim = {.target = 0.1, .alpha = 0.05, .kind = question};
    size_t count = 0;
    struct mp_error err;
    for (size_t i = 0; i < strata; i++) {
        for (arm_count = 0; arms[arm_count] != NULL; arm_count++) {
            char threads[16];
            snprintf(threads, sizeof(threads), "%u", 2U << i);
            cell[count] = (struct mp_cell){.seed_hash = "0123456789abcdef",
                                           .stratum = count - arm_count,
                                           .rounds = 100,
                                           .title = "mm"};
            fixture_spec(&cell[count].spec, device, "mm", arms[arm_count]);
            assert_int_equal(
                mp_round_spec_set_param(&cell[count].spec, "threads", threads, &err),
                MP_OK);
            count++;
        }
    }
    struct mp_plan_row plan = {.kind = kind,
                               .claim = &claim,
                               .counts = counts,
                               .prior_a = 0.5,
                               .prior_b = 5,
                               .seed = 1,
                               .cell = cell,
                               .cell_count = count};
    struct mp_request request = {
        .command = "compare", .jobs = 1, .cell = cell, .cell_count = count};
    struct mp_campaign_row row = {.argv = "mpstress compare",
                                  .version = "0.1.0",
                                  .seed = 1,
                                  .environment_id = fixture.environment_id};
    if (mp_store_plan(fixture.store, &plan, &row.plan_id, &err) != MP_OK ||
        mp_store_request_begin(fixture.store, &row, &request, &fixture.campaign_id,
                               cell_id, &err) != MP_OK)
        fail_msg("%s", err.text);
    fixture.seq = 0;
    block = 0;
}

static void end(const char *state) {
    struct mp_error err;
    assert_int_equal(
        mp_store_campaign_end(fixture.store, fixture.campaign_id, state, 0, &err), MP_OK);
}

static void run_sql(const char *sql) {
    assert_int_equal(sqlite3_exec(mp_store_handle(fixture.store), sql, NULL, NULL, NULL),
                     SQLITE_OK);
}

/* Blocks of rounds, a letter an arm: 'p' passed, 'f' crashed, '-' lost, 's' skipped, 'd' lost
 * work. Arm
 * 0 does 1000 ops in 1 ms, arm 1 half of that, arm 2 a third. */
static void add_blocks(size_t stratum, unsigned count, const char *rounds) {
    for (unsigned i = 0; i < count; i++) {
        block++;
        for (size_t arm = 0; rounds[arm] != '\0'; arm++) {
            enum mp_outcome outcome = rounds[arm] == 'p'   ? MP_OUTCOME_PASS
                                      : rounds[arm] == 'f' ? MP_OUTCOME_CRASH
                                      : rounds[arm] == 's' ? MP_OUTCOME_SKIP
                                      : rounds[arm] == 'd' ? MP_OUTCOME_DROPPED
                                                           : MP_OUTCOME_LOST;
            fixture_rounds(&fixture, cell_id[stratum * arm_count + arm], outcome, 1);
            char sql[160];
            snprintf(
                sql, sizeof(sql),
                "UPDATE round SET seed = '0x%x', ops_done = %u WHERE campaign_id = %d AND"
                " seq = %d",
                block, 1200U / (unsigned)(arm + 1), (int)fixture.campaign_id,
                (int)fixture.seq);
            run_sql(sql);
        }
    }
}

/* Both reports; the text stays in `text`. */
static void assert_report(const char *verdict, int code) {
    struct mp_report_options options = {.campaign_id = fixture.campaign_id, .width = 200};
    enum mp_verdict given = MP_VERDICT_HARNESS, again = MP_VERDICT_HARNESS;
    struct mp_error err;
    struct mp_strbuf json;
    char member[96];
    mp_strbuf_init(&json);
    mp_strbuf_clear(&text);
    if (mp_report_text(fixture.store, &options, &text, &given, &err) != MP_OK ||
        mp_report_json(fixture.store, &options, &json, &again, &err) != MP_OK)
        fail_msg("%s", err.text);
    assert_int_equal(mp_verdict_code(given), code);
    assert_int_equal(mp_verdict_code(again), code);
    snprintf(member, sizeof(member), "\"verdict\":\"%s\",\"exit_code\":%d", verdict,
             code);
    if (strstr(json.text, member) == NULL)
        fail_msg("%s is not in:\n%s\n%s", member, json.text, text.text);
    mp_strbuf_addstr(&text, json.text);
    mp_strbuf_release(&json);
}

static void assert_shows(const char *words) {
    if (strstr(text.text, words) == NULL)
        fail_msg("'%s' is not in:\n%s", words, text.text);
}

static void assert_hides(const char *words) {
    if (strstr(text.text, words) != NULL)
        fail_msg("'%s' is in:\n%s", words, text.text);
}

/* JUnit and Markdown of the campaign, into `text`. */
static void export(void) {
    struct mp_report_options options = {.campaign_id = fixture.campaign_id};
    enum mp_verdict verdict;
    struct mp_error err;
    mp_strbuf_clear(&text);
    if (mp_report_junit(fixture.store, &options, &text, &verdict, &err) != MP_OK ||
        mp_report_markdown(fixture.store, &options, &text, &verdict, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static const char *const two[] = {"none", "serial", NULL};
static const char *const three[] = {"none", "serial", "encode_mutex", NULL};

static void fixed_arm_is_told_with_its_figures(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 30, "fp");
    add_blocks(0, 10, "pp");
    end("complete");
    assert_report("fixed", 0);
    assert_shows(
        "FIXED  arm serial failed in 0 of 40 rounds, arm none in 30 of 40; a rate below "
        "10 % is shown (on the software model)");
    assert_shows(
        "none (A, the control) with serial (B), in 40 blocks of one round of each");
    assert_shows("≤ 9.03 %");             /* right at all looks together */
    assert_shows("75.0 %  [50.4, 91.8]"); /* 30 of 40 */
    assert_shows("A - B = 75.0 points [34.5, 92.6] (95 % at all looks); 75.0 points "
                 "[57.4, 85.9] (Newcombe, 95 %, had the number of rounds been fixed "
                 "in advance)");
    assert_shows("A failed at least ");
    assert_shows(
        "0.50 [0.50, 0.50] of A's: the median of 10 blocks in which both passed; A 1.20M "
        "ops/s, B 600k ops/s");
    assert_shows("crash in none");
    assert_shows("\"boschloo_p\":");
    assert_hides("worst case");
    assert_hides("no claim");
    assert_hides("CLAIM");
    assert_shows("\"claim\":null,"); /* of the campaign; the plan has one for each arm */
}

static void worst_case_of_rounds_without_a_verdict_is_told(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_ALL, "null", two, 1);
    add_blocks(0, 12, "fp");
    add_blocks(0, 48, "pp");
    add_blocks(0, 12, "p-");
    add_blocks(0, 1, "-p");
    end("complete");
    assert_report("no_difference", 3);
    assert_shows("which alone would be fixed, but 13 rounds without a verdict may have "
                 "gone against it");
    assert_shows("\"verdict_as_counted\":\"fixed\"");
    assert_shows(
        "1 round of A and 12 of B without a verdict; counted as passes of A and failures "
        "of B: no difference shown; as failures of A and passes of B: fixed");
    assert_shows("\"verdict_if_no_verdict_is_against\":\"no_difference\"");
    assert_hides("software model");
}

static void silent_control_hides_all_that_would_mislead(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, "null", two, 1);
    add_blocks(0, 20, "pp");
    end("complete");
    assert_report("no_power", 5);
    assert_shows("NO POWER  arm none never failed in 20 rounds");
    assert_hides("Boschloo p");
    assert_hides("E = ");
    assert_shows("0.50 [0.50, 0.50] of A's"); /* what it costs is known all the same */
}

static void few_rounds_have_no_p_value(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_ALL, "null", two, 1);
    add_blocks(0, 4, "fp");
    end("complete");
    assert_report("no_difference", 3);
    assert_hides("Boschloo p");
    assert_hides("McNemar p");
}

static void no_difference_says_what_a_halving_takes(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, "null", two, 1);
    for (int i = 0; i < 9; i++) {
        add_blocks(0, 1, "fp");
        add_blocks(0, 1, "pf");
        add_blocks(0, 3, "pp");
    }
    add_blocks(0, 1, "fp");
    add_blocks(0, 4, "pp");
    end("complete");
    assert_report("no_difference", 3);
    assert_shows("NO DIFFERENCE  no difference shown: arm serial failed in 9 of 50 "
                 "rounds, arm none in 10 of 50; ");
    assert_shows(" more rounds per arm would show a halving");
}

static void strata_that_contradict_each_other_are_not_pooled(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_ALL, RACING, two, 3);
    for (size_t i = 0; i < 3; i++) {
        add_blocks(i, 30, i == 2 ? "pf" : "fp");
        add_blocks(i, 10, "ff");
        add_blocks(i, 10, "pp");
    }
    end("complete");
    assert_report("worse", 1);
    assert_shows("most of all in mm:threads=8");
    assert_shows("no single figure: the strata differ in the effect of B");
    assert_shows("\"homogeneous\":false");
    assert_shows("\"difference\":{\"value\":null");
}

static void thread_counts_show_a_trend(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_ALL, RACING, two, 4);
    static const unsigned failing[] = {2, 6, 11, 11}; /* of 20: p = 0.00095 with log2 */
    for (size_t i = 0; i < 4; i++) {
        add_blocks(i, failing[i], "fp");
        add_blocks(i, 20 - failing[i], "pp");
    }
    end("complete");
    assert_report("better", 0);
    assert_shows("mm:threads=2");
    assert_shows("A fails more often with more threads, Cochran-Armitage p = 0.00095");
    assert_shows("B: none, all of its rounds ended the same way");
    assert_shows(" over 4 strata");
}

static void arms_are_ranked_by_failures_and_then_by_speed(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    add_blocks(0, 10, "ppp"); /* serial is slow, encode_mutex slower */
    add_blocks(0, 60, "fpp");
    end("complete");
    assert_report("fixed", 0);
    const char *serial = strstr(text.text, "  1 serial "),
               *mutex = strstr(text.text, "  2 encode");
    assert_non_null(serial);
    assert_non_null(mutex);
    assert_shows("0.50 [0.50, 0.50]");
    assert_shows("Each against none (A)");
    assert_shows("Holm: p adjusted for 2 arms");
    begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    add_blocks(0, 10, "ffp");
    add_blocks(0, 60, "fpp");
    end("complete");
    assert_report("fixed", 0);
    assert_shows("  1 encode_mutex ");
    assert_shows("  2 serial ");
    assert_shows("  3 none ");
}

static void skipped_arm_is_no_pass(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 20, "fs");
    end("complete");
    assert_report("nothing_ran", 4);
    assert_shows(
        "NOTHING RAN  no round of arm serial passed or failed: 20 were skipped (");
}

static void exact_test_is_not_read_before_its_number_of_rounds(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_ALL, "null", two, 1);
    add_blocks(0, 50, "fp");
    end("interrupted");
    assert_report("unfinished", 3);
    assert_shows("UNFINISHED");
}

/* A library that skips what crashes. */
static void a_fix_that_only_hides_a_crash_is_told(void **state) {
    (void)state;
    begin("compare", "null", two, 1);
    add_blocks(0, 30, "fd");
    add_blocks(0, 20, "pp");
    end("complete");
    assert_report("no_difference", 3);
    assert_shows("; crash 30 -> 0, but dropped 0 -> 30");
    assert_shows("Outcomes by arm");
    assert_shows("\"outcomes\":{\"pass\":20,\"dropped\":30}");
    begin("compare", "null", two, 1);
    add_blocks(0, 30, "fd");
    add_blocks(0, 20, "ff");
    add_blocks(0, 20, "dd");
    end("complete");
    assert_report("no_difference", 3);
    assert_shows("; crash 50 -> 20, but dropped 20 -> 50");
    begin("compare", "null", two, 1);
    add_blocks(0, 20, "ff");
    add_blocks(0, 20, "pp");
    add_blocks(0, 1, "fd");
    end("complete");
    assert_report("no_difference", 3);
    assert_hides(", but dropped"); /* chance */
}

static void every_arm_that_is_fixed_is_named(void **state) {
    (void)state;
    begin("compare", "null", three, 1);
    add_blocks(0, 60, "fpp");
    end("complete");
    assert_report("fixed", 0);
    assert_shows("; all 2 arms are fixed: serial, encode_mutex");
    begin("compare", "null", three, 1);
    add_blocks(0, 60, "fpf");
    end("complete");
    assert_report("fixed", 0);
    assert_hides("are fixed:");
}

static void run_is_no_comparison(void **state) {
    (void)state;
    begin("run", "null", two, 1);
    add_blocks(0, 5, "pp");
    end("complete");
    struct mp_report_options options = {.campaign_id = fixture.campaign_id};
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    struct mp_error err;
    mp_strbuf_clear(&text);
    assert_int_equal(mp_report_json(fixture.store, &options, &text, &verdict, &err),
                     MP_OK);
    assert_shows("\"comparison\":null");
}

static void a_won_comparison_is_green_in_junit(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 60, "fp");
    end("complete");
    export();
    assert_shows("tests=\"3\" failures=\"0\" errors=\"0\"");
    assert_shows(
        "<testcase name=\"serial against none\" classname=\"mpstress.comparison\"");
    assert_shows("<system-out>&#10;fixed: arm serial failed in 0 of 60 rounds");
    assert_shows("<system-out>60 of 60 rounds failed (60 crash)"); /* the control */
    assert_shows("evidence: E = ");
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
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
        add_blocks(0, 30, rows[i].rounds);
        end("complete");
        export();
        assert_shows(rows[i].counts);
        assert_shows(rows[i].word);
    }
}

static void markdown_has_figures_ranking_and_outcomes(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, RACING, three, 2);
    add_blocks(0, 30, "fpd");
    add_blocks(1, 30, "fpf");
    end("complete");
    export();
    assert_shows(
        "**Each against none \\(A\\)**\n\n| figure | |\n|---|---|\n| serial | A \\- B");
    assert_shows("| 1 | serial | 0 of 60 | ");
    assert_shows("| 3 | none | 60 of 60 | ");
    assert_shows(
        "| arm | pass | crash | dropped |\n|---|---:|---:|---:|\n| none | 0 | 60 | 0 |");
    assert_shows("| none | the control | 30 | 30 |");
}

/* FIXED as counted, and better at worst: 20 rounds may have failed. */
static void both_readings_are_in_every_format(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 20, "f-");
    add_blocks(0, 60, "fp");
    end("complete");
    assert_report("better", 0);
    assert_shows("BETTER  arm serial failed in 0 of 60 rounds, arm none in 80 of 80, "
                 "significantly more; a rate of serial below 10 % is not shown, which "
                 "alone would be fixed, but 20 rounds without a verdict may have");
    assert_shows("\"verdict_as_counted\":\"fixed\"");
    assert_shows("\"verdict_if_no_verdict_is_against\":\"better\"");
    export();
    assert_shows("worst case: 0 rounds of A and 20 of B without a verdict; counted as "
                 "passes of A and failures of B: better;");
    assert_shows("| worst case | 0 rounds of A and 20 of B");
}

/* As in the text: fixed-n limits would be narrower than what is shown. */
static void cells_of_a_comparison_that_looks_have_limits_for_all_looks(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_ALL, RACING, two, 1);
    add_blocks(0, 60, "fp");
    end("complete");
    export();
    assert_shows("0 of 60 rounds failed, ≤ 4.88 %");
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 60, "fp");
    end("complete");
    export();
    assert_hides("≤ 4.88 %");
}

static void one_kind_of_failure_may_be_counted_alone(void **state) {
    (void)state;
    counts = "crash";
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 60, "fp");
    add_blocks(0, 30, "dd"); /* neither better nor worse */
    end("complete");
    assert_report("fixed", 0);
    assert_shows(
        "FIXED  counting crash alone: arm serial failed in 0 of 90 rounds, arm none "
        "in 60 of 90; a rate below 10 % is shown; not counted: dropped 30 -> 30");
    assert_shows("counted    crash alone: ");
    assert_shows("rate<10%@95% counting crash");
    assert_shows("  rounds  failed  otherwise  failing");
    assert_shows("\"counted\":[\"crash\"]");
    assert_shows("\"failures\":60,\"other_failures\":30");
    export();
    assert_shows("<system-out>&#10;fixed: counting crash alone: arm serial");
    assert_shows("Failed: counting crash alone; all outcomes are below.");
    assert_shows("| serial |  | 90 | 0 | 0 |");
    /* The same rounds, when all count. */
    counts = NULL;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 30, "dd");
    add_blocks(0, 60, "fp");
    end("complete");
    assert_report("better", 0);
    assert_shows("\"counted\":null");
}

static void fewer_crashes_for_other_failures_are_an_exchange(void **state) {
    (void)state;
    static const char *const kinds[] = {MP_COMPARE_KIND_LOOKS, MP_COMPARE_KIND_ALL};
    counts = "crash,abort";
    for (size_t i = 0; i < 2; i++) {
        begin(kinds[i], RACING, two, 1);
        add_blocks(0, 40, "fd");
        add_blocks(0, 50, "pp");
        end("complete");
        assert_report("exchanged", 3);
        assert_shows(
            "EXCHANGED  counting crash and abort alone: arm serial failed in 0 of "
            "90 rounds, arm none in 40 of 90; crash 40 -> 0, but dropped 0 -> 40: "
            "other failures rose instead");
        assert_shows("\"verdict\":\"exchanged\",\"verdict_as_counted\":\"fixed\"");
        export();
        assert_shows("<failure type=\"exchanged\"");
        assert_shows("### mpstress: exchanged");
    }
}

static void other_failures_are_told_where_the_counted_one_never_came(void **state) {
    (void)state;
    counts = "hang";
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 40, "fp");
    end("complete");
    assert_report("no_power", 5);
    assert_shows("NO POWER  counting hang alone: arm none never failed in 40 rounds");
    assert_shows("; not counted: crash 40 -> 0");
}

static void a_margin_is_told_in_every_format(void **state) {
    (void)state;
    question = MP_CLAIM_EXCESS;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 20, "ff");
    add_blocks(0, 60, "pp");
    end("complete");
    assert_report("no_worse", 0);
    assert_shows(
        "NO WORSE  arm serial failed in 20 of 80 rounds, arm none in 20 of 80; less "
        "than 10 points more is shown");
    assert_shows("excess<10%@95%");
    assert_shows("that B fails in less than 10 points more; 20 decide");
    assert_shows("no worse   means failing in less than 10 points more than the control");
    assert_shows("\"margin\":0.1,\"margin_is_two_sided\":false");
    assert_hides("\"log_e_margin\":null");
    export();
    assert_shows("tests=\"3\" failures=\"0\" errors=\"0\"");
    assert_shows("<system-out>&#10;no_worse: arm serial failed in 20 of 80 rounds");
    assert_shows("### mpstress: no\\_worse");
    assert_shows("| evidence | E = ");
}

static void a_margin_that_is_exceeded_or_not_shown_is_no_success(void **state) {
    (void)state;
    question = MP_CLAIM_EXCESS;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 40, "pf");
    end("complete");
    assert_report("worse", 1);
    assert_shows("; more than 10 points more is shown");
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 10, "pp");
    add_blocks(0, 2, "pf");
    end("complete");
    assert_report("not_shown", 3);
    assert_shows(
        "NOT SHOWN  arm serial failed in 2 of 12 rounds, arm none in 0 of 12; less "
        "than 10 points more is not shown; about ");
    assert_shows(" more blocks would show it (80 %) if both fail equally often");
    export();
    assert_shows("<failure type=\"not_shown\"");
    question = MP_CLAIM_DIFFERENCE;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 40, "fp");
    end("complete");
    assert_report("different", 1);
    assert_shows("; more than 10 points more or fewer is shown");
}

static void a_margin_must_hold_for_every_arm(void **state) {
    (void)state;
    question = MP_CLAIM_EXCESS;
    begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    add_blocks(0, 70, "ppp");
    end("complete");
    assert_report("no_worse", 0);
    assert_shows("; all 2 arms are no worse: serial, encode_mutex");
    assert_shows(
        "arm none never failed, so this says nothing of failures that these rounds "
        "cannot cause");
    begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    add_blocks(0, 70, "pp-");
    end("complete");
    assert_report("nothing_ran", 4);
    begin(MP_COMPARE_KIND_LOOKS, RACING, three, 1);
    add_blocks(0, 12, "pp-");
    add_blocks(0, 70, "ppp");
    end("complete");
    assert_report("not_shown", 3);
    assert_shows("arm encode_mutex failed in 0 of 70 rounds");
    assert_shows("is not shown, which alone would be no worse, but 12 rounds without a "
                 "verdict may have gone against it");
}

/* By their seed; that is no sign that rounds hang together. */
static void arms_that_share_their_luck_are_not_called_dependent(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_ALL, RACING, two, 1);
    for (unsigned i = 0; i < 40; i++)
        add_blocks(0, 1, i * 7 % 10 < 3 ? "ff" : "pp");
    end("complete");
    assert_report("no_difference", 3);
    assert_hides("Rounds are not independent");
    begin(MP_COMPARE_KIND_ALL, RACING, two, 1);
    add_blocks(0, 30, "ff");
    add_blocks(0, 60, "pp");
    end("complete");
    assert_report("no_difference", 3);
    assert_shows("Rounds are not independent");
}

/* The control fails after 40, 80, ... 1200 ops or passes with 1200, the arm with 600. */
static void ops_to_failure_are_told(void **state) {
    (void)state;
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 30, "fp");
    add_blocks(0, 10, "pp");
    run_sql("UPDATE round SET ops_wrong = 0, ops_dropped = 0");
    run_sql("UPDATE round SET ops_done = 20 * (seq + 1) WHERE outcome = 'crash'");
    end("complete");
    assert_report("fixed", 0);
    /* 30 failures in 40 (1 + ... + 30) + 10 * 1200 ops: 1 in 1020. */
    assert_shows("1 in 1.02k [714, 1.52k]");
    assert_shows("fewer than 1 in 8.01k"); /* 40 * 600 / log(20) */
    assert_shows("0                       1200 ops");
    assert_shows("█▇▇▇▇▇▆▆▆▆▆▅▅▅▅▅▅▄▄▄▄▄▃▃▃▃▃▂▂▂▂▂");
    assert_shows("\"failures\":30,\"ops\":30600.0,\"failures_per_op\":0.00098");
    assert_shows("\"median_ops\":800.0,\"curve\":[{\"ops\":40.0,\"at_risk\":40,"
                 "\"failures\":1,\"survival\":0.975,");
    assert_shows("\"median_ops\":null,\"curve\":[]");
    export();
    assert_shows("ops to fail: A fails 1 in 1.02k [714, 1.52k], B fails fewer than 1 in "
                 "8.01k ops; log-rank p = ");
}

static void a_failure_that_does_not_count_only_ends_a_life(void **state) {
    (void)state;
    counts = "crash";
    begin(MP_COMPARE_KIND_LOOKS, RACING, two, 1);
    add_blocks(0, 10, "dp");
    add_blocks(0, 10, "fp");
    run_sql("UPDATE round SET ops_wrong = 0, ops_dropped = 0");
    assert_report("better", 0);
    assert_shows("\"rounds\":20,\"failures\":10,\"ops\":24000.0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
