/* A campaign that runs until its claim is decided: counting, going on, and what it says
 * at the end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <string.h>

#include "harness/supervisor/campaign/until.h"

static const struct mp_claim FIVE_PERCENT = {.target = 0.05, .alpha = 0.05};

/* A subject, a control that must fail and one that must pass. */
struct example {
    struct mp_cell cell[3];
    struct mp_plan plan;
    struct mp_until until;
};

static void begin(struct example *example, uint64_t rounds) {
    static const enum mp_role roles[] = {MP_ROLE_SUBJECT, MP_ROLE_POSITIVE,
                                         MP_ROLE_NEGATIVE};
    memset(example, 0, sizeof(*example));
    for (size_t i = 0; i < 3; i++) {
        example->cell[i].role = roles[i];
        example->cell[i].rounds = rounds;
        example->cell[i].is_device_present = true;
        snprintf(example->cell[i].title, sizeof(example->cell[i].title), "cell%zu", i);
    }
    example->plan = (struct mp_plan){.cell = example->cell, .cell_count = 3};
    mp_until_init(&example->until, &example->plan, &FIVE_PERCENT);
}

static bool add(struct example *example, size_t cell, enum mp_outcome outcome,
                unsigned rounds) {
    struct mp_ended ended = {.cell_index = cell, .outcome = outcome};
    bool is_decided = false;
    for (unsigned i = 0; i < rounds; i++)
        is_decided = mp_until_is_decided(&example->until, &ended);
    return is_decided;
}

static void assert_end(const struct example *example, const char *expected) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_until_describe_end(&example->until, "the budget is used up", &text);
    assert_string_equal(text.text, expected);
    mp_strbuf_release(&text);
}

static void success_is_decided_by_the_last_round_it_needs(void **state) {
    (void)state;
    struct example example;
    begin(&example, 0);
    assert_false(add(&example, 1, MP_OUTCOME_CRASH, 1));
    assert_false(add(&example, 2, MP_OUTCOME_PASS, 1));
    assert_false(add(&example, 0, MP_OUTCOME_NO_OVERLAP, 5));
    assert_false(add(&example, 0, MP_OUTCOME_PASS, 71));
    assert_end(
        &example,
        "the budget is used up, and rate<5%@95% is undecided: 98 % of the evidence needed");
    assert_true(add(&example, 0, MP_OUTCOME_PASS, 1));
    assert_end(&example, "ended by success: rate<5%@95% is shown");
    assert_false(
        add(&example, 0, MP_OUTCOME_HANG, 1)); /* a round that still ran undoes it */
    mp_until_release(&example.until);
}

static void each_other_end_has_its_words(void **state) {
    (void)state;
    struct example example;
    begin(&example, 0);
    assert_true(add(&example, 0, MP_OUTCOME_CRASH, 3));
    assert_end(
        &example,
        "ended by a regression against rate<5%@95%: 3 of 3 rounds of cell0 failed");
    mp_until_release(&example.until);
    begin(&example, 0);
    assert_true(add(&example, 1, MP_OUTCOME_PASS, MP_EVIDENCE_SILENT_ROUNDS));
    assert_end(&example, "ended without power: a control that must fail is silent");
    mp_until_release(&example.until);
    begin(&example, 0);
    assert_true(add(&example, 2, MP_OUTCOME_CRASH, 1));
    assert_end(&example,
               "ended because a control that must pass failed: nothing can be shown");
    mp_until_release(&example.until);
}

static void a_control_that_has_used_up_its_rounds_in_silence_ends_it(void **state) {
    (void)state;
    struct example example;
    begin(&example, 10);
    assert_false(add(&example, 1, MP_OUTCOME_PASS, 9));
    assert_true(add(&example, 1, MP_OUTCOME_PASS, 1));
    assert_int_equal(example.until.evidence.decision, MP_DECISION_NO_POWER);
    mp_until_release(&example.until);
}

static void rounds_left_are_those_of_all_cells_that_still_run(void **state) {
    (void)state;
    struct example example;
    begin(&example, 0);
    assert_true(mp_until_rounds_left(&example.until) == 3 * 72);
    add(&example, 0, MP_OUTCOME_PASS, 70);
    assert_true(mp_until_rounds_left(&example.until) == 3 * 2);
    mp_until_release(&example.until);
    begin(&example, 80);
    add(&example, 1, MP_OUTCOME_CRASH, 79); /* the control has one round left */
    assert_true(mp_until_rounds_left(&example.until) == 72 + 1 + 72);
    add(&example, 0, MP_OUTCOME_CRASH, 1); /* now 129 of 79 would be needed */
    assert_true(mp_until_rounds_left(&example.until) == UINT64_MAX);
    mp_until_release(&example.until);
}

static void a_budget_that_cannot_show_the_claim_is_told_beforehand(void **state) {
    (void)state;
    struct example example;
    struct mp_strbuf why;
    mp_strbuf_init(&why);
    begin(&example, 72);
    assert_true(mp_until_is_reachable(&example.until, &why));
    mp_until_release(&example.until);
    begin(&example, 71);
    assert_false(mp_until_is_reachable(&example.until, &why));
    assert_non_null(strstr(why.text, "needs 72 rounds of each subject"));
    assert_non_null(strstr(why.text, "cell0 has 71"));
    example.cell[0].is_device_present = false; /* told elsewhere */
    mp_strbuf_clear(&why);
    assert_true(mp_until_is_reachable(&example.until, &why));
    mp_until_release(&example.until);
    mp_strbuf_release(&why);
}

static void what_was_recorded_before_an_interruption_counts(void **state) {
    (void)state;
    struct example example;
    struct mp_saved_cell cell[3] = {
        {.passed = 70, .skipped = 2}, {.failures = 3}, {.passed = 4}};
    struct mp_saved_request saved = {.cell = cell, .cell_count = 3};
    begin(&example, 100);
    mp_until_restore(&example.until, &saved);
    assert_int_equal(example.until.cell[0].left, 28);
    assert_false(add(&example, 0, MP_OUTCOME_PASS, 1));
    assert_true(add(&example, 0, MP_OUTCOME_PASS, 1));
    assert_int_equal(example.until.evidence.decision, MP_DECISION_MET);
    mp_until_release(&example.until);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_decided_by_the_last_round_it_needs),
        cmocka_unit_test(each_other_end_has_its_words),
        cmocka_unit_test(a_control_that_has_used_up_its_rounds_in_silence_ends_it),
        cmocka_unit_test(rounds_left_are_those_of_all_cells_that_still_run),
        cmocka_unit_test(a_budget_that_cannot_show_the_claim_is_told_beforehand),
        cmocka_unit_test(what_was_recorded_before_an_interruption_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
