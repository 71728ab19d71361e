/* Internal to the report over nights: nights and their cells from the database, and their
 * figures.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_NIGHTS_ROWS_H
#define MP_REPORT_NIGHTS_ROWS_H

#include "results/report/query.h"
#include "results/report/rows.h"
#include "results/stats/change_point.h"
#include "results/stats/night_alarm.h"
#include "results/stats/night_spread.h"
#include "results/stats/runs.h"

/* Only subjects are narrowed; controls always count. NULL: all. */
struct mp_nights_options {
    const char *device; /* as written, or without its settings: "metal@model" */
    const char *arm, *scenario;
    const char *since;  /* the first night, "2026-11-20" */
    bool only_new;      /* the verdict that is returned leaves known failures out */
    bool across_builds; /* pool nights of different systems and drivers, and say so */
    bool use_colour, use_ascii;
    unsigned width; /* columns of the terminal, 0: 100 */
};

/* With fewer nights no spread, change or drift is shown. */
#define MP_NIGHTS_MIN 5
/* How many of the newest rounds are read one by one: this keeps the report below a
 * second. */
#define MP_NIGHTS_ORDER_MAX 200000
/* Speeds outside these factors of the median of earlier nights are notable. */
#define MP_NIGHTS_SLOW 0.8
#define MP_NIGHTS_FAST 1.25

/* System, driver, machine and mpstress; nights are pooled within one (view pool in
 * schema.sql). Texts are owned. */
struct mp_nights_build {
    char *os, *os_build, *cpu, *gpu, *driver, *driver_id;
    char *facts, *version; /* of the machine: "cores=2 kernel=6.1"; of mpstress */
    char name[8];          /* "A", "B", ... */
    size_t nights;
};

/* A cell in one role. Texts are owned. */
struct mp_nights_cell {
    int64_t id;
    enum mp_role role;
    char *device, *scenario, *arm, *params, *title;
    bool is_shown;   /* a subject selected by the options */
    bool is_current; /* of the campaign that is being read */
};

/* By rule 3 of view pool in schema.sql: what passed without power lends nothing. */
struct mp_nights_count {
    uint64_t rounds, failures, no_verdict; /* rounds: that count */
    uint64_t known;                        /* of the failures */
    uint64_t without_power;                /* passes that do not */
    uint64_t skipped;                      /* of those without a verdict */
    /* Of campaigns with power, which nights are compared by. */
    uint64_t seen, seen_failures;
    double timed, ops, run_ns; /* of passing rounds */
    bool is_there;             /* the night had this cell */
};

enum mp_nights_control { MP_CONTROL_NONE, MP_CONTROL_FOUND, MP_CONTROL_SILENT };
/* "none", "found", "silent" */
const char *mp_nights_control_name(enum mp_nights_control control);

/* One night on one build. */
struct mp_nights_row {
    char *night;
    size_t build, cells;
    uint64_t campaigns;
    struct mp_nights_count *count;                        /* one for each cell */
    uint64_t rounds, failures, no_verdict, without_power; /* of the subjects shown */
    double load_low, load_high;                           /* -1 unknown */
    enum mp_nights_control control;
    uint64_t known;   /* of its failures */
    uint64_t missing; /* rounds planned in campaigns that lack them, not run */
    bool has_power;   /* a campaign of it has: it is compared with other nights */
    bool is_pooled;   /* rounds of it count */
    enum mp_verdict verdict, new_verdict; /* the latter as if known failures were none */
    char *claim; /* what became of that of its worst campaign, in words; NULL: none */
};

struct mp_nights_campaign {
    int64_t id;
    size_t row;
};

/* The nights of one build, or of all of them if builds are pooled. */
struct mp_nights_pool {
    size_t build;                 /* SIZE_MAX: across builds */
    size_t nights, silent_nights; /* with power, and without */
    size_t uncontrolled_nights;   /* of the former */
    uint64_t rounds, failures, no_verdict;
    uint64_t silent_failures; /* of nights without power; they are in `failures` */
    uint64_t without_power;   /* passes that are in none of these */
    uint64_t usual;           /* rounds of a usual night: the median */
    bool has_spread; /* enough nights and failures to test whether nights differ */
    struct mp_night_spread spread;
    double bound, next_bound; /* one-sided 95 %: now, and after one more clean night */
};

/* With the limits of rule 3. */
static inline struct mp_rate mp_nights_rate(const struct mp_nights_row *row) {
    return (struct mp_rate){.failures = row->failures,
                            .rounds = row->rounds,
                            .without_power = row->without_power};
}
static inline struct mp_rate mp_nights_pool_rate(const struct mp_nights_pool *pool) {
    return (struct mp_rate){.failures = pool->failures,
                            .rounds = pool->rounds,
                            .without_power = pool->without_power};
}

struct mp_nights_speed {
    size_t cell;
    double newest, median, ratio; /* ops a second */
    size_t nights;                /* earlier ones */
    bool is_across_builds;
};

/* A kind of failure: a signature, or an outcome without one. Texts are owned. */
struct mp_nights_kind {
    char *title;
    char *key; /* "" if it has no signature */
    uint64_t newest, earlier;
    size_t nights;       /* earlier ones that had it */
    size_t last_row;     /* the newest of these, SIZE_MAX: none */
    double chance;       /* exact P that all fell into earlier nights */
    char *issue, *until; /* NULL: nobody looks after it */
    bool has_expired;    /* before the newest night */
};

struct mp_nights {
    struct mp_query query;
    const struct mp_nights_options *options;
    struct mp_nights_build *build;
    size_t build_count;
    struct mp_nights_cell *cell;
    size_t cell_count;
    struct mp_nights_row *row; /* in order of time */
    size_t row_count;
    struct mp_nights_campaign *campaign;
    size_t campaign_count;
    size_t newest; /* the first row of the newest night */
    size_t shown;  /* subjects */
    size_t machines;
    bool has_virtual; /* a GPU of a virtual machine is among them */
    enum mp_verdict verdict, new_verdict;

    struct mp_nights_pool *pool;
    size_t pool_count;
    struct mp_change change[MP_CHANGES_MAX]; /* nights are indices into changed_row */
    size_t change_count;
    size_t *changed_row; /* those with power */
    size_t changed_count;
    size_t *watched_row;         /* those without, too */
    bool has_watch;              /* enough nights to raise an alarm */
    struct mp_night_alarm alarm; /* nights are indices into watched_row */
    struct mp_nights_speed *speed;
    size_t speed_count;
    struct mp_nights_kind *kind;
    size_t kind_count;
    struct mp_runs runs; /* of the newest night */
    struct mp_runs_test runs_test;
    bool has_runs_test;
};

/* Reads nights, cells and counts within a transaction, and judges each night; computes
 * no figures. Must be released, even after a failure, which ends the transaction. */
enum mp_status mp_nights_read(struct mp_nights *nights, struct mp_store *store,
                              const struct mp_nights_options *options,
                              struct mp_error *err);
void mp_nights_release(struct mp_nights *nights);

/* What changed between the night of `row` and the one before: "os_build 6.1.0 ->
 * 6.2.0, mpstress 0.1.0 -> 0.2.0". "" for the first. */
void mp_nights_write_difference(const struct mp_nights *nights, size_t row,
                                struct mp_strbuf *buf);
/* "Debian 12 · 6.1.0 · ..." with `separator` between the parts. */
void mp_nights_write_build(const struct mp_nights_build *build, const char *separator,
                           struct mp_strbuf *buf);

#endif
