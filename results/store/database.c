/* Opens the file or says why not, creates or upgrades its tables, and turns SQLite's
 * codes into messages. Never writes to a file of another program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "results/store/budget.h"
#include "results/store/patience.h"
#include "results/store/reading.h"

#define PATIENCE_NS (10 * MP_CLOCK_NS_PER_S)

/* A release that changes schema.sql adds a step here for the files of the one before. */
static const char *const STEPS[] = {mp_schema_2_sql, mp_schema_3_sql, mp_schema_4_sql,
                                    mp_schema_5_sql};
static const struct mp_schema SCHEMA = {
    .sql = mp_schema_sql, .steps = STEPS, .step_count = MP_COUNT(STEPS)};

static const char *advice(int code) {
    switch (code & 0xff) {
    case SQLITE_FULL:
        return "; the disk is full: free some space; all rounds committed so far are "
               "kept";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return "; check the permissions of the file and its directory, or choose another "
               "file with --db";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "; the file is damaged or not a database: move it away, or save what is "
               "left with 'sqlite3 FILE .recover'";
    case SQLITE_IOERR:
        return "; the disk failed or is full: all rounds committed so far are kept";
    default:
        return "";
    }
}

static void add_advice(const struct mp_store *store, int code, struct mp_strbuf *buf) {
    char limit[32];
    if (mp_patience_has_ended(store)) {
        mp_strbuf_addstr(buf, "; it was told to stop while it waited or worked; all "
                              "rounds committed so far are kept");
        return;
    }
    if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
        mp_clock_format_short(store->patience.limit_ns, limit, sizeof(limit));
        mp_strbuf_addf(buf, "; another program held it for more than %s", limit);
        return;
    }
    mp_strbuf_addstr(buf, advice(code));
}

enum mp_status mp_database_error(struct mp_store *store, struct mp_error *err, int code,
                                 const char *what) {
    const char *why = store->reason[0] != '\0'       ? store->reason
                      : mp_patience_has_ended(store) ? sqlite3_errstr(code)
                                                     : mp_store_why(store->db, code);
    struct mp_strbuf cure;
    mp_strbuf_init(&cure);
    add_advice(store, code, &cure);
    store->is_lost |= (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    enum mp_status status = mp_error_set(err, MP_STORE, "cannot %s in %s: %s%s", what,
                                         store->path, why, cure.text);
    mp_strbuf_release(&cure);
    store->reason[0] = '\0';
    return status;
}

int mp_database_version(const struct mp_store *store) {
    return 1 + store->schema->step_count;
}

int mp_database_query(sqlite3 *db, const char *sql, int64_t *ret_values, int count) {
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW) {
        for (int i = 0; i < count; i++)
            ret_values[i] = sqlite3_column_int64(stmt, i);
        code = SQLITE_OK;
    }
    sqlite3_finalize(stmt);
    return code;
}

int mp_database_begin(struct mp_store *store) {
    mp_budget_grant(store);
    struct mp_statement begin = mp_statement_start(store, MP_SQL_BEGIN);
    return mp_statement_run(&begin);
}

