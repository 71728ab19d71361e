/* Merges databases of several machines: opens them, and copies in one transaction.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "results/store/budget.h"
#include "results/store/merge.h"
#include "results/store/reading.h"

#define WORDS_MAX 512

/* A file to be read, or the upgraded copy of one with an older schema. */
struct source {
    const char *path;
    struct mp_store *store; /* owned */
    bool is_copy;
};

static bool is_same_file(const char *left, const char *right) {
    struct stat a, b;
    return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Checks path, application and version of a file, and upgrades a copy of an older one. */
static enum mp_status open_source(struct mp_store *store, struct source *source,
                                  struct mp_error *err) {
    if (is_same_file(store->path, source->path))
        return mp_error_set(err, MP_USAGE, "%s cannot be merged into itself",
                            source->path);
    enum mp_status status =
        mp_database_open(source->path, MP_STORE_READ, store->schema, &source->store, err);
    if (status == MP_OK) { /* a copy has no name */
        const char *name = sqlite3_db_filename(source->store->db, "main");
        source->is_copy = name == NULL || name[0] == '\0';
    }
    return status;
}

/* The tables as this program makes them. What a file says of itself is not asked: names
 * go into SQL, and what another program added is none of ours. */
static int make_own(const struct mp_store *store, sqlite3 **ret_own) {
    int code = sqlite3_open(":memory:", ret_own);
    return code == SQLITE_OK
               ? sqlite3_exec(*ret_own, store->schema->sql, NULL, NULL, NULL)
               : code;
}

static int attach(struct mp_store *store, const struct source *source, size_t number) {
    char sql[64], schema[32];
    sqlite3_stmt *stmt = NULL;
    struct mp_strbuf uri;
    mp_strbuf_init(&uri);
    if (!source->is_copy) /* "": a temporary file without a name */
        mp_reading_uri(source->path, &uri, NULL);
    snprintf(schema, sizeof(schema), "source_%zu", number);
    snprintf(sql, sizeof(sql), "ATTACH ? AS %s", schema);
    int code = sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(stmt, 1, uri.text, -1, SQLITE_STATIC);
        code = sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    mp_strbuf_release(&uri);
    if (code == SQLITE_DONE)
        code = source->is_copy ? mp_database_copy(source->store->db, store->db, schema)
                               : SQLITE_OK;
    return code;
}

/* Takes one attached file. MP_FORMAT: a conflict. */
static enum mp_status take(struct mp_store *store, const struct source *source,
                           size_t number, sqlite3 *own,
                           const struct mp_merge_watch *watch,
                           struct mp_merge_counts *ret_counts, struct mp_error *err) {
    char words[WORDS_MAX];
    struct mp_merge *merge = mp_memory_zeroed(1, sizeof(*merge));
    merge->store = store;
    merge->db = store->db;
    merge->own = own;
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
    sqlite3 *own = NULL;
    int code = make_own(store, &own);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = attach(store, &sources[i], i);
    if (code == SQLITE_OK)
        code = mp_database_begin(store);
    for (size_t i = 0; i < count; i++)
        mp_budget_add(store, sources[i].path);
    for (size_t i = 0; i < count && code == SQLITE_OK && status == MP_OK; i++)
        status = take(store, &sources[i], i, own, watch, &ret_counts[i], err);
    for (size_t i = 0; i < count && code == SQLITE_OK && status == MP_OK; i++)
        status = mp_store_check(sources[i].store, err);
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
    sqlite3_close(own);
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
        status = open_source(store, &sources[i], err);
    }
    if (status == MP_OK)
        status = take_all(store, sources, count, watch, ret_counts, err);
    for (size_t i = 0; i < count; i++)
        mp_store_close(sources[i].store);
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
