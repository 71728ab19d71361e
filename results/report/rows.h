/* Inside of the report: a campaign and its cells out of the database, counted and judged.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_ROWS_H
#define MP_REPORT_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/outcome.h"
#include "harness/wire/role.h"
#include "results/report/report.h"
#include "results/stats/evidence.h"

#define MP_REPORT_ALPHA 0.05

/* One cell of the campaign. All texts are owned. */
struct mp_report_cell {
    int64_t id;
    enum mp_role role;
    char *device, *scenario, *params, *arm; /* params: "threads=8,n=256" */
    char *fix;           /* the library that the arm injects, "": none */
    size_t device_index; /* into mp_report.device */
    uint64_t outcome[MP_OUTCOME_COUNT];
    uint64_t rounds, failures, no_verdict; /* rounds: passed or failed */
    int64_t overlap_min, overlap_max;      /* over the rounds that count */
    uint64_t untraced_off, untraced_refused;
};

/* Why a round of table round has no stacks, in words; NULL if it was traced. */
#define MP_REPORT_UNTRACED                                                               \
    "CASE WHEN was_traced THEN NULL WHEN untraced = 'off' THEN 'none: capture was "      \
    "switched off'"                                                                      \
    " WHEN untraced = 'refused' THEN 'none: this host refused tracing'"                  \
    " WHEN untraced = 'none' THEN 'none: the round never started' ELSE 'none: it was "   \
    "not traced'"                                                                        \
    " END"

/* What a driver said of itself: the fields of row `d` of round_driver ... */
#define MP_REPORT_DRIVER "d.name, d.gpu, d.path, d.build_id, d.facts"
/* ... and those from `first` to before `end`, as far as they are known, as
 * "gpu=Apple M4 · driver=PATH"; they stand in `column` and on. */
void mp_report_add_driver(sqlite3_stmt *rows, int column, int first, int end,
                          struct mp_strbuf *buf);

struct mp_report_device {
    const char *text; /* borrowed from a cell */
    char *facts;      /* what the driver said of itself, in one line; "" unknown */
};

/* What the campaign set out to do. */
struct mp_report_plan {
    int64_t id; /* 0: it has none */
    char *hash;
    char *claim_text; /* "rate<0.1%@95%", "": it claims nothing */
    struct mp_beta_prior prior;
    uint64_t rounds, duration_ns; /* 0: no limit */
    uint64_t cells;
    bool has_claim; /* then these are known too */
    struct mp_claim claim;
    struct mp_evidence evidence; /* its indices are those of mp_report.cell */
};

struct mp_report {
    sqlite3 *db; /* borrowed */
    const char *path;
    int64_t campaign_id;
    int code;         /* the first failure of SQLite ... */
    char reason[256]; /* ... and its words */
    char *uuid, *started_at, *argv, *seed, *version, *state;
    char *machine; /* the environment in one line */
    char
        *host; /* the states its rounds ran in, "" unknown: "power=ac thermal=55C, ..." */
    uint64_t wall_ns;
    struct mp_report_cell
        *cell; /* in the order of their roles, then as they were added */
    size_t cell_count;
    struct mp_report_device *device;
    size_t device_count;
    uint64_t rounds; /* of all kinds */
    uint64_t outcome[MP_OUTCOME_COUNT];
    struct mp_report_plan plan;
    char *comparison_reason; /* of a comparison, once it is loaded; NULL: the verdict's
                                own */
    enum mp_verdict verdict;
};

/* Reads everything the verdict needs. To be released whatever came out. */
enum mp_status mp_report_load(struct mp_report *report, struct mp_store *store,
                              int64_t campaign_id, struct mp_error *err);
void mp_report_release(struct mp_report *report);
/* Reads the plan of the campaign, and frees it. */
void mp_report_load_plan(struct mp_report *report);
void mp_report_release_plan(struct mp_report_plan *plan);
/* Weighs the counts of the cells against the claim of the plan, if it has one. */
void mp_report_weigh(struct mp_report *report);
/* Keeps `code` and its words if it is the first failure. */
void mp_report_note(struct mp_report *report, int code);
/* MP_OK, or the message for that failure. */
enum mp_status mp_report_status(const struct mp_report *report, struct mp_error *err);

/* A query with ?1 bound to the campaign and ?2 to `id`, as far as it has them. Ends by
 * itself after the last row: while (mp_report_next(report, rows)) { ... } */
sqlite3_stmt *mp_report_query(struct mp_report *report, const char *sql, int64_t id);
bool mp_report_next(struct mp_report *report, sqlite3_stmt *rows);
/* A column as text; NULL is "". Valid until the next row. */
const char *mp_report_column(sqlite3_stmt *rows, int column);

/* Whether every device of the campaign is the software model. */
bool mp_report_is_all_model(const struct mp_report *report);

/* The verdict over cells where nothing is claimed, of which roles, rounds and failures
 * count. */
enum mp_verdict mp_report_judge(const struct mp_report_cell *cells, size_t count);
/* One sentence that says what the verdict rests on. */
void mp_report_write_reason(const struct mp_report *report, struct mp_strbuf *buf);
/* The rate of a cell, "0.6 %", and its limits, "[0.1, 1.7]"; of no failure "≤ 0.6 %" and
 * "", of no round "unknown" and "". */
void mp_report_format_rate(const struct mp_report_cell *cell, char ret_rate[96],
                           char ret_limits[96]);
/* "3 dropped, 1 hang" */
void mp_report_write_kinds(const struct mp_report_cell *cell, struct mp_strbuf *buf);

/* The word for how a control behaved: "found, as it must", "SILENT: no power" and so on;
 * "" for a subject that has rounds. `ret_is_bad` tells whether it is bad news. */
const char *mp_report_control_words(const struct mp_report_cell *cell, bool *ret_is_bad);

#endif
