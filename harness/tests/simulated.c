/* Simulated campaigns, from the parts of which mpstress makes real ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/simulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"

void simulated_plan(struct mp_plan *plan, const char *device, const char *const *arm,
                    size_t arm_count, uint64_t rounds) {
    *plan = (struct mp_plan){.cell = mp_memory_zeroed(arm_count, sizeof(*plan->cell)),
                             .cell_count = arm_count};
    for (size_t i = 0; i < arm_count; i++) {
        struct mp_cell *cell = &plan->cell[i];
        mp_round_spec_init(&cell->spec);
        snprintf(cell->spec.device, sizeof(cell->spec.device), "%s", device);
        snprintf(cell->spec.scenario, sizeof(cell->spec.scenario), "noop");
        snprintf(cell->spec.arm, sizeof(cell->spec.arm), "%s", arm[i]);
        mp_round_spec_cell_hash(&cell->spec, cell->hash);
        memcpy(cell->seed_hash, cell->hash, sizeof(cell->seed_hash));
        cell->stratum = i;
        cell->rounds = rounds;
        cell->is_device_present = true;
    }
}

void simulated_order(struct mp_schedule *schedule, const struct mp_plan *plan,
                     uint64_t seed) {
    uint64_t *rounds = mp_memory_zeroed(plan->cell_count, sizeof(*rounds));
    for (size_t i = 0; i < plan->cell_count; i++)
        rounds[i] = plan->cell[i].rounds;
    mp_schedule_init(schedule, rounds, plan->cell_count, seed);
    for (size_t i = 0; i < plan->cell_count; i++)
        mp_schedule_stratify(schedule, i, plan->cell[i].stratum);
    free(rounds);
}

bool simulated_next(struct mp_schedule *schedule, const struct mp_plan *plan,
                    uint64_t seed, size_t *ret_cell, uint64_t *ret_round_seed) {
    uint64_t index = 0;
    if (!mp_schedule_next(schedule, ret_cell, &index))
        return false;
    *ret_round_seed =
        mp_schedule_round_seed(seed, plan->cell[*ret_cell].seed_hash, index);
    return true;
}

bool simulated_fails(uint64_t round_seed, double p) {
    return mp_rng_hash_unit(round_seed, 0) < p;
}

/* A round in flight. */
struct flight {
    bool is_used;
    uint64_t position, ends_at;
    struct mp_ended ended;
};

struct flights {
    const struct simulated_campaign *campaign;
    struct mp_schedule schedule;
    struct mp_waiting waiting;
    struct flight flight[SIMULATED_JOBS_MAX];
    uint64_t now, begun;
    bool is_exhausted, is_decided;
};

static struct flight *find_free(struct flights *flights) {
    for (unsigned i = 0; i < flights->campaign->jobs; i++)
        if (!flights->flight[i].is_used)
            return &flights->flight[i];
    return NULL;
}

static struct flight *find_first_to_end(struct flights *flights) {
    struct flight *first = NULL;
    for (unsigned i = 0; i < flights->campaign->jobs; i++) {
        struct flight *flight = &flights->flight[i];
        if (flight->is_used && (first == NULL || flight->ends_at < first->ends_at))
            first = flight;
    }
    return first;
}

static void begin(struct flights *flights) {
    const struct simulated_campaign *campaign = flights->campaign;
    struct flight *flight = NULL;
    while (!flights->is_exhausted && !flights->is_decided &&
           (flight = find_free(flights)) != NULL) {
        size_t cell = 0;
        uint64_t seed = 0;
        flights->is_exhausted = !simulated_next(&flights->schedule, campaign->plan,
                                                campaign->seed, &cell, &seed);
        if (flights->is_exhausted)
            break;
        *flight = (struct flight){.is_used = true,
                                  .position = ++flights->begun,
                                  .ended = {.cell_index = cell, .seed = seed}};
        flight->ends_at = flights->now + campaign->run(campaign->arg, &flight->ended);
    }
}

static void end(struct flights *flights, struct flight *flight) {
    const struct simulated_campaign *campaign = flights->campaign;
    struct mp_ended ended = flight->ended;
    flight->is_used = false;
    flights->now = flight->ends_at;
    if (campaign->takes_as_they_end) {
        flights->is_decided = campaign->is_decided(campaign->arg, &ended);
        return;
    }
    mp_waiting_add(&flights->waiting, flight->position, &ended);
    while (mp_waiting_take(&flights->waiting, &ended))
        flights->is_decided = campaign->is_decided(campaign->arg, &ended);
}

bool simulated_run(const struct simulated_campaign *campaign) {
    struct flights flights = {.campaign = campaign};
    struct flight *flight = NULL;
    simulated_order(&flights.schedule, campaign->plan, campaign->seed);
    mp_waiting_init(&flights.waiting, 1);
    begin(&flights);
    while ((flight = find_first_to_end(&flights)) != NULL) {
        end(&flights, flight);
        begin(&flights);
    }
    mp_waiting_release(&flights.waiting);
    mp_schedule_release(&flights.schedule);
    return flights.is_decided;
}
