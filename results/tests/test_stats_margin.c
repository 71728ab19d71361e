/* Evidence that one arm fails hardly more often than another.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "results/stats/comparison.h"
#include "results/stats/demonstration.h"
#include "results/stats/eprocess.h"
#include "results/stats/margin.h"
#include "results/tests/near.h"

#define PAIRS 40

static double choose_log(unsigned n, unsigned k) {
    return lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0);
}

/* The mean of E over all outcomes of so many pairs. */
static double mean_of(double only_a, double only_b, double margin, bool above) {
    double sum = 0;
    for (unsigned a = 0; a <= PAIRS; a++) {
        for (unsigned b = 0; a + b <= PAIRS; b++) {
            struct mp_margin_pairs pairs = {PAIRS, a, b};
            double log_e = above ? mp_margin_log_above(pairs, margin)
                                 : mp_margin_log_below(pairs, margin);
            sum += exp(log_e + choose_log(PAIRS, a) + choose_log(PAIRS - a, b) +
                       a * log(only_a) + b * log(only_b) +
                       (PAIRS - a - b) * log1p(-only_a - only_b));
        }
    }
    return sum;
}

/* The reason why it may be looked at: its mean is 1 where the margin is just met, whatever
 * the rates, and less beyond. */
static void evidence_is_worth_one_at_the_margin(void **state) {
    (void)state;
    static const double margins[] = {0.001, 0.02, 0.3};
    static const double rates[] = {1e-6, 0.05, 0.3};
    for (size_t i = 0; i < MP_COUNT(margins); i++) {
        for (size_t j = 0; j < MP_COUNT(rates); j++) {
            double a = rates[j], b = rates[j] + margins[i];
            assert_near(mean_of(a, b, margins[i], false), 1, 1e-9, "below");
            assert_near(mean_of(a, b, margins[i], true), 1, 1e-9, "above");
            assert_true(mean_of(a, b + 0.02, margins[i], false) < 1);
            assert_true(mean_of(a, b - 0.0005, margins[i], true) < 1);
            assert_true(mean_of(a, a, margins[i], false) > 1);
        }
    }
}

static void what_makes_no_sense_is_no_evidence(void **state) {
    (void)state;
    struct mp_margin_pairs none = {0}, many = {10, 8, 8}, few = {10, 1, 1};
    assert_true(fabs(mp_margin_log_below(none, 0.01)) < 1e-12);
    assert_true(mp_margin_log_below(many, 0.01) == 0);
    assert_true(mp_margin_log_below(few, 0) == 0);
    assert_true(mp_margin_log_below(few, NAN) == 0);
    assert_true(mp_margin_log_above(few, 1) == 0);
}

static void numbers_of_rounds_are_those_that_show_it(void **state) {
    (void)state;
    struct mp_margin_question question = {0.05, 0.05, false, 1};
    struct mp_pair_rates silent = {0, 0, 0.05}, equal = {0.095, 0.095, 0.05},
                         beyond = {0.05, 0.1, 0.05};
    /* Without a failure each run is the same, and looked at every hundredth. */
    uint64_t rounds = mp_margin_rounds(question, silent, 0.8).rounds_per_arm;
    struct mp_margin_pairs clean = {rounds, 0, 0};
    assert_true(mp_eprocess_decides(mp_margin_log_below(clean, 0.05), 0.05));
    clean.pairs -= rounds / 50;
    assert_false(mp_eprocess_decides(mp_margin_log_below(clean, 0.05), 0.05));
    uint64_t one = mp_margin_rounds(question, equal, 0.8).rounds_per_arm;
    assert_in_range(one, 4 * rounds, 20 * rounds);
    assert_true(mp_margin_rounds(question, equal, 0.95).rounds_per_arm > one);
    assert_true(mp_margin_rounds(question, beyond, 0.8).rounds_per_arm ==
                MP_ROUNDS_NEVER);
    question.strata = 3;
    assert_true(mp_margin_rounds(question, equal, 0.8).rounds_per_arm > one);
    question.strata = 1;
    question.is_two_sided = true;
    assert_true(mp_margin_rounds(question, equal, 0.8).rounds_per_arm > one);
}

/* A comparison with a margin: blocks as a letter an arm, 'p', 'f' and '-'. */
static void add(struct mp_comparison *comparison, size_t stratum, unsigned count,
                const char *block) {
    static uint64_t seed;
    for (unsigned i = 0; i < count; i++) {
        seed++;
        for (size_t arm = 0; block[arm] != '\0'; arm++)
            mp_comparison_add(comparison, stratum, arm, seed,
                              block[arm] == 'p'   ? MP_BLOCK_PASS
                              : block[arm] == 'f' ? MP_BLOCK_FAIL
                                                  : MP_BLOCK_NONE);
    }
}

