/* Internal to results/store: what an open store holds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_HANDLE_H
#define MP_STORE_HANDLE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/strbuf.h"
#include "harness/wire/driver.h"
#include "results/store/store.h"

#define MP_STORE_SETS_MAX 4
#define MP_STORE_TEXT_MAX 65536 /* bytes of one text from outside */

/* The statements for writing, kept prepared. */
enum mp_statement_id {
#define MP_STATEMENT(id, sql)      MP_SQL_##id,
#define MP_INSERT(id, verb, table) MP_SQL_##id,
#include "results/store/statement.def"
#undef MP_STATEMENT
#undef MP_INSERT
    MP_SQL_COUNT
};

/* How a new file is made, and how an older one is upgraded. */
struct mp_schema {
    const char *sql;          /* of the newest version, 1 + step_count */
    const char *const *steps; /* from version 1 to 2, from 2 to 3, ... */
    int step_count;
};

/* A file that is read as it lies there, and what it was like at first; see reading.h. */
struct mp_reading {
    bool is_at_rest;
    uint64_t device, inode, size;
    int64_t written_s, written_ns;
};

struct mp_store {
    sqlite3 *db;
    char *path;
    const struct mp_schema *schema;
    sqlite3_stmt *prepared[MP_SQL_COUNT]; /* none in a read-only store */
    uint64_t budget;                      /* what is left of it, see budget.h */
    struct mp_store_patience patience;
    uint64_t waiting_since_ns; /* for another program */
    bool has_said_waiting;
    char reason[256];         /* of a failure that SQLite cannot explain, or "" */
    struct mp_strbuf scratch; /* of the binding of text */
    struct mp_driver driver;  /* the newest round_driver row ... */
    int64_t driver_id;        /* ... and its id, 0: none yet */
    struct mp_strbuf host;    /* text of the newest host_state row ... */
    int64_t host_campaign_id; /* ... its campaign ... */
    int64_t host_id;          /* ... and its id, 0: none yet */
    struct mp_module_cache {
        struct mp_strbuf key;          /* all of a module_set ... */
        int64_t id;                    /* ... and its id, 0: nothing here */
    } module_cache[MP_STORE_SETS_MAX]; /* one per arm, since arms alternate */
    size_t module_cache_next;
    struct mp_reading reading;
    uint64_t log_inode; /* of its log, once it is there */
    bool is_lost;       /* the file was moved, replaced, removed, truncated or damaged */
    int64_t modules_id; /* of the newest round, 0: it had none */
};

#endif
