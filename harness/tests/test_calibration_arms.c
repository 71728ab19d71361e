/* Does `mpstress compare` keep the error rates that it names, when everything but the
 * process of a round is its own: pairs of arms, order, shared seeds, blocks, evidence,
 * verdicts? Whole comparisons of known rates; and one that is wrong on purpose, which
 * must be caught. 250 comparisons each; with --full 2,000.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/rng.h"
#include "harness/tests/simulated_arms.h"
#include "results/stats/margin.h"
#include "results/stats/sequential.h"

/* As the null device: the arms of a block share their seed, and so what it draws from
 * it. */
static bool shares_luck(struct simulated_toss toss) {
    return simulated_fails(toss.seed, toss.p);
}

/* As a driver whose failures do not follow from the seed. */
static bool has_own_luck(struct simulated_toss toss) {
    return simulated_fails(mp_rng_hash(toss.seed, 1 + toss.arm), toss.p);
}

/* The first round of a block fails in twice as many rounds as given, the other never. */
static bool fails_in_front(struct simulated_toss toss) {
    return toss.is_first && simulated_fails(mp_rng_hash(toss.seed, 5), 2 * toss.p);
}

static bool fails_more_in_front(struct simulated_toss toss) {
    return simulated_fails(mp_rng_hash(toss.seed, 1 + toss.arm),
                           toss.is_first ? 1.6 * toss.p : 0.4 * toss.p);
}

static void equal_arms_are_rarely_told_apart(void **state) {
    static const struct simulated_world worlds[] = {
        {{0.3, 0.3}, 2, 100, 0.05, true, .fails = has_own_luck},
        {{0.02, 0.02}, 2, 100, 0.5, true, .fails = has_own_luck},
        {{0.3, 0.3, 0.3}, 3, 100, 0.05, true, .fails = has_own_luck},
        {{0.3, 0.3}, 2, 40, 0.05, false, .fails = has_own_luck},
        {{0.3, 0.3, 0.3}, 3, 40, 0.05, false, .fails = has_own_luck},
    };
    uint64_t wrong = 0;
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        struct simulated_shares got = simulated_compare(&worlds[i], *state, 100 + i);
        simulated_tell(&worlds[i], "false differences", got.different, "at most",
                       SIMULATED_ALPHA);
        assert_false(is_above(got.different, SIMULATED_ALPHA));
        wrong += got.different.hits;
    }
    assert_true(wrong > 0); /* it does tell */
}

/* Which round of a block runs first is random, so a position that fails more often is no
 * arm that does. */
static void a_position_that_fails_more_often_tells_no_arms_apart(void **state) {
    static const struct simulated_world worlds[] = {
        {{0.5, 0.5}, 2, 100, 0.05, true, .fails = fails_in_front},
        {{0.5, 0.5}, 2, 100, 0.05, true, .fails = fails_more_in_front},
        {{0.5, 0.5}, 2, 100, 0.05, false, .fails = fails_in_front},
    };
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        struct simulated_shares got = simulated_compare(&worlds[i], *state, 220 + i);
        simulated_tell(&worlds[i], "false differences, the first of a block fails more",
                       got.different, "at most", SIMULATED_ALPHA);
        assert_false(is_above(got.different, SIMULATED_ALPHA));
        assert_true(got.different.hits > 0);
    }
}

/* Arms with one luck: the pairs in which just one failed are all of the worse one. */
static void paired_seeds_are_used(void **state) {
    struct simulated_world world = {{0.2, 0.1}, 2, 200, 1e-6, true, .fails = shares_luck};
    struct simulated_shares shared = simulated_compare(&world, *state, 230);
    world.fails = has_own_luck;
    struct simulated_shares own = simulated_compare(&world, *state, 231);
    simulated_tell(&world, "told apart, same luck", shared.good, "at least", 0.98);
    simulated_tell(&world, "told apart, own luck", own.good, "at most", of(shared.good));
    assert_true(is_above(shared.good, 0.9) && is_below(own.good, 0.7));
}

