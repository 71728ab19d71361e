/* The order of rounds. Knows cells by number only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/rng.h"

void mp_schedule_init(struct mp_schedule *schedule, const uint64_t *rounds,
                      size_t cell_count, uint64_t seed) {
    *schedule = (struct mp_schedule){.seed = seed, .cell_count = cell_count};
    schedule->rounds = mp_memory_zeroed(cell_count + 1, sizeof(*schedule->rounds));
    schedule->begun = mp_memory_zeroed(cell_count + 1, sizeof(*schedule->begun));
    schedule->stratum = mp_memory_zeroed(cell_count + 1, sizeof(*schedule->stratum));
    schedule->drawn = mp_memory_zeroed(cell_count + 1, sizeof(*schedule->drawn));
    schedule->order = mp_memory_zeroed(cell_count + 1, sizeof(*schedule->order));
    if (cell_count > 0)
        memcpy(schedule->rounds, rounds, cell_count * sizeof(*rounds));
    for (size_t i = 0; i < cell_count; i++)
        schedule->stratum[i] = i;
}

void mp_schedule_stratify(struct mp_schedule *schedule, size_t cell, size_t stratum) {
    schedule->stratum[cell] = stratum;
    schedule->is_stratified = schedule->is_stratified || stratum != cell;
}

void mp_schedule_release(struct mp_schedule *schedule) {
    free(schedule->rounds);
    free(schedule->begun);
    free(schedule->stratum);
    free(schedule->drawn);
    free(schedule->order);
    memset(schedule, 0, sizeof(*schedule));
}

/* Moves the cells of a stratum to where the first of them was drawn. Strata, and cells
 * within each, keep the order in which they were drawn. */
static void bring_groups_together(struct mp_schedule *schedule) {
    size_t placed = 0;
    memcpy(schedule->drawn, schedule->order,
           schedule->order_len * sizeof(*schedule->drawn));
    for (size_t i = 0; i < schedule->order_len; i++) {
        if (schedule->drawn[i] == SIZE_MAX)
            continue;
        size_t stratum = schedule->stratum[schedule->drawn[i]];
        for (size_t j = i; j < schedule->order_len; j++) {
            if (schedule->drawn[j] != SIZE_MAX &&
                schedule->stratum[schedule->drawn[j]] == stratum) {
                schedule->order[placed++] = schedule->drawn[j];
                schedule->drawn[j] = SIZE_MAX;
            }
        }
    }
}

static void block_begin(struct mp_schedule *schedule) {
    schedule->order_len = 0;
    schedule->order_next = 0;
    for (size_t i = 0; i < schedule->cell_count; i++)
        if (schedule->rounds[i] == 0 || schedule->begun[i] < schedule->rounds[i])
            schedule->order[schedule->order_len++] = i;
    struct mp_rng rng;
    mp_rng_seed(&rng, mp_rng_hash(schedule->seed, schedule->block++));
    for (size_t i = schedule->order_len; i > 1; i--) {
        size_t j = (size_t)mp_rng_below(&rng, i);
        size_t swapped = schedule->order[i - 1];
        schedule->order[i - 1] = schedule->order[j];
        schedule->order[j] = swapped;
    }
    if (schedule->is_stratified)
        bring_groups_together(schedule);
}

bool mp_schedule_next(struct mp_schedule *schedule, size_t *ret_cell,
                      uint64_t *ret_index) {
    if (schedule->order_next == schedule->order_len)
        block_begin(schedule);
    if (schedule->order_len == 0)
        return false;
    size_t cell = schedule->order[schedule->order_next++];
    *ret_cell = cell;
    *ret_index = schedule->begun[cell]++;
    return true;
}

uint64_t mp_schedule_take(struct mp_schedule *schedule, size_t cell) {
    return schedule->begun[cell]++;
}

void mp_schedule_skip(struct mp_schedule *schedule, size_t cell, uint64_t rounds) {
    schedule->begun[cell] += rounds;
}

uint64_t mp_schedule_round_seed(uint64_t campaign_seed, const char *cell_hash,
                                uint64_t index) {
    uint64_t cell = mp_rng_hash_bytes(cell_hash, strlen(cell_hash));
    return mp_rng_hash(mp_rng_hash(campaign_seed, cell), index);
}
