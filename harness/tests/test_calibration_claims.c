/* Does `mpstress run --until` keep the error rates that it names, when everything but the
 * process of a round is its own: plan, order, seeds, the null device's fate, counting,
 * rule? Whole campaigns of known rate, held against exact sums over all paths; and
 * harnesses that are wrong on purpose, which must be caught. 250 short campaigns each;
 * with --full 2,000 of up to 3,000 rounds.
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
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/supervisor/campaign/until.h"
#include "harness/tests/simulated.h"
#include "results/stats/demonstration.h"
#include "results/stats/sequential.h"
#include "results/tests/calibration.h"

#define HANG       500   /* a hang takes as long as so many rounds that pass */
#define NEGLIGIBLE 1e-15 /* probability of paths that are no longer followed */

/* What is run, and by which rule it ends. */
struct world {
    const char *claim;
    double p;          /* the null device's, the true rate */
    size_t subjects;   /* 1 to 3 */
    uint64_t rounds;   /* at most, of each subject */
    bool is_full_only; /* takes too long for every day */
    bool (*is_decided)(void *until, const struct mp_ended *ended);
    bool (*fails)(uint64_t round_seed, double p);
    unsigned jobs; /* 0: one; a round that fails takes long */
};

struct end {
    enum mp_decision decision;
    uint64_t rounds, failures; /* of the first subject */
};

static struct mp_claim read_claim(const struct world *world) {
    struct mp_claim claim;
    struct mp_error err;
    assert_int_equal(mp_claim_parse(world->claim, &claim, &err), MP_OK);
    return claim;
}

/* One campaign that runs. */
struct run_state {
    const struct world *world;
    struct mp_until until;
};

static uint64_t run_round(void *arg, struct mp_ended *round) {
    const struct world *world = ((struct run_state *)arg)->world;
    bool fails = world->fails(round->seed, world->p);
    round->outcome = fails ? MP_OUTCOME_HANG : MP_OUTCOME_PASS;
    return fails ? HANG : 1;
}

static bool take_round(void *arg, const struct mp_ended *ended) {
    struct run_state *state = arg;
    return state->world->is_decided(&state->until, ended);
}

static struct end run(const struct world *world, const struct mp_plan *plan,
                      uint64_t seed) {
    struct mp_claim claim = read_claim(world);
    struct run_state state = {.world = world};
    mp_until_init(&state.until, plan, &claim);
    struct simulated_campaign campaign = {.plan = plan,
                                          .seed = seed,
                                          .jobs = world->jobs > 0 ? world->jobs : 1,
                                          .run = run_round,
                                          .is_decided = take_round,
                                          .arg = &state};
    simulated_run(&campaign);
    const struct mp_evidence_cell *first = &state.until.cell[0];
    struct end end = {state.until.evidence.decision, first->rounds, first->failures};
    mp_until_release(&state.until);
    return end;
}

static void plan_world(struct mp_plan *plan, const struct world *world) {
    static const char *const arms[] = {"none", "serial", "encode_mutex"};
    char device[64];
    snprintf(device, sizeof(device), "null:fault=abort,p=%.17g", world->p);
    simulated_plan(plan, device, arms, world->subjects, world->rounds);
}

struct shares {
    struct share met, alarmed;
};

/* `check`, if any, looks at every end. */
static struct shares
run_all(const struct world *world, const struct calibration *size, uint64_t seed,
        void (*check)(const struct world *world, const struct end *end)) {
    struct shares shares = {{0, size->campaigns}, {0, size->campaigns}};
    struct mp_plan plan;
    plan_world(&plan, world);
    for (uint64_t i = 0; i < size->campaigns; i++) {
        struct end end = run(world, &plan, mp_rng_hash(seed, i));
        shares.met.hits += end.decision == MP_DECISION_MET;
        shares.alarmed.hits += end.decision == MP_DECISION_REGRESSION;
        if (check != NULL)
            check(world, &end);
    }
    mp_plan_release(&plan);
    return shares;
}

struct expected {
    double met, alarmed;
};

/* The same for one subject, by adding up all paths. */
static struct expected expect(const struct world *world) {
    struct mp_claim claim = read_claim(world);
    struct mp_beta_prior prior = mp_evidence_prior(&claim);
    struct expected sum = {0, 0};
    double *at = mp_memory_zeroed(world->rounds + 2, sizeof(*at)); /* by failures */
    at[0] = 1;
    for (uint64_t n = 1; n <= world->rounds; n++) {
        for (uint64_t f = n + 1; f-- > 0;) {
            at[f] = at[f] * (1 - world->p) + (f > 0 ? at[f - 1] * world->p : 0);
            if (at[f] < NEGLIGIBLE)
                continue;
            struct mp_evidence_cell cell = {
                .rounds = n, .failures = f, .left = world->rounds - n};
            struct mp_evidence evidence;
            mp_evidence_weigh(&claim, prior, &cell, 1, &evidence);
            if (evidence.decision != MP_DECISION_OPEN) {
                sum.met += evidence.decision == MP_DECISION_MET ? at[f] : 0;
                sum.alarmed += evidence.decision == MP_DECISION_REGRESSION ? at[f] : 0;
                at[f] = 0;
            }
        }
    }
    free(at);
    return sum;
}