/* Saves the reason for mp_database_error. */
static void roll_back(struct mp_store *store, int code) {
    if (store->reason[0] == '\0')
        snprintf(store->reason, sizeof(store->reason), "%s",
                 mp_store_why(store->db, code));
    if (!sqlite3_get_autocommit(store->db)) /* some failures roll back by themselves */
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

int mp_database_end(struct mp_store *store, int code) {
    if (code == SQLITE_OK) {
        struct mp_statement commit = mp_statement_start(store, MP_SQL_COMMIT);
        code = mp_statement_run(&commit);
    }
    if (code != SQLITE_OK) {
        roll_back(store, code);
        store->host_id = 0;
        store->driver_id = 0; /* its row may have gone with the transaction */
        for (size_t i = 0; i < MP_STORE_SETS_MAX; i++)
            store->module_cache[i].id = 0;
    }
    return code;
}

/* Refuses files that SQLite would report badly, or create where it should not. */
static enum mp_status check_path(const char *path, enum mp_store_mode mode,
                                 struct mp_error *err) {
    struct stat info;
    if (strcmp(path, ":memory:") == 0)
        return mp_error_set(err, MP_STORE,
                            "the database ':memory:' would be kept nowhere, and a run "
                            "that is not kept proves nothing: --db names a file");
    if (stat(path, &info) == 0) {
        if (!S_ISREG(info.st_mode))
            return mp_error_set(err, MP_STORE,
                                "cannot open the database %s: it is not a regular file",
                                path);
        return MP_OK;
    }
    if (errno != ENOENT)
        return mp_error_set_errno(err, MP_STORE, errno, "cannot open the database %s",
                                  path);
    if (mode == MP_STORE_READ)
        return mp_error_set(
            err, MP_NOT_FOUND,
            "there is no database at %s; 'mpstress run' creates one, --db names another",
            path);
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return MP_OK;
    struct mp_strbuf folder;
    mp_strbuf_init(&folder);
    mp_strbuf_add(&folder, path, (size_t)(slash - path));
    enum mp_status status = MP_OK;
    if (stat(folder.text, &info) != 0 || !S_ISDIR(info.st_mode))
        status = mp_error_set(err, MP_STORE,
                              "cannot create the database %s: the directory %s does not "
                              "exist",
                              path, folder.text);
    mp_strbuf_release(&folder);
    return status;
}

/* SQLITE_CORRUPT if a count cannot be one: negative, or larger than any run. */
static int check_counts(struct mp_store *store) {
    /* 2^53 - 1: as many as JSON's numbers can say. */
    static const char sql[] =
        "SELECT (SELECT count(*) FROM round_count WHERE typeof(rounds) <> 'integer'"
        "  OR rounds NOT BETWEEN 0 AND 9007199254740991 OR max_overlap < 0)"
        " + (SELECT count(*) FROM balance WHERE typeof(planned) <> 'integer'"
        "  OR planned NOT BETWEEN 0 AND 9007199254740991"
        "  OR min(passed, failed, no_verdict, lost) < 0)";
    int64_t found = 0;
    int code = mp_database_query(store->db, sql, &found, 1);
    if (code != SQLITE_OK || found == 0)
        return code;
    snprintf(store->reason, sizeof(store->reason),
             "%lld of its counts of rounds cannot be", (long long)found);
    return SQLITE_CORRUPT;
}

/* Checks application and version of the file, without writing. */
static enum mp_status check_owner(struct mp_store *store, enum mp_store_mode mode,
                                  struct mp_error *err) {
    if (mode == MP_STORE_WRITE && sqlite3_db_readonly(store->db, "main") == 1)
        return mp_error_set(
            err, MP_STORE,
            "%s cannot be written (read-only); change its permissions or choose another "
            "file with --db",
            store->path);
    int64_t fact[3] = {0, 0, 0}; /* application_id, user_version, objects */
    int code = mp_database_query(store->db, "PRAGMA application_id", &fact[0], 1);
    if (code == SQLITE_OK)
        code = mp_database_query(store->db, "PRAGMA user_version", &fact[1], 1);
    if (code == SQLITE_OK)
        code = mp_database_query(store->db, "SELECT count(*) FROM sqlite_schema",
                                 &fact[2], 1);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "read the header");
    bool is_empty = fact[0] == 0 && fact[1] == 0 && fact[2] == 0;
    if (fact[0] != MP_STORE_APPLICATION_ID && !is_empty)
        return mp_error_set(err, MP_STORE,
                            "%s is a database of another program (application id "
                            "0x%llx); mpstress will not touch it: choose another file "
                            "with --db",
                            store->path, (unsigned long long)fact[0] & 0xffffffffu);
    int version = mp_database_version(store);
    if (fact[1] > version)
        return mp_error_set(
            err, MP_STORE,
            "%s was written by a newer mpstress (schema %lld; this program supports up "
            "to %d); use the newer program or choose another file with --db",
            store->path, (long long)fact[1], version);
    if (mode == MP_STORE_READ && is_empty)
        return mp_error_set(err, MP_STORE,
                            "%s has no rounds yet; 'mpstress run' records some",
                            store->path);
    if (mode == MP_STORE_READ) {
        code = check_counts(store);
        if (code != SQLITE_OK)
            return mp_database_error(store, err, code, "read the counts");
    }
    return MP_OK;
}

/* SQLite does not wait for other connections while the journal mode changes, so this
 * does. */
static int set_wal(struct mp_store *store) {
    for (int tries = 0;; tries++) {
        int code = sqlite3_exec(store->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY || !mp_patience_wait(store, tries))
            return code;
    }
}

/* The table of outcomes is refreshed: a newer program may know more of them, and older
 * ones left passes without overlap out of rates. */
