/* The database of rounds: one SQLite file, one transaction a round. The only user of
 * SQLite besides the queries of results/report. Every function that fails leaves what was
 * committed untouched.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_STORE_H
#define MP_STORE_STORE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/wire/crash.h"
#include "harness/wire/flight.h"
#include "harness/wire/modules.h"
#include "harness/wire/outcome.h"
#include "harness/wire/role.h"
#include "harness/wire/round_spec.h"

#define MP_STORE_APPLICATION_ID 0x6d707374 /* "mpst" */

struct mp_store;
struct sqlite3;

enum mp_store_mode {
    MP_STORE_READ, /* must exist and have this version; read-only */
    MP_STORE_WRITE /* created if absent, upgraded if older */
};

/* Opens a database, to be used by one thread at a time. A file of another program or of
 * a newer version, a damaged one and, to be written, one that cannot be written is
 * refused with MP_STORE (the message says which, and what to do). */
enum mp_status mp_store_open(const char *path, enum mp_store_mode mode,
                             struct mp_store **ret_store, struct mp_error *err);
/* How long to wait, in each transaction, for another program that holds the database. */
struct mp_store_patience {
    uint64_t limit_ns;
    /* How often this process was told to stop; borrowed, NULL: never. Twice ends each
     * wait and each statement. */
    const volatile sig_atomic_t *interrupts;
};
/* The same, but with a patience other than 10 s. */
enum mp_status mp_store_open_patiently(const char *path, enum mp_store_mode mode,
                                       const struct mp_store_patience *patience,
                                       struct mp_store **ret_store, struct mp_error *err);
/* Whether the database that is written to is still the file of its name, and its log is
 * there; whether what a reader has read is consistent. MP_STORE if not. Costs two
 * stats. */
enum mp_status mp_store_check(struct mp_store *store, struct mp_error *err);
/* The same, and that another connection finds `rounds` rounds of the campaign in it. */
enum mp_status mp_store_verify(struct mp_store *store, int64_t campaign_id,
                               uint64_t rounds, struct mp_error *err);
/* Whether one of these two has failed, or the file was found to be damaged: nobody knows
 * then what of the committed rounds is still there. */
bool mp_store_is_lost(const struct mp_store *store);
/* Checkpoints and closes; NULL is fine. */
void mp_store_close(struct mp_store *store);
/* For results/report only. Borrowed. */
struct sqlite3 *mp_store_handle(struct mp_store *store);
/* Why a call on `db` ended with SQLite's `code`, until the next call. Borrowed. */
const char *mp_store_why(struct sqlite3 *db, int code);
const char *mp_store_path(const struct mp_store *store);

/* The environment of the rounds. Texts may be "". */
struct mp_environment {
    char os[128], os_build[128], cpu[128], gpu[128], driver[256], driver_id[128];
    char facts[4096]; /* "key=value" lines: cores, memory, kernel, hostname hash... */
};
/* The id of this environment, made if it is new (by its fingerprint, a hash over all
 * fields). */
enum mp_status mp_store_environment(struct mp_store *store,
                                    const struct mp_environment *env, int64_t *ret_id,
                                    struct mp_error *err);

struct mp_campaign_row {
    const char *argv;     /* the command line, shell-quoted */
    const char *night;    /* date of the night, "2026-11-21"; NULL or "": none */
    const char *left_out; /* of the suite, in words; NULL or "": nothing */
    const char *version;
    uint64_t seed;
    int64_t environment_id;
    int64_t plan_id;     /* of mp_store_plan; 0: none */
    const char *fleet;   /* that it is a share of; NULL or "": none ... */
    const char *machine; /* ... and what that calls this machine */
};
enum mp_status mp_store_campaign_begin(struct mp_store *store,
                                       const struct mp_campaign_row *row, int64_t *ret_id,
                                       struct mp_error *err);
/* `state` is "complete" or "interrupted". A campaign that never ends stays "running".
 * `used_ns` is how long it ran in all, its earlier parts included, by a clock that is
 * never set. */
enum mp_status mp_store_campaign_end(struct mp_store *store, int64_t campaign_id,
                                     const char *state, uint64_t used_ns,
                                     struct mp_error *err);

/* What the machine was doing when the campaign began or was resumed: `name` is "load",
 * "heat" and so on. A later text replaces an earlier one. */
struct mp_campaign_state {
    const char *name, *text;
};
enum mp_status mp_store_campaign_state(struct mp_store *store, int64_t campaign_id,
                                       const struct mp_campaign_state *state,
                                       size_t count, struct mp_error *err);

/* Finds a campaign by number, uuid or unique uuid prefix. MP_NOT_FOUND if there is
 * none or more than one. Also works on a read-only store. */
enum mp_status mp_store_campaign_find(struct mp_store *store, const char *text,
                                      int64_t *ret_id, struct mp_error *err);

/* The id of the cell of `spec` (device, scenario, params, arm), made if it is new, with
 * the library that its arm injects. The role is kept per campaign and cell; MP_USAGE if
 * the campaign has the cell in another role. */
enum mp_status mp_store_cell(struct mp_store *store, int64_t campaign_id,
                             const struct mp_round_spec *spec, enum mp_role role,
                             int64_t *ret_id, struct mp_error *err);

/* How many failed rounds of each kind (signature, else outcome) keep their detail in a
 * campaign: the first ones and the newest. The very first of the campaign always does. */
struct mp_retention {
    unsigned first, newest; /* newest is 1 at least */
};

