/* Campaigns on the null device without their processes: the same plan, order and seeds as
 * mpstress takes, and the fate that the null device draws from the seed of a round.
 * cli_counting.bats shows that real rounds meet this fate.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_SIMULATED_H
#define MP_TESTS_SIMULATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/campaign/schedule.h"
#include "harness/supervisor/campaign/waiting.h"

/* A plan of one cell of noop for each arm, all of so many rounds. */
void simulated_plan(struct mp_plan *plan, const char *device, const char *const *arm,
                    size_t arm_count, uint64_t rounds);

void simulated_order(struct mp_schedule *schedule, const struct mp_plan *plan,
                     uint64_t seed);
/* The next round; false: none is left. */
bool simulated_next(struct mp_schedule *schedule, const struct mp_plan *plan,
                    uint64_t seed, size_t *ret_cell, uint64_t *ret_round_seed);

/* As fault=...,p=P of the null device decides. */
bool simulated_fails(uint64_t round_seed, double p);

#define SIMULATED_JOBS_MAX 64

/* How the rounds of a campaign end, and who decides on them. */
struct simulated_campaign {
    const struct mp_plan *plan;
    uint64_t seed;
    unsigned jobs; /* at the same time */
    /* Fills in the outcome of a round and returns how long it takes, in whatever
     * unit. */
    uint64_t (*run)(void *arg, struct mp_ended *round);
    bool (*is_decided)(void *arg, const struct mp_ended *ended);
    void *arg;
    bool takes_as_they_end; /* wrong on purpose: rounds do not wait for older ones */
};

/* Runs it as mpstress does: begins rounds as long as a job is free and nothing is
 * decided, waits for the one that ends first, hands on those whose turn it is. Returns
 * whether it was decided at the end. */
bool simulated_run(const struct simulated_campaign *campaign);

#endif
