/* Do the rules that decide keep the error rates that they name? Simulated campaigns with
 * a known rate, looked at after every round; and rules that are known to be wrong, which
 * must be caught, or the gate would be blind. 2,000 campaigns each; with --full 50,000.
 * Seeded: the same figures at every run.
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
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "results/stats/change_point.h"
#include "results/stats/effect.h"
#include "results/stats/eprocess.h"
#include "results/stats/night_alarm.h"
#include "results/stats/night_spread.h"
#include "results/stats/power.h"
#include "results/stats/sprt.h"
#include "results/stats/two_arms.h"
#include "results/tests/calibration.h"

#define ALPHA 0.05

static void tell_at(const char *what, double p, struct share share) {
    char text[120];
    snprintf(text, sizeof(text), "%s, rate %g", what, p);
    tell(text, share);
}

/* Something said from the counts alone. Answers are kept, since campaigns meet the same
 * counts. */
struct rule {
    bool (*says)(uint64_t failures, uint64_t rounds, double p);
    double p;
    uint64_t looks;
    unsigned char *known; /* 0: not asked yet, 1: no, 2: yes; by failures, then rounds */
};

static bool asks(struct rule *rule, uint64_t failures, uint64_t rounds) {
    unsigned char *answer = &rule->known[failures * (rule->looks + 1) + rounds];
    if (*answer == 0)
        *answer = rule->says(failures, rounds, rule->p) ? 2 : 1;
    return *answer == 2;
}

/* The share of campaigns of `looks` rounds, failing at rate `truth`, in which the rule
 * says its word at one look or more. */
static struct share simulate(bool (*says)(uint64_t, uint64_t, double), double p,
                             double truth, uint64_t looks, const struct calibration *size,
                             uint64_t seed) {
    struct share share = {0, size->campaigns};
    struct rule rule = {says, p, looks, mp_memory_zeroed((looks + 1) * (looks + 1), 1)};
    struct mp_rng rng;
    mp_rng_seed(&rng, seed);
    for (uint64_t i = 0; i < size->campaigns; i++) {
        uint64_t failures = 0;
        bool has_said = false;
        for (uint64_t n = 1; n <= looks && !has_said; n++) {
            failures += mp_rng_unit(&rng) < truth;
            has_said = asks(&rule, failures, n);
        }
        share.hits += has_said;
    }
    free(rule.known);
    return share;
}

static bool claims_below(uint64_t failures, uint64_t rounds, double p) {
    return mp_eprocess_decides(
        mp_eprocess_log_below(failures, rounds, p, mp_prior_jeffreys()), ALPHA);
}

static bool claims_above(uint64_t failures, uint64_t rounds, double p) {
    return mp_eprocess_decides(
        mp_eprocess_log_above(failures, rounds, p, mp_prior_jeffreys()), ALPHA);
}

static bool loses_rate(uint64_t failures, uint64_t rounds, double p) {
    struct mp_interval got =
        mp_eprocess_interval(failures, rounds, ALPHA, mp_prior_rare(p));
    return !(got.low <= p && p <= got.high);
}

/* Wrong on purpose: a limit for one look, read at every look. */
static bool peeks(uint64_t failures, uint64_t rounds, double p) {
    return mp_binomial_upper(failures, rounds, ALPHA) < p;
}

static const struct {
    double p;
    uint64_t looks;
} WORLDS[] = {
    {0.2, 300},
    {0.05, 1000},
    {0.01, 3000},
};

static void a_claim_below_is_rarely_false_at_every_look(void **state) {
    for (size_t i = 0; i < MP_COUNT(WORLDS); i++) {
        struct share got = simulate(claims_below, WORLDS[i].p, WORLDS[i].p,
                                    WORLDS[i].looks, *state, 100 + i);
        tell_at("false claims of \"below\"", WORLDS[i].p, got);
        assert_false(is_above(got, ALPHA));
        assert_true(got.hits > 0); /* it does claim */
    }
}

static void an_alarm_above_is_rarely_false_at_every_look(void **state) {
    for (size_t i = 0; i < MP_COUNT(WORLDS); i++) {
        struct share got = simulate(claims_above, WORLDS[i].p, WORLDS[i].p,
                                    WORLDS[i].looks, *state, 200 + i);
        tell_at("false alarms of \"above\"", WORLDS[i].p, got);
        assert_false(is_above(got, ALPHA));
        assert_true(got.hits > 0);
    }
}

