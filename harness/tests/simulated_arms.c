/* Simulated comparisons.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/simulated_arms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "results/stats/effect.h"

struct end {
    enum mp_comparison_verdict verdict[SIMULATED_ARMS_MAX];
    uint64_t blocks; /* until it was decided, or all */
    bool is_decided;
    struct mp_two_arms table[SIMULATED_STRATA_MAX]; /* of the control and the first arm */
};

/* One comparison that runs. */
struct run {
    const struct simulated_world *world;
    struct mp_comparison comparison;
    uint64_t newest_seed; /* of a round that began */
};

static uint64_t run_round(void *arg, struct mp_ended *round) {
    struct run *run = arg;
    const struct simulated_world *world = run->world;
    size_t arm = round->cell_index % world->arms;
    double p = round->cell_index >= world->arms ? world->second[arm] : world->rate[arm];
    bool is_first = round->seed != run->newest_seed;
    run->newest_seed = round->seed;
    bool fails = world->fails((struct simulated_toss){round->seed, arm, p, is_first});
    bool fails_otherwise =
        world->other[arm] > 0 &&
        world->fails((struct simulated_toss){mp_rng_hash(round->seed, 77), arm,
                                             world->other[arm], is_first});
    round->outcome = fails             ? MP_OUTCOME_HANG
                     : fails_otherwise ? MP_OUTCOME_DROPPED
                                       : MP_OUTCOME_PASS;
    return fails && world->failure[arm] > 0 ? world->failure[arm] : 1;
}

static bool take_round(void *arg, const struct mp_ended *ended) {
    struct mp_comparison *comparison = &((struct run *)arg)->comparison;
    size_t arms = comparison->rule.arm_count;
    mp_comparison_add(comparison, ended->cell_index / arms, ended->cell_index % arms,
                      ended->seed,
                      ended->outcome == MP_OUTCOME_PASS      ? MP_BLOCK_PASS
                      : ended->outcome == MP_OUTCOME_DROPPED ? MP_BLOCK_OTHER
                                                             : MP_BLOCK_FAIL);
    return mp_comparison_is_decided(comparison);
}

static size_t count_strata(const struct simulated_world *world) {
    return world->strata > 0 ? world->strata : 1;
}

static struct end compare(const struct simulated_world *world, const struct mp_plan *plan,
                          uint64_t seed) {
    struct mp_comparison_rule rule = {.arm_count = world->arms,
                                      .stratum_count = count_strata(world),
                                      .alpha = SIMULATED_ALPHA,
                                      .fixed_below = world->fixed_below,
                                      .looks = world->looks};
    if (world->margin.target > 0)
        mp_comparison_rule_claim(&rule, &world->margin);
    enum mp_comparison_verdict verdict[MP_COMPARISON_ARMS_MAX] = {MP_COMPARISON_NOTHING};
    struct run run = {.world = world};
    struct end end;
    mp_comparison_init(&run.comparison, &rule);
    struct simulated_campaign campaign = {.plan = plan,
                                          .seed = seed,
                                          .jobs = world->jobs > 0 ? world->jobs : 1,
                                          .run = run_round,
                                          .is_decided = take_round,
                                          .arg = &run,
                                          .takes_as_they_end = world->takes_as_they_end};
    end.is_decided = simulated_run(&campaign);
    mp_comparison_conclude(&run.comparison, verdict);
    memcpy(end.verdict, verdict, sizeof(end.verdict));
    end.blocks = run.comparison.blocks;
    for (size_t i = 0; i < count_strata(world); i++)
        end.table[i] = mp_comparison_table(&run.comparison, i, 1, MP_COMPARISON_SEEN);
    if (campaign.jobs == 1 && !end.is_decided)          /* else perhaps within a block */
        assert_int_equal(run.comparison.open_count, 0); /* every seed met its block */
    mp_comparison_release(&run.comparison);
    return end;
}

static bool is_difference(enum mp_comparison_verdict verdict) {
    return verdict == MP_COMPARISON_FIXED || verdict == MP_COMPARISON_BETTER ||
           verdict == MP_COMPARISON_WORSE;
}

