/* What `mpstress repro` found: the ways that were tried, and the one that was chosen
 * against the plain loop, on fresh rounds. Reads the rows of the campaigns, so that an
 * interrupted hunt is told by what is recorded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_HUNT_H
#define MP_REPORT_HUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/strbuf.h"
#include "results/stats/exposure.h"
#include "results/store/store.h"

#define MP_HUNT_KIND_SEARCH "repro search" /* the plan's kind */
#define MP_HUNT_KIND_FRESH  "repro fresh"
#define MP_HUNT_KIND_SHRINK "repro minimize"

struct json_object;

/* One cell of a hunt in one campaign. */
struct mp_hunt_way {
    int64_t cell_id;
    char *perturb;           /* "" plain; owned */
    char *device;            /* owned */
    uint64_t rounds, wanted; /* with a verdict; that failed as wanted */
    uint64_t failures;       /* with a verdict, of any kind */
    uint64_t no_verdict;
    double seconds; /* that all its rounds took, one by one */
};

/* A campaign of the hunt. */
struct mp_hunt_part {
    int64_t campaign_id; /* 0: there is none */
    char *uuid, *seed, *state;
    struct mp_hunt_way *way; /* in the order of the plan */
    size_t count;
    /* The first wanted failure, in the order of starting. */
    bool has_first;
    int64_t first_round_id;
    uint64_t first_position;
    double first_seconds; /* that the rounds up to it took, one by one */
    /* The most frequent signature among the wanted failures; NULL: none. */
    char *key, *title;
    int64_t key_id; /* its row */
    uint64_t key_rounds;
    char *key_seed;          /* of its first round ... */
    char *key_cell;          /* and the scenario with its parameters */
    char *key_arm, *key_fix; /* the library that the arm injects, NULL: none */
};

struct mp_hunt_report {
    const char *wanted; /* as in mp_wanted; borrowed */
    const char *path;   /* of the database; borrowed */
    struct mp_hunt_part search, fresh;
    int code;            /* exit code: 1 found, 3 not found, 4 nothing ran */
    const char *verdict; /* its JSON name */
};

/* `fresh_id` 0: that part did not begin. */
enum mp_status mp_hunt_load(struct mp_store *store, int64_t search_id, int64_t fresh_id,
                            const char *wanted, struct mp_hunt_report *ret_report,
                            struct mp_error *err);
void mp_hunt_release(struct mp_hunt_report *report);

/* The way of the fresh part that is not plain; NULL: there is none. */
const struct mp_hunt_way *mp_hunt_chosen(const struct mp_hunt_report *report);

/* The newest campaign of this kind of plan among those of the command line of campaign
 * `of`; with this seed, if `seed` is not NULL. 0: there is none. */
enum mp_status mp_hunt_find(struct mp_store *store, int64_t of, const char *kind,
                            const uint64_t *seed, int64_t *ret_id, bool *ret_is_complete,
                            struct mp_error *err);

/* The amplification of a perturbation (a) against the plain loop (b), in failures per
 * second: "1.4 times the plain loop's failures a second (95 %: 0.5 to 3.9)". */
void mp_hunt_write_ratio(struct mp_exposures arms, const char *failures,
                         struct mp_strbuf *line);
void mp_hunt_add_ratio(struct mp_exposures arms, struct json_object *to);
/* These arms of the fresh part: the chosen way and the plain loop; zero without them. */
struct mp_exposures mp_hunt_exposures(const struct mp_hunt_report *report);
/* Adds the command that repeats a round that failed as wanted; nothing if none did. */
void mp_hunt_repeat(const struct mp_hunt_report *report, struct mp_strbuf *line);

struct mp_hunt_look {
    bool use_colour, use_ascii;
    unsigned width;
};
void mp_hunt_text(const struct mp_hunt_report *report, const struct mp_hunt_look *look,
                  struct mp_strbuf *buf);
/* The members of the document, without the head. */
void mp_hunt_json(const struct mp_hunt_report *report, struct json_object *to);

#endif
