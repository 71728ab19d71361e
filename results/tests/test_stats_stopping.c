/* How long runs take that look, and pairs: against sums over every path, and against
 * values computed with whole numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/near.h"

#include "results/stats/demonstration.h"
#include "results/stats/evidence.h"
#include "results/stats/paired.h"
#include "results/stats/sequential.h"

static void pairs_agree_with_whole_numbers(void **state) {
    (void)state;
    static const struct {
        uint64_t only_a, only_b;
        double mcnemar, log_e; /* log_e by lgamma of Python, mcnemar by its comb */
    } rows[] = {
        {11, 0, 0.0009765625, NAN},
        {10, 3, 0.09228515625, NAN},
        {3, 10, 0.09228515625, NAN},
        {25, 10, 0.01667384780012071, NAN},
        {300, 240, 0.011050481081930009, NAN},
        {5, 5, 1, NAN},
        {0, 0, 1, 0},
        {7, 0, NAN, 3.2888681966882363},
        {20, 5, NAN, 2.969659347318231},
        {0, 9, NAN, 4.553465622830609},
        {100, 60, NAN, 2.288420593968283},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        if (!isnan(rows[i].mcnemar))
            assert_near(mp_paired_mcnemar(rows[i].only_a, rows[i].only_b),
                        rows[i].mcnemar, 1e-11, "McNemar");
        if (!isnan(rows[i].log_e))
            assert_near(mp_pair_eprocess_log(rows[i].only_a, rows[i].only_b),
                        rows[i].log_e, 1e-11, "log E");
    }
}

static bool decides(uint64_t only_a, uint64_t only_b, double alpha, bool looks) {
    return looks ? mp_eprocess_decides(mp_pair_eprocess_log(only_a, only_b), alpha)
                 : mp_paired_mcnemar(only_a, only_b) <= alpha;
}

/* The chance of one path, a digit of base 3 for each pair; 0 if it does not decide. */
static double follow(struct mp_pair_rates rates, unsigned path, unsigned pairs,
                     bool looks) {
    double even = 1 - rates.only_a - rates.only_b, chance = 1;
    uint64_t only_a = 0, only_b = 0;
    bool has_decided = false;
    for (unsigned pair = 0; pair < pairs; pair++, path /= 3) {
        unsigned digit = path % 3;
        chance *= digit == 0 ? even : digit == 1 ? rates.only_a : rates.only_b;
        only_a += digit == 1;
        only_b += digit == 2;
        has_decided =
            has_decided || (looks && decides(only_a, only_b, rates.alpha, true));
    }
    if (!looks)
        has_decided = decides(only_a, only_b, rates.alpha, false);
    return has_decided ? chance : 0;
}

static double sum_over_paths(struct mp_pair_rates rates, unsigned pairs, bool looks) {
    unsigned paths = 1;
    double sum = 0;
    for (unsigned pair = 0; pair < pairs; pair++)
        paths *= 3;
    for (unsigned path = 0; path < paths; path++)
        sum += follow(rates, path, pairs, looks);
    return sum;
}

static void power_of_pairs_is_the_sum_over_all_paths(void **state) {
    (void)state;
    static const struct mp_pair_rates rates[] = {
        {0.5, 0.1, 0.2}, {0.05, 0.3, 0.2}, {0.9, 0.05, 0.05}, {0.3, 0, 0.3}};
    for (size_t i = 0; i < MP_COUNT(rates); i++) {
        for (unsigned pairs = 1; pairs <= 9; pairs += 2) {
            assert_near(mp_pairs_sequential_power(rates[i], pairs),
                        sum_over_paths(rates[i], pairs, true), 1e-9, "looking");
            assert_near(mp_pairs_fixed_power(rates[i], pairs),
                        sum_over_paths(rates[i], pairs, false), 1e-9, "once");
        }
    }
}

