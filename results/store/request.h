/* The request of a campaign and who runs it: written before its first round, so that
 * every started round is known whatever happens to the supervisor, and the campaign can
 * be resumed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_REQUEST_H
#define MP_STORE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/identity.h"
#include "results/store/cell.h"
#include "results/store/store.h"

struct mp_request {
    const char *command; /* "run" */
    bool has_round_seed;
    uint64_t round_seed;
    uint64_t duration_ns; /* 0: no limit */
    unsigned jobs;
    unsigned reuse; /* rounds that one process may run, 0 or 1: one */
    bool captures;
    struct mp_retention retention;
    const struct mp_cell *cell; /* in the order of the plan */
    size_t cell_count;
};

/* Creates a campaign with all its cells, run by this process, in one transaction.
 * `ret_cell_ids` gets an id for each cell. */
enum mp_status mp_store_request_begin(struct mp_store *store,
                                      const struct mp_campaign_row *row,
                                      const struct mp_request *request, int64_t *ret_id,
                                      int64_t *ret_cell_ids, struct mp_error *err);

/* Sets `replayed` of the cell from the round of this seed that the database holds, if it
 * holds one. */
enum mp_status mp_store_find_replayed(struct mp_store *store, uint64_t seed,
                                      struct mp_cell *cell, struct mp_error *err);

/* Completes the environment of a campaign once its driver has been seen. */
enum mp_status mp_store_campaign_environment(struct mp_store *store, int64_t campaign_id,
                                             const struct mp_environment *env,
                                             struct mp_error *err);

/* A round is about to be started. */
struct mp_running_row {
    int64_t campaign_id, cell_id;
    uint64_t position; /* 1, 2, ... in the order of starting */
    uint64_t seed;
    uint64_t started_wall_ns;
    uint64_t used_ns; /* by the campaign so far */
};
/* Commits it. mp_store_round removes it in the transaction of the round. */
enum mp_status mp_store_round_begin(struct mp_store *store,
                                    const struct mp_running_row *row,
                                    struct mp_error *err);

/* A canary: a round outside the schedule that tests whether a device is healthy. */
struct mp_health_row {
    int64_t campaign_id;
    uint64_t after_seq; /* the round that required it */
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
/* Finds one campaign that is marked as running although its supervisor is gone,
 * records its rounds in flight as lost and marks it interrupted, in one transaction.
 * Campaigns still running, here or on another machine, are left alone. Call until
 * there is none. */
enum mp_status mp_store_recover(struct mp_store *store, struct mp_lost_campaign *ret_lost,
                                struct mp_error *err);

/* A cell of an interrupted campaign, and how many of its rounds are recorded. */
struct mp_saved_cell {
    struct mp_cell cell;
    int64_t id;
    /* Hidden ones have no verdict and may have been failures, those without overlap are
     * among the passed ones. */
    uint64_t passed, failures, hidden, skipped, no_overlap;
};

/* The request of a resumable campaign, and how far the campaign got. */
struct mp_saved_request {
    int64_t campaign_id;
    char *argv;   /* owned */
    char *claim;  /* of its plan, "" if it makes none; owned */
    char *kind;   /* of its plan, "" if it has none; owned */
    char *counts; /* of its plan, the kinds of failure; "": all; owned */
    uint64_t seed, round_seed;
    bool has_round_seed, captures;
    unsigned jobs, reuse;
    struct mp_retention retention;
    uint64_t duration_ns, used_ns;
    uint64_t rounds; /* recorded: places 1 to `rounds` of the order, each once */
    struct mp_saved_cell *cell; /* owned */
    size_t cell_count;
};

/* Reads the interrupted campaign `campaign_id`, 0: the newest one of `command`.
 * MP_NOT_FOUND if there is none; MP_USAGE, with the reason, if it is of another
 * command, is not interrupted or cannot be resumed. Release with
 * mp_saved_request_release, also after a failure. */
enum mp_status mp_store_request_load(struct mp_store *store, int64_t campaign_id,
                                     const char *command,
                                     struct mp_saved_request *ret_saved,
                                     struct mp_error *err);
void mp_saved_request_release(struct mp_saved_request *saved);

/* Marks an interrupted campaign as running again, by this process. MP_USAGE if another
 * process has resumed it, or if this machine, whose environment without a driver is
 * `environment_id`, has changed. */
enum mp_status mp_store_resume(struct mp_store *store, int64_t campaign_id,
                               int64_t environment_id, struct mp_error *err);

/* Adds the GPU and the build of the driver that the first round of a cell ran on, as
 * "GPU, BUILD"; its path if it has no build id. Nothing if no round said. */
enum mp_status mp_store_cell_driver(struct mp_store *store, int64_t campaign_id,
                                    int64_t cell_id, struct mp_strbuf *buf,
                                    struct mp_error *err);

/* Passes the rounds of a campaign in ending order to `take`. An outcome that this
 * program does not know is MP_OUTCOME_COUNT. */
enum mp_status mp_store_campaign_rounds(struct mp_store *store, int64_t campaign_id,
                                        void (*take)(void *arg, int64_t cell_id,
                                                     uint64_t seed,
                                                     enum mp_outcome outcome),
                                        void *arg, struct mp_error *err);

/* Counts the rounds of a campaign by role and outcome; passes each pair to `take`. */
enum mp_status mp_store_campaign_outcomes(struct mp_store *store, int64_t campaign_id,
                                          void (*take)(void *arg, enum mp_role role,
                                                       enum mp_outcome outcome,
                                                       uint64_t rounds),
                                          void *arg, struct mp_error *err);

#endif
