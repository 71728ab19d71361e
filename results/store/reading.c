/* SQLite makes files beside a database in WAL mode even to read it: a log and shared
 * memory, which stay and belong to the reader. Where the folder does not permit that, or
 * the owner could not write to them afterwards, and no log says that it is being written,
 * the file is read as it lies there. SQLite takes no lock then, so the file is compared
 * with its first state at the end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/reading.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool has_log(const char *path) {
    struct mp_strbuf log;
    mp_strbuf_init(&log);
    mp_strbuf_addf(&log, "%s-wal", path);
    bool is_found = access(log.text, F_OK) == 0;
    mp_strbuf_release(&log);
    return is_found;
}

/* Whether files that this process makes beside the database are in no one's way. The
 * superuser's get the database's owner from SQLite. */
static bool may_leave_files(const char *path, const struct stat *info) {
    struct mp_strbuf folder;
    const char *slash = strrchr(path, '/');
    mp_strbuf_init(&folder);
    mp_strbuf_add(&folder, slash == NULL ? "." : path,
                  slash == NULL ? 1 : (size_t)(slash - path) + 1);
    bool is_writable = access(folder.text, W_OK) == 0;
    mp_strbuf_release(&folder);
    return is_writable && (geteuid() == 0 || geteuid() == info->st_uid);
}

static struct mp_reading look(const char *path, const struct stat *info) {
#ifdef __APPLE__
    const struct timespec written = info->st_mtimespec;
#else
    const struct timespec written = info->st_mtim;
#endif
    return (struct mp_reading){.is_at_rest = !has_log(path),
                               .device = (uint64_t)info->st_dev,
                               .inode = (uint64_t)info->st_ino,
                               .size = (uint64_t)info->st_size,
                               .written_s = (int64_t)written.tv_sec,
                               .written_ns = (int64_t)written.tv_nsec};
}

void mp_reading_add_uri(const char *path, const char *query, struct mp_strbuf *buf) {
    /* SQLite keeps ":memory:" nowhere; "./:memory:" is a file as any other. */
    mp_strbuf_addstr(buf, path[0] == '/' ? "file:" : "file:./");
    for (const char *at = path; *at != '\0'; at++)
        mp_strbuf_addf(buf, "%%%02x", (unsigned char)*at);
    mp_strbuf_addstr(buf, query);
}

void mp_reading_uri(const char *path, struct mp_strbuf *buf,
                    struct mp_reading *ret_reading) {
    struct stat info;
    struct mp_reading reading = {0};
    if (stat(path, &info) == 0 && !may_leave_files(path, &info))
        reading = look(path, &info);
    mp_reading_add_uri(path, reading.is_at_rest ? "?immutable=1" : "?mode=ro", buf);
    if (ret_reading != NULL)
        *ret_reading = reading;
}

bool mp_reading_holds(const struct mp_reading *reading, const char *path) {
    struct stat info;
    if (!reading->is_at_rest)
        return true;
    if (stat(path, &info) != 0)
        return false;
    struct mp_reading now = look(path, &info);
    return now.is_at_rest && now.device == reading->device &&
           now.inode == reading->inode && now.size == reading->size &&
           now.written_s == reading->written_s && now.written_ns == reading->written_ns;
}
