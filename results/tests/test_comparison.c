/* Comparisons: from rounds to verdicts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/rng.h"
#include "results/stats/comparison.h"

#define ONCE  false
#define LOOKS true

static struct mp_comparison comparison;
static uint64_t next_seed;

static void begin(size_t arms, size_t strata, bool looks) {
    struct mp_comparison_rule rule = {.arm_count = arms,
                                      .stratum_count = strata,
                                      .alpha = 0.05,
                                      .fixed_below = 0.1,
                                      .looks = looks};
    mp_comparison_release(&comparison);
    mp_comparison_init(&comparison, &rule);
    next_seed = 1;
}

static int tear_down(void **state) {
    (void)state;
    mp_comparison_release(&comparison);
    return 0;
}

/* One block, a letter for each arm: 'p' passed, 'f' failed, '-' has no verdict. */
static void add_block(size_t stratum, const char *rounds) {
    assert_int_equal(strlen(rounds), comparison.rule.arm_count);
    for (size_t arm = 0; rounds[arm] != '\0'; arm++) {
        enum mp_block_verdict verdict = rounds[arm] == 'p'   ? MP_BLOCK_PASS
                                        : rounds[arm] == 'f' ? MP_BLOCK_FAIL
                                                             : MP_BLOCK_NONE;
        mp_comparison_add(&comparison, stratum, arm, next_seed, verdict);
    }
    next_seed++;
}

/* `count` blocks of which the first `a` of the control and `b` of the arm fail. */
static void add_blocks(size_t stratum, unsigned count, unsigned a, unsigned b) {
    for (unsigned i = 0; i < count; i++) {
        char rounds[] = {i < a ? 'f' : 'p', i < b ? 'f' : 'p', '\0'};
        add_block(stratum, rounds);
    }
}

static enum mp_comparison_verdict verdict_of(size_t arm, enum mp_comparison_view view) {
    enum mp_comparison_verdict verdict[MP_COMPARISON_ARMS_MAX];
    mp_comparison_judge(&comparison, view, verdict);
    return verdict[arm];
}

static void assert_verdict(const char *name) {
    assert_string_equal(mp_comparison_verdict_name(verdict_of(1, MP_COMPARISON_SEEN)),
                        name);
}

static void counts_of_one_workload_give_the_verdict_of_exact_tests(void **state) {
    (void)state;
    static const struct {
        unsigned count, a, b;
        const char *verdict;
    } cases[] = {
        {20, 11, 0, "better"}, /* shown, but 0 of 20 is below 13.9 % only */
        {40, 22, 0, "fixed"},  /* 0 of 40: below 7.2 % */
        {40, 22, 1, "better"}, /* 1 of 40: below 11.3 % only */
        {20, 0, 11, "worse"},          {20, 2, 0, "no_difference"}, /* McNemar 0.5 */
        {20, 0, 2, "no_power"},        {100, 0, 0, "no_power"},
        {20, 20, 20, "no_difference"}, {8, 8, 8, "no_difference"},
        {10, 6, 0, "better"},        /* McNemar 0.031 */
        {10, 5, 0, "no_difference"}, /* McNemar 0.063 */
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        begin(2, 1, ONCE);
        add_blocks(0, cases[i].count, cases[i].a, cases[i].b);
        assert_verdict(cases[i].verdict);
        assert_false(mp_comparison_is_decided(&comparison));
    }
}

static void arm_without_a_round_that_counts_is_no_verdict_on_it(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    assert_verdict("nothing_ran");
    for (int i = 0; i < 50; i++)
        add_block(0, "f-");
    assert_verdict("nothing_ran");
    assert_false(mp_comparison_is_decided(&comparison));
    assert_int_equal(mp_comparison_count(&comparison, 0, 1).no_verdict, 50);
}

