/* Campaigns and rounds that are the same whenever they are made: numbers, times, seeds
 * and processes follow from the number of the campaign and of the round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_RESULTS_GOLDEN_ROUNDS_H
#define MP_RESULTS_GOLDEN_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/store/cell.h"
#include "results/store/store.h"

#define GOLDEN_CELLS_MAX 16
#define GOLDEN_SOUND     "metal@model:defects=none,reader=L,order=original"
#define GOLDEN_RACING    "metal@model:defects=destroy_race,reader=U,order=original"
#define GOLDEN_FIX       "fix=0123456789ab" /* the arm of an injected library */

struct golden_cell {
    const char *device, *scenario, *arm;
    enum mp_role role;
    const char *threads; /* NULL: 8 */
    uint64_t rounds;
    size_t stratum; /* cells of one stratum run next to each other in a block */
};

struct golden_campaign {
    unsigned number; /* of all databases: its uuid and its time follow */
    const char *argv;
    const char *command; /* "run" */
    const char *kind;    /* of the plan; NULL: as the command */
    const char *claim;   /* NULL: none */
    const char *night;   /* "2026-11-01" or NULL */
    struct mp_retention retention;
    struct golden_cell cell[GOLDEN_CELLS_MAX]; /* up to the first without a device */
};

/* A database that is being made, and its newest campaign. */
struct golden {
    struct mp_store *store;
    int64_t environment_id, campaign_id;
    int64_t cell_id[GOLDEN_CELLS_MAX];
    struct mp_cell cell[GOLDEN_CELLS_MAX];
    struct mp_retention retention;
    uint64_t start_ns, seq;
    const struct mp_modules *modules; /* of the next rounds, borrowed; NULL: not known */
    const char *host_state;           /* of the next rounds */
};

/* What is told of a round beside its outcome; zeroes are the usual. */
struct golden_round {
    size_t cell; /* place in the campaign */
    enum mp_outcome outcome;
    const char *detail; /* NULL: the words of the outcome */
    const char *stderr_text;
    const struct mp_crash *crash, *second_sample;
    const struct mp_signature_row *signature;
    bool is_untraced;
    enum mp_trace trace; /* if it is untraced */
    bool has_no_recorder;
    uint64_t seed;   /* 0: follows from campaign and place */
    uint64_t run_us; /* 0: about a millisecond */
    uint64_t ops;    /* 0: 400 */
};

/* Makes the database at `path`, which must not be there. Every function ends the program
 * if it fails. */
void golden_open(struct golden *golden, const char *path);
/* Fixes the times that the store takes from the clock, and closes. */
void golden_close(struct golden *golden);
/* The machine of the campaigns that follow. */
void golden_environment(struct golden *golden, const char *os_build,
                        const char *driver_id);
void golden_begin(struct golden *golden, const struct golden_campaign *campaign);
void golden_end(struct golden *golden, const char *state);
void golden_add(struct golden *golden, const struct golden_round *round, unsigned count);
/* `count` rounds of which nothing else is told. */
void golden_add_plain(struct golden *golden, size_t cell, enum mp_outcome outcome,
                      unsigned count);
/* Ends the program with the message unless `status` is MP_OK. */
void golden_check(enum mp_status status, const struct mp_error *err);
void golden_sql(struct golden *golden, const char *sql);

#endif
