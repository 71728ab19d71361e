/* Whether an open database is still the file of its name. Whoever removes, moves,
 * replaces or truncates it takes away what is recorded, while SQLite goes on writing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "results/store/database.h"
#include "results/store/reading.h"

static enum mp_status lose(struct mp_store *store, const char *what,
                           struct mp_error *err) {
    store->is_lost = true;
    return mp_error_set(err, MP_STORE,
                        "%s is no longer what this run wrote: somebody %s. What was "
                        "recorded since is not in it; move a database only while nothing "
                        "writes to it",
                        store->path, what);
}

bool mp_store_is_lost(const struct mp_store *store) {
    return store->is_lost;
}

/* The log holds what was not folded into the file yet. It is not removed while a
 * connection is open. */
static bool is_log_there(struct mp_store *store) {
    struct stat info;
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    mp_strbuf_addf(&path, "%s-wal", store->path);
    bool is_found = stat(path.text, &info) == 0;
    mp_strbuf_release(&path);
    if (store->log_inode == 0 && is_found)
        store->log_inode = (uint64_t)info.st_ino;
    return store->log_inode == 0 ||
           (is_found && store->log_inode == (uint64_t)info.st_ino);
}

enum mp_status mp_store_check(struct mp_store *store, struct mp_error *err) {
    int has_moved = 0;
    if (!mp_reading_holds(&store->reading, store->path))
        return mp_error_set(
            err, MP_STORE,
            "somebody wrote to %s while it was being read, so that what was "
            "read may not be consistent; try again",
            store->path);
    const char *name = sqlite3_db_filename(store->db, "main");
    if (sqlite3_db_readonly(store->db, "main") == 1 || name == NULL || *name == '\0')
        return MP_OK; /* nothing is written, or to a temporary file */
    int code =
        sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    if (code == SQLITE_OK && has_moved != 0)
        return lose(store, "removed, moved or replaced it", err);
    if (!is_log_there(store))
        return lose(store, "removed or replaced its log (-wal)", err);
    return MP_OK;
}

enum mp_status mp_store_verify(struct mp_store *store, int64_t campaign_id,
                               uint64_t rounds, struct mp_error *err) {
    struct mp_store *fresh = NULL;
    struct mp_error why;
    char sql[96];
    int64_t found = 0;
    enum mp_status status = mp_store_check(store, err);
    if (status != MP_OK)
        return status;
    if (mp_database_open(store->path, MP_STORE_READ, store->schema, &fresh, &why) !=
        MP_OK) {
        store->is_lost = true;
        return mp_error_set(err, MP_STORE,
                            "what this run recorded cannot be read back: %s", why.text);
    }
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM round WHERE campaign_id = %" PRId64,
             campaign_id);
    int code = mp_database_query(fresh->db, sql, &found, 1);
    mp_store_close(fresh);
    if (code != SQLITE_OK || (uint64_t)found != rounds)
        return lose(store, "truncated or changed it: its rounds cannot be read back",
                    err);
    return MP_OK;
}