static int by_size(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static bool loses(struct mp_effect effect, double truth) {
    return !(effect.low <= truth && truth <= effect.high);
}

static bool loses_rate(struct mp_interval limits, double truth) {
    return !(limits.low <= truth && truth <= limits.high);
}

/* Cell by cell: the arms of the first stratum, then those of the second. */
static void plan_world(struct mp_plan *plan, const struct simulated_world *world) {
    static const char *const names[SIMULATED_ARMS_MAX] = {"none", "serial",
                                                          "encode_mutex"};
    const char *arms[SIMULATED_ARMS_MAX * SIMULATED_STRATA_MAX];
    size_t cells = world->arms * count_strata(world);
    struct mp_error err;
    for (size_t i = 0; i < cells; i++)
        arms[i] = names[i % world->arms];
    simulated_plan(plan, "null", arms, cells, world->rounds);
    for (size_t i = world->arms; i < cells; i++)
        assert_int_equal(mp_round_spec_set_param(&plan->cell[i].spec, "iters", "2", &err),
                         MP_OK);
    mp_plan_pair_arms(plan);
}

/* The limits at the end of a comparison, against the truth. */
static void check_limits(const struct simulated_world *world, const struct end *end,
                         struct simulated_shares *shares) {
    struct mp_two_arms table = end->table[0];
    double a = world->rate[0], b = world->rate[1];
    shares->lost.hits +=
        loses(mp_effect_difference_anytime(table, SIMULATED_ALPHA), a - b);
    shares->lost_fixed.hits +=
        loses(mp_effect_difference_newcombe(table, SIMULATED_ALPHA), a - b);
    shares->lost_ratio.hits +=
        b > 0 && loses(mp_effect_ratio_anytime(table, SIMULATED_ALPHA), a / b);
    shares->lost_rate.hits +=
        loses_rate(mp_eprocess_interval(table.failures_b, table.rounds_b, SIMULATED_ALPHA,
                                        mp_prior_jeffreys()),
                   b);
    shares->lost_rate_fixed.hits += loses_rate(
        mp_binomial_clopper_pearson(table.failures_b, table.rounds_b, SIMULATED_ALPHA),
        b);
}

struct simulated_shares simulated_compare(const struct simulated_world *world,
                                          const struct calibration *size, uint64_t seed) {
    const struct share none = {0, size->campaigns};
    struct simulated_shares shares = {none, none, none, none, none, none, none,
                                      none, none, none, none, none, 0};
    uint64_t *blocks = mp_memory_zeroed(size->campaigns, sizeof(*blocks));
    struct mp_plan plan;
    plan_world(&plan, world);
    for (uint64_t i = 0; i < size->campaigns; i++) {
        struct end end = compare(world, &plan, mp_rng_hash(seed, i));
        bool differs = false;
        for (size_t arm = 1; arm < world->arms; arm++)
            differs = differs || is_difference(end.verdict[arm]);
        bool is_fixed = end.verdict[1] == MP_COMPARISON_FIXED;
        shares.different.hits += differs;
        shares.fixed.hits += is_fixed;
        shares.good.hits += is_fixed || end.verdict[1] == MP_COMPARISON_BETTER;
        shares.exchanged.hits += end.verdict[1] == MP_COMPARISON_EXCHANGED;
        shares.within.hits += end.verdict[1] == MP_COMPARISON_NO_WORSE ||
                              end.verdict[1] == MP_COMPARISON_SAME;
        shares.beyond.hits += end.verdict[1] == MP_COMPARISON_WORSE ||
                              end.verdict[1] == MP_COMPARISON_DIFFERENT;
        shares.decided.hits += end.is_decided;
        check_limits(world, &end, &shares);
        blocks[i] = end.is_decided ? end.blocks : UINT64_MAX;
    }
    qsort(blocks, size->campaigns, sizeof(*blocks), by_size);
    uint64_t middle = blocks[size->campaigns / 2];
    shares.median = middle == UINT64_MAX ? 0 : middle;
    free(blocks);
    mp_plan_release(&plan);
    return shares;
}

void simulated_tell(const struct simulated_world *world, const char *what,
                    struct share share, const char *promise, double figure) {
    char text[240], jobs[40] = "", second[60] = "";
    if (world->jobs > 1)
        snprintf(jobs, sizeof(jobs), ", %u jobs, slow failures", world->jobs);
    if (world->strata > 1)
        snprintf(second, sizeof(second), " and %g against %g", world->second[0],
                 world->second[1]);
    snprintf(text, sizeof(text),
             "compare, %zu arms, %g against %g%s, %llu blocks%s, %s: %s (%s %.4f)",
             world->arms, world->rate[0], world->rate[1], second,
             (unsigned long long)world->rounds, jobs,
             world->looks ? "each looked at" : "judged once", what, promise, figure);
    tell(text, share);
}
