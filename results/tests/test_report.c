/* The report of small campaigns, as text and as JSON.
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
#include "results/report/report.h"
#include "results/tests/fixture.h"

#define SOUND  "metal@model:defects=none,reader=L,order=original"
#define RACING "metal@model:defects=destroy_race,reader=U,order=original"

static struct fixture fixture;
static struct mp_strbuf text;

static int set_up(void **state) {
    (void)state;
    fixture_open(&fixture);
    mp_strbuf_init(&text);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mp_strbuf_release(&text);
    fixture_close(&fixture);
    return 0;
}

static sqlite3 *db(void) {
    return mp_store_handle(fixture.store);
}

static int64_t make_cell(const char *device, const char *scenario, const char *arm,
                         const char *role) {
    struct mp_round_spec spec;
    fixture_spec(&spec, device, scenario, arm);
    return fixture_cell(&fixture, &spec, role);
}

static void add_crashes(int64_t cell, uint64_t address, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        struct mp_error err;
        struct mp_crash *crash = fixture_crash(address);
        assert_int_equal(fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash,
                                       &FIXTURE_SIGNATURE, &err),
                         MP_OK);
        mp_crash_destroy(crash);
    }
}

/* Both reports of the current campaign; they must agree on the verdict. The text stays in
 * `text`.
 */
static enum mp_verdict report(void) {
    struct mp_error err;
    enum mp_verdict verdict = MP_VERDICT_HARNESS, again = MP_VERDICT_HARNESS;
    struct mp_report_options options = {.campaign_id = fixture.campaign_id};
    struct mp_strbuf json;
    mp_strbuf_init(&json);
    mp_strbuf_clear(&text);
    if (mp_report_text(fixture.store, &options, &text, &verdict, &err) != MP_OK ||
        mp_report_json(fixture.store, &options, &json, &again, &err) != MP_OK)
        fail_msg("%s", err.text);
    assert_int_equal(verdict, again);
    char member[64];
    snprintf(member, sizeof(member), "\"verdict\":\"%s\",\"exit_code\":%d",
             mp_verdict_name(verdict), mp_verdict_code(verdict));
    assert_non_null(strstr(json.text, member));
    mp_strbuf_release(&json);
    return verdict;
}

static void assert_shows(const char *words) {
    if (strstr(text.text, words) == NULL)
        fail_msg("'%s' is not in:\n%s", words, text.text);
}

static void assert_hides(const char *words) {
    if (strstr(text.text, words) != NULL)
        fail_msg("'%s' is in:\n%s", words, text.text);
}