static void comparison_ends_once_the_arm_is_fixed(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    unsigned blocks = 0;
    while (!mp_comparison_is_decided(&comparison) && blocks < 1000) {
        add_block(0, "fp");
        blocks++;
        if (blocks == 10) /* different by far, but nothing is known of 10 % yet */
            assert_verdict("better");
    }
    assert_verdict("fixed");
    assert_int_equal(blocks,
                     mp_eprocess_clean_rounds(0, 0, 0.1, 0.05, mp_prior_jeffreys()));
}

static void comparison_ends_once_the_arm_is_worse(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    unsigned blocks = 0;
    while (!mp_comparison_is_decided(&comparison) && blocks < 1000) {
        add_block(0, "pf");
        blocks++;
    }
    assert_verdict("worse");
    assert_in_range(blocks, 4, 12);
}

static void
comparison_ends_once_the_arm_is_better_and_known_not_to_be_fixed(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    unsigned blocks = 0;
    while (!mp_comparison_is_decided(&comparison) && blocks < 1000) {
        add_block(0, blocks % 2 == 0 ? "ff" : "fp"); /* half of them */
        blocks++;
    }
    assert_verdict("better");
    assert_in_range(blocks, 10, 100);
}

static void comparison_of_equal_arms_goes_on_to_the_end(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    for (int i = 0; i < 500; i++) {
        add_block(0, i % 4 < 2 ? "ff" : i % 4 == 2 ? "pf" : "fp");
        assert_false(mp_comparison_is_decided(&comparison));
    }
    assert_verdict("no_difference");
}

static void progress_counts_up_to_the_decision(void **state) {
    (void)state;
    double differ = -1, below = -1, last = 0;
    begin(2, 1, LOOKS);
    mp_comparison_progress(&comparison, &differ, &below);
    assert_float_equal(differ, 0, 0);
    assert_float_equal(below, 0, 0);
    while (!mp_comparison_is_decided(&comparison)) {
        assert_true(differ < 1 || below < 1);
        add_block(0, "fp");
        mp_comparison_progress(&comparison, &differ, &below);
        assert_true(below >= last && below <= 1 && differ <= 1);
        last = below;
    }
    assert_float_equal(differ, 1, 0);
    assert_float_equal(below, 1, 0);
}

static void verdict_that_was_reached_stays(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    while (!mp_comparison_is_decided(&comparison))
        add_block(0, "fp");
    add_blocks(0, 40, 0, 40); /* rounds that were still running when it was decided */
    assert_verdict("fixed");
}

static void rounds_without_a_verdict_are_read_both_ways(void **state) {
    (void)state;
    begin(2, 1, ONCE);
    add_blocks(0, 60, 12, 0);
    for (int i = 0; i < 12; i++)
        add_block(0, "p-");
    assert_int_equal(verdict_of(1, MP_COMPARISON_SEEN), MP_COMPARISON_FIXED);
    assert_int_equal(verdict_of(1, MP_COMPARISON_AGAINST), MP_COMPARISON_NO_DIFFERENCE);
    assert_int_equal(verdict_of(1, MP_COMPARISON_IN_FAVOUR), MP_COMPARISON_FIXED);
    struct mp_two_arms worst =
        mp_comparison_table(&comparison, 0, 1, MP_COMPARISON_AGAINST);
    assert_int_equal(worst.failures_b, 12);
    assert_int_equal(worst.rounds_b, 72);
    begin(2, 1, LOOKS);
    for (int i = 0; i < 60; i++)
        add_block(0, i % 3 != 0 ? "fp" : i % 2 == 0 ? "f-" : "p-");
    assert_int_equal(verdict_of(1, MP_COMPARISON_SEEN), MP_COMPARISON_FIXED);
    assert_int_equal(verdict_of(1, MP_COMPARISON_AGAINST), MP_COMPARISON_BETTER);
    double seen = mp_comparison_evidence_total(&comparison, 1, MP_COMPARISON_SEEN);
    assert_true(mp_comparison_evidence_total(&comparison, 1, MP_COMPARISON_AGAINST) <
                seen);
    assert_true(mp_comparison_evidence_total(&comparison, 1, MP_COMPARISON_IN_FAVOUR) >
                seen);
}