static void arms_that_fail_in_the_same_rounds_are_never_told_apart(void **state) {
    static const struct simulated_world world = {{0.3, 0.3}, 2,    100,
                                                 0.05,       true, .fails = shares_luck};
    struct simulated_shares got = simulated_compare(&world, *state, 200);
    simulated_tell(&world, "false differences, same luck", got.different, "exactly", 0);
    assert_int_equal(got.different.hits, 0);
}

/* The blocks that mpstress compare allows itself, at the effect for which it says that it
 * decides: from twice the figure to half of it. */
static void the_usual_blocks_call_an_arm_fixed_as_often_as_said(void **state) {
    static const struct simulated_world worlds[] = {
        {{0.2, 0.05}, 2, 0, 0.1, true, .fails = has_own_luck},
        {{0.2, 0.05}, 2, 0, 0.1, true, .fails = shares_luck},
        {{0.4, 0.1, 0.1}, 3, 0, 0.2, true, .fails = has_own_luck},
    };
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        struct simulated_world world = worlds[i];
        world.rounds =
            mp_pairs_default_budget(world.fixed_below, SIMULATED_ALPHA, world.arms, 1);
        struct simulated_shares got = simulated_compare(&world, *state, 300 + i);
        simulated_tell(&world, "fixed", got.fixed, "said", MP_STOPPING_CHANCE);
        simulated_tell(&world, "better or fixed", got.good, "at least", 0.9);
        assert_true(is_as(got.fixed, MP_STOPPING_CHANCE));
        assert_false(is_below(got.good, 0.9));
        assert_in_range(got.median, 1, world.rounds);
    }
}

/* An arm whose rate is the figure itself must rarely be called fixed, however bad the
 * control. */
static void an_arm_at_the_figure_is_rarely_called_fixed(void **state) {
    static const struct simulated_world world = {{0.9, 0.2}, 2,    200,
                                                 0.2,        true, .fails = has_own_luck};
    struct simulated_shares got = simulated_compare(&world, *state, 400);
    simulated_tell(&world, "falsely called fixed", got.fixed, "at most", SIMULATED_ALPHA);
    assert_false(is_above(got.fixed, SIMULATED_ALPHA));
    assert_true(is_above(got.good, 0.9)); /* and is better */
}

/* Nor where that is so in one of two workloads: the other has what was to be fixed, and
 * there the control never failed. And an arm that breaks what was whole, below the
 * figure. */
static void an_arm_at_the_figure_in_one_workload_is_rarely_called_fixed(void **state) {
    static const struct simulated_world worlds[] = {
        {.rate = {0.5, 0}, .second = {0, 0.04}, .rounds = 200, .looks = true},
        {.rate = {0.5, 0}, .second = {0, 0.05}, .rounds = 200, .looks = true},
        {.rate = {0.5, 0}, .second = {0, 0.05}, .rounds = 200},
        {.rate = {0.5, 0}, .second = {0, 0.05}, .rounds = 600, .looks = true},
        {.rate = {0.5, 0.05}, .second = {0.5, 0.05}, .rounds = 400, .looks = true},
    };
    const struct calibration *size = *state;
    for (size_t i = 0; i < (size->is_full ? MP_COUNT(worlds) : 3); i++) {
        struct simulated_world world = worlds[i];
        world.arms = world.strata = 2;
        world.fixed_below = 0.05;
        world.fails = has_own_luck;
        struct simulated_shares got = simulated_compare(&world, size, 410 + i);
        simulated_tell(&world, "called fixed", got.fixed, "at most", SIMULATED_ALPHA);
        assert_true(i == 0 || !is_above(got.fixed, SIMULATED_ALPHA));
        assert_false(is_above(got.fixed, 0.15)); /* the first is below the figure */
    }
}