/* The value at `path` of the JSON report, as text. */
static const char *json_value(const char *path) {
    static char value[4096];
    struct mp_error err;
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    struct mp_report_options options = {.campaign_id = fixture.campaign_id,
                                        .command = "run"};
    struct mp_strbuf json;
    mp_strbuf_init(&json);
    assert_int_equal(mp_report_json(fixture.store, &options, &json, &verdict, &err),
                     MP_OK);
    assert_int_equal(json.text[json.len - 1], '\n');
    sqlite3_stmt *stmt = NULL;
    const char *sql =
        path == NULL ? "SELECT json_valid(?1)" : "SELECT json_extract(?1, ?2)";
    assert_int_equal(sqlite3_prepare_v2(db(), sql, -1, &stmt, NULL), SQLITE_OK);
    sqlite3_bind_text(stmt, 1, json.text, -1, SQLITE_STATIC);
    if (path != NULL)
        sqlite3_bind_text(stmt, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    const char *column = (const char *)sqlite3_column_text(stmt, 0);
    snprintf(value, sizeof(value), "%s", column == NULL ? "(null)" : column);
    sqlite3_finalize(stmt);
    mp_strbuf_release(&json);
    return value;
}

/* A campaign as the smoke suite makes it, with fixed times. */
static void make_smoke(void) {
    struct mp_error err;
    fixture_rounds(&fixture, make_cell(SOUND, "mm", "none", "subject"), MP_OUTCOME_PASS,
                   60);
    int64_t layernorm = make_cell(SOUND, "layernorm", "none", "subject");
    fixture_rounds(&fixture, layernorm, MP_OUTCOME_PASS, 19);
    fixture_rounds(&fixture, layernorm, MP_OUTCOME_NO_OVERLAP, 1);
    int64_t race = make_cell(RACING, "destroy_impl", "none", "positive_control");
    add_crashes(race, 0x5c8, 31);
    add_crashes(race, 0x5f4, 8);
    fixture_rounds(&fixture, race, MP_OUTCOME_PASS, 1);
    int64_t fixed =
        make_cell(RACING, "destroy_impl", "sync_on_queue", "negative_control");
    fixture_rounds(&fixture, fixed, MP_OUTCOME_PASS, 40);
    assert_int_equal(
        mp_store_campaign_end(fixture.store, fixture.campaign_id, "complete", 0, &err),
        MP_OK);
    fixture_text(db(), "UPDATE campaign SET started_at = '2026-11-21T03:12:00.500Z',"
                       " ended_at = '2026-11-21T03:13:42.500Z'");
}

static void zero_failures_are_a_bound_and_never_zero_per_cent(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 59);
    assert_int_equal(report(), MP_VERDICT_CLEAN_NO_CONTROL);
    assert_shows("≤ 4.96 %"); /* 0.0495076, rounded outward */
    assert_shows("one-sided 95 % upper bound");
    assert_hides(" 0 %");
    assert_hides("0.0 %");
}

static void silent_positive_control_means_no_power(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 20);
    fixture_rounds(&fixture, make_cell("null", "mm", "none", "positive_control"),
                   MP_OUTCOME_PASS, 9);
    assert_int_equal(report(), MP_VERDICT_NO_POWER);
    assert_shows(
        "NO POWER  0 of 20 rounds of the subject failed; 1 of 1 controls that must fail"
        " stayed silent");
    assert_shows("SILENT: no power");
    assert_string_equal(json_value("$.controls[0].state"), "silent");
}

static void positive_control_that_was_skipped_is_no_silent_one(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 20);
    fixture_rounds(&fixture, make_cell("null", "mm", "none", "positive_control"),
                   MP_OUTCOME_SKIP, 9);
    assert_int_equal(report(), MP_VERDICT_INCONCLUSIVE);
    assert_shows("INCONCLUSIVE  0 of 20 rounds of the subject failed; 1 of 1 controls "
                 "that must fail was skipped:");
    assert_shows("SKIPPED: it shows nothing");
    assert_string_equal(json_value("$.controls[0].state"), "skipped");
    fixture_rounds(&fixture, make_cell("null", "mha", "none", "positive_control"),
                   MP_OUTCOME_CRASH, 3);
    assert_int_equal(report(), MP_VERDICT_CLEAN);
    assert_shows("the control that must fail did; 1 of 2");
    assert_hides("NO POWER");
}

static void positive_control_that_never_counted_means_no_power(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 20);
    fixture_rounds(&fixture, make_cell("null", "mm", "none", "positive_control"),
                   MP_OUTCOME_BROKEN, 9);
    assert_int_equal(report(), MP_VERDICT_NO_POWER);
    assert_shows("NO COUNTED ROUND: no power");
    assert_string_equal(json_value("$.controls[0].state"), "not_counted");
}

static void failing_negative_control_is_named_as_such(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 20);
    int64_t control = make_cell("null", "single_thread", "none", "negative_control");
    fixture_rounds(&fixture, control, MP_OUTCOME_PASS, 19);
    fixture_rounds(&fixture, control, MP_OUTCOME_MISMATCH, 1);
    assert_int_equal(report(), MP_VERDICT_FAILURES);
    assert_shows("a control that must pass failed (1 of 20 rounds)");
    assert_shows("FAILED: a control that must pass failed");
    assert_string_equal(json_value("$.controls[0].state"), "failed");
}