static void limits_hold_at_all_looks_together(void **state) {
    for (size_t i = 0; i < MP_COUNT(WORLDS); i++) {
        struct share got = simulate(loses_rate, WORLDS[i].p, WORLDS[i].p, WORLDS[i].looks,
                                    *state, 300 + i);
        tell_at("limits that lost the rate at some look", WORLDS[i].p, got);
        assert_false(is_above(got, ALPHA));
        assert_true(got.hits > 0);
    }
}

/* How often the rule is wrong comes of exact sums over all paths. */
static void the_gate_sees_a_rule_that_peeks(void **state) {
    static const struct {
        double p;
        uint64_t looks;
        double exact;
    } rows[] = {
        {0.01, 3000, 0.1967366185},
        {0.001, 10000, 0.11884604},
    };
    const struct calibration *size = *state;
    for (size_t i = 0; i < (size->is_full ? MP_COUNT(rows) : 1); i++) {
        struct share got =
            simulate(peeks, rows[i].p, rows[i].p, rows[i].looks, size, 400 + i);
        tell_at("false claims of a limit for one look, read at every look", rows[i].p,
                got);
        assert_true(is_above(got, ALPHA));
        assert_true(is_as(got, rows[i].exact));
    }
}

/* Claims that the rate is lower after so many rounds without failure, and starts anew at
 * each failure. The chance of such a streak is exact, by recursion (de Moivre). */
static void the_gate_sees_a_counter_of_streaks(void **state) {
    static const struct {
        double p;
        unsigned streak, looks;
        double exact;
    } rows[] = {
        {0.5, 3, 10, 0.5078125},
        {0.01, 299, 3000, 0.806084638685},
        {0.001, 2995, 10000, 0.369955294124},
    };
    const struct calibration *size = *state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct share got = {0, size->campaigns};
        struct mp_rng rng;
        mp_rng_seed(&rng, 500 + i);
        for (uint64_t k = 0; k < size->campaigns; k++) {
            unsigned streak = 0;
            for (unsigned n = 0; n < rows[i].looks && streak < rows[i].streak; n++)
                streak = mp_rng_unit(&rng) < rows[i].p ? 0 : streak + 1;
            got.hits += streak == rows[i].streak;
        }
        tell_at("false claims of a counter that starts anew", rows[i].p, got);
        assert_true(is_above(got, ALPHA));
        assert_true(is_as(got, rows[i].exact));
    }
}

/* Misses of 95 % limits at one look, over rates drawn anew for each campaign. */
static void limits_for_one_look_cover_as_stated(void **state) {
    const struct calibration *size = *state;
    struct share exact = {0, size->campaigns}, wilson = exact, newcombe = exact;
    struct mp_rng rng;
    mp_rng_seed(&rng, 800);
    for (uint64_t i = 0; i < size->campaigns; i++) {
        uint64_t rounds_a = 20 + mp_rng_below(&rng, 100),
                 rounds_b = 20 + mp_rng_below(&rng, 100);
        double a = mp_rng_unit(&rng), b = mp_rng_unit(&rng);
        struct mp_two_arms arms = {0, rounds_a, 0, rounds_b};
        for (uint64_t n = 0; n < rounds_a; n++)
            arms.failures_a += mp_rng_unit(&rng) < a;
        for (uint64_t n = 0; n < rounds_b; n++)
            arms.failures_b += mp_rng_unit(&rng) < b;
        struct mp_interval got =
            mp_binomial_clopper_pearson(arms.failures_a, arms.rounds_a, ALPHA);
        exact.hits += !(got.low <= a && a <= got.high);
        got = mp_binomial_wilson(arms.failures_a, arms.rounds_a, ALPHA);
        wilson.hits += !(got.low <= a && a <= got.high);
        struct mp_effect effect = mp_effect_difference_newcombe(arms, ALPHA);
        newcombe.hits += !(effect.low <= a - b && a - b <= effect.high);
    }
    tell("Clopper-Pearson limits that lost the rate", exact);
    tell("Wilson limits that lost the rate", wilson);
    tell("Newcombe limits that lost the difference", newcombe);
    assert_false(is_above(exact, ALPHA));
    /* These two keep 95 % on average only. */
    assert_false(is_above(wilson, 0.055) || is_below(wilson, 0.045));
    assert_false(is_above(newcombe, 0.055) || is_below(newcombe, 0.035));
}

