/* What a database knows about one crash, read once: the crash with its round, how often
 * it came in which cells, what ran beside them, where, and what the system reported.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_DOSSIER_H
#define MP_PACKAGE_DOSSIER_H

#include "results/report/show_rows.h"

#define MP_DOSSIER_REPORTS_MAX 20

/* A cell of the campaigns in which the crash came, with its rounds there. */
struct mp_dossier_cell {
    int64_t id;
    char *title, *device, *arm;
    char *role;  /* in a hunt its part: "repro fresh" */
    bool is_hit; /* the crash came in it, as a subject; all of a hunt's fresh part */
    bool is_same_work; /* as such a cell: scenario and parameters */
    int64_t passed, failed, no_verdict;
    int64_t hits;    /* rounds with the crash */
    char *outcomes;  /* "crash 12, dropped 3"; NULL: nothing failed */
    char *campaigns; /* "1, 2" */
    double load_low, load_high;
    double median_ns; /* to the end of the rounds with the crash; NAN: there are none */
};

/* The fresh part of a hunt: a chosen perturbation beside the plain loop, by the seconds
 * that their rounds took one by one. */
struct mp_dossier_hunt {
    int64_t campaign_id;
    char *perturb;        /* NULL: the search chose none */
    int64_t rounds, hits; /* with a verdict; with the crash */
    double seconds;
    int64_t plain_rounds, plain_hits;
    double plain_seconds;
};

struct mp_dossier_campaign {
    int64_t id, environment_id, jobs;
    char *started_at, *seed, *argv, *version, *state, *command, *left_out;
    bool is_looked_at; /* a look at its counts may have ended it */
};

struct mp_dossier_environment {
    int64_t id;
    char *fingerprint, *os, *os_build, *cpu, *gpu, *driver, *driver_id, *facts;
};

/* What changed from campaign to campaign: load, heat, clock, disk. */
struct mp_dossier_state {
    char *campaigns; /* "1, 2" */
    char *name, *text;
};

struct mp_dossier_report {
    int64_t id, round_id;
    char *sha256, *path, *kind, *form, *captured_at, *os_build, *model;
    /* Of the file: NULL and 0 if its bytes were not kept. */
    char *file_sha256;
    int64_t file_bytes;
    bool is_binary; /* packed, or no text: it cannot be redacted */
};

struct mp_dossier {
    struct mp_store *store; /* borrowed */
    struct mp_show show;    /* of the crash */
    const struct mp_show_crash *crash;
    struct mp_signature_facts signature; /* id 0: it has none */
    int64_t threads, ops;                /* parameters of its cell; MP_FIELD_NULL */
    struct mp_dossier_cell *cell;        /* hits first */
    size_t cell_count;
    struct mp_dossier_hunt *hunt; /* of a crash with a signature */
    size_t hunt_count;
    struct mp_dossier_campaign *campaign;
    size_t campaign_count;
    struct mp_dossier_environment *environment;
    size_t environment_count;
    struct mp_dossier_state *state;
    size_t state_count;
    struct mp_dossier_report *report;
    size_t report_count;
    int64_t reports_left_out; /* beyond MP_DOSSIER_REPORTS_MAX */
};

/* Which crash: its number, or a signature, which the newest crash stands for in the
 * smallest cell that it came in (fewest threads, then iterations, then ops). */
struct mp_dossier_of {
    bool is_signature;
    int64_t id;
    int64_t campaign_id; /* whose crash is preferred for a signature; 0: none */
};

/* MP_NOT_FOUND if there is no such crash, or a signature without crashes of rounds. Must
 * be released, even after a failure. */
enum mp_status mp_dossier_load(struct mp_dossier *dossier, struct mp_store *store,
                               const struct mp_dossier_of *of, struct mp_error *err);
void mp_dossier_release(struct mp_dossier *dossier);

/* What stands under a device: what its rounds are not a finding about. */
enum mp_dossier_ground {
    MP_GROUND_OTHER,    /* a driver, a user's program */
    MP_GROUND_MODEL,    /* of a driver, in software */
    MP_GROUND_SOFTWARE, /* a real driver, on the CPU */
    MP_GROUND_TEST_BED  /* no driver */
};

enum mp_dossier_ground mp_dossier_ground_of(const char *device);
/* Whether it came on devices of different grounds. */
bool mp_dossier_is_mixed(const struct mp_dossier *dossier);
/* Whether every round of it ran on a software model. */
bool mp_dossier_is_of_model(const struct mp_dossier *dossier);
/* The bytes of the file of report `index`, borrowed until the next call; false: they were
 * not kept. */
bool mp_dossier_read_file(const struct mp_dossier *dossier, size_t index,
                          struct mp_strbuf *ret_bytes);

#endif
