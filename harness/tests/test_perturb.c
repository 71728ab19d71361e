/* What a perturbation decides, which is pure. What follows from it: round.bats.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/round/perturb.h"
#include "harness/round/scenario.h"

#define ALL ((1U << MP_PERTURB_KINDS) - 1)

static struct mp_perturb_plan plan_of(uint64_t seed) {
    struct mp_perturb_plan plan;

    mp_perturb_plan_make(ALL, seed, 4, 10000, &plan);
    return plan;
}

static void every_scenario_has_the_words_in_order(void **state) {
    static const char *const word[MP_PERTURB_KINDS] = {"gate",   "delay",    "pair",
                                                       "freeze", "priority", "load"};
    struct mp_option_values values;
    struct mp_error err;

    (void)state;
    for (size_t i = 0; mp_scenario_list()[i]; i++) {
        mp_option_values_init(&values, mp_scenario_list()[i]->params);
        assert_false(mp_option_get(&values, "perturb")->is_set);
        for (unsigned kind = 0; kind < MP_PERTURB_KINDS; kind++) {
            assert_int_equal(mp_option_set(&values, "perturb", word[kind], &err), MP_OK);
            assert_int_equal(mp_option_get(&values, "perturb")->set, 1U << kind);
        }
    }
}

/* By members: padding has no value. */
static bool are_equal(const struct mp_perturb_plan *a, const struct mp_perturb_plan *b) {
    return a->kinds == b->kinds && a->hostile == b->hostile && a->delay_q == b->delay_q &&
           a->victim == b->victim && a->freeze_every == b->freeze_every &&
           a->freeze_ns == b->freeze_ns && a->pair[0] == b->pair[0] &&
           a->pair[1] == b->pair[1] && a->load_threads == b->load_threads &&
           a->limit_ns == b->limit_ns;
}

static void same_seed_thread_call_and_point_give_the_same_delay(void **state) {
    unsigned delays = 0, differences = 0;

    (void)state;
    for (uint64_t call = 0; call < 2000; call++) {
        struct mp_perturb_plan plan = plan_of(7), again = plan_of(7);
        uint64_t here = mp_perturb_delay_ns(&plan, 11, call, MP_PAGE_OP_END, 0);
        uint64_t there = mp_perturb_delay_ns(&plan, 12, call, MP_PAGE_OP_END, 0);
        uint64_t point = mp_perturb_delay_ns(&plan, 11, call, MP_PAGE_OP_END, 1);

        assert_true(are_equal(&plan, &again));
        assert_int_equal(here, mp_perturb_delay_ns(&again, 11, call, MP_PAGE_OP_END, 0));
        assert_true(here <= MP_CLOCK_NS_PER_MS);
        delays += here != 0;
        differences += here != there || here != point;
    }
    assert_true(delays > 0);
    assert_true(differences > 0);
}

static void what_is_not_asked_for_is_not_done(void **state) {
    struct mp_perturb_plan plan;

    (void)state;
    mp_perturb_plan_make(1U << MP_PERTURB_LOAD, 3, 4, 10000, &plan);
    for (uint64_t call = 0; call < 1000; call++)
        assert_int_equal(mp_perturb_delay_ns(&plan, 1, call, MP_PAGE_OP_END, 0), 0);
    for (unsigned i = 1; i <= 4; i++)
        assert_false(mp_perturb_is_slow(&plan, 3, i, 4));
}

static void draws_stay_in_their_ranges_and_differ(void **state) {
    double least = 1, most = 0;
    unsigned victims = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct mp_perturb_plan plan = plan_of(seed);
        unsigned slow = 0;

        assert_true(plan.delay_q >= 0.002 && plan.delay_q <= 0.5);
        assert_true(plan.hostile >= 0.05 && plan.hostile <= 1);
        assert_in_range(plan.victim, 1, 4);
        assert_in_range(plan.freeze_ns, MP_CLOCK_NS_PER_MS, 32 * MP_CLOCK_NS_PER_MS);
        assert_int_not_equal(plan.pair[0], plan.pair[1]);
        assert_in_range(plan.load_threads, 1, MP_PERTURB_LOAD_MAX);
        /* Four threads that stand still as long as they may take a twentieth of 10 s. */
        assert_int_equal(plan.limit_ns, 125 * MP_CLOCK_NS_PER_MS);
        for (unsigned i = 1; i <= 4; i++)
            slow += mp_perturb_is_slow(&plan, seed, i, 4);
        assert_in_range(slow, 1, 4);
        least = plan.delay_q < least ? plan.delay_q : least;
        most = plan.delay_q > most ? plan.delay_q : most;
        victims |= 1U << plan.victim;
    }
    assert_true(least < 0.003 && most > 0.4);
    assert_int_equal(victims, 0x1e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_has_the_words_in_order),
        cmocka_unit_test(same_seed_thread_call_and_point_give_the_same_delay),
        cmocka_unit_test(what_is_not_asked_for_is_not_done),
        cmocka_unit_test(draws_stay_in_their_ranges_and_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