static void finding_in_a_subject_stands_whatever_the_control_did(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_HANG, 1);
    fixture_rounds(&fixture, make_cell("null", "mm", "none", "positive_control"),
                   MP_OUTCOME_PASS, 9);
    assert_int_equal(report(), MP_VERDICT_FAILURES);
    assert_shows("FAILURES  1 of 1 rounds of the subject failed");
    assert_shows("stayed silent");
    assert_shows("100 %  [2.50, 100]");
}

static void subject_without_a_counted_round_is_inconclusive(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 20);
    fixture_rounds(&fixture, make_cell("metal", "mm", "none", "subject"), MP_OUTCOME_SKIP,
                   5);
    assert_int_equal(report(), MP_VERDICT_INCONCLUSIVE);
    assert_shows("1 cell has");
    assert_shows("unknown");
    assert_shows(
        "skip in mm, arm none ×5: the device is absent, or the arm does not apply");
}

static void campaign_without_a_verdict_says_that_nothing_ran(void **state) {
    (void)state;
    assert_int_equal(report(), MP_VERDICT_NOTHING_RAN);
    fixture_rounds(&fixture, make_cell("metal", "mm", "none", "subject"), MP_OUTCOME_SKIP,
                   5);
    assert_int_equal(report(), MP_VERDICT_NOTHING_RAN);
    assert_shows("NOTHING RAN  no round of this campaign passed or failed");
}

static void rounds_that_ran_and_do_not_count_are_inconclusive(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("metal", "mm", "none", "subject"),
                   MP_OUTCOME_BROKEN, 5);
    assert_int_equal(report(), MP_VERDICT_INCONCLUSIVE);
    assert_shows("INCONCLUSIVE  5 rounds ran and none counts: 5 broken (the harness or");
}

static void rounds_without_a_verdict_stand_in_the_headline(void **state) {
    (void)state;
    int64_t cell = make_cell("metal", "mm", "none", "subject");
    fixture_rounds(&fixture, cell, MP_OUTCOME_PASS, 2);
    fixture_rounds(&fixture, cell, MP_OUTCOME_BROKEN, 8);
    assert_int_equal(report(), MP_VERDICT_CLEAN_NO_CONTROL);
    assert_shows(
        "CLEAN, NO CONTROL  0 of 2 rounds of the subject failed; 8 of 10 rounds");
}

static void report_knows_only_its_own_campaign(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_HANG, 3);
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 7);
    assert_int_equal(report(), MP_VERDICT_CLEAN_NO_CONTROL);
    assert_shows("0 of 7 rounds");
    assert_hides("hang");
    assert_string_equal(
        json_value("$.balance"),
        "{\"planned\":7,\"passed\":7,\"failed\":0,\"no_verdict\":0,\"lost\":0}");
    fixture.campaign_id = 0; /* the newest */
    assert_int_equal(report(), MP_VERDICT_CLEAN_NO_CONTROL);
    fixture.campaign_id = 1;
    assert_int_equal(report(), MP_VERDICT_FAILURES);
    struct mp_error err;
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    struct mp_report_options options = {.campaign_id = 99};
    assert_int_equal(mp_report_text(fixture.store, &options, &text, &verdict, &err),
                     MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "no campaign 99"));
    assert_int_equal(verdict, MP_VERDICT_HARNESS);
}

static void unfinished_and_interrupted_campaigns_are_called_so(void **state) {
    (void)state;
    struct mp_error err;
    fixture_rounds(&fixture, make_cell("null", "noop", "none", "subject"),
                   MP_OUTCOME_PASS, 1);
    report();
    assert_shows("not finished");
    mp_store_campaign_end(fixture.store, 1, "interrupted", 0, &err);
    report();
    assert_shows("interrupted");
    assert_hides("not finished");
}