static void numbers_of_pairs_are_the_fewest_that_do(void **state) {
    (void)state;
    static const struct mp_contrast contrasts[] = {
        {0.2, 0.02, 0.05}, {0.3, 0.15, 0.05}, {0.02, 0.001, 0.05}, {1, 0, 0.05}};
    for (size_t i = 0; i < MP_COUNT(contrasts); i++) {
        struct mp_pair_rates rates = mp_pair_rates_independent(contrasts[i]);
        struct mp_sample_size looking = mp_pairs_sequential(rates, 0.8);
        struct mp_sample_size once = mp_pairs_fixed(rates, 0.8);
        assert_true(looking.power >= 0.8 && once.power >= 0.8);
        assert_true(looking.rounds_per_arm >= once.rounds_per_arm);
        assert_true(mp_pairs_sequential_power(rates, looking.rounds_per_arm - 1) < 0.8);
        assert_true(mp_pairs_fixed_power(rates, once.rounds_per_arm - 1) < 0.8);
    }
    struct mp_pair_rates equal = {0.1, 0.1, 0.05}, none = {0, 0, 0.05};
    assert_true(mp_pairs_sequential_power(equal, 10000) <= 0.05);
    assert_true(mp_pairs_sequential(none, 0.8).rounds_per_arm == MP_ROUNDS_NEVER);
}

static void the_default_budget_decides_with_80_per_cent_at_half_the_target(void **state) {
    (void)state;
    static const double targets[] = {0.2, 0.05, 0.01};
    for (size_t i = 0; i < MP_COUNT(targets); i++) {
        struct mp_claim claim = {.target = targets[i], .alpha = 0.05};
        struct mp_beta_prior prior = mp_evidence_prior(&claim);
        uint64_t budget = mp_stopping_default_budget(&claim);
        double half = targets[i] / 2;
        struct mp_stopping at = mp_stopping_make(&claim, prior, half, budget);
        assert_true(at.met >= 0.8 && at.rounds < (double)budget);
        assert_true(mp_stopping_make(&claim, prior, half, budget - 1).met < 0.8);
        /* The rule's own error rates, exactly. */
        struct mp_stopping true_rate =
            mp_stopping_make(&claim, prior, targets[i], budget);
        assert_true(true_rate.met > 0.02 && true_rate.met <= 0.05);
        assert_true(true_rate.refuted > 0.01 && true_rate.refuted <= 0.05);
    }
    struct mp_claim fine = {.target = 1e-6, .alpha = 0.05};
    uint64_t budget = mp_stopping_default_budget(&fine);
    assert_in_range(budget, 35000000, 42000000);
    struct mp_stopping at =
        mp_stopping_make(&fine, mp_evidence_prior(&fine), 5e-7, budget);
    assert_true(at.met > 0.78 && at.met < 0.83);
}

/* The limits are those of the sum of two errors, which never exceeds the sum of both. */
static void the_default_blocks_of_a_comparison_call_a_fix_fixed(void **state) {
    (void)state;
    static const double figures[] = {0.3, 0.05, 0.01};
    for (size_t i = 0; i < MP_COUNT(figures); i++) {
        for (size_t arms = 2; arms <= 5; arms += 3) {
            double figure = figures[i], alpha = 0.05 / (double)(arms - 1);
            uint64_t blocks = mp_pairs_default_budget(figure, 0.05, arms, 1);
            struct mp_claim claim = {.target = figure, .alpha = alpha};
            struct mp_pair_rates rates = mp_pair_rates_independent(
                (struct mp_contrast){2 * figure, figure / 2, alpha});
            double below =
                mp_stopping_make(&claim, mp_prior_jeffreys(), figure / 2, blocks).met;
            double differ = mp_pairs_sequential_power(rates, blocks);
            assert_true(below + differ - 1 >= MP_STOPPING_CHANCE);
            assert_true(mp_stopping_make(&claim, mp_prior_jeffreys(), figure / 2,
                                         blocks - blocks / 20)
                            .met < MP_STOPPING_CHANCE);
            /* In each of three workloads, to be fixed in all of them. */
            uint64_t each = mp_pairs_default_budget(figure, 0.05, arms, 3);
            double one =
                mp_stopping_make(&claim, mp_prior_jeffreys(), figure / 2, each).met;
            assert_true(pow(one, 3) >= MP_STOPPING_CHANCE && each < 2 * blocks);
        }
    }
    assert_int_equal(mp_pairs_default_budget(0.05, 0.05, 2, 1), 727); /* in the help */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_agree_with_whole_numbers),
        cmocka_unit_test(power_of_pairs_is_the_sum_over_all_paths),
        cmocka_unit_test(numbers_of_pairs_are_the_fewest_that_do),
        cmocka_unit_test(the_default_budget_decides_with_80_per_cent_at_half_the_target),
        cmocka_unit_test(the_default_blocks_of_a_comparison_call_a_fix_fixed),
    };
    return cmocka_run_group_tests_name("stopping", tests, NULL, NULL);
}
