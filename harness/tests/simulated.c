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
        struct mp_plan_cell *cell = &plan->cell[i];
        mp_round_spec_init(&cell->spec);
        snprintf(cell->spec.device, sizeof(cell->spec.device), "%s", device);
        snprintf(cell->spec.scenario, sizeof(cell->spec.scenario), "noop");
        snprintf(cell->spec.arm, sizeof(cell->spec.arm), "%s", arm[i]);
        mp_round_spec_cell_hash(&cell->spec, cell->hash);
        memcpy(cell->seed_hash, cell->hash, sizeof(cell->seed_hash));
        cell->group = i;
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
        mp_schedule_group(schedule, i, plan->cell[i].group);
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