static int fill_outcomes(struct mp_store *store) {
    int64_t found[2] = {0, 0};
    int code = mp_database_query(store->db,
                                 "SELECT count(*), count(*) FILTER (WHERE name = "
                                 "'no_overlap' AND class = 'pass') FROM outcome",
                                 found, 2);
    if (code != SQLITE_OK || (found[0] >= MP_OUTCOME_COUNT && found[1] == 1))
        return code;
    static const char *const classes[] = {"pass", "failure", "no_verdict"};
    code = mp_database_begin(store);
    for (int i = 0; i < MP_OUTCOME_COUNT && code == SQLITE_OK; i++) {
        struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_OUTCOME);
        mp_bind_text(&add, "name", mp_outcome_name((enum mp_outcome)i));
        mp_bind_text(&add, "class", classes[mp_outcome_class((enum mp_outcome)i)]);
        mp_bind_text(&add, "words", mp_outcome_words((enum mp_outcome)i));
        code = mp_statement_run(&add);
    }
    return mp_database_end(store, code);
}

/* Makes the newest version of an empty file or of an older one, in a transaction that
 * has begun. */
static int run_steps(struct mp_store *store) {
    const struct mp_schema *schema = store->schema;
    int64_t version = 0;
    int newest = mp_database_version(store);
    /* Check again under the lock: another process may have been faster. */
    int code = mp_database_query(store->db, "PRAGMA user_version", &version, 1);
    if (code != SQLITE_OK || version >= newest)
        return code;
    if (version == 0)
        code = sqlite3_exec(store->db, schema->sql, NULL, NULL, NULL);
    for (int64_t i = version; i > 0 && i < newest && code == SQLITE_OK; i++)
        code = sqlite3_exec(store->db, schema->steps[i - 1], NULL, NULL, NULL);
    if (code == SQLITE_OK && version > 0) /* a step may change what is pooled */
        code = mp_database_renew_limits(store->db, 0);
    if (code == SQLITE_OK) {
        char sql[96];
        snprintf(sql, sizeof(sql), "PRAGMA user_version = %d; PRAGMA application_id = %d",
                 newest, MP_STORE_APPLICATION_ID);
        code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    }
    return code;
}

/* Upgrades the file to the newest version in one transaction. Writes nothing if it is
 * current. */
static int migrate(struct mp_store *store) {
    int64_t version = 0;
    int code = mp_database_query(store->db, "PRAGMA user_version", &version, 1);
    if (code != SQLITE_OK || version >= mp_database_version(store))
        return code;
    code = sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = run_steps(store);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        roll_back(store, code);
    return code;
}