/* Rounds of several blocks at the same time end in any order. */
static void rounds_find_their_block_in_whatever_order_they_end(void **state) {
    (void)state;
    begin(3, 2, LOOKS);
    for (uint64_t i = 0; i < 10; i++)
        add_block(i % 2, "fpp");
    double want = mp_comparison_evidence_total(&comparison, 2, MP_COMPARISON_SEEN);
    begin(3, 2, LOOKS);
    for (size_t arm = 3; arm > 0; arm--) {
        for (uint64_t i = 0; i < 10; i++) {
            mp_comparison_add(&comparison, i % 2, arm - 1, 1 + i,
                              arm == 1 ? MP_BLOCK_FAIL : MP_BLOCK_PASS);
            /* The same seed in another workload is another block. */
            assert_int_equal(comparison.blocks, arm == 1 ? i + 1 : 0);
        }
    }
    assert_float_equal(mp_comparison_evidence_total(&comparison, 2, MP_COMPARISON_SEEN),
                       want, 1e-12);
    assert_int_equal(comparison.open_count, 0);
}

static void second_round_of_an_arm_in_a_block_starts_no_block(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    mp_comparison_add(&comparison, 0, 1, 7, MP_BLOCK_FAIL);
    mp_comparison_add(&comparison, 0, 1, 7, MP_BLOCK_FAIL);
    assert_int_equal(comparison.open_count, 1);
    mp_comparison_add(&comparison, 0, 0, 7, MP_BLOCK_PASS);
    assert_int_equal(comparison.blocks, 1);
    assert_int_equal(mp_comparison_count(&comparison, 0, 1).failed, 2);
}

static void evidence_of_workloads_adds_up(void **state) {
    (void)state;
    begin(2, 2, LOOKS);
    double alone[2];
    for (size_t i = 0; i < 2; i++) {
        add_blocks(i, 6, 6, (unsigned)i);
        alone[i] = mp_comparison_evidence(&comparison, i, 1, MP_COMPARISON_SEEN);
        assert_true(alone[i] > 0);
    }
    assert_float_equal(mp_comparison_evidence_total(&comparison, 1, MP_COMPARISON_SEEN),
                       alone[0] + alone[1], 1e-12);
    assert_float_equal(mp_comparison_evidence_needed(&comparison.rule), log(40), 1e-9);
}

static void arm_that_is_worse_in_one_workload_is_worse(void **state) {
    (void)state;
    for (int looks = 0; looks < 2; looks++) {
        begin(2, 3, looks == 1);
        for (int i = 0; i < 40; i++) {
            add_block(0, "fp");
            add_block(1, "fp");
            add_block(2, i % 10 == 0 ? "fp" : "pf");
        }
        assert_verdict("worse");
    }
}

static void fixed_means_fixed_in_every_workload(void **state) {
    (void)state;
    begin(2, 2, ONCE);
    add_blocks(0, 40, 40, 0);
    add_blocks(1, 10, 10, 0); /* 0 of 10 says little */
    assert_verdict("better");
    add_blocks(1, 40, 40, 0);
    assert_verdict("fixed");
    begin(2, 2, ONCE);
    add_blocks(0, 40, 40, 0);
    add_blocks(1, 10, 0, 0); /* the control is silent there, but what of the arm? */
    assert_verdict("better");
    add_blocks(1, 30, 0, 0);
    assert_verdict("fixed");
    begin(2, 2, ONCE);
    add_blocks(0, 200, 100, 0);
    add_blocks(1, 200, 0, 5); /* not shown to be worse: McNemar 0.063 */
    assert_verdict("fixed");
    begin(2, 2, ONCE);
    add_blocks(0, 40, 20, 0);
    add_blocks(1, 40, 0, 3);
    assert_verdict("better"); /* where the control never failed, 3 of 40 may be 18 % */
}