static void equal_arms_of_several_workloads_are_rarely_told_apart(void **state) {
    static const struct simulated_world worlds[] = {
        {.rate = {0.5, 0.5}, .second = {0.05, 0.05}, .looks = true},
        {.rate = {0.3, 0.3}, .second = {0.3, 0.3}, .looks = true},
        {.rate = {0.5, 0.5}, .second = {0.05, 0.05}},
    };
    uint64_t wrong = 0;
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        struct simulated_world world = worlds[i];
        world.arms = world.strata = 2;
        world.rounds = 100;
        world.fixed_below = 0.05;
        world.fails = has_own_luck;
        struct simulated_shares got = simulated_compare(&world, *state, 210 + i);
        simulated_tell(&world, "false differences", got.different, "at most",
                       SIMULATED_ALPHA);
        assert_false(is_above(got.different, SIMULATED_ALPHA));
        wrong += got.different.hits;
    }
    assert_true(wrong > 0);
}

#define HANG 500 /* a hang takes as long as so many rounds that pass */

/* A control that crashes in every round; the arm hangs instead, just above the figure, at
 * it, or well above. */
static void an_arm_that_hangs_is_rarely_called_fixed(void **state) {
    static const double rates[] = {0.05, 0.06, 0.1};
    static const unsigned jobs[] = {1, 4, 16};
    for (size_t i = 0; i < MP_COUNT(rates); i++) {
        for (size_t j = 0; j < MP_COUNT(jobs); j++) {
            struct simulated_world world = {.rate = {1, rates[i]},
                                            .arms = 2,
                                            .rounds = 200,
                                            .fixed_below = 0.05,
                                            .looks = true,
                                            .fails = has_own_luck,
                                            .jobs = jobs[j],
                                            .failure = {0, HANG}};
            struct simulated_shares got =
                simulated_compare(&world, *state, 420 + 10 * i + j);
            simulated_tell(&world, "falsely called fixed", got.fixed, "at most",
                           SIMULATED_ALPHA);
            assert_false(is_above(got.fixed, SIMULATED_ALPHA));
            assert_true(is_above(got.good, 0.9)); /* and is better */
        }
    }
}

/* As many failures in both arms; those of one of them take long. */
static void arms_of_which_one_hangs_are_rarely_told_apart(void **state) {
    static const unsigned jobs[] = {2, 4, 16};
    for (size_t i = 0; i < MP_COUNT(jobs); i++) {
        struct simulated_world world = {.rate = {0.3, 0.3},
                                        .arms = 2,
                                        .rounds = 200,
                                        .fixed_below = 0.05,
                                        .looks = true,
                                        .fails = has_own_luck,
                                        .jobs = jobs[i],
                                        .failure = {0, HANG}};
        struct simulated_shares got = simulated_compare(&world, *state, 460 + i);
        simulated_tell(&world, "false differences", got.different, "at most",
                       SIMULATED_ALPHA);
        assert_false(is_above(got.different, SIMULATED_ALPHA));
    }
}

/* Wrong on purpose: rounds are judged as they end. */
static void the_gate_sees_rounds_that_are_judged_as_they_end(void **state) {
    struct simulated_world worlds[] = {{.rate = {1, 0.1}}, {.rate = {0.3, 0.3}}};
    struct simulated_shares got[2];
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        struct simulated_world *world = &worlds[i];
        world->arms = 2;
        world->rounds = 200;
        world->fixed_below = 0.05;
        world->looks = true;
        world->fails = has_own_luck;
        world->jobs = 16;
        world->failure[1] = HANG;
        world->takes_as_they_end = true;
        got[i] = simulated_compare(world, *state, 470 + i);
    }
    struct simulated_shares hidden = got[0], early = got[1];
    simulated_tell(&worlds[0],
                   "WRONG ON PURPOSE, judged as they end: falsely called fixed",
                   hidden.fixed, "must be above", SIMULATED_ALPHA);
    simulated_tell(&worlds[1], "WRONG ON PURPOSE, judged as they end: false differences",
                   early.different, "must be above", SIMULATED_ALPHA);
    assert_true(is_above(hidden.fixed, SIMULATED_ALPHA));
    assert_true(is_above(early.different, SIMULATED_ALPHA));
}

/* Counting one kind of failure, of which the arm has none: whether others rose or not. In
 * the control they come in the 70 % that do not fail so: the third world has 10 % in both
 * arms. In the last they were there all the time: 7 % of its rounds became 10 % of the
 * arm's when crashes no longer covered them. */