static void begin(struct mp_comparison *comparison, enum mp_claim_kind kind, bool looks,
                  size_t strata) {
    struct mp_comparison_rule rule = {
        .arm_count = 2, .stratum_count = strata, .looks = looks};
    struct mp_claim claim = {.target = 0.05, .alpha = 0.05, .kind = kind};
    mp_comparison_rule_claim(&rule, &claim);
    mp_comparison_init(comparison, &rule);
}

static enum mp_comparison_verdict end(struct mp_comparison *comparison) {
    enum mp_comparison_verdict verdict[MP_COMPARISON_ARMS_MAX];
    mp_comparison_conclude(comparison, verdict);
    mp_comparison_release(comparison);
    return verdict[1];
}

static void a_margin_has_verdicts_of_its_own(void **state) {
    (void)state;
    for (int looks = 0; looks < 2; looks++) {
        struct mp_comparison one;
        begin(&one, MP_CLAIM_EXCESS, looks == 1, 1);
        add(&one, 0, 50, "pp");
        assert_int_equal(mp_comparison_is_decided(&one), false);
        add(&one, 0, 100, "ff"); /* alike, so that nothing speaks against it */
        assert_int_equal(mp_comparison_is_decided(&one), looks == 1);
        assert_int_equal(end(&one), MP_COMPARISON_NO_WORSE);
        begin(&one, MP_CLAIM_EXCESS, looks == 1, 1);
        add(&one, 0, 60, "pf");
        assert_int_equal(end(&one), MP_COMPARISON_WORSE);
        begin(&one, MP_CLAIM_EXCESS, looks == 1, 1);
        add(&one, 0, 20, "pp");
        assert_int_equal(end(&one), MP_COMPARISON_NOT_SHOWN);
        begin(&one, MP_CLAIM_DIFFERENCE, looks == 1, 1);
        add(&one, 0, 150, "pp");
        assert_int_equal(end(&one), MP_COMPARISON_SAME);
        begin(&one, MP_CLAIM_DIFFERENCE, looks == 1, 1);
        add(&one, 0, 60, "fp"); /* better, and so not the same */
        assert_int_equal(end(&one), MP_COMPARISON_DIFFERENT);
        begin(&one, MP_CLAIM_EXCESS, looks == 1, 1);
        assert_int_equal(end(&one), MP_COMPARISON_NOTHING);
    }
}

static void a_margin_holds_in_every_stratum(void **state) {
    (void)state;
    struct mp_comparison one;
    begin(&one, MP_CLAIM_EXCESS, true, 2);
    add(&one, 0, 150, "pp");
    add(&one, 1, 20, "pp");
    assert_int_equal(end(&one), MP_COMPARISON_NOT_SHOWN);
    begin(&one, MP_CLAIM_EXCESS, true, 2);
    add(&one, 0, 400, "fp");
    add(&one, 1, 60, "pf");
    assert_int_equal(end(&one), MP_COMPARISON_WORSE);
}

static void rounds_without_a_verdict_must_not_undo_a_margin(void **state) {
    (void)state;
    struct mp_comparison one;
    begin(&one, MP_CLAIM_EXCESS, true, 1);
    add(&one, 0, 30, "p-");
    add(&one, 0, 150, "pp");
    assert_int_equal(end(&one), MP_COMPARISON_NOT_SHOWN);
    begin(&one, MP_CLAIM_EXCESS, true, 1);
    add(&one, 0, 30, "-p"); /* those of the control may have passed */
    add(&one, 0, 150, "pp");
    assert_int_equal(end(&one), MP_COMPARISON_NO_WORSE);
    begin(&one, MP_CLAIM_DIFFERENCE, true, 1);
    add(&one, 0, 30, "-p"); /* or failed: then the arm is better */
    add(&one, 0, 150, "pp");
    assert_int_equal(end(&one), MP_COMPARISON_NOT_SHOWN);
    begin(&one, MP_CLAIM_EXCESS, true, 1);
    add(&one, 0, 20, "pf");
    add(&one, 0, 60, "-f");
    assert_int_equal(end(&one), MP_COMPARISON_WORSE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evidence_is_worth_one_at_the_margin),
        cmocka_unit_test(what_makes_no_sense_is_no_evidence),
        cmocka_unit_test(numbers_of_rounds_are_those_that_show_it),
        cmocka_unit_test(a_margin_has_verdicts_of_its_own),
        cmocka_unit_test(a_margin_holds_in_every_stratum),
        cmocka_unit_test(rounds_without_a_verdict_must_not_undo_a_margin),
    };
    return cmocka_run_group_tests_name("margins", tests, NULL, NULL);
}