/* Comparisons of the planned size, and how many find the difference. */
static void planned_power_is_what_comparisons_have(void **state) {
    static const struct {
        enum mp_exact_test test;
        struct mp_contrast contrast;
        double power;
    } rows[] = {
        {MP_TEST_FISHER, {0.2, 0.02, ALPHA}, 0.8},
        {MP_TEST_FISHER, {0.55, 0.05, ALPHA}, 0.9},
        {MP_TEST_MID_P, {0.1, 0.01, ALPHA}, 0.8},
    };
    const struct calibration *size = *state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_sample_size plan =
            mp_power_rounds(rows[i].test, rows[i].contrast, rows[i].power);
        uint64_t n = plan.rounds_per_arm;
        assert_true(plan.power >= rows[i].power && n > 0 && n < 1000);
        struct share got = {0, size->campaigns};
        struct mp_rng rng;
        mp_rng_seed(&rng, 900 + i);
        for (uint64_t k = 0; k < size->campaigns; k++) {
            struct mp_two_arms arms = {0, n, 0, n};
            for (uint64_t round = 0; round < n; round++) {
                arms.failures_a += mp_rng_unit(&rng) < rows[i].contrast.rate_a;
                arms.failures_b += mp_rng_unit(&rng) < rows[i].contrast.rate_b;
            }
            struct mp_fisher fisher = mp_two_arms_fisher(arms);
            got.hits += (rows[i].test == MP_TEST_FISHER ? fisher.two_sided
                                                        : fisher.mid_p) <= ALPHA;
        }
        char text[120];
        snprintf(text, sizeof(text),
                 "%g against %g, %llu rounds an arm: told apart (planned %.4f)",
                 rows[i].contrast.rate_a, rows[i].contrast.rate_b, (unsigned long long)n,
                 plan.power);
        tell(text, got);
        assert_false(is_above(got, plan.power) || is_below(got, plan.power));
    }
}

/* Wald's bounds promise alpha / (1 - beta) and beta / (1 - alpha) at the two rates. */
static void walds_test_keeps_its_errors(void **state) {
    const struct calibration *size = *state;
    struct mp_sprt sprt;
    assert_true(mp_sprt_make((struct mp_sprt_plan){0.05, 0.2, ALPHA, ALPHA}, &sprt));
    for (unsigned high = 0; high < 2; high++) {
        struct share wrong = {0, size->campaigns};
        struct mp_rng rng;
        mp_rng_seed(&rng, 1000 + high);
        for (uint64_t i = 0; i < size->campaigns; i++) {
            uint64_t failures = 0, rounds = 0;
            enum mp_sprt_verdict verdict = MP_SPRT_OPEN;
            while (verdict == MP_SPRT_OPEN) {
                failures += mp_rng_unit(&rng) < (high ? 0.2 : 0.05);
                verdict = mp_sprt_decide(&sprt, failures, ++rounds);
            }
            wrong.hits += verdict == (high ? MP_SPRT_LOW : MP_SPRT_HIGH);
        }
        tell_at("wrong verdicts of Wald's test", high ? 0.2 : 0.05, wrong);
        assert_false(is_above(wrong, ALPHA / (1.0 - ALPHA)));
        assert_true(wrong.hits > 0);
    }
}

/* Nights of 200 rounds; rounds of one night have a correlation (beta-binomial). */
struct season {
    size_t nights;
    double rate, correlation;
    double change, alarm, covered; /* bounds: at most, at most, at least */
};

static double draw_normal(struct mp_rng *rng) {
    return sqrt(-2.0 * log(1.0 - mp_rng_unit(rng))) *
           cos(6.283185307179586 * mp_rng_unit(rng));
}

/* Marsaglia and Tsang 2000. */
static double draw_gamma(double shape, struct mp_rng *rng) {
    double boost = shape < 1.0 ? pow(1.0 - mp_rng_unit(rng), 1.0 / shape) : 1.0;
    double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);
    for (;;) {
        double x = draw_normal(rng), v = pow(1.0 + c * x, 3.0);
        if (v > 0.0 && log(1.0 - mp_rng_unit(rng)) < 0.5 * x * x + d - d * v + d * log(v))
            return boost * d * v;
    }
}

