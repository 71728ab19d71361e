/* Rounds that ended, in the order in which they were begun: each waits until all older
 * ones have ended too. What decides on rounds takes them from here. A round that fails
 * may take longer than one that passes (a hang takes its whole deadline), so that the
 * rounds that have ended at some moment are not a fair sample of those that were begun;
 * those from the first to the oldest in flight are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_WAITING_H
#define MP_CAMPAIGN_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/outcome.h"

/* A round that ended. */
struct mp_ended {
    size_t cell_index; /* into the plan */
    uint64_t seed;     /* in a comparison the arms of a block share it */
    enum mp_outcome outcome;
    uint64_t wall_ns; /* that it took */
    bool is_wanted;   /* as mp_campaign_config.is_wanted says; else a failure */
};

struct mp_waiting {
    uint64_t next;                /* the position whose turn is next */
    struct mp_waiting_slot *slot; /* owned; of the positions from `next` on */
    size_t first, count, room;    /* a ring */
};

/* Positions below `next` have had their turn. */
void mp_waiting_init(struct mp_waiting *waiting, uint64_t next);
void mp_waiting_release(struct mp_waiting *waiting);

/* The round started as number `position` (`next` or more) has ended. Called once for
 * each. */
void mp_waiting_add(struct mp_waiting *waiting, uint64_t position,
                    const struct mp_ended *ended);
/* Takes the next round in order; false if an older one is still in flight or none
 * waits. */
bool mp_waiting_take(struct mp_waiting *waiting, struct mp_ended *ret_ended);

#endif
