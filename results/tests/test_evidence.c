/* The rule that decides a claim, driven round by round to each of its ends.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/array.h"
#include "results/stats/evidence.h"

static const struct mp_claim FIVE_PERCENT = {.target = 0.05, .alpha = 0.05};

static struct mp_evidence weigh(const struct mp_evidence_cell *cell, size_t count) {
    struct mp_evidence evidence;
    mp_evidence_weigh(&FIVE_PERCENT, mp_evidence_prior(&FIVE_PERCENT), cell, count,
                      &evidence);
    return evidence;
}

/* Rounds with these outcomes ('.' pass, 'F' failure, '?' no verdict), over and over,
 * until it is decided; at most `max`. Every cell gets a round of its own text in turn. */
static uint64_t play(struct mp_evidence_cell *cell, const char *const *outcomes,
                     size_t count, uint64_t max, struct mp_evidence *ret_evidence) {
    uint64_t blocks = 0;
    do {
        for (size_t i = 0; i < count; i++) {
            char outcome = outcomes[i][blocks % strlen(outcomes[i])];
            cell[i].rounds += outcome != '?';
            cell[i].failures += outcome == 'F';
            cell[i].no_verdict += outcome == '?';
            cell[i].left -= cell[i].left > 0 && cell[i].left != UINT64_MAX;
        }
        blocks++;
        *ret_evidence = weigh(cell, count);
    } while (blocks < max && ret_evidence->decision == MP_DECISION_OPEN);
    return blocks;
}

/* With the prior Beta(1/2, 10) truncated to (0, 0.05): 72, and 130 and 174 with one and
 * two failures; incomplete beta functions of mpmath at 30 digits. */
static void
clean_rounds_meet_the_claim_after_exactly_as_many_as_the_mathematics_says(void **state) {
    (void)state;
    static const struct {
        const char *outcomes;
        uint64_t rounds;
    } cases[] = {
        {".", 72},
        {"F....................................................................."
         "..............................................................................",
         130},
        {"F....................F................................................................................................................................................................................................................",
         174},
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_evidence_cell cell = {.left = UINT64_MAX};
        struct mp_evidence evidence;
        assert_int_equal(play(&cell, &cases[i].outcomes, 1, 1000, &evidence),
                         cases[i].rounds);
        assert_int_equal(evidence.decision, MP_DECISION_MET);
        assert_true(evidence.log_e >= log(20.0));
        assert_true(evidence.share == 1.0);
        assert_int_equal(evidence.clean_left, 0);
        assert_true(evidence.is_met_at_worst);
    }
}

static void every_subject_must_meet_the_claim_by_itself(void **state) {
    (void)state;
    struct mp_evidence_cell cell[2] = {{.rounds = 72, .left = 10},
                                       {.rounds = 71, .left = 10}};
    struct mp_evidence evidence = weigh(cell, 2);
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
    assert_int_equal(evidence.met, 1);
    assert_int_equal(evidence.subjects, 2);
    assert_int_equal(evidence.weakest, 1);
    assert_int_equal(evidence.clean_left, 1);
    assert_true(evidence.share > 0.97 && evidence.share < 1.0);
    assert_false(evidence.is_out_of_reach);
    cell[1].left = 0;
    assert_true(weigh(cell, 2).is_out_of_reach);
    cell[1].rounds = 72;
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_MET);
}

static void a_run_of_failures_is_a_regression(void **state) {
    (void)state;
    struct mp_evidence_cell cell = {.left = UINT64_MAX};
    struct mp_evidence evidence;
    const char *outcomes = "F";
    assert_int_equal(play(&cell, &outcomes, 1, 100, &evidence), 3);
    assert_int_equal(evidence.decision, MP_DECISION_REGRESSION);
    assert_int_equal(evidence.regressed, 0);
    assert_true(evidence.log_e_above >= log(20.0));
}

static void one_of_many_subjects_needs_more_evidence_for_a_regression(void **state) {
    (void)state;
    struct mp_evidence_cell cell[100] = {{.rounds = 3, .failures = 3, .left = 10}};
    for (size_t i = 1; i < 100; i++)
        cell[i] = (struct mp_evidence_cell){.rounds = 3, .left = 10};
    struct mp_evidence evidence = weigh(cell, 100);
    assert_true(evidence.log_e_above >= log(20.0) && evidence.log_e_above < log(2000.0));
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
    cell[0].rounds = cell[0].failures = 6; /* log E = 8.8 */
    evidence = weigh(cell, 100);
    assert_int_equal(evidence.decision, MP_DECISION_REGRESSION);
    assert_int_equal(evidence.regressed, 0);
}