/* `page` and `exit` are required; the texts may be NULL and are escaped here. */
struct mp_round_row {
    int64_t campaign_id, cell_id;
    uint64_t seq; /* 1, 2, ... within the campaign, in the order of ending */
    /* in the order of starting, as given to mp_store_round_begin; 0: it was not */
    uint64_t position;
    uint64_t seed;
    uint64_t started_wall_ns, wall_ns;
    enum mp_outcome outcome;
    const char *detail;
    const struct mp_page_summary *page;
    const struct mp_exit *exit;
    enum mp_trace trace;
    bool recorder;                    /* it was on */
    const struct mp_modules *modules; /* loaded modules; NULL unknown */
    uint32_t turn;                    /* of the round in its process; 0 or 1: the first */
    int64_t pid;                      /* of its process, 0 unknown */
    const char *host_state; /* "power=ac thermal=55C" at the start; NULL or "": unknown */
    double load;            /* 1-minute load average at the start, -1 unknown */

    /* Kept for rounds that did not pass: */
    const char *stderr_text;
    uint64_t stderr_total;                /* bytes that there were, kept or not */
    const char *spec_text;                /* how to repeat it */
    const struct mp_flight *flight;       /* the last events */
    const struct mp_crash *second_sample; /* of a hang; the first sample is the crash */
    const struct mp_retention *retention; /* NULL: all keep their detail */
};
/* The signature of a round that failed; see signature.h of capture. */
struct mp_signature_row {
    const char *key, *title, *family; /* key NULL: the round gets no signature */
    const char *other_key;            /* of this one crash; NULL or "": nothing known */
};

/* Records one round in one transaction: the row, for rounds that did not pass the spec,
 * stderr and last events, the limits of its cell, and the crash with its threads,
 * frames and modules. `crash` and `signature` may be NULL. MP_STORE if the disk is
 * full, the file read-only or damaged: then nothing of this round is written. Waits for
 * another writer. */
enum mp_status mp_store_round(struct mp_store *store, const struct mp_round_row *row,
                              const struct mp_crash *crash,
                              const struct mp_signature_row *signature, int64_t *ret_id,
                              struct mp_error *err);

/* How long the newest passing rounds of a cell took, spawn to reaped: their median, and
 * of how many (0: none is known). */
enum mp_status mp_store_median_time(struct mp_store *store, int64_t cell_id,
                                    uint64_t *ret_median_ns, uint64_t *ret_count,
                                    struct mp_error *err);

/* Counts of what a merge took from one file. */
struct mp_merge_counts {
    uint64_t campaigns_new, campaigns_grown, campaigns_known;
    uint64_t rounds_new, rounds_known;
};
/* Receives progress as a sentence without a full stop; may be NULL. */
struct mp_merge_watch {
    void (*tell)(void *context, const char *words);
    void *context;
};

/* Merges databases: adds what `store` lacks from the files `from`, in one transaction.
 * A campaign is identified by its uuid; one that was resumed since it was merged is
 * completed, its rounds and its state. What rounds refer to (environment, plan, cell,
 * driver, signature, ...) is identified by its content and gets the ids of `store`.
 * Rounds in flight are left out. Order and repetition change nothing but ids.
 *
 * MP_FORMAT, and nothing is added: a campaign is in two files with different content,
 * or was resumed in both. MP_USAGE: one of them is `store` itself, or there are more
 * than SQLite attaches at once. `from` is opened for reading; an older file is copied to
 * a temporary file without a name, and the copy upgraded. `ret_counts` takes a row for
 * each file. */
enum mp_status mp_store_merge(struct mp_store *store, const char *const *from,
                              size_t count, const struct mp_merge_watch *watch,
                              struct mp_merge_counts *ret_counts, struct mp_error *err);

/* A report of the operating system. Texts may be "" (unknown); all are escaped here. */
struct mp_os_report_row {
    const char *incident; /* upper-case UUID */
    const char *sha256, *path, *bug_type;
    const char *kind;        /* "crash", "gpu_event" */
    const char *what, *form; /* in words; "ips", "gdb" */
    const char *process, *os_build, *model, *message;
    size_t message_bytes; /* before it was cut; 0: it is whole */
    const char *exception_type, *exception_codes, *termination;
    bool has_termination_code;
    uint64_t termination_code;
    int64_t pid;                                 /* 0 unknown */
    uint64_t launched_wall_ns, captured_wall_ns; /* 0 unknown */
    bool is_truncated;
    size_t bytes_read, bytes_total; /* of the file; 0: all of it, unknown */
    size_t lines_cut;
    const char *file_bytes; /* the file, or its first part; NULL: they are not kept */
    size_t file_len;
    const struct mp_crash *crash;             /* NULL: none reported */
    const struct mp_signature_row *signature; /* NULL: it has no stack */
};
struct mp_os_report_place {
    int64_t id;
    bool is_known;        /* already present, by incident or content */
    int64_t round_id;     /* its round, 0 unknown */
    int64_t signature_id; /* 0 none */
};
/* Records a report in one transaction, once: a known one stays as it is. It is linked
 * to the round of this process name (`round_process`), pid and start time if there is
 * exactly one. A round that was recorded as a pass becomes a crash. */
enum mp_status mp_store_os_report(struct mp_store *store,
                                  const struct mp_os_report_row *row,
                                  const char *round_process,
                                  struct mp_os_report_place *ret_place,
                                  struct mp_error *err);

/* Campaigns and rounds of the whole database. */
enum mp_status mp_store_totals(struct mp_store *store, uint64_t *ret_campaigns,
                               uint64_t *ret_rounds, struct mp_error *err);

#endif