static double draw_rate(const struct season *season, struct mp_rng *rng) {
    if (season->correlation <= 0.0)
        return season->rate;
    double size = 1.0 / season->correlation - 1.0;
    double failing = draw_gamma(season->rate * size, rng);
    return failing / (failing + draw_gamma((1.0 - season->rate) * size, rng));
}

static struct mp_night draw_night(uint64_t rounds, double rate, struct mp_rng *rng) {
    struct mp_night night = {0, rounds};
    for (uint64_t round = 0; round < rounds; round++)
        night.failures += mp_rng_unit(rng) < rate;
    return night;
}

/* Whether any of the reports that were read night after night raised an alarm. */
static bool raises_alarm(struct mp_night_series series) {
    for (size_t night = MP_NIGHT_ALARM_EARLIER + 1; night <= series.nights; night++) {
        struct mp_night_series so_far = series;
        so_far.nights = night;
        struct mp_night_alarm alarm = mp_night_alarm_test(so_far, ALPHA);
        if (alarm.has_alarm && alarm.night + 1 == night)
            return true;
    }
    return false;
}

static void nights_that_stay_the_same_say_so(void **state) {
    const struct calibration *size = *state;
    static const struct season seasons[] = {
        {5, 0.01, 0.0, 0.05, 0.05, 0.95},   {30, 0.01, 0.0, 0.05, 0.05, 0.95},
        {30, 0.005, 0.0, 0.05, 0.05, 0.95}, {5, 0.05, 0.02, 0.05, 0.05, 0.93},
        {8, 0.05, 0.02, 0.05, 0.05, 0.93},  {30, 0.05, 0.02, 0.05, 0.05, 0.93},
        {30, 0.3, 0.02, 0.05, 0.05, 0.93},
    };
    uint64_t count = (size->campaigns + 19) / 20;
    struct mp_rng rng;
    mp_rng_seed(&rng, 31);
    for (size_t i = 0; i < MP_COUNT(seasons); i++) {
        const struct season *season = &seasons[i];
        struct share changed = {0, count}, alarmed = {0, count}, covered = {0, count},
                     bounded = {0, count};
        for (uint64_t k = 0; k < count; k++) {
            struct mp_night nights[30];
            uint64_t failures = 0;
            for (size_t night = 0; night < season->nights; night++) {
                double rate = draw_rate(season, &rng);
                nights[night] = draw_night(200, rate, &rng);
                failures += nights[night].failures;
            }
            struct mp_night_series series = {
                .nights = season->nights, .cells = 1, .count = nights};
            struct mp_change changes[MP_CHANGES_MAX];
            struct mp_change_plan plan = {199, k};
            struct mp_night_spread spread = mp_night_spread_measure(series, ALPHA, 0, k);
            changed.hits += mp_change_point_find(series, ALPHA, plan, changes) > 0;
            covered.hits += spread.adjusted.low <= season->rate &&
                            season->rate <= spread.adjusted.high;
            bounded.hits +=
                mp_night_spread_upper(&spread, series.nights, failures,
                                      200 * series.nights, ALPHA) >= season->rate;
            alarmed.hits += raises_alarm(series);
        }
        char text[100];
        snprintf(text, sizeof(text),
                 "%zu nights of 200, correlation %g: a change is shown", season->nights,
                 season->correlation);
        tell_at(text, season->rate, changed);
        assert_false(is_above(changed, season->change));
        tell_at("   an alarm in any of its nights", season->rate, alarmed);
        assert_false(is_above(alarmed, season->alarm));
        tell_at("   limits over nights cover the rate", season->rate, covered);
        assert_false(is_below(covered, season->covered));
        tell_at("   the bound over nights is not below the rate", season->rate, bounded);
        assert_false(is_below(bounded, season->covered));
    }
}

