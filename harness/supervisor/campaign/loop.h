/* The campaign: starts rounds in the order of the schedule, decides how each ended,
 * records it, notifies the watcher. Knows nothing of terminals.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_LOOP_H
#define MP_CAMPAIGN_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/supervisor/campaign/health.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/campaign/rebuild.h"
#include "harness/supervisor/campaign/report_watch.h"
#include "harness/supervisor/campaign/waiting.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/supervisor/process/runner.h"
#include "harness/wire/outcome.h"
#include "results/store/request.h"
#include "results/store/store.h"

/* The state of a campaign in numbers, for display. Reports count rows of the database
 * instead. */
struct mp_tally {
    uint64_t planned; /* 0: until time is up */
    uint64_t done;
    uint64_t outcome[MP_OUTCOME_COUNT];
    uint64_t subject_failures, subject_counted; /* rounds with a verdict only */
    uint64_t control_behaved, control_counted;
    uint64_t elapsed_ns;
    uint64_t duration_ns; /* 0: no limit of time */
    const char *now;      /* title of the cell started last; "" before the first */
};

/* A round that has ended and is recorded. */
struct mp_campaign_event {
    const struct mp_cell *cell;
    size_t cell_index; /* into the plan */
    uint64_t seq;
    uint64_t seed; /* of the round; in a comparison the arms of a block share it */
    enum mp_outcome outcome;
    const char *detail;
    const struct mp_signature *signature; /* NULL: it did not fail */
    uint64_t wall_ns;                     /* spawn to reaped */
};

struct mp_campaign_config {
    const struct mp_plan *plan;
    struct mp_runner *runner; /* borrowed */
    struct mp_store *store;   /* borrowed */
    const char *argv;         /* the command line, for the record */
    const char *night;        /* its date; NULL or "": none */
    const char *fleet;        /* as in struct mp_campaign_row, and ... */
    const char *machine;      /* ... this */
    const char *command;      /* "run"; for the record, as are `jobs` */
    unsigned jobs;
    unsigned reuse; /* rounds that one process may run, of one cell; 0: one */
    bool captures;  /* and this */
    struct mp_retention retention;
    int64_t plan_id; /* in the database, as mp_plan_record sets it; 0: none */
    uint64_t seed;
    bool has_round_seed; /* every round gets `round_seed` itself */
    uint64_t round_seed;
    uint64_t duration_ns;            /* 0: no limit of time */
    struct mp_report_watch *reports; /* borrowed */
    struct mp_health *health;        /* borrowed; of the plan's devices */
    /* Whether it was said that a library is injected from outside; of all campaigns of a
     * command, which says it once. */
    bool *has_said_outside;
    /* The interrupted campaign to resume, with this plan and these settings; NULL: a new
     * one.
     */
    const struct mp_saved_request *resumed;
    /* Set by signal handlers: 1 ends after the running rounds, 2 kills them. */
    const volatile sig_atomic_t *interrupts;
    /* Called after each round, and with `event` NULL about ten times a second. */
    void (*watch)(void *watch_arg, const struct mp_tally *tally,
                  const struct mp_campaign_event *event);
    void *watch_arg;
    /* Called once for each round, in starting order: for a round that ended while an
     * older one was in flight it is called when that one has ended. True: the question
     * is answered and no more rounds are started, unless those still running change
     * the answer. The campaign is then complete, so the answer rests on every round
     * that was started. NULL: never. */
    bool (*is_decided)(void *decide_arg, const struct mp_ended *ended);
    /* Whether a round is one that is looked for; NULL: every failure. */
    bool (*is_wanted)(void *decide_arg, const struct mp_campaign_event *event);
    /* Chooses the cell of the next round in the place of the schedule, so that rounds go
     * where they are worth most; false: no more rounds. The rounds of the plan's first
     * cell are then those of all cells together. NULL: the schedule. The seed of a
     * round depends on the cell and its number in the cell, as ever. */
    bool (*choose)(void *decide_arg, size_t *ret_cell);
    void *decide_arg;
};

struct mp_campaign_result {
    int64_t campaign_id; /* 0: it could not start */
    bool is_hopeless;    /* it ended early: a device stays unhealthy */
    /* the same: a program or a driver is another build; "" none */
    char rebuilt[MP_REBUILD_WORDS_MAX];
    struct mp_tally tally; /* `done` includes rounds before it was resumed */
};

/* Runs the campaign to its end. MP_STORE if the database failed; `ret_result`, which
 * is always filled in, is what was committed before. */
enum mp_status mp_campaign_run(const struct mp_campaign_config *config,
                               struct mp_campaign_result *ret_result,
                               struct mp_error *err);

#endif