/* `promise` says what `figure` is to the share. */
static void tell_world(const struct world *world, const char *what, struct share share,
                       const char *promise, double figure) {
    char text[200];
    snprintf(text, sizeof(text), "%s, %zu %s, rate %g, %llu rounds: %s (%s %.4f)",
             world->claim, world->subjects, mp_plural(world->subjects, "cell", "cells"),
             world->p, (unsigned long long)world->rounds, what, promise, figure);
    tell(text, share);
}

/* What is promised, and for one subject the exact sum too. */
static void check_errors(const struct world *world, const struct shares *got) {
    double alpha = read_claim(world).alpha;
    tell_world(world, "false claims", got->met, "at most", alpha);
    tell_world(world, "false alarms", got->alarmed, "at most", alpha);
    assert_false(is_above(got->met, alpha));
    assert_false(is_above(got->alarmed, alpha));
    assert_true(got->alarmed.hits > 0); /* it does decide */
    if (world->subjects == 1) {
        struct expected want = expect(world);
        assert_true(got->met.hits > 0);
        assert_true(want.met <= alpha && want.alarmed <= alpha);
        assert_true(is_as(got->met, want.met) && is_as(got->alarmed, want.alarmed));
    }
}

#define AS_MPSTRESS .is_decided = mp_until_is_decided, .fails = simulated_fails

static void a_claim_at_its_limit_is_rarely_met_or_refuted(void **state) {
    static const struct world worlds[] = {
        {"rate<20%@95%", 0.2, 1, 150, false, AS_MPSTRESS},
        {"rate<30%@90%", 0.3, 3, 60, false, AS_MPSTRESS},
        {"rate<20%@95%", 0.2, 1, 1000, true, AS_MPSTRESS},
        {"rate<5%@95%", 0.05, 1, 1000, true, AS_MPSTRESS},
        {"rate<5%@95%", 0.05, 3, 1000, true, AS_MPSTRESS},
        {"rate<1%@95%", 0.01, 1, 3000, true, AS_MPSTRESS},
    };
    const struct calibration *size = *state;
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        if (size->is_full || !worlds[i].is_full_only) {
            struct shares got = run_all(&worlds[i], size, 100 + i, NULL);
            check_errors(&worlds[i], &got);
        }
    }
}

/* Failures hang, and so end long after rounds that were begun later. */
static void claims_keep_their_error_rates_while_failures_hang(void **state) {
    static const unsigned jobs[] = {4, 16};
    for (size_t i = 0; i < MP_COUNT(jobs); i++) {
        struct world world = {"rate<20%@95%", 0.2, 1, 150, false, AS_MPSTRESS,
                              .jobs = jobs[i]};
        struct shares got = run_all(&world, *state, 150 + i, NULL);
        tell_world(&world, "false claims, hangs", got.met, "at most", 0.05);
        tell_world(&world, "false alarms, hangs", got.alarmed, "at most", 0.05);
        assert_false(is_above(got.met, 0.05) || is_above(got.alarmed, 0.05));
        assert_true(got.met.hits > 0 && got.alarmed.hits > 0);
    }
}

/* As `mpstress plan` says: with so many failures, so many rounds in all. */
static void check_planned_end(const struct world *world, const struct end *end) {
    struct mp_claim claim = read_claim(world);
    if (end->decision == MP_DECISION_MET) {
        uint64_t clean =
            mp_eprocess_clean_rounds(end->failures, end->failures, claim.target,
                                     claim.alpha, mp_evidence_prior(&claim));
        assert_int_equal(end->rounds, end->failures + clean);
    }
}