static void a_change_is_found_in_the_night_it_happens(void **state) {
    static const struct {
        size_t before, after;
        double from, to;
        double found; /* at least */
    } rows[] = {
        {3, 3, 0, 0.5, 0.99},  {4, 4, 0, 0.5, 0.99},   {5, 1, 0, 0.5, 0.99},
        {29, 1, 0, 0.5, 0.99}, {10, 1, 0.1, 0.5, 0.9}, {20, 5, 0.01, 0.1, 0.9},
    };
    const struct calibration *size = *state;
    uint64_t count = (size->campaigns + 19) / 20;
    struct mp_rng rng;
    mp_rng_seed(&rng, 32);
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct share found = {0, count};
        for (uint64_t k = 0; k < count; k++) {
            struct mp_night nights[30];
            size_t all = rows[i].before + rows[i].after;
            for (size_t night = 0; night < all; night++)
                nights[night] = draw_night(
                    200, night < rows[i].before ? rows[i].from : rows[i].to, &rng);
            struct mp_night_series series = {.nights = all, .cells = 1, .count = nights};
            struct mp_change changes[MP_CHANGES_MAX];
            size_t shown = mp_change_point_find(series, ALPHA,
                                                (struct mp_change_plan){199, k}, changes);
            bool is_there = false;
            for (size_t at = 0; at < shown; at++)
                is_there = is_there || changes[at].night == rows[i].before;
            found.hits += is_there;
        }
        char text[100];
        snprintf(text, sizeof(text), "from %g to %g after %zu of %zu nights: it is shown",
                 rows[i].from, rows[i].to, rows[i].before,
                 rows[i].before + rows[i].after);
        tell(text, found);
        assert_false(is_below(found, rows[i].found));
    }
}

/* One subject never fails, the other in 20 %; what changes is how many rounds they
 * have. */
static void a_changed_mixture_is_no_change(void **state) {
    const struct calibration *size = *state;
    uint64_t count = (size->campaigns + 19) / 20;
    struct share changed = {0, count}, alarmed = {0, count}, spread = {0, count};
    struct mp_rng rng;
    mp_rng_seed(&rng, 33);
    for (uint64_t k = 0; k < count; k++) {
        struct mp_night nights[20][2];
        for (size_t night = 0; night < 20; night++) {
            uint64_t good = night < 10 ? 160 : 40;
            nights[night][0] = (struct mp_night){0, good};
            nights[night][1] = draw_night(200 - good, 0.2, &rng);
        }
        struct mp_night_series series = {.nights = 20, .cells = 2, .count = nights[0]};
        struct mp_change changes[MP_CHANGES_MAX];
        struct mp_change_plan plan = {199, k};
        changed.hits += mp_change_point_find(series, ALPHA, plan, changes) > 0;
        spread.hits += mp_night_spread_measure(series, ALPHA, 199, k).p <= ALPHA;
        alarmed.hits += raises_alarm(series);
    }
    tell("a changed mixture of subjects: a change is shown", changed);
    tell("   nights are said to differ", spread);
    tell("   an alarm in any of its nights", alarmed);
    assert_false(is_above(changed, ALPHA) || is_above(spread, ALPHA) ||
                 is_above(alarmed, ALPHA));
}

int main(int argc, char **argv) {
    static const uint64_t few_and_many[2] = {2000, 50000};
    struct calibration size;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_claim_below_is_rarely_false_at_every_look, &size),
        cmocka_unit_test_prestate(an_alarm_above_is_rarely_false_at_every_look, &size),
        cmocka_unit_test_prestate(limits_hold_at_all_looks_together, &size),
        cmocka_unit_test_prestate(the_gate_sees_a_rule_that_peeks, &size),
        cmocka_unit_test_prestate(the_gate_sees_a_counter_of_streaks, &size),
        cmocka_unit_test_prestate(limits_for_one_look_cover_as_stated, &size),
        cmocka_unit_test_prestate(planned_power_is_what_comparisons_have, &size),
        cmocka_unit_test_prestate(walds_test_keeps_its_errors, &size),
        cmocka_unit_test_prestate(nights_that_stay_the_same_say_so, &size),
        cmocka_unit_test_prestate(a_change_is_found_in_the_night_it_happens, &size),
        cmocka_unit_test_prestate(a_changed_mixture_is_no_change, &size),
    };
    if (argc < 1 ||
        !calibration_read(&size, argv + 1, tests, MP_COUNT(tests), few_and_many))
        return 0;
    return cmocka_run_group_tests_name("calibration", tests, NULL,
                                       calibration_tell_seconds);
}