static void model_is_never_mistaken_for_the_driver(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("metal", "mm", "none", "subject"), MP_OUTCOME_PASS,
                   1);
    report();
    assert_hides("software model");
    fixture_begin_campaign(&fixture);
    fixture_rounds(&fixture, make_cell("metal@model", "mm", "none", "subject"),
                   MP_OUTCOME_PASS, 1);
    report();
    assert_shows("@model is a software model of the driver: nothing here was seen on "
                 "Apple's driver.");
    assert_shows("sync=off_queue q=0.5: mm");
}

static void every_kind_of_failure_has_an_example_and_its_command(void **state) {
    (void)state;
    int64_t cell = make_cell("null:fault=x y", "noop", "none", "subject");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        fixture_rounds(&fixture, cell, (enum mp_outcome)i, 2);
    report();
    assert_shows("mismatch in noop ×2: a result was wrong");
    assert_shows("gpu_error in noop ×2");
    assert_shows("lost in noop, arm none ×2");
    assert_shows(
        "2 crash, 2 abort, 2 mismatch, 2 dropped, 2 hang, 2 gpu_error"); /* folded */
    assert_shows("mpstress run noop:n=256,q=0.5,sync=off_queue,threads=8 ");
    assert_shows("--device 'null:fault=x y' ");
    assert_shows("--round-seed 0x1008 ");
    assert_int_equal(strtol(json_value("$.failures[#-1].count"), NULL, 10), 2);
    assert_string_equal(json_value("$.cells[0].outcomes.dropped"), "2");
}

static void hang_that_was_captured_shows_its_stack(void **state) {
    (void)state;
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(0);
    crash->has_address = false;
    crash->signal = 0;
    int64_t cell = make_cell("null", "noop", "none", "subject");
    assert_int_equal(fixture_round(&fixture, cell, MP_OUTCOME_HANG, crash, NULL, &err),
                     MP_OK);
    mp_crash_destroy(crash);
    report();
    assert_shows("hang ×1");
    assert_hides("signal 0");
    assert_shows(
        "0  -[AGXG16XFamilyComputeContext setComputePipelineState:] + 24  libmpmodel.so");
    assert_hides("Failures by kind");
}

/* A file may come from anybody: the store escapes what it writes, another program need
 * not. */
static void hostile_text_in_the_file_cannot_act_on_the_terminal(void **state) {
    (void)state;
    int64_t cell = make_cell("null", "noop", "none", "subject");
    add_crashes(cell, 0x98, 1);
    fixture_rounds(&fixture, cell, MP_OUTCOME_DROPPED, 1);
    static const char *const poison[] = {
        "UPDATE crash_frame SET symbol = 'a' || char(27) || '[2J' || char(155) || '31m'",
        "UPDATE crash_frame SET module = char(13) || 'm', file = char(10) || 'f', line = "
        "3",
        "UPDATE crash_thread SET name = char(7) || 'bell'",
        "UPDATE signature SET title = 'title' || char(10) || 'CLEAN' || char(27) || "
        "']0;x'",
        "UPDATE round SET detail = 'd' || char(27, 127, 8) || 'e'",
        "UPDATE campaign SET argv = 'mpstress' || char(10) || 'CLEAN', version = "
        "char(27)",
        "UPDATE cell SET scenario = 'noop' || char(27) || '[1m', arm = char(9)",
        "UPDATE environment SET cpu = char(27) || 'c'",
        "UPDATE round_driver SET path = char(27) || char(13), facts = char(10, 27)",
        "UPDATE crash SET fault_address = char(27), access = char(27), signal_name = "
        "char(27)"};
    for (size_t i = 0; i < MP_COUNT(poison); i++) {
        char *message = NULL;
        if (sqlite3_exec(db(), poison[i], NULL, NULL, &message) != SQLITE_OK)
            fail_msg("%s: %s", poison[i], message);
    }
    report();
    for (const char *at = text.text; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if ((byte < 0x20 && byte != '\n') || byte == 0x7f ||
            (byte == 0xc2 && (unsigned char)at[1] < 0xa0))
            fail_msg("byte 0x%02x in:\n%s", byte, text.text);
    }
    assert_shows("a\\x1b[2J\\xc2\\x9b31m + 24");
    assert_hides("\nCLEAN");
    assert_string_equal(json_value(NULL), "1");
}