static enum mp_status prepare_writing(struct mp_store *store, struct mp_error *err) {
    /* Only a new file takes the page size. Small pages: a round changes a few bytes in
     * four of them, and each changed page is written and checksummed whole (37 us a round
     * instead of 53).
     */
    int code = sqlite3_exec(store->db, "PRAGMA page_size = 2048", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = set_wal(store);
    if (code == SQLITE_OK)
        code = sqlite3_exec(store->db,
                            "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
                            "PRAGMA wal_autocheckpoint = 8000",
                            NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = migrate(store);
    if (code == SQLITE_OK)
        code = mp_statement_prepare_all(store);
    if (code == SQLITE_OK)
        code = fill_outcomes(store);
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "prepare the tables");
}

static int open_file(struct mp_store *store, enum mp_store_mode mode) {
    struct mp_strbuf uri;
    mp_strbuf_init(&uri);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    if (mode == MP_STORE_READ) {
        flags |= SQLITE_OPEN_READONLY;
        mp_reading_uri(store->path, &uri, &store->reading);
    } else {
        flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        mp_reading_add_uri(store->path, "", &uri);
    }
    int code = sqlite3_open_v2(uri.text, &store->db, flags, NULL);
    mp_strbuf_release(&uri);
    return code;
}

static struct mp_store *make_store(const char *path, const struct mp_schema *schema,
                                   const struct mp_store_patience *patience) {
    struct mp_store *store = mp_memory_zeroed(1, sizeof(*store));
    store->path = mp_memory_copy_text(path);
    store->schema = schema;
    store->patience = *patience;
    mp_strbuf_init(&store->scratch);
    mp_strbuf_init(&store->host);
    for (size_t i = 0; i < MP_STORE_SETS_MAX; i++)
        mp_strbuf_init(&store->module_cache[i].key);
    return store;
}

/* Prepares a connection, which was opened with SQLite's `code`. Takes the store: it is
 * handed out or closed. */
static enum mp_status set_up(struct mp_store *store, int code, enum mp_store_mode mode,
                             struct mp_store **ret_store, struct mp_error *err) {
    enum mp_status status;
    if (code == SQLITE_OK) {
        sqlite3_extended_result_codes(store->db, 1);
        mp_patience_impose(store);
        code = mp_budget_impose(store, mode);
    }
    if (code == SQLITE_OK)
        status = check_owner(store, mode, err);
    else
        status = mp_database_error(store, err, code, "open the file");
    if (status == MP_OK && mode == MP_STORE_WRITE)
        status = prepare_writing(store, err);
    if (status == MP_OK)
        *ret_store = store;
    else
        mp_store_close(store);
    return status;
}

static bool is_older(const struct mp_store *store) {
    int64_t version = 0;
    return mp_database_query(store->db, "PRAGMA user_version", &version, 1) ==
               SQLITE_OK &&
           version < mp_database_version(store);
}

/* An older file that is only to be read is left as it is: its upgraded copy is read. */
static enum mp_status open_store(const char *path, enum mp_store_mode mode,
                                 const struct mp_schema *schema,
                                 const struct mp_store_patience *patience,
                                 struct mp_store **ret_store, struct mp_error *err) {
    enum mp_status status = check_path(path, mode, err);
    if (status != MP_OK)
        return status;
    struct mp_store *store = make_store(path, schema, patience), *found = NULL;
    status = set_up(store, open_file(store, mode), mode, &found, err);
    if (status == MP_OK && mode == MP_STORE_READ && is_older(found)) {
        mp_store_close(found);
        return mp_database_open_copy(path, schema, ret_store, err);
    }
    if (status == MP_OK)
        *ret_store = found;
    return status;
}

enum mp_status mp_database_open_copy(const char *path, const struct mp_schema *schema,
                                     struct mp_store **ret_store, struct mp_error *err) {
    const struct mp_store_patience usual = {.limit_ns = PATIENCE_NS};
    struct mp_store *store = make_store(path, schema, &usual);
    sqlite3 *from = NULL;
    struct mp_strbuf uri;
    mp_strbuf_init(&uri);
    mp_reading_uri(path, &uri, &store->reading);
    int code =
        sqlite3_open_v2(uri.text, &from, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_open_v2("", &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                               NULL);
    if (code == SQLITE_OK)
        code = mp_database_copy(from, store->db, "main");
    sqlite3_close(from);
    mp_strbuf_release(&uri);
    return set_up(store, code, MP_STORE_WRITE, ret_store, err);
}

int mp_database_copy(sqlite3 *from, sqlite3 *to, const char *schema) {
    sqlite3_backup *backup = sqlite3_backup_init(to, schema, from, "main");
    if (backup == NULL)
        return sqlite3_errcode(to);
    sqlite3_backup_step(backup, -1);
    return sqlite3_backup_finish(backup);
}

enum mp_status mp_database_open(const char *path, enum mp_store_mode mode,
                                const struct mp_schema *schema,
                                struct mp_store **ret_store, struct mp_error *err) {
    const struct mp_store_patience usual = {.limit_ns = PATIENCE_NS};
    return open_store(path, mode, schema, &usual, ret_store, err);
}

enum mp_status mp_store_open(const char *path, enum mp_store_mode mode,
                             struct mp_store **ret_store, struct mp_error *err) {
    return mp_database_open(path, mode, &SCHEMA, ret_store, err);
}

enum mp_status mp_store_open_patiently(const char *path, enum mp_store_mode mode,
                                       const struct mp_store_patience *patience,
                                       struct mp_store **ret_store,
                                       struct mp_error *err) {
    return open_store(path, mode, &SCHEMA, patience, ret_store, err);
}

void mp_store_close(struct mp_store *store) {
    if (store == NULL)
        return;
    mp_statement_finalize_all(store);
    sqlite3_close(store->db); /* the last one to close also folds the log into the file */
    mp_strbuf_release(&store->scratch);
    mp_strbuf_release(&store->host);
    for (size_t i = 0; i < MP_STORE_SETS_MAX; i++)
        mp_strbuf_release(&store->module_cache[i].key);
    free(store->path);
    free(store);
}

struct sqlite3 *mp_store_handle(struct mp_store *store) {
    return store->db;
}

const char *mp_store_path(const struct mp_store *store) {
    return store->path;
}