/* The budget is the one that --until gives itself. */
static void
campaigns_away_from_the_limit_end_as_often_and_as_soon_as_planned(void **state) {
    static const struct world worlds[] = {
        {"rate<20%@95%", 0, 1, 163, false, AS_MPSTRESS},
        {"rate<20%@95%", 0.1, 1, 163, false, AS_MPSTRESS},
        {"rate<20%@95%", 0.5, 1, 163, false, AS_MPSTRESS},
        {"rate<5%@95%", 0.005, 1, 732, false, AS_MPSTRESS},
        {"rate<5%@95%", 0.025, 1, 732, false, AS_MPSTRESS},
        {"rate<1%@95%", 0.001, 1, 3830, true, AS_MPSTRESS},
        {"rate<1%@95%", 0.005, 1, 3830, true, AS_MPSTRESS},
        {"rate<1%@95%", 0.03, 1, 3830, true, AS_MPSTRESS},
    };
    const struct calibration *size = *state;
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        const struct world *world = &worlds[i];
        if (world->is_full_only && !size->is_full)
            continue;
        struct shares got = run_all(world, size, 200 + i, check_planned_end);
        struct mp_claim claim = read_claim(world);
        struct mp_stopping planned =
            mp_stopping_make(&claim, mp_evidence_prior(&claim), world->p, world->rounds);
        struct expected want = expect(world);
        assert_int_equal(mp_stopping_default_budget(&claim), world->rounds);
        assert_float_equal(planned.met, want.met, 1e-9);
        assert_float_equal(planned.refuted, want.alarmed, 1e-9);
        bool is_true = world->p < read_claim(world).target;
        tell_world(world, is_true ? "met" : "refuted", is_true ? got.met : got.alarmed,
                   "planned", is_true ? want.met : want.alarmed);
        assert_true(is_as(got.met, want.met) && is_as(got.alarmed, want.alarmed));
        assert_true((is_true ? want.met : want.alarmed) > 0.5);
        assert_true(world->p > 0 || got.met.hits == size->campaigns);
    }
}

/* Counts, and never ends before the last round. */
static bool only_counts(void *until, const struct mp_ended *ended) {
    mp_until_is_decided(until, ended);
    return false;
}

#define FIXED .is_decided = only_counts, .fails = simulated_fails

/* `mpstress plan`: so many rounds of which at most so many fail show the claim; and with
 * what chance they do where the rate is lower. */
static void plans_of_a_fixed_number_pass_as_often_as_stated(void **state) {
    static const double rates[] = {0.1, 0.05, 0.01}; /* for a claim of 10 % */
    const struct calibration *size = *state;
    for (uint64_t allowed = 0; allowed < (size->is_full ? 4 : 2); allowed++) {
        uint64_t rounds = mp_demonstration_rounds(allowed, 0.1, 0.05);
        for (size_t i = 0; i < MP_COUNT(rates); i++) {
            struct world world = {"rate<10%@95%", rates[i], 1, rounds, false, FIXED};
            struct share passed = {0, size->campaigns};
            struct mp_plan plan;
            plan_world(&plan, &world);
            for (uint64_t k = 0; k < size->campaigns; k++) {
                struct end end =
                    run(&world, &plan, mp_rng_hash(300 + 10 * allowed + i, k));
                assert_int_equal(end.rounds, rounds);
                passed.hits += end.failures <= allowed;
            }
            mp_plan_release(&plan);
            double planned = mp_demonstration_pass(allowed, rounds, rates[i]);
            char what[40];
            snprintf(what, sizeof(what), "%d or fewer failed", (int)allowed);
            tell_world(&world, what, passed, "planned", planned);
            assert_true(is_as(passed, planned));
            assert_true(i > 0 || planned <= 0.05);
        }
    }
}

/* The limits of a report's table, which are for a number of rounds fixed in advance. */
static void limits_of_a_table_cover_at_the_end(void **state) {
    static const struct world worlds[] = {
        {"rate<50%", 0.3, 1, 50, false, FIXED},
        {"rate<50%", 0.02, 1, 200, false, FIXED},
        {"rate<50%", 0.002, 1, 2000, true, FIXED},
    };
    const struct calibration *size = *state;
    for (size_t i = 0; i < MP_COUNT(worlds); i++) {
        const struct world *world = &worlds[i];
        struct share lost = {0, size->campaigns};
        struct mp_plan plan;
        if (world->is_full_only && !size->is_full)
            continue;
        plan_world(&plan, world);
        for (uint64_t k = 0; k < size->campaigns; k++) {
            struct end end = run(world, &plan, mp_rng_hash(400 + i, k));
            struct mp_interval limits =
                mp_binomial_clopper_pearson(end.failures, end.rounds, 0.05);
            lost.hits += !(limits.low <= world->p && world->p <= limits.high);
        }
        mp_plan_release(&plan);
        tell_world(world, "limits at the end that lost the rate", lost, "at most", 0.05);
        assert_false(is_above(lost, 0.05));
        assert_true(lost.hits > 0);
    }
}

/* Ends as "met" where the limit that a report gives for a claim is below the true rate,
 * which is the claim's. */