static void some_failures_do_not_end_it_while_the_question_is_open(void **state) {
    (void)state;
    struct mp_evidence_cell cell = {.rounds = 100, .failures = 4, .left = 1000};
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_OPEN);
}

static void the_claim_waits_for_the_control_that_must_fail(void **state) {
    (void)state;
    struct mp_evidence_cell cell[2] = {
        {.rounds = 80, .left = 100},
        {.role = MP_ROLE_POSITIVE, .rounds = 20, .left = 100}};
    struct mp_evidence evidence = weigh(cell, 2);
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
    assert_int_equal(evidence.met, 1);
    assert_int_equal(evidence.controls_awaited, 1);
    cell[1].failures = 1;
    evidence = weigh(cell, 2);
    assert_int_equal(evidence.decision, MP_DECISION_MET);
    assert_int_equal(evidence.must_fail, 1);
}

static void
a_silent_control_ends_it_after_66_rounds_or_when_it_has_none_left(void **state) {
    (void)state;
    struct mp_evidence_cell cell[2] = {{.left = UINT64_MAX},
                                       {.role = MP_ROLE_POSITIVE, .left = UINT64_MAX}};
    struct mp_evidence evidence;
    const char *outcomes[] = {
        "F.........................................................", "."};
    assert_int_equal(play(cell, outcomes, 2, 1000, &evidence), MP_EVIDENCE_SILENT_ROUNDS);
    assert_int_equal(evidence.decision, MP_DECISION_NO_POWER);
    assert_true(pow(0.9, MP_EVIDENCE_SILENT_ROUNDS) <= 0.001);
    assert_true(pow(0.9, MP_EVIDENCE_SILENT_ROUNDS - 1) > 0.001);
    cell[0] = (struct mp_evidence_cell){.rounds = 5, .left = UINT64_MAX};
    cell[1] = (struct mp_evidence_cell){.role = MP_ROLE_POSITIVE, .rounds = 5, .left = 1};
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_OPEN);
    cell[1].left = 0;
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_NO_POWER);
    cell[1].failures = 1;
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_OPEN);
}

static void a_control_without_a_verdict_is_not_silent_until_the_end(void **state) {
    (void)state;
    struct mp_evidence_cell cell[2] = {
        {.left = UINT64_MAX}, {.role = MP_ROLE_POSITIVE, .no_verdict = 500, .left = 10}};
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_OPEN);
}

static void a_control_that_must_pass_and_fails_ends_it(void **state) {
    (void)state;
    struct mp_evidence_cell cell[2] = {{.rounds = 80, .left = 100},
                                       {.role = MP_ROLE_NEGATIVE, .left = 100}};
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_OPEN); /* it has no round yet */
    cell[1].rounds = 1;
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_MET);
    cell[1].failures = 1;
    assert_int_equal(weigh(cell, 2).decision, MP_DECISION_CONTROL_FAILED);
}

static void a_proven_regression_stands_whatever_the_controls_did(void **state) {
    (void)state;
    struct mp_evidence_cell cell[3] = {
        {.rounds = 10, .failures = 10},
        {.role = MP_ROLE_POSITIVE, .rounds = 10},
        {.role = MP_ROLE_NEGATIVE, .rounds = 10, .failures = 1}};
    assert_int_equal(weigh(cell, 3).decision, MP_DECISION_REGRESSION);
}

static void
rounds_without_verdict_stand_beside_and_are_told_if_they_could_undo_it(void **state) {
    (void)state;
    struct mp_evidence_cell cell = {.rounds = 80, .no_verdict = 1, .left = 0};
    struct mp_evidence evidence = weigh(&cell, 1);
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
    assert_true(evidence.is_met_as_counted && !evidence.is_met_at_worst);
    assert_true(evidence.log_e > evidence.log_e_worst && evidence.share < 1);
    cell.rounds = 200;
    evidence = weigh(&cell, 1);
    assert_int_equal(evidence.decision, MP_DECISION_MET);
    assert_true(evidence.is_met_at_worst);
}

static void passes_in_which_no_threads_met_do_not_meet_a_claim(void **state) {
    (void)state;
    struct mp_evidence_cell cell = {.rounds = 100, .no_overlap = 40, .left = 0};
    struct mp_evidence evidence = weigh(&cell, 1);
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
    assert_true(evidence.is_met_as_counted);
    cell.no_overlap = 20;
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_MET);
    /* They are rounds that did not fail all the same: without them 5 of 20 would be a
     * regression, and 5 of 500 is none. */
    struct mp_evidence_cell rare = {.rounds = 500, .failures = 5, .no_overlap = 480};
    assert_int_equal(weigh(&rare, 1).decision, MP_DECISION_OPEN);
    rare.no_overlap = 0;
    assert_int_equal(weigh(&rare, 1).decision, MP_DECISION_MET);
}