static void a_fix_that_exchanges_failures_is_not_called_fixed(void **state) {
    static const struct {
        double before, after;
    } others[] = {{0, 0.3}, {0, 0.1}, {1 / 7.0, 0.1}, {0, 0}, {0.3, 0.1}, {0.1, 0.1}};
    struct share exchanged[MP_COUNT(others)], good[MP_COUNT(others)];
    for (size_t i = 0; i < MP_COUNT(others); i++) {
        struct simulated_world world = {.rate = {0.3, 0},
                                        .arms = 2,
                                        .rounds = 346,
                                        .fixed_below = 0.1,
                                        .looks = true,
                                        .fails = has_own_luck,
                                        .other = {others[i].before, others[i].after}};
        struct simulated_shares got = simulated_compare(&world, *state, 480 + i);
        char what[80];
        snprintf(what, sizeof(what), "other failures %g to %g: called fixed or better",
                 others[i].before, others[i].after);
        simulated_tell(&world, what, got.good, "exchanged", of(got.exchanged));
        exchanged[i] = got.exchanged;
        good[i] = got.good;
    }
    assert_false(is_above(good[0], 0.01));
    assert_true(is_above(exchanged[0], 0.9));
    assert_false(is_above(good[1], 0.05));
    assert_false(is_above(exchanged[2], SIMULATED_ALPHA));
    assert_false(is_above(exchanged[5], SIMULATED_ALPHA));
    assert_true(is_above(good[2], 0.85) && is_above(good[5], 0.85));
    assert_int_equal(exchanged[3].hits, 0);
    assert_false(is_above(exchanged[4], 0.01));
}

/* Arms that are just the margin apart: neither must be said more often than alpha. */
static void an_arm_at_the_margin_is_rarely_called_within_or_beyond(void **state) {
    static const struct {
        double a, b, margin;
        enum mp_claim_kind kind;
        bool looks;
    } rows[] = {
        {0, 0.05, 0.05, MP_CLAIM_EXCESS, true},
        {0.05, 0.1, 0.05, MP_CLAIM_EXCESS, false},
        {0.1, 0.15, 0.05, MP_CLAIM_DIFFERENCE, true},
        {0.05, 0.1, 0.05, MP_CLAIM_EXCESS, true},
        {0.3, 0.35, 0.05, MP_CLAIM_EXCESS, true},
        {0.1, 0.05, 0.05, MP_CLAIM_DIFFERENCE, true},
    };
    uint64_t wrong = 0;
    const struct calibration *size = *state;
    for (size_t i = 0; i < (size->is_full ? MP_COUNT(rows) : 3); i++) {
        struct simulated_world world = {
            .rate = {rows[i].a, rows[i].b},
            .arms = 2,
            .rounds = 600,
            .looks = rows[i].looks,
            .fails = has_own_luck,
            .margin = {rows[i].margin, SIMULATED_ALPHA, rows[i].kind}};
        struct simulated_shares got = simulated_compare(&world, size, 800 + i);
        simulated_tell(&world, "at the margin, said to be within", got.within, "at most",
                       SIMULATED_ALPHA);
        simulated_tell(&world, "at the margin, said to be beyond", got.beyond, "at most",
                       SIMULATED_ALPHA);
        assert_false(is_above(got.within, SIMULATED_ALPHA));
        assert_false(is_above(got.beyond, SIMULATED_ALPHA));
        wrong += got.within.hits + got.beyond.hits;
    }
    assert_true(wrong > 0); /* it does decide */
}