/* A verdict stands only if rounds without a verdict could not undo it. */
static void a_verdict_that_lost_rounds_could_undo_does_not_stand(void **state) {
    (void)state;
    static const struct {
        const char *most, *some; /* 60 and 14 blocks */
        enum mp_comparison_verdict seen, stands;
    } cases[] = {
        {"fp", "f-", MP_COMPARISON_FIXED, MP_COMPARISON_BETTER},
        {"fp", "fp", MP_COMPARISON_FIXED, MP_COMPARISON_FIXED},
        {"fp", "-p", MP_COMPARISON_FIXED, MP_COMPARISON_FIXED},
        {"pf", "-p", MP_COMPARISON_WORSE, MP_COMPARISON_WORSE},
    };
    enum mp_comparison_verdict stands[MP_COMPARISON_ARMS_MAX];
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        for (int looks = 0; looks < 2; looks++) {
            begin(2, 1, looks == 1);
            for (int block = 0; block < 74; block++)
                add_block(0, block % 5 == 0 ? cases[i].some : cases[i].most);
            mp_comparison_conclude(&comparison, stands);
            assert_int_equal(verdict_of(1, MP_COMPARISON_SEEN), cases[i].seen);
            assert_int_equal(stands[1], cases[i].stands);
        }
    }
    begin(2, 1, LOOKS);
    for (int block = 0; block < 20; block++)
        add_block(0, block % 2 == 0 ? "fp" : "p-");
    mp_comparison_conclude(&comparison, stands);
    assert_int_equal(verdict_of(1, MP_COMPARISON_SEEN), MP_COMPARISON_BETTER);
    assert_int_equal(stands[1], MP_COMPARISON_NO_DIFFERENCE);
    begin(2, 1, LOOKS);
    for (int block = 0; block < 20; block++)
        add_block(0, block % 2 == 0 ? "pf" : "-p");
    mp_comparison_conclude(&comparison, stands);
    assert_int_equal(verdict_of(1, MP_COMPARISON_SEEN), MP_COMPARISON_WORSE);
    assert_int_equal(stands[1], MP_COMPARISON_NO_DIFFERENCE);
    assert_false(mp_comparison_is_decided(&comparison));
}

/* The arm that happens to be first in a block always fails, the other never: a swing of
 * the machine, and no difference. */
static void a_position_that_fails_tells_no_arms_apart(void **state) {
    (void)state;
    enum { CAMPAIGNS = 1000, BLOCKS = 100 };
    struct mp_rng rng;
    unsigned wrong = 0;
    mp_rng_seed(&rng, 17);
    for (int campaign = 0; campaign < CAMPAIGNS; campaign++) {
        begin(2, 1, LOOKS);
        for (int i = 0; i < BLOCKS; i++)
            add_block(0, mp_rng_below(&rng, 2) == 0 ? "fp" : "pf");
        wrong += verdict_of(1, MP_COMPARISON_SEEN) != MP_COMPARISON_NO_DIFFERENCE;
    }
    assert_in_range(wrong, 1, CAMPAIGNS / 20);
}

static void shared_seeds_show_a_difference_that_independent_ones_hide(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    for (int i = 0; i < 200; i++) /* 20 % against 10 %, in the same seeds */
        add_block(0, i % 10 == 0 ? "ff" : i % 10 == 5 ? "fp" : "pp");
    assert_verdict("better");
    assert_int_equal(mp_comparison_pairs(&comparison, 0, 1, MP_COMPARISON_SEEN).only_a,
                     20);
    assert_true(mp_comparison_p(&comparison, 1, MP_COMPARISON_SEEN) < 1e-5);
    assert_true(
        mp_two_arms_boschloo(mp_comparison_table(&comparison, 0, 1, MP_COMPARISON_SEEN))
            .two_sided > 0.001);
}

static void evidence_that_is_told_is_the_one_that_decided(void **state) {
    (void)state;
    begin(2, 1, LOOKS);
    while (!mp_comparison_is_decided(&comparison))
        add_block(0, "fp");
    double decided = mp_comparison_evidence_total(&comparison, 1, MP_COMPARISON_SEEN);
    add_blocks(0, 40, 0, 40);
    assert_float_equal(mp_comparison_peak(&comparison, 1, MP_COMPARISON_SEEN), decided,
                       0);
    assert_true(mp_comparison_evidence_total(&comparison, 1, MP_COMPARISON_SEEN) <
                decided);
}

