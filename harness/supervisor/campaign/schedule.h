/* Which round comes next: randomised blocks. Each block holds one round of every cell
 * that still has rounds left, in an order drawn anew for each block, so that no cell runs
 * hours before another and all see the same swings of the machine. Cells of one stratum
 * follow each other without others in between, in an order of their own, so that what is
 * compared runs next to each other. Pure: the same seed gives the same order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_SCHEDULE_H
#define MP_CAMPAIGN_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp_schedule {
    uint64_t seed;
    uint64_t block;
    size_t cell_count;
    uint64_t *rounds; /* per cell, 0: unlimited */
    uint64_t *begun;  /* per cell */
    size_t *stratum;  /* per cell */
    size_t *order;    /* of this block */
    size_t *drawn;    /* the order before strata are grouped */
    size_t order_len, order_next;
    bool is_stratified;
};

/* `rounds` holds a number for each cell, 0: unlimited; copied. */
void mp_schedule_init(struct mp_schedule *schedule, const uint64_t *rounds,
                      size_t cell_count, uint64_t seed);
/* Cells with the same number form a stratum. Call before the first round; without it
 * every cell is its own stratum. */
void mp_schedule_stratify(struct mp_schedule *schedule, size_t cell, size_t stratum);
void mp_schedule_release(struct mp_schedule *schedule);

/* The next round: its cell and its index within the cell (0, 1, ...). False: no rounds
 * left. */
bool mp_schedule_next(struct mp_schedule *schedule, size_t *ret_cell,
                      uint64_t *ret_index);

/* The next round of `cell`, out of order: its index within the cell. */
uint64_t mp_schedule_take(struct mp_schedule *schedule, size_t cell);
/* So many rounds of `cell` were begun before. */
void mp_schedule_skip(struct mp_schedule *schedule, size_t cell, uint64_t rounds);

/* The seed of one round, from the campaign's seed, the cell and the index only,
 * whatever else is in the plan. In a comparison the hash is that of the cell without
 * its arm, so that all arms of a block get the same seed. */
uint64_t mp_schedule_round_seed(uint64_t campaign_seed, const char *cell_hash,
                                uint64_t index);

#endif
