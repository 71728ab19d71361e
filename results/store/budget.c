/* The bound on the work of statements, and the settings that keep a file's schema from
 * doing anything but read it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/budget.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "harness/base/strbuf.h"
#include "results/store/patience.h"

/* Instructions of SQLite's machine, which does some 50 million a second. Honest work
 * grows with the file: of 153,000 rounds in 31 MB a merge needs 1.3 a byte, doctor 1.1
 * and a report less than 0.1. */
#define LOOK_STEPS     100000
#define BASE_STEPS     UINT64_C(100000000)
#define STEPS_PER_BYTE 50

static int spend(void *arg) {
    struct mp_store *store = arg;
    store->budget -= store->budget < LOOK_STEPS ? store->budget : LOOK_STEPS;
    return store->budget == 0 || mp_patience_has_ended(store);
}

static uint64_t file_size(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

void mp_budget_add(struct mp_store *store, const char *path) {
    struct mp_strbuf log;
    mp_strbuf_init(&log);
    mp_strbuf_addf(&log, "%s-wal", path);
    store->budget += STEPS_PER_BYTE * (file_size(path) + file_size(log.text));
    mp_strbuf_release(&log);
}

void mp_budget_grant(struct mp_store *store) {
    store->budget = BASE_STEPS;
    mp_budget_add(store, store->path);
}

const char *mp_store_why(struct sqlite3 *db, int code) {
    if ((code & 0xff) != SQLITE_INTERRUPT)
        return sqlite3_errmsg(db);
    return "given up, since a view or trigger asks for more work than a file of its size "
           "can need: it was damaged, or made to do harm";
}

int mp_budget_impose(struct mp_store *store, enum mp_store_mode mode) {
    mp_budget_grant(store);
    sqlite3_progress_handler(store->db, LOOK_STEPS, spend, store);
    int code = sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db, "PRAGMA trusted_schema = OFF", NULL, NULL, NULL);
    if (code == SQLITE_OK && mode == MP_STORE_READ)
        code = sqlite3_exec(store->db, "PRAGMA query_only = ON", NULL, NULL, NULL);
    return code;
}
