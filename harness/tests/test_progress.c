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

static void assert_line(const struct mp_tally *tally, unsigned columns,
                        const char *expected) {
    struct mp_strbuf buf;
    struct mp_progress_style style = {.columns = columns, .use_utf8 = true};
    mp_strbuf_init(&buf);
    mp_progress_format(tally, NULL, &style, &buf);
    assert_string_equal(buf.text, expected);
    mp_strbuf_release(&buf);
}

static void line_shows_state_rates_and_what_runs(void **state) {
    (void)state;
    struct mp_tally tally = example();
    assert_line(&tally, 200,
                "00:00:12  128/412 rounds  crash 31  subjects 0/96 (95 %: ≤ 5.92 %)  "
                "controls 31/32  11 rounds/s  left 00:00:26  now mm:threads=8");
}

static void line_keeps_rate_speed_and_time_left_in_80_columns(void **state) {
    (void)state;
    struct mp_tally tally = example();
    tally.outcome[MP_OUTCOME_NO_OVERLAP] = 3;
    assert_line(&tally, 79,
                "00:00:12  128/412  crash 31  subjects ≤ 5.92 %  11/s  left 00:00:26");
    tally.planned = 0;
    tally.duration_ns = 22 * MP_CLOCK_NS_PER_S;
    assert_line(&tally, 79,
                "00:00:12  128 rounds  crash 31  subjects ≤ 5.92 %  11/s  left 00:00:10");
}

/* The claim rate<5%@95% with two subjects and a control: cells of the plan in this
 * order. */
static struct mp_cell claim_cells[3] = {
    {.role = MP_ROLE_SUBJECT}, {.role = MP_ROLE_SUBJECT}, {.role = MP_ROLE_POSITIVE}};
static const struct mp_plan claim_plan = {.cell = claim_cells, .cell_count = 3};

static void make_claim(struct mp_until *until, uint64_t first, uint64_t second,
                       uint64_t control, enum mp_outcome control_outcome) {
    const uint64_t rounds[] = {first, second, control};
    struct mp_claim claim = {.target = 0.05, .alpha = 0.05};
    mp_until_init(until, &claim_plan, &claim);
    for (size_t i = 0; i < 3; i++) {
        struct mp_ended ended = {.cell_index = i,
                                 .outcome = i == 2 ? control_outcome : MP_OUTCOME_PASS};
        for (uint64_t n = 0; n < rounds[i]; n++)
            mp_until_is_decided(until, &ended);
    }
}

static void assert_claim_line(const struct mp_until *until, unsigned columns,
                              const char *expected) {
    struct mp_tally tally = {.done = 100,
                             .subject_counted = 80,
                             .elapsed_ns = 50 * MP_CLOCK_NS_PER_S,
                             .now = ""};
    struct mp_strbuf buf;
    struct mp_progress_style style = {.columns = columns, .use_utf8 = true};
    mp_strbuf_init(&buf);
    mp_progress_format(&tally, until, &style, &buf);
    assert_string_equal(buf.text, expected);
    mp_strbuf_release(&buf);
}

/* 32 more clean rounds of the weakest subject are 32 blocks of three rounds, at 2 rounds
 * a second.
 */
static void line_shows_how_far_the_evidence_has_come_and_when_it_decides(void **state) {
    (void)state;
    struct mp_until until;
    make_claim(&until, 50, 40, 10, MP_OUTCOME_CRASH);
    assert_claim_line(
        &until, 200,
        "00:00:50  100 rounds  no failure  subjects 0/80 (95 %: ≤ 5.01 %)  evidence "
        "53 % of needed  decided in 00:00:48 if all pass  2.0 rounds/s");
    assert_claim_line(&until, 79,
                      "00:00:50  100 rounds  no failure  evidence 53 %  in 00:00:48  "
                      "subjects ≤ 5.01 %");
    mp_until_release(&until);
}

static void line_says_what_a_claim_still_waits_for(void **state) {
    (void)state;
    struct mp_until until;
    make_claim(&until, 80, 80, 10, MP_OUTCOME_PASS);
    assert_claim_line(
        &until, 200,
        "00:00:50  100 rounds  no failure  subjects 0/80 (95 %: ≤ 5.01 %)  evidence "
        "100 %, waiting for a control  2.0 rounds/s");
    mp_until_release(&until);
    for (size_t i = 0; i < 3; i++)
        claim_cells[i].rounds = 60;
    make_claim(&until, 50, 40, 10, MP_OUTCOME_CRASH);
    assert_claim_line(
        &until, 200,
        "00:00:50  100 rounds  no failure  subjects 0/80 (95 %: ≤ 5.01 %)  evidence "
        "53 % of needed  too few rounds left for it  2.0 rounds/s");
    mp_until_release(&until);
    for (size_t i = 0; i < 3; i++)
        claim_cells[i].rounds = 0;
}