static void colour_comes_only_if_asked_for_and_changes_no_word(void **state) {
    (void)state;
    make_smoke();
    report();
    assert_null(strchr(text.text, '\033'));
    struct mp_error err;
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    struct mp_report_options options = {.use_colour = true};
    struct mp_strbuf coloured, plain;
    mp_strbuf_init(&coloured);
    mp_strbuf_init(&plain);
    assert_int_equal(mp_report_text(fixture.store, &options, &coloured, &verdict, &err),
                     MP_OK);
    for (const char *at = coloured.text; *at != '\0'; at++)
        if (*at == '\033')
            at = strchr(at, 'm');
        else
            mp_strbuf_addch(&plain, *at);
    assert_non_null(strchr(coloured.text, '\033'));
    assert_string_equal(plain.text, text.text);
    mp_strbuf_release(&coloured);
    mp_strbuf_release(&plain);
}

static void table_keeps_to_the_width_of_the_terminal(void **state) {
    (void)state;
    int64_t cell =
        make_cell(SOUND, "linear_nograph", "sync_on_queue", "negative_control");
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        fixture_rounds(&fixture, cell, (enum mp_outcome)i, 2);
    static const unsigned widths[] = {80, 100, 120, 200};
    for (size_t i = 0; i < MP_COUNT(widths); i++) {
        struct mp_error err;
        enum mp_verdict verdict = MP_VERDICT_HARNESS;
        struct mp_report_options options = {.width = widths[i]};
        mp_strbuf_clear(&text);
        assert_int_equal(mp_report_text(fixture.store, &options, &text, &verdict, &err),
                         MP_OK);
        assert_shows("no verdict");
        char *rest = NULL;
        for (char *line = strtok_r(text.text, "\n", &rest);
             line != NULL && strstr(line, "repeat ") == NULL;
             line = strtok_r(NULL, "\n", &rest))
            if (mp_text_columns(line) > widths[i])
                fail_msg("wider than %u: %s", widths[i], line);
    }
}

static void json_has_every_part_of_the_report(void **state) {
    (void)state;
    make_smoke();
    assert_string_equal(json_value(NULL), "1");
    assert_string_equal(json_value("$.schema"), "1");
    assert_string_equal(json_value("$.command"), "run");
    assert_string_equal(json_value("$.verdict"), "clean");
    assert_string_equal(json_value("$.database"), fixture.path);
    assert_string_equal(json_value("$.campaign.seed"), "0xfedcba9876543210");
    assert_string_equal(json_value("$.environment.facts.cores"), "2");
    assert_string_equal(json_value("$.balance.planned"), "160");
    assert_string_equal(json_value("$.cells[0].params.threads"), "8");
    assert_string_equal(json_value("$.cells[0].rate"), "0.0");
    assert_string_equal(json_value("$.cells[0].outcomes.no_overlap"), "1");
    assert_string_equal(json_value("$.cells[2].role"), "positive_control");
    assert_string_equal(json_value("$.cells[2].failures"), "39");
    assert_string_equal(json_value("$.controls[0].state"), "found");
    assert_string_equal(json_value("$.controls[1].state"), "clean");
    assert_string_equal(json_value("$.crashes[0].signature.key"), FIXTURE_SIGNATURE.key);
    assert_string_equal(json_value("$.crashes[0].count"), "39");
    assert_string_equal(
        json_value("$.crashes[0].fault_addresses"),
        "[{\"address\":\"0x5c8\",\"count\":31},{\"address\":\"0x5f4\",\"count\":8}]");
    assert_string_equal(json_value("$.crashes[0].newest.fault_address"), "0x5f4");
    assert_string_equal(json_value("$.crashes[0].newest.address_is_derived"), "0");
    assert_string_equal(json_value("$.crashes[0].newest.thread.frames[1].symbol"),
                        "encode_mm");
    assert_string_equal(json_value("$.crashes[0].newest.thread.registers.rip"),
                        "0xffff800000001018");
    assert_string_equal(json_value("$.crashes[0].newest.round.spec"),
                        "mpstress-spec 1\n");
    assert_string_equal(json_value("$.no_verdict[0].outcome"), "no_overlap");
    assert_string_equal(json_value("$.failures"), "[]");
    assert_true(fabs(strtod(json_value("$.cells[1].upper_one_sided"), NULL) - 0.0487029) <
                1e-6);
    assert_true(fabs(strtod(json_value("$.cells[1].high"), NULL) - 0.0596295) < 1e-6);
}

