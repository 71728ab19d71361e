/* What a campaign was asked for and who runs it: written before its first round, so that every
 * round that was begun is known whatever happens to its supervisor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_ORDER_H
#define MP_STORE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/identity.h"
#include "results/store/store.h"

struct mp_order_cell {
    const struct mp_round_spec *spec; /* seed 0 */
    const char *role;
    uint64_t rounds;       /* 0: no end */
    const char *seed_hash; /* what the seeds of its rounds follow from */
    uint64_t group;        /* cells of one group run in one piece of a block */
    const char *title;
};

struct mp_order {
    const char *command; /* "run" */
    bool has_round_seed;
    uint64_t round_seed;
    uint64_t duration_ns; /* 0: no limit of time */
    unsigned jobs;
    bool captures;
    const struct mp_order_cell *cell;
    size_t cell_count;
};

/* Makes a campaign with all its cells, run by this process, in one transaction. `ret_cell_ids`
 * takes a number for each cell. */
enum mp_status mp_store_order_begin(struct mp_store *store, const struct mp_campaign_row *row,
                                    const struct mp_order *order, int64_t *ret_id,
                                    int64_t *ret_cell_ids, struct mp_error *err);

/* The environment of a campaign is known in full: its driver has been seen. */
enum mp_status mp_store_order_environment(struct mp_store *store, int64_t campaign_id,
                                          const struct mp_environment *env, struct mp_error *err);

/* A round is about to be started. */
struct mp_running_row {
    int64_t campaign_id, cell_id;
    uint64_t position; /* 1, 2, ... in the order of starting */
    uint64_t seed;
    uint64_t started_wall_ns;
};
/* Commits it. mp_store_round takes it away in the transaction of the round. */
enum mp_status mp_store_running(struct mp_store *store, const struct mp_running_row *row,
                                struct mp_error *err);

/* A canary: a round outside of the schedule, which tells whether its device is well. */
struct mp_health_row {
    int64_t campaign_id;
    uint64_t after_seq; /* the round that ended badly, or on an unwell device */
    const char *device; /* of the canary */
    uint64_t started_wall_ns, wall_ns;
    enum mp_outcome outcome;
    const char *detail;
};
enum mp_status mp_store_health(struct mp_store *store, const struct mp_health_row *row,
                               struct mp_error *err);

#endif
