/* Merges databases of several machines: opens them, and copies in one transaction.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "results/store/budget.h"
#include "results/store/merge.h"

#define WORDS_MAX 512

/* A file to be read, or the upgraded copy of one with an older schema. */
struct source {
    const char *path;
    char *copy; /* NULL: the file itself */
};

static bool is_same_file(const char *left, const char *right) {
    struct stat a, b;
    return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static bool is_older(const char *path, int version) {
    sqlite3 *db = NULL;
    struct mp_strbuf uri;
    mp_strbuf_init(&uri);
    mp_database_reading_uri(path, &uri);
    int64_t fact[2] = {0, 0};
    bool is_older =
        sqlite3_open_v2(uri.text, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) ==
            SQLITE_OK &&
        mp_database_query(db, "PRAGMA application_id", &fact[0], 1) == SQLITE_OK &&
        mp_database_query(db, "PRAGMA user_version", &fact[1], 1) == SQLITE_OK &&
        fact[0] == MP_STORE_APPLICATION_ID && fact[1] > 0 && fact[1] < version;
    sqlite3_close(db);
    mp_strbuf_release(&uri);
    return is_older;
}

static enum mp_status copy_file(const char *from, const char *to, struct mp_error *err) {
    sqlite3 *in = NULL, *out = NULL;
    struct mp_strbuf uri;
    mp_strbuf_init(&uri);
    mp_database_reading_uri(from, &uri);
    int code =
        sqlite3_open_v2(uri.text, &in, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    if (code == SQLITE_OK)
        code =
            sqlite3_open_v2(to, &out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code == SQLITE_OK) {
        sqlite3_backup *backup = sqlite3_backup_init(out, "main", in, "main");
        sqlite3_backup_step(backup, -1);
        code = backup != NULL ? sqlite3_backup_finish(backup) : SQLITE_ERROR;
    }
    sqlite3_close(in);
    sqlite3_close(out);
    mp_strbuf_release(&uri);
    return code == SQLITE_OK
               ? MP_OK
               : mp_error_set(err, MP_STORE,
                              "cannot copy %s, which has an older schema, to %s: %s",
                              from, to, sqlite3_errstr(code));
}

/* Checks application and version of a file, and upgrades a copy of an older one. */
static enum mp_status open_source(struct mp_store *store, struct source *source,
                                  size_t number, struct mp_error *err) {
    struct mp_store *probe = NULL;
    if (is_same_file(store->path, source->path))
        return mp_error_set(err, MP_USAGE, "%s cannot be merged into itself",
                            source->path);
    enum mp_status status = MP_OK;
    if (is_older(source->path, mp_database_version(store))) {
        struct mp_strbuf copy;
        mp_strbuf_init(&copy);
        mp_strbuf_addf(&copy, "%s-merge-%ld-%zu", store->path, (long)getpid(), number);
        source->copy = mp_strbuf_detach(&copy);
        status = copy_file(source->path, source->copy, err);
        if (status == MP_OK)
            status = mp_database_open(source->copy, MP_STORE_WRITE, store->schema, &probe,
                                      err);
    } else {
        status =
            mp_database_open(source->path, MP_STORE_READ, store->schema, &probe, err);
    }
    mp_store_close(probe);
    return status;
}

static void remove_copy(struct source *source) {
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < MP_COUNT(endings) && source->copy != NULL; i++) {
        struct mp_strbuf path;
        mp_strbuf_init(&path);
        mp_strbuf_addf(&path, "%s%s", source->copy, endings[i]);
        unlink(path.text);
        mp_strbuf_release(&path);
    }
    free(source->copy);
}

static int attach(struct mp_store *store, const struct source *source, size_t number) {
    char sql[64];
    sqlite3_stmt *stmt = NULL;
    struct mp_strbuf uri;
    mp_strbuf_init(&uri);
    mp_database_reading_uri(source->copy != NULL ? source->copy : source->path, &uri);
    snprintf(sql, sizeof(sql), "ATTACH ? AS source_%zu", number);
    int code = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, uri.text, -1, SQLITE_STATIC);
        code = sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    mp_strbuf_release(&uri);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* Takes one attached file. MP_FORMAT: a conflict. */
static enum mp_status take(struct mp_store *store, const struct source *source,
                           size_t number, const struct mp_merge_watch *watch,
                           struct mp_merge_counts *ret_counts, struct mp_error *err) {
    char words[WORDS_MAX];
    struct mp_merge *merge = mp_memory_zeroed(1, sizeof(*merge));
    merge->store = store;
    merge->db = store->db;
    merge->path = source->path;
    merge->watch = watch;
    snprintf(merge->schema, sizeof(merge->schema), "source_%zu", number);
    mp_strbuf_init(&merge->sql);
    int code = mp_merge_take(merge, ret_counts, words, sizeof(words));
    mp_strbuf_release(&merge->sql);
    free(merge);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "merge");
    return words[0] == '\0' ? MP_OK
                            : mp_error_set(err, MP_FORMAT,
                                           "cannot merge %s into %s: %s; nothing was "
                                           "merged. One of the files was changed after a "
                                           "merge, or it holds another campaign under "
                                           "the same uuid: leave one of them out",
                                           source->path, store->path, words);
}

static enum mp_status take_all(struct mp_store *store, const struct source *sources,
                               size_t count, const struct mp_merge_watch *watch,
                               struct mp_merge_counts *ret_counts, struct mp_error *err) {
    enum mp_status status = MP_OK;
    int code = SQLITE_OK;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = attach(store, &sources[i], i);
    if (code == SQLITE_OK)
        code = mp_database_begin(store);
    for (size_t i = 0; i < count; i++)
        mp_budget_add(store, sources[i].path);
    for (size_t i = 0; i < count && code == SQLITE_OK && status == MP_OK; i++)
        status = take(store, &sources[i], i, watch, &ret_counts[i], err);
    if (code == SQLITE_OK && status == MP_OK) {
        code = mp_database_renew_limits(store->db, 0);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        status = mp_database_error(store, err, code, "merge");
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        char sql[64];
        snprintf(sql, sizeof(sql), "DETACH source_%zu", i);
        sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    }
    return status;
}

enum mp_status mp_store_merge(struct mp_store *store, const char *const *from,
                              size_t count, const struct mp_merge_watch *watch,
                              struct mp_merge_counts *ret_counts, struct mp_error *err) {
    int most = sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, -1);
    if (count > (size_t)most)
        return mp_error_set(
            err, MP_USAGE,
            "%zu files are too many to merge at once (at most %d): merge them in several "
            "calls; neither order nor repetition matters",
            count, most);
    struct source *sources = mp_memory_zeroed(count + 1, sizeof(*sources));
    enum mp_status status = MP_OK;
    for (size_t i = 0; i < count && status == MP_OK; i++) {
        sources[i].path = from[i];
        status = open_source(store, &sources[i], i, err);
    }
    if (status == MP_OK)
        status = take_all(store, sources, count, watch, ret_counts, err);
    for (size_t i = 0; i < count; i++)
        remove_copy(&sources[i]);
    free(sources);
    return status;
}

enum mp_status mp_store_totals(struct mp_store *store, uint64_t *ret_campaigns,
                               uint64_t *ret_rounds, struct mp_error *err) {
    int64_t total[2] = {0};
    int code = mp_database_query(store->db,
                                 "SELECT (SELECT count(*) FROM campaign),"
                                 " (SELECT ifnull(sum(rounds), 0) FROM round_count)",
                                 total, 2);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "count the rounds");
    *ret_campaigns = (uint64_t)total[0];
    *ret_rounds = (uint64_t)total[1];
    return MP_OK;
}
