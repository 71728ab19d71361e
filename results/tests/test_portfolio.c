/* The choice of perturbations and the decisions about flaky cases: known figures, and
 * simulated runs whose share of errors must be what is promised.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/rng.h"
#include "results/stats/flaky.h"
#include "results/stats/portfolio.h"

static void faster_is_the_figure_of_the_reference(void **state) {
    const struct mp_portfolio_way a = {.failures = 5, .seconds = 600};
    const struct mp_portfolio_way b = {.failures = 2, .seconds = 900};

    (void)state;
    assert_float_equal(mp_portfolio_is_faster(&a, &b), 0.9540003596, 1e-9);
    assert_float_equal(mp_portfolio_is_faster(&b, &a), 1 - 0.9540003596, 1e-9);
}

/* Runs rounds of a second each with these rates; returns how many each way got. */
static void play(const double *rate, uint64_t seed, unsigned rounds,
                 struct mp_portfolio_way way[3]) {
    for (unsigned i = 0; i < 3; i++)
        way[i] = (struct mp_portfolio_way){0};
    for (unsigned i = 0; i < rounds; i++) {
        size_t at = mp_portfolio_choose(way, 3, seed, i);
        way[at].rounds++;
        way[at].seconds += 1;
        way[at].failures += mp_rng_hash_unit(mp_rng_hash(seed, 99), i) < rate[at];
    }
}

static void rounds_go_where_failures_are(void **state) {
    const double rate[3] = {0.02, 0.3, 0.02};
    double doubt;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct mp_portfolio_way way[3];
        play(rate, seed, 200, way);
        assert_true(way[1].rounds > 100);
        assert_true(way[0].rounds >= 5); /* the floor, 20 on average */
        assert_true(way[2].rounds >= 1);
        assert_int_equal(mp_portfolio_leader(way, 3, &doubt), 1);
        assert_true(doubt < 0.3);
    }
}

static void plain_way_leads_where_perturbing_costs(void **state) {
    const double rate[3] = {0.3, 0.01, 0.01};
    double doubt;

    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct mp_portfolio_way way[3];
        play(rate, seed, 200, way);
        assert_int_equal(mp_portfolio_leader(way, 3, &doubt), 0);
    }
}

static void nothing_seen_is_no_leader(void **state) {
    const struct mp_portfolio_way way[2] = {{.rounds = 9, .seconds = 9},
                                            {.rounds = 9, .seconds = 1}};
    double doubt;

    (void)state;
    assert_int_equal(mp_portfolio_leader(way, 2, &doubt), 0);
    assert_float_equal(doubt, 1, 0);
}

static void errors_of_any_number_of_steps_stay_within_the_total(void **state) {
    double sum = 0;

    (void)state;
    for (uint64_t step = 1; step <= 100000; step++)
        sum += mp_flaky_alpha(0.05, step);
    assert_true(sum < 0.05 * MP_FLAKY_ALPHA_STEPS);
    assert_float_equal(MP_FLAKY_ALPHA_BASE + MP_FLAKY_ALPHA_STEPS + MP_FLAKY_ALPHA_LAST,
                       1, 1e-12);
}

/* Share of 1000 tests at this true rate that end so. */
static unsigned ends(double rate, double keep, double alpha, enum mp_flaky_verdict as) {
    unsigned count = 0;

    for (uint64_t test = 0; test < 1000; test++) {
        enum mp_flaky_verdict verdict = MP_FLAKY_OPEN;
        uint64_t failures = 0, rounds = 0;
        while (verdict == MP_FLAKY_OPEN) {
            failures += mp_rng_hash_unit(mp_rng_hash(5, test), rounds++) < rate;
            verdict = mp_flaky_decide(keep, alpha, failures, rounds);
        }
        count += verdict == as;
    }
    return count;
}

static void decisions_err_no_more_than_stated(void **state) {
    (void)state;
    /* 5 % and four standard deviations: 50 + 28 */
    assert_true(ends(0.02, 0.2, 0.05, MP_FLAKY_KEEPS) <= 78);
    assert_true(ends(0.2, 0.2, 0.05, MP_FLAKY_LOSES) <= 78);
    assert_int_equal(ends(0, 0.2, 0.05, MP_FLAKY_LOSES), 1000);
    assert_true(ends(0.5, 0.2, 0.05, MP_FLAKY_KEEPS) >= 990);
}

static void one_round_decides_nothing_rare(void **state) {
    (void)state;
    assert_int_equal(mp_flaky_decide(0.3, 0.001, 1, 1), MP_FLAKY_OPEN);
    assert_int_equal(mp_flaky_decide(0.99, 0.001, 0, 1), MP_FLAKY_OPEN);
    assert_int_equal(mp_flaky_decide(0, 0.001, 5, 5), MP_FLAKY_OPEN);
}

static void final_validation_needs_failures(void **state) {
    uint64_t rounds = mp_flaky_last_rounds(0.01);

    (void)state;
    assert_int_equal(rounds, 1500);
    assert_int_equal(mp_flaky_last_rounds(0.9), 30);
    assert_false(mp_flaky_is_valid(0.05, 0.01, 0, rounds));
    assert_false(mp_flaky_is_valid(0.05, 0.01, 1, rounds));
    assert_true(mp_flaky_is_valid(0.05, 0.01, 15, rounds));
    assert_float_equal(mp_flaky_keep(0.05, 0.5, 0, 100), 0, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faster_is_the_figure_of_the_reference),
        cmocka_unit_test(rounds_go_where_failures_are),
        cmocka_unit_test(plain_way_leads_where_perturbing_costs),
        cmocka_unit_test(nothing_seen_is_no_leader),
        cmocka_unit_test(errors_of_any_number_of_steps_stay_within_the_total),
        cmocka_unit_test(decisions_err_no_more_than_stated),
        cmocka_unit_test(one_round_decides_nothing_rare),
        cmocka_unit_test(final_validation_needs_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
