/* Tests of the live line: state in, text out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/clock.h"
#include "harness/supervisor/cli/progress.h"

static struct mp_tally example(void) {
    struct mp_tally tally = {
        .planned = 412,
        .done = 128,
        .subject_counted = 96,
        .control_behaved = 31,
        .control_counted = 32,
        .elapsed_ns = 12 * MP_CLOCK_NS_PER_S,
        .now = "mm:threads=8",
    };
    tally.outcome[MP_OUTCOME_PASS] = 97;
    tally.outcome[MP_OUTCOME_CRASH] = 31;
    return tally;
}

static void assert_line(const struct mp_tally *tally, unsigned columns, const char *expected) {
    struct mp_strbuf buf;
    struct mp_progress_style style = {.columns = columns, .use_utf8 = true};
    mp_strbuf_init(&buf);
    mp_progress_format(tally, &style, &buf);
    assert_string_equal(buf.text, expected);
    mp_strbuf_release(&buf);
}

static void line_shows_state_rates_and_what_runs(void **state) {
    (void)state;
    struct mp_tally tally = example();
    assert_line(&tally, 200,
                "00:00:12  128/412 rounds  crash 31  subjects 0/96 (so far ≤ 3.1 %)  "
                "controls 31/32  11 rounds/s  left 00:00:26  now mm:threads=8");
}

static void line_keeps_rate_speed_and_time_left_in_80_columns(void **state) {
    (void)state;
    struct mp_tally tally = example();
    tally.outcome[MP_OUTCOME_NO_OVERLAP] = 3;
    assert_line(&tally, 79, "00:00:12  128/412  crash 31  subjects ≤ 3.1 %  11/s  left 00:00:26");
    tally.planned = 0;
    tally.duration_ns = 22 * MP_CLOCK_NS_PER_S;
    assert_line(&tally, 79,
                "00:00:12  128 rounds  crash 31  subjects ≤ 3.1 %  11/s  left 00:00:10");
}

static void line_drops_whole_fields_that_do_not_fit(void **state) {
    (void)state;
    struct mp_tally tally = example();
    assert_line(&tally, 66, "00:00:12  128/412  crash 31  subjects ≤ 3.1 %  11/s  left 00:00:26");
    assert_line(&tally, 65, "00:00:12  128/412  crash 31  subjects ≤ 3.1 %  11/s");
    assert_line(&tally, 44, "00:00:12  128/412  crash 31");
    assert_line(&tally, 9, "00:00:12");
    assert_line(&tally, 1, "");
}

static void line_never_exceeds_the_terminal(void **state) {
    (void)state;
    struct mp_tally tally = example();
    char title[MP_PLAN_TITLE_MAX];
    memset(title, 'x', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    tally.now = title;
    tally.outcome[MP_OUTCOME_SKIP] = 4;
    for (unsigned columns = 0; columns < 260; columns++) {
        struct mp_strbuf buf;
        struct mp_progress_style style = {.columns = columns, .use_utf8 = columns % 2 == 0};
        size_t used = 0;
        mp_strbuf_init(&buf);
        mp_progress_format(&tally, &style, &buf);
        for (const char *at = buf.text; *at != '\0'; at++) {
            used += ((unsigned char)*at & 0xC0) != 0x80;
        }
        assert_true(used <= columns);
        mp_strbuf_release(&buf);
    }
}

static void line_counts_failures_of_subjects_apart_from_those_of_controls(void **state) {
    (void)state;
    struct mp_tally tally = example();
    tally.subject_failures = 2;
    tally.outcome[MP_OUTCOME_MISMATCH] = 2;
    tally.outcome[MP_OUTCOME_NO_OVERLAP] = 3;
    assert_line(&tally, 110,
                "00:00:12  128/412  crash 31 mismatch 2  subjects 0.25–7.3 %  11/s  "
                "left 00:00:26  no verdict 3  controls 31/32");
    assert_line(&tally, 160,
                "00:00:12  128/412 rounds  crash 31 mismatch 2  no verdict 3  "
                "subjects 2/96 (so far 0.25–7.3 %)  controls 31/32  11 rounds/s  left 00:00:26  "
                "now mm:threads=8");
}

static void line_says_no_rate_before_there_is_one(void **state) {
    (void)state;
    struct mp_tally tally = {.planned = 10, .now = "noop"};
    assert_line(&tally, 100, "00:00:00  0/10 rounds  no failure  subjects 0/0  now noop");
}

static void line_leaves_by_whichever_ends_first(void **state) {
    (void)state;
    struct mp_tally tally = example();
    tally.control_counted = 0;
    tally.duration_ns = 22 * MP_CLOCK_NS_PER_S;
    tally.now = "";
    assert_line(&tally, 200,
                "00:00:12  128/412 rounds  crash 31  subjects 0/96 (so far ≤ 3.1 %)  "
                "11 rounds/s  left 00:00:10");
    tally.planned = 0;
    assert_line(&tally, 200,
                "00:00:12  128 rounds  crash 31  subjects 0/96 (so far ≤ 3.1 %)  "
                "11 rounds/s  left 00:00:10");
}

static void line_has_colour_only_if_asked_and_nothing_but_ascii_without_utf8(void **state) {
    (void)state;
    struct mp_tally tally = example();
    struct mp_strbuf buf;
    struct mp_progress_style style = {.columns = 200};
    mp_strbuf_init(&buf);
    mp_progress_format(&tally, &style, &buf);
    assert_null(strchr(buf.text, '\033'));
    for (const char *at = buf.text; *at != '\0'; at++) {
        assert_true((unsigned char)*at < 0x80);
    }
    mp_strbuf_clear(&buf);
    style.use_colour = true;
    mp_progress_format(&tally, &style, &buf);
    assert_non_null(strstr(buf.text, "\033["));
    assert_non_null(strstr(buf.text, "\033[0m"));
    mp_strbuf_release(&buf);
}

static void long_title_is_cut_with_dots(void **state) {
    (void)state;
    struct mp_tally tally = {.planned = 10, .now = "destroy_impl:threads=16"};
    assert_line(&tally, 66, "00:00:00  0/10 rounds  no failure  subjects 0/0  now destroy_im...");
}

static void event_names_round_outcome_cell_role_and_signature(void **state) {
    (void)state;
    struct mp_plan_cell cell = {.title = "destroy_impl:q=1", .role = MP_ROLE_POSITIVE_CONTROL};
    struct mp_signature signature = {.title = "SIGSEGV at NULL+0x5c8 in -[X y]\033[2J"};
    struct mp_campaign_event event = {.cell = &cell,
                                      .seq = 17,
                                      .outcome = MP_OUTCOME_CRASH,
                                      .detail = "",
                                      .signature = &signature};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_progress_format_event(&event, &buf);
    assert_string_equal(buf.text, "round 17: crash in destroy_impl:q=1 (positive control): "
                                  "SIGSEGV at NULL+0x5c8 in -[X y]\\x1b[2J");
    mp_strbuf_release(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_shows_state_rates_and_what_runs),
        cmocka_unit_test(line_keeps_rate_speed_and_time_left_in_80_columns),
        cmocka_unit_test(line_drops_whole_fields_that_do_not_fit),
        cmocka_unit_test(line_never_exceeds_the_terminal),
        cmocka_unit_test(line_counts_failures_of_subjects_apart_from_those_of_controls),
        cmocka_unit_test(line_says_no_rate_before_there_is_one),
        cmocka_unit_test(line_leaves_by_whichever_ends_first),
        cmocka_unit_test(line_has_colour_only_if_asked_and_nothing_but_ascii_without_utf8),
        cmocka_unit_test(long_title_is_cut_with_dots),
        cmocka_unit_test(event_names_round_outcome_cell_role_and_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