static void damaged_file_makes_an_error_and_no_report(void **state) {
    (void)state;
    add_crashes(make_cell("null", "mm", "none", "subject"), 0x5c8, 1);
    fixture_text(db(), "DROP TABLE crash_frame");
    struct mp_error err;
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    struct mp_report_options options = {.width = 0};
    assert_int_equal(mp_report_json(fixture.store, &options, &text, &verdict, &err),
                     MP_STORE);
    assert_non_null(strstr(err.text, "no such table"));
    assert_int_equal(text.len, 0);
    assert_int_equal(verdict, MP_VERDICT_HARNESS);
}

static void rounds_without_stacks_are_counted_by_why_they_have_none(void **state) {
    (void)state;
    fixture_rounds(&fixture, make_cell("null", "mm", "none", "subject"), MP_OUTCOME_CRASH,
                   6);
    fixture_text(
        db(), "UPDATE round SET was_traced = 0, untraced = iif(id < 3, 'off', 'refused')"
              " WHERE id < 6");
    report();
    assert_shows("no stacks of 3 rounds: this host refused tracing");
    assert_shows("no stacks of 2 rounds: capture was off");
    assert_hides("stacks     none"); /* the newest one was traced */
    assert_string_equal(json_value("$.cells[0].untraced"), "{\"off\":2,\"refused\":3}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(zero_failures_are_a_bound_and_never_zero_per_cent),
        TEST(silent_positive_control_means_no_power),
        TEST(positive_control_that_was_skipped_is_no_silent_one),
        TEST(positive_control_that_never_counted_means_no_power),
        TEST(failing_negative_control_is_named_as_such),
        TEST(finding_in_a_subject_stands_whatever_the_control_did),
        TEST(subject_without_a_counted_round_is_inconclusive),
        TEST(campaign_without_a_verdict_says_that_nothing_ran),
        TEST(rounds_that_ran_and_do_not_count_are_inconclusive),
        TEST(rounds_without_a_verdict_stand_in_the_headline),
        TEST(report_knows_only_its_own_campaign),
        TEST(unfinished_and_interrupted_campaigns_are_called_so),
        TEST(model_is_never_mistaken_for_the_driver),
        TEST(every_kind_of_failure_has_an_example_and_its_command),
        TEST(hang_that_was_captured_shows_its_stack),
        TEST(hostile_text_in_the_file_cannot_act_on_the_terminal),
        TEST(colour_comes_only_if_asked_for_and_changes_no_word),
        TEST(table_keeps_to_the_width_of_the_terminal),
        TEST(json_has_every_part_of_the_report),
        TEST(rounds_without_stacks_are_counted_by_why_they_have_none),
        TEST(damaged_file_makes_an_error_and_no_report),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