static void a_claim_that_is_tried_again_must_be_met_by_all_tries(void **state) {
    (void)state;
    struct mp_evidence_cell cell = {.rounds = 80, .left = 0};
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_MET);
    cell.earlier =
        (struct mp_evidence_earlier){.campaigns = 18, .rounds = 4900, .failures = 260};
    struct mp_evidence evidence = weigh(&cell, 1);
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
    assert_true(evidence.is_met_as_counted && evidence.clean_left > 100);
    cell.earlier = (struct mp_evidence_earlier){.campaigns = 5, .rounds = 400};
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_MET);
    cell.rounds = 10; /* a night must show something by itself, too */
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_OPEN);
    cell.earlier.no_verdict = 300;
    cell.rounds = 80;
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_OPEN);
}

static void a_regression_is_none_if_lost_rounds_may_have_passed(void **state) {
    (void)state;
    struct mp_evidence_cell cell = {.rounds = 5, .failures = 4, .left = 0};
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_REGRESSION);
    cell.no_verdict = 95;
    assert_int_equal(weigh(&cell, 1).decision, MP_DECISION_OPEN);
}

static void without_a_subject_nothing_is_ever_claimed(void **state) {
    (void)state;
    struct mp_evidence_cell cell = {.role = MP_ROLE_POSITIVE, .rounds = 9, .failures = 9};
    struct mp_evidence evidence = weigh(&cell, 1);
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
    assert_true(evidence.weakest == SIZE_MAX && evidence.share == 0.0);
    assert_false(evidence.is_met_at_worst);
    evidence = weigh(NULL, 0);
    assert_int_equal(evidence.decision, MP_DECISION_OPEN);
}

static void the_upper_limit_is_the_least_target_that_the_counts_meet(void **state) {
    (void)state;
    static const struct {
        uint64_t failures, rounds;
    } cases[] = {
        {0, 1}, {0, 72}, {0, 3000}, {1, 130}, {5, 130}, {3, 1000000000},
    };
    struct mp_beta_prior prior = mp_evidence_prior(&FIVE_PERCENT);
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        uint64_t x = cases[i].failures, n = cases[i].rounds;
        double upper = mp_evidence_upper(x, n, 0.05, prior);
        assert_true(upper > (double)x / (double)n && upper <= 1.0);
        if (upper < 1.0)
            assert_true(mp_eprocess_log_below(x, n, upper * (1 + 1e-9), prior) >=
                        log(20.0));
        assert_true(mp_eprocess_log_below(x, n, upper * (1 - 1e-9), prior) < log(20.0));
    }
    /* 72 clean rounds just meet 5 %, 71 do not. */
    assert_true(mp_evidence_upper(0, 72, 0.05, prior) <= 0.05);
    assert_true(mp_evidence_upper(0, 71, 0.05, prior) > 0.05);
    assert_true(mp_evidence_upper(0, 0, 0.05, prior) == 1.0);
    assert_true(mp_evidence_upper(3, 3, 0.05, prior) == 1.0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            clean_rounds_meet_the_claim_after_exactly_as_many_as_the_mathematics_says),
        cmocka_unit_test(every_subject_must_meet_the_claim_by_itself),
        cmocka_unit_test(a_run_of_failures_is_a_regression),
        cmocka_unit_test(one_of_many_subjects_needs_more_evidence_for_a_regression),
        cmocka_unit_test(some_failures_do_not_end_it_while_the_question_is_open),
        cmocka_unit_test(the_claim_waits_for_the_control_that_must_fail),
        cmocka_unit_test(
            a_silent_control_ends_it_after_66_rounds_or_when_it_has_none_left),
        cmocka_unit_test(a_control_without_a_verdict_is_not_silent_until_the_end),
        cmocka_unit_test(a_control_that_must_pass_and_fails_ends_it),
        cmocka_unit_test(a_proven_regression_stands_whatever_the_controls_did),
        cmocka_unit_test(passes_in_which_no_threads_met_do_not_meet_a_claim),
        cmocka_unit_test(a_claim_that_is_tried_again_must_be_met_by_all_tries),
        cmocka_unit_test(a_regression_is_none_if_lost_rounds_may_have_passed),
        cmocka_unit_test(
            rounds_without_verdict_stand_beside_and_are_told_if_they_could_undo_it),
        cmocka_unit_test(the_upper_limit_is_the_least_target_that_the_counts_meet),
        cmocka_unit_test(without_a_subject_nothing_is_ever_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
