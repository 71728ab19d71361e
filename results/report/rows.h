/* Internal to the report: a campaign and its cells from the database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_ROWS_H
#define MP_REPORT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/outcome.h"
#include "harness/wire/role.h"
#include "results/report/fields.h"
#include "results/report/figures.h"
#include "results/report/known.h"
#include "results/report/query.h"
#include "results/report/rate.h"
#include "results/report/reuse.h"
#include "results/report/verdict.h"
#include "results/stats/evidence.h"

/* One cell of the campaign. All texts are owned. */
struct mp_report_cell {
    int64_t id;
    enum mp_role role;
    char *device, *scenario, *params, *arm; /* params: "threads=8,n=256" */
    char *params_json, *spec_hash;
    char *title;         /* "mm:n=256,threads=8" */
    char *fix;           /* the library that the arm injects, NULL: none */
    char *program;       /* the command that the arm stands for, NULL: see cell_arm.h */
    size_t device_index; /* into mp_report.device */
    uint64_t outcome[MP_OUTCOME_COUNT];
    uint64_t rounds, failures, no_verdict; /* rounds: passed or failed */
    uint64_t known;                        /* of the failures: known ones */
    uint64_t in_flight;                 /* begun and not ended; in none of the others */
    struct mp_evidence_earlier earlier; /* tries of the same claim, for a subject */
    int64_t overlap_min, overlap_max;   /* over the rounds that count */
    bool counts_ops; /* a user's program that called ops done or wrong */
    int64_t untraced_off, untraced_refused;
    struct mp_figures figures;
};

struct mp_report_device {
    const char *text; /* borrowed from a cell */
    char *facts;      /* driver facts in one line; "" unknown */
    bool is_virtual;  /* its GPU is that of a virtual machine */
};

/* The plan of the campaign. Numbers may be MP_FIELD_NULL: no limit. */
struct mp_report_plan {
    int64_t id; /* 0: it has none */
    char *hash, *kind, *seed, *created_at;
    char *counts_text; /* kinds of failure that a comparison counts; "": all */
    char *claim_text;  /* "rate<0.1%@95%", "": no claim */
    double target, confidence;
    struct mp_beta_prior prior;
    char *arms, *cells; /* JSON */
    int64_t rounds, duration_ns, cell_count;
    bool has_claim; /* then these are known too */
    struct mp_claim claim;
    struct mp_evidence evidence; /* its indices are those of mp_report.cell */
};

struct mp_environment_row {
    char *fingerprint, *os, *os_build, *cpu, *gpu, *driver, *driver_id;
    char *facts; /* JSON */
};

struct mp_report {
    struct mp_query query;
    int64_t campaign_id;
    char *uuid, *started_at, *argv, *seed, *version, *state;
    char *ended_at; /* NULL: it is not finished, or its supervisor died */
    char *left_out; /* of its suite, since the device was absent; NULL: nothing */
    struct mp_reuse reuse;
    char *not_shown;  /* mp_report_write_not_shown, "": nothing */
    int64_t imported; /* reports in the database, of whatever rounds or none */
    int64_t wall_ns;  /* until its end, or its newest round */
    struct mp_environment_row environment;
    char *machine; /* the environment in one line */
    char *host;    /* host states of its rounds, NULL unknown: "power=ac thermal=55C" */
    struct mp_report_cell *cell; /* ordered by role, then name */
    size_t cell_count;
    struct mp_report_device *device;
    size_t device_count;
    uint64_t rounds; /* of all kinds */
    uint64_t outcome[MP_OUTCOME_COUNT];
    struct mp_report_plan plan;
    char *comparison_reason; /* of a comparison that is loaded; NULL: the verdict's own */
    struct mp_known known;
    enum mp_verdict verdict;
    enum mp_verdict new_verdict; /* if known failures were none */
};

extern const struct mp_fields mp_report_fields, mp_plan_fields, mp_environment_fields,
    mp_report_cell_fields;

/* Reads a campaign within a transaction that begins here; judges nothing. Must be
 * released, even after a failure, which ends the transaction. */
enum mp_status mp_report_read(struct mp_report *report, struct mp_store *store,
                              int64_t campaign_id, struct mp_error *err);
void mp_report_release(struct mp_report *report);

/* The cell with this id, NULL if the campaign has none. */
const struct mp_report_cell *mp_report_find_cell(const struct mp_report *report,
                                                 int64_t id);
/* Its rate, with limits that hold at all looks if the campaign was judged as it ran. */
struct mp_rate mp_report_rate(const struct mp_report *report,
                              const struct mp_report_cell *cell);
/* Whether what was seen may have ended it, so that only limits for all looks hold. */
bool mp_report_has_looked(const struct mp_report *report);
/* Whether every device of the campaign is the software model. */
bool mp_report_is_all_model(const struct mp_report *report);
/* What a reader must know of the campaign's devices, such as that one is a software
 * model: the note at `index`, NULL after the last. */
const char *mp_report_note(const struct mp_report *report, size_t index);
/* Whether the cell is a user's program that never said when an op began: nothing
 * is known of its overlap. */
bool mp_report_is_overlap_unknown(const struct mp_report_cell *cell);
/* Adds what the rounds of programs in these cells cannot show, since the programs do not
 * say it, or what rests on their word alone; nothing if there are no programs. */
void mp_report_write_not_shown(const struct mp_report_cell *cell, size_t cell_count,
                               struct mp_strbuf *buf);

#endif
