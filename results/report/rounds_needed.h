/* Answers "how many rounds, what do mine show, what would one more night add" from
 * results/stats and the counts and speed in a database. Only reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_ROUNDS_NEEDED_H
#define MP_REPORT_ROUNDS_NEEDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "results/stats/evidence.h"
#include "results/stats/margin.h"
#include "results/stats/power.h"
#include "results/stats/sequential.h"
#include "results/store/store.h"

struct mp_rounds_needed_options {
    const struct mp_claim *claim; /* NULL: no claim given */
    bool has_rounds;              /* these rounds instead of those of the database */
    uint64_t rounds, failures;
    bool has_contrast; /* two arms to be distinguished, or with a margin not to be */
    double margin; /* of rate `to` over rate `from`; 0: they are to be distinguished */
    bool is_two_sided; /* of the margin: either way */
    double from, to, power;
    uint64_t night_ns;
    int64_t campaign_id; /* whose cells and speed, 0: the newest */
};

/* A number of rounds fixed in advance, and the chance to pass if the true rate is a
 * tenth or half of the target. */
struct mp_rounds_needed_fixed {
    uint64_t allowed, rounds; /* MP_ROUNDS_NEVER: no number suffices */
    double pass_tenth, pass_half;
};
#define MP_ROUNDS_NEEDED_FIXED 4 /* none to three failures */

/* What a run judged after each round needs in all if this many fail. */
struct mp_rounds_needed_looking {
    uint64_t failures, rounds;
};
#define MP_ROUNDS_NEEDED_LOOKING 4

/* The budget of a run judged after each round, and its prospects if the true rate is a
 * tenth or half of the target. */
struct mp_rounds_needed_budget {
    uint64_t rounds; /* MP_ROUNDS_NEVER: no number is enough */
    struct mp_stopping tenth, half;
};

/* What is known about the rate of one cell, and how its limit would move. */
struct mp_rounds_needed_known {
    char *name; /* owned; "" for rounds that were given */
    uint64_t rounds, failures, no_verdict;
    uint64_t without_power; /* passes of campaigns without power; not among `rounds` */
    uint64_t campaigns, looked_at; /* of them, from runs that a look may have ended */
    uint64_t no_overlap, hidden;   /* as in struct mp_evidence_cell */
    /* From here on at worst: hidden rounds count as failures, passes without overlap
     * do not count. */
    double upper;         /* for a number fixed in advance */
    double upper_looking; /* at all looks together */
    double log_e;         /* for the claim */
    uint64_t clean_left;  /* further clean rounds for the claim, looking after each */
    bool is_shown;        /* fixed in advance, these rounds show the claim */
    struct {
        uint64_t rounds; /* more of them, none failing; 0: unknown */
        double upper;
    } more[3]; /* a thousand, as many again, a night */
};

struct mp_rounds_needed {
    struct mp_rounds_needed_options options;
    struct mp_claim claim; /* of the options, else only its alpha counts */
    struct mp_rounds_needed_fixed fixed[MP_ROUNDS_NEEDED_FIXED];
    struct mp_rounds_needed_looking looking[MP_ROUNDS_NEEDED_LOOKING];
    struct mp_rounds_needed_known *known; /* owned */
    size_t known_count;
    struct mp_sample_size margin_apart;     /* to show the margin, for arms that fail in
                                             different rounds */
    struct mp_sample_size margin_together;  /* and in the same ones, as far as can be */
    struct mp_sample_size contrast_looking; /* of compare, judged after each block */
    struct mp_sample_size contrast; /* of compare --all-rounds, by McNemar's test */
    struct mp_rounds_needed_budget budget; /* default of run --until */
    int64_t campaign_id;                   /* whose speed it is, 0: none was measured */
    /* one round of each of its cells, including the time between rounds */
    uint64_t block_ns;
    uint64_t round_ns; /* of one subject on average */
    uint64_t cells;
};

/* Computes the answers. `store` NULL: no database, so no counts and no speed. Must be
 * released, even after a failure. */
enum mp_status mp_rounds_needed_make(const struct mp_rounds_needed_options *options,
                                     struct mp_store *store,
                                     struct mp_rounds_needed *ret_needed,
                                     struct mp_error *err);
void mp_rounds_needed_release(struct mp_rounds_needed *needed);

/* Adds them as text of `width` columns (0: 100), or as one JSON document. */
void mp_rounds_needed_text(const struct mp_rounds_needed *needed, unsigned width,
                           struct mp_strbuf *buf);
void mp_rounds_needed_json(const struct mp_rounds_needed *needed, struct mp_strbuf *buf);

#endif