static bool loses_rate(void *arg, const struct mp_ended *ended) {
    struct mp_until *until = arg;
    mp_until_is_decided(until, ended);
    double upper = mp_evidence_upper(until->cell[0].failures, until->cell[0].rounds,
                                     until->claim.alpha, until->prior);
    bool is_lost = upper < until->claim.target;
    until->evidence.decision = is_lost ? MP_DECISION_MET : MP_DECISION_OPEN;
    return is_lost;
}

static void limits_of_a_claim_cover_at_all_looks_together(void **state) {
    const struct calibration *size = *state;
    struct world world = {"rate<20%@95%",  0.2, 1, 60, false, loses_rate,
                          simulated_fails, 1};
    if (size->is_full)
        world.rounds = 500;
    struct shares got = run_all(&world, size, 500, NULL);
    tell_world(&world, "limits that lost the rate at some look", got.met, "at most",
               0.05);
    assert_false(is_above(got.met, 0.05));
    assert_true(got.met.hits > 0);
    assert_true(is_as(got.met, expect(&world).met)); /* it is the claim's evidence */
}

/* Wrong on purpose: a limit for one look, read after every round. */
static bool peeks(void *arg, const struct mp_ended *ended) {
    struct mp_until *until = arg;
    mp_until_is_decided(until, ended);
    double upper =
        mp_binomial_upper(until->cell[0].failures, until->cell[0].rounds, 0.05);
    bool is_met = upper < until->claim.target;
    until->evidence.decision = is_met ? MP_DECISION_MET : MP_DECISION_OPEN;
    return is_met;
}

static void the_gate_sees_a_run_that_peeks(void **state) {
    struct world world = {"rate<20%@95%", 0.2, 1, 150, false, peeks, simulated_fails, 1};
    struct shares got = run_all(&world, *state, 600, NULL);
    tell_world(&world, "WRONG ON PURPOSE, peeks: false claims", got.met, "must be above",
               0.05);
    assert_true(is_above(got.met, 0.05));
}

/* Wrong on purpose: a failed round is run again, and the second attempt is what
 * counts. */
static bool fails_twice(uint64_t round_seed, double p) {
    return simulated_fails(round_seed, p) &&
           simulated_fails(mp_rng_hash(round_seed, 1), p);
}

static void the_gate_sees_a_run_that_repeats_failed_rounds(void **state) {
    struct world world = {"rate<20%@95%",      0.2,         1, 150, false,
                          mp_until_is_decided, fails_twice, 1};
    struct shares got = run_all(&world, *state, 700, NULL);
    tell_world(&world, "WRONG ON PURPOSE, repeats: false claims", got.met,
               "must be above", 0.05);
    assert_true(is_above(got.met, 0.05));
}

/* Wrong on purpose: one failure in five is lost on its way to the database. */
static bool fails_and_is_told(uint64_t round_seed, double p) {
    return simulated_fails(round_seed, p) && mp_rng_hash_unit(round_seed, 1) >= 0.2;
}

static void the_gate_sees_a_run_that_loses_failures(void **state) {
    struct world world = {"rate<20%@95%",    0.2, 1, 300, false, mp_until_is_decided,
                          fails_and_is_told, 1};
    struct shares got = run_all(&world, *state, 800, NULL);
    tell_world(&world, "WRONG ON PURPOSE, loses: false claims", got.met, "must be above",
               0.05);
    assert_true(is_above(got.met, 0.05));
}

int main(int argc, char **argv) {
    static const uint64_t few_and_many[2] = {250, 2000};
    struct calibration size;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(a_claim_at_its_limit_is_rarely_met_or_refuted, &size),
        cmocka_unit_test_prestate(claims_keep_their_error_rates_while_failures_hang,
                                  &size),
        cmocka_unit_test_prestate(
            campaigns_away_from_the_limit_end_as_often_and_as_soon_as_planned, &size),
        cmocka_unit_test_prestate(plans_of_a_fixed_number_pass_as_often_as_stated, &size),
        cmocka_unit_test_prestate(limits_of_a_table_cover_at_the_end, &size),
        cmocka_unit_test_prestate(limits_of_a_claim_cover_at_all_looks_together, &size),
        cmocka_unit_test_prestate(the_gate_sees_a_run_that_peeks, &size),
        cmocka_unit_test_prestate(the_gate_sees_a_run_that_repeats_failed_rounds, &size),
        cmocka_unit_test_prestate(the_gate_sees_a_run_that_loses_failures, &size),
    };
    if (argc < 1 ||
        !calibration_read(&size, argv + 1, tests, MP_COUNT(tests), few_and_many))
        return 0;
    return cmocka_run_group_tests_name("calibration of claims", tests, NULL,
                                       calibration_tell_seconds);
}