/* The blocks that `mpstress plan` names for a margin, and those that compare gives itself. */
static void planned_blocks_show_a_margin_as_often_as_planned(void **state) {
    static const struct {
        double rate;
        enum mp_claim_kind kind;
    } rows[] = {
        {0.1, MP_CLAIM_EXCESS}, {0.05, MP_CLAIM_EXCESS}, {0.05, MP_CLAIM_DIFFERENCE}};
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_margin_question question = {0.05, SIMULATED_ALPHA,
                                              rows[i].kind == MP_CLAIM_DIFFERENCE, 1};
        struct mp_contrast contrast = {rows[i].rate, rows[i].rate, SIMULATED_ALPHA};
        struct mp_sample_size planned =
            mp_margin_rounds(question, mp_pair_rates_independent(contrast), 0.8);
        struct simulated_world world = {
            .rate = {rows[i].rate, rows[i].rate},
            .arms = 2,
            .rounds = planned.rounds_per_arm,
            .looks = true,
            .fails = has_own_luck,
            .margin = {question.margin, SIMULATED_ALPHA, rows[i].kind}};
        struct simulated_shares got = simulated_compare(&world, *state, 820 + i);
        simulated_tell(&world, "equal arms, shown to be within", got.within, "planned",
                       planned.power);
        assert_false(is_above(got.within, planned.power + 0.03));
        assert_false(is_below(got.within, planned.power - 0.02));
        if (i == 1)
            assert_true(planned.rounds_per_arm == mp_margin_default_budget(question));
    }
    struct simulated_world shared = {.rate = {0.3, 0.3},
                                     .arms = 2,
                                     .rounds = 120,
                                     .looks = true,
                                     .fails = shares_luck,
                                     .margin = {0.05, SIMULATED_ALPHA, MP_CLAIM_EXCESS}};
    struct simulated_shares got = simulated_compare(&shared, *state, 840);
    simulated_tell(&shared, "arms that fail in the same rounds, shown to be within",
                   got.within, "exactly", 1);
    assert_int_equal(got.within.hits, got.within.campaigns);
}

/* The numbers of rounds that `mpstress plan` names for arms whose failures do not hang
 * together, judged once and looked at. */
static void planned_rounds_tell_arms_apart_as_often_as_planned(void **state) {
    static const struct {
        double a, b, power;
    } rows[] = {
        {0.55, 0.05, 0.9},
        {0.2, 0.02, 0.8},
        {0.3, 0.15, 0.8},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_contrast contrast = {rows[i].a, rows[i].b, SIMULATED_ALPHA};
        struct mp_pair_rates rates = mp_pair_rates_independent(contrast);
        for (int looks = 0; looks < 2; looks++) {
            struct mp_sample_size planned =
                looks == 1 ? mp_pairs_sequential(rates, rows[i].power)
                           : mp_pairs_fixed(rates, rows[i].power);
            /* The figure is out of reach, so that nothing is decided before. */
            struct simulated_world world = {.rate = {rows[i].a, rows[i].b},
                                            .arms = 2,
                                            .rounds = planned.rounds_per_arm,
                                            .fixed_below = 1e-6,
                                            .looks = looks == 1,
                                            .fails = has_own_luck};
            struct simulated_shares got = simulated_compare(&world, *state, 500 + 10 * i);
            simulated_tell(&world, "told apart", got.different, "planned", planned.power);
            assert_true(planned.power >= rows[i].power);
            assert_true(is_as(got.different, planned.power));
        }
    }
}

/* Where evidence ends the run, limits for a fixed number of rounds miss. */
static void limits_of_a_difference_cover_although_evidence_ended_the_run(void **state) {
    static const struct simulated_world world = {{0.2, 0.4}, 2,    2000,
                                                 1e-6,       true, .fails = has_own_luck};
    struct simulated_shares got = simulated_compare(&world, *state, 700);
    simulated_tell(&world, "limits at all looks that lost the difference", got.lost,
                   "at most", SIMULATED_ALPHA);
    simulated_tell(&world, "Newcombe's limits that lost the difference", got.lost_fixed,
                   "promised", SIMULATED_ALPHA);
    assert_false(is_above(got.lost, SIMULATED_ALPHA));
    assert_true(got.lost_fixed.hits > got.lost.hits);
    simulated_tell(&world, "limits at all looks that lost the ratio", got.lost_ratio,
                   "at most", SIMULATED_ALPHA);
    assert_false(is_above(got.lost_ratio, SIMULATED_ALPHA));
}