static void several_arms_share_the_chance_of_error(void **state) {
    (void)state;
    /* 11 of 20 against 4 of 20 has p = 0.027 by itself. */
    begin(2, 1, ONCE);
    add_blocks(0, 20, 11, 4);
    assert_verdict("better");
    begin(5, 1, ONCE);
    for (unsigned i = 0; i < 20; i++) {
        char rounds[] = {i < 11 ? 'f' : 'p', i < 4 ? 'f' : 'p',  i < 11 ? 'f' : 'p',
                         i < 10 ? 'f' : 'p', i < 11 ? 'f' : 'p', '\0'};
        add_block(0, rounds);
    }
    assert_verdict("no_difference");
    assert_float_equal(mp_comparison_alpha(&comparison.rule), 0.0125, 1e-12);
    assert_float_equal(mp_comparison_evidence_needed(&comparison.rule), log(80), 1e-9);
}

/* Equal arms whose common rate drifts, looked at after every block. */
static void equal_arms_are_told_apart_in_few_of_many_campaigns(void **state) {
    (void)state;
    enum { CAMPAIGNS = 400, BLOCKS = 120 };
    struct mp_rng rng;
    int wrong = 0;
    mp_rng_seed(&rng, 11);
    for (int i = 0; i < CAMPAIGNS; i++) {
        begin(2, 2, LOOKS);
        for (int j = 0; j < BLOCKS && !mp_comparison_is_decided(&comparison); j++) {
            double rate = (j % 2 == 0 ? 0.1 : 0.5) + 0.3 * j / BLOCKS;
            char rounds[] = {mp_rng_unit(&rng) < rate ? 'f' : 'p',
                             mp_rng_unit(&rng) < rate ? 'f' : 'p', '\0'};
            add_block((size_t)j % 2, rounds);
        }
        enum mp_comparison_verdict verdict = verdict_of(1, MP_COMPARISON_SEEN);
        wrong += verdict <= MP_COMPARISON_WORSE;
    }
    assert_in_range(wrong, 0, CAMPAIGNS / 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_one_workload_give_the_verdict_of_exact_tests),
        cmocka_unit_test(arm_without_a_round_that_counts_is_no_verdict_on_it),
        cmocka_unit_test(comparison_ends_once_the_arm_is_fixed),
        cmocka_unit_test(comparison_ends_once_the_arm_is_worse),
        cmocka_unit_test(
            comparison_ends_once_the_arm_is_better_and_known_not_to_be_fixed),
        cmocka_unit_test(comparison_of_equal_arms_goes_on_to_the_end),
        cmocka_unit_test(progress_counts_up_to_the_decision),
        cmocka_unit_test(verdict_that_was_reached_stays),
        cmocka_unit_test(rounds_without_a_verdict_are_read_both_ways),
        cmocka_unit_test(rounds_find_their_block_in_whatever_order_they_end),
        cmocka_unit_test(second_round_of_an_arm_in_a_block_starts_no_block),
        cmocka_unit_test(evidence_of_workloads_adds_up),
        cmocka_unit_test(arm_that_is_worse_in_one_workload_is_worse),
        cmocka_unit_test(fixed_means_fixed_in_every_workload),
        cmocka_unit_test(a_verdict_that_lost_rounds_could_undo_does_not_stand),
        cmocka_unit_test(a_position_that_fails_tells_no_arms_apart),
        cmocka_unit_test(shared_seeds_show_a_difference_that_independent_ones_hide),
        cmocka_unit_test(evidence_that_is_told_is_the_one_that_decided),
        cmocka_unit_test(several_arms_share_the_chance_of_error),
        cmocka_unit_test(equal_arms_are_told_apart_in_few_of_many_campaigns),
    };
    return cmocka_run_group_tests_name("comparisons", tests, NULL, tear_down);
}