static void line_drops_whole_fields_that_do_not_fit(void **state) {
    (void)state;
    struct mp_tally tally = example();
    assert_line(&tally, 67,
                "00:00:12  128/412  crash 31  subjects ≤ 5.92 %  11/s  left 00:00:26");
    assert_line(&tally, 66, "00:00:12  128/412  crash 31  subjects ≤ 5.92 %  11/s");
    assert_line(&tally, 44, "00:00:12  128/412  crash 31");
    assert_line(&tally, 9, "00:00:12");
    assert_line(&tally, 1, "");
}

static void line_never_exceeds_the_terminal(void **state) {
    (void)state;
    struct mp_tally tally = example();
    char title[MP_CELL_TITLE_MAX];
    memset(title, 'x', sizeof(title) - 1);
    title[sizeof(title) - 1] = '\0';
    tally.now = title;
    tally.outcome[MP_OUTCOME_SKIP] = 4;
    for (unsigned columns = 0; columns < 260; columns++) {
        struct mp_strbuf buf;
        struct mp_progress_style style = {.columns = columns,
                                          .use_utf8 = columns % 2 == 0};
        size_t used = 0;
        mp_strbuf_init(&buf);
        mp_progress_format(&tally, NULL, &style, &buf);
        for (const char *at = buf.text; *at != '\0'; at++)
            used += ((unsigned char)*at & 0xC0) != 0x80;
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
    assert_line(&tally, 114,
                "00:00:12  128/412  crash 31 mismatch 2  subjects 0.0500–10.9 %  11/s  "
                "left 00:00:26  no overlap 3  controls 31/32");
    assert_line(&tally, 160,
                "00:00:12  128/412 rounds  crash 31 mismatch 2  no overlap 3  subjects "
                "2/96 (95 %: 0.0500–10.9 %)  controls 31/32  11 rounds/s  left 00:00:26  "
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
                "00:00:12  128/412 rounds  crash 31  subjects 0/96 (95 %: ≤ 5.92 %)  "
                "11 rounds/s  left 00:00:10");
    tally.planned = 0;
    assert_line(&tally, 200,
                "00:00:12  128 rounds  crash 31  subjects 0/96 (95 %: ≤ 5.92 %)  "
                "11 rounds/s  left 00:00:10");
}

static void
line_has_colour_only_if_asked_and_nothing_but_ascii_without_utf8(void **state) {
    (void)state;
    struct mp_tally tally = example();
    struct mp_strbuf buf;
    struct mp_progress_style style = {.columns = 200};
    mp_strbuf_init(&buf);
    mp_progress_format(&tally, NULL, &style, &buf);
    assert_null(strchr(buf.text, '\033'));
    for (const char *at = buf.text; *at != '\0'; at++)
        assert_true((unsigned char)*at < 0x80);
    mp_strbuf_clear(&buf);
    style.use_colour = true;
    mp_progress_format(&tally, NULL, &style, &buf);
    assert_non_null(strstr(buf.text, "\033["));
    assert_non_null(strstr(buf.text, "\033[0m"));
    mp_strbuf_release(&buf);
}

static void long_title_is_cut_with_dots(void **state) {
    (void)state;
    struct mp_tally tally = {.planned = 10, .now = "destroy_impl:threads=16"};
    assert_line(&tally, 66,
                "00:00:00  0/10 rounds  no failure  subjects 0/0  now destroy_im...");
}

static void event_names_round_outcome_cell_role_and_signature(void **state) {
    (void)state;
    struct mp_cell cell = {.title = "destroy_impl:q=1", .role = MP_ROLE_POSITIVE};
    struct mp_signature signature = {.title = "SIGSEGV at NULL+0x5c8 in -[X y]\033[2J"};
    struct mp_campaign_event event = {.cell = &cell,
                                      .seq = 17,
                                      .outcome = MP_OUTCOME_CRASH,
                                      .detail = "",
                                      .signature = &signature};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_progress_format_event(&event, &buf);
    assert_string_equal(buf.text,
                        "round 17: crash in destroy_impl:q=1 (positive control): "
                        "SIGSEGV at NULL+0x5c8 in -[X y]\\x1b[2J");
    mp_strbuf_release(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_shows_state_rates_and_what_runs),
        cmocka_unit_test(line_keeps_rate_speed_and_time_left_in_80_columns),
        cmocka_unit_test(line_shows_how_far_the_evidence_has_come_and_when_it_decides),
        cmocka_unit_test(line_says_what_a_claim_still_waits_for),
        cmocka_unit_test(line_drops_whole_fields_that_do_not_fit),
        cmocka_unit_test(line_never_exceeds_the_terminal),
        cmocka_unit_test(line_counts_failures_of_subjects_apart_from_those_of_controls),
        cmocka_unit_test(line_says_no_rate_before_there_is_one),
        cmocka_unit_test(line_leaves_by_whichever_ends_first),
        cmocka_unit_test(
            line_has_colour_only_if_asked_and_nothing_but_ascii_without_utf8),
        cmocka_unit_test(long_title_is_cut_with_dots),
        cmocka_unit_test(event_names_round_outcome_cell_role_and_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