/* Just below the figure a comparison goes on until its luck is good. */
static void limits_of_an_arm_cover_although_its_rate_ended_the_run(void **state) {
    const struct calibration *size = *state;
    struct simulated_world world = {.rate = {1, 0.045},
                                    .arms = 2,
                                    .rounds = size->is_full ? 2000 : 800,
                                    .fixed_below = 0.05,
                                    .looks = true,
                                    .fails = has_own_luck};
    struct simulated_shares got = simulated_compare(&world, size, 710);
    simulated_tell(&world, "limits at all looks that lost the arm's rate", got.lost_rate,
                   "at most", SIMULATED_ALPHA);
    simulated_tell(&world, "Clopper-Pearson's limits that lost the arm's rate",
                   got.lost_rate_fixed, "promised", SIMULATED_ALPHA);
    assert_false(is_above(got.lost_rate, SIMULATED_ALPHA));
    assert_true(got.lost_rate_fixed.hits > got.lost_rate.hits);
}

/* Wrong on purpose: the control runs apart from the other arm, on a machine that is hot
 * by then. */
static bool drifts(struct simulated_toss toss) {
    return has_own_luck(toss) ||
           (toss.arm == 0 && simulated_fails(mp_rng_hash(toss.seed, 9), 0.2));
}

static void the_gate_sees_arms_that_did_not_run_side_by_side(void **state) {
    static const struct simulated_world world = {{0.3, 0.3}, 2,    100,
                                                 0.05,       true, .fails = drifts};
    struct simulated_shares got = simulated_compare(&world, *state, 600);
    simulated_tell(&world, "WRONG ON PURPOSE, one arm runs hot: false differences",
                   got.different, "must be above", SIMULATED_ALPHA);
    assert_true(is_above(got.different, SIMULATED_ALPHA));
}

int main(int argc, char **argv) {
    static const uint64_t few_and_many[2] = {250, 2000};
    struct calibration size;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(equal_arms_are_rarely_told_apart, &size),
        cmocka_unit_test_prestate(a_position_that_fails_more_often_tells_no_arms_apart,
                                  &size),
        cmocka_unit_test_prestate(paired_seeds_are_used, &size),
        cmocka_unit_test_prestate(arms_that_fail_in_the_same_rounds_are_never_told_apart,
                                  &size),
        cmocka_unit_test_prestate(equal_arms_of_several_workloads_are_rarely_told_apart,
                                  &size),
        cmocka_unit_test_prestate(the_usual_blocks_call_an_arm_fixed_as_often_as_said,
                                  &size),
        cmocka_unit_test_prestate(an_arm_at_the_figure_is_rarely_called_fixed, &size),
        cmocka_unit_test_prestate(
            an_arm_at_the_figure_in_one_workload_is_rarely_called_fixed, &size),
        cmocka_unit_test_prestate(an_arm_that_hangs_is_rarely_called_fixed, &size),
        cmocka_unit_test_prestate(arms_of_which_one_hangs_are_rarely_told_apart, &size),
        cmocka_unit_test_prestate(the_gate_sees_rounds_that_are_judged_as_they_end,
                                  &size),
        cmocka_unit_test_prestate(a_fix_that_exchanges_failures_is_not_called_fixed,
                                  &size),
        cmocka_unit_test_prestate(an_arm_at_the_margin_is_rarely_called_within_or_beyond,
                                  &size),
        cmocka_unit_test_prestate(planned_blocks_show_a_margin_as_often_as_planned,
                                  &size),
        cmocka_unit_test_prestate(planned_rounds_tell_arms_apart_as_often_as_planned,
                                  &size),
        cmocka_unit_test_prestate(
            limits_of_a_difference_cover_although_evidence_ended_the_run, &size),
        cmocka_unit_test_prestate(limits_of_an_arm_cover_although_its_rate_ended_the_run,
                                  &size),
        cmocka_unit_test_prestate(the_gate_sees_arms_that_did_not_run_side_by_side,
                                  &size),
    };
    if (argc < 1 ||
        !calibration_read(&size, argv + 1, tests, MP_COUNT(tests), few_and_many))
        return 0;
    return cmocka_run_group_tests_name("calibration of comparisons", tests, NULL,
                                       calibration_tell_seconds);
}
