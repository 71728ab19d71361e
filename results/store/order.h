/* What a campaign was asked for and who runs it: written before its first round, so that
 * every round that was begun is known whatever happens to its supervisor.
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
    struct mp_keep keep;
    const struct mp_order_cell *cell;
    size_t cell_count;
};

/* Makes a campaign with all its cells, run by this process, in one transaction.
 * `ret_cell_ids` takes a number for each cell. */
enum mp_status mp_store_order_begin(struct mp_store *store,
                                    const struct mp_campaign_row *row,
                                    const struct mp_order *order, int64_t *ret_id,
                                    int64_t *ret_cell_ids, struct mp_error *err);

/* The environment of a campaign is known in full: its driver has been seen. */
enum mp_status mp_store_order_environment(struct mp_store *store, int64_t campaign_id,
                                          const struct mp_environment *env,
                                          struct mp_error *err);

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

/* A campaign whose supervisor died, and what became of it. */
struct mp_lost_campaign {
    int64_t campaign_id; /* 0: there is none */
    uint64_t rounds;     /* were in flight and are recorded as lost now */
};
/* Finds one campaign that is marked as running although its supervisor is gone, records
 * its rounds in flight as lost and marks it interrupted, in one transaction. A campaign
 * that runs, on this machine or on another one, is left alone. To be called until there
 * is none. */
enum mp_status mp_store_recover(struct mp_store *store, struct mp_lost_campaign *ret_lost,
                                struct mp_error *err);

struct mp_saved_cell {
    int64_t id;
    char *spec, *role, *title, *spec_hash, *seed_hash; /* owned */
    uint64_t rounds, group;
    uint64_t passed, failures, no_verdict; /* of the rounds that are recorded */
};

/* A campaign that can go on, as it was asked for, and how far it came. */
struct mp_saved_order {
    int64_t campaign_id;
    char *argv;  /* owned */
    char *claim; /* of its plan, "" if it makes none; owned */
    char *kind;  /* of its plan, "" if it has none; owned */
    uint64_t seed, round_seed;
    bool has_round_seed, captures;
    unsigned jobs;
    struct mp_keep keep;
    uint64_t duration_ns, used_ns;
    uint64_t rounds; /* recorded: places 1 to `rounds` of the order, each once */
    struct mp_saved_cell *cell; /* owned */
    size_t cell_count;
};

/* Reads the interrupted campaign `campaign_id`, 0: the newest one of `command`.
 * MP_NOT_FOUND if there is none, MP_USAGE if it is of another kind, is not interrupted,
 * or cannot go on; each says why. Release with mp_store_saved_release, also after a
 * failure. */
enum mp_status mp_store_saved_load(struct mp_store *store, int64_t campaign_id,
                                   const char *command, struct mp_saved_order *ret_saved,
                                   struct mp_error *err);
void mp_store_saved_release(struct mp_saved_order *saved);

/* Marks an interrupted campaign as running again, by this process. MP_USAGE if another
 * process was faster, or if this machine, whose environment without a driver is
 * `environment_id`, is not what it was. */
enum mp_status mp_store_resume(struct mp_store *store, int64_t campaign_id,
                               int64_t environment_id, struct mp_error *err);

/* The rounds of a campaign in the order in which they were begun; hands each to
 * `take`. */
enum mp_status mp_store_saved_rounds(struct mp_store *store, int64_t campaign_id,
                                     void (*take)(void *arg, int64_t cell_id,
                                                  uint64_t seed, const char *outcome),
                                     void *arg, struct mp_error *err);

/* How many rounds of a campaign ended so, by role and outcome; hands each group to
 * `take`. */
enum mp_status mp_store_saved_outcomes(struct mp_store *store, int64_t campaign_id,
                                       void (*take)(void *arg, const char *role,
                                                    const char *outcome, uint64_t rounds),
                                       void *arg, struct mp_error *err);

#endif
