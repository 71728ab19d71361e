/* Writes under another name first, so that the archive is there whole or not at all.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/package_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_empty(DIR *dir) {
    struct dirent *entry = readdir(dir);
    while (entry != NULL &&
           (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
        entry = readdir(dir);
    return entry == NULL;
}

static enum mp_status cannot_make(const char *path, struct mp_error *err) {
    return mp_error_set_errno(err, MP_SYSTEM, errno,
                              "cannot make the folder %s for the package; name another, "
                              "or make the folder that it is to be in",
                              path);
}

/* The folder in which a new one would be made. */
static enum mp_status check_parent(const char *path, struct mp_error *err) {
    struct mp_strbuf parent;
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    mp_strbuf_init(&parent);
    mp_strbuf_add(&parent, path, len);
    mp_strbuf_addch(&parent, '.');
    bool is_usable = access(parent.text, W_OK | X_OK) == 0;
    mp_strbuf_release(&parent);
    return is_usable ? MP_OK : cannot_make(path, err);
}

enum mp_status mp_package_folder_check(struct mp_package_folder *folder,
                                       struct mp_error *err) {
    struct stat info;
    if (folder->path[0] == '\0')
        return mp_error_set(err, MP_USAGE, "the folder for the package has no name");
    if (lstat(folder->path, &info) != 0) {
        if (errno == ENOENT)
            return check_parent(folder->path, err);
        return mp_error_set_errno(err, MP_USAGE, errno, "cannot use the folder %s",
                                  folder->path);
    }
    DIR *dir = opendir(folder->path);
    if (dir == NULL && errno == ENOTDIR)
        return mp_error_set(err, MP_USAGE,
                            "%s exists and is not a folder: name a new folder for the "
                            "package",
                            folder->path);
    if (dir == NULL)
        return mp_error_set_errno(err, MP_USAGE, errno, "cannot read the folder %s",
                                  folder->path);
    folder->is_there = is_empty(dir);
    closedir(dir);
    if (!folder->is_there)
        return mp_error_set(err, MP_USAGE,
                            "the folder %s exists and is not empty: name a new one, so "
                            "that nothing is overwritten",
                            folder->path);
    if (access(folder->path, W_OK | X_OK) != 0)
        return mp_error_set_errno(err, MP_USAGE, errno,
                                  "cannot write into the folder %s; name another",
                                  folder->path);
    return MP_OK;
}

static bool write_all(int fd, const char *bytes, size_t len) {
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        len -= (size_t)done;
    }
    return true;
}

/* False: errno says why, and there is no such file. */
static bool write_file(const char *path, const char *draft,
                       const struct mp_strbuf *archive) {
    int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    bool is_written = write_all(fd, archive->text, archive->len) && fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && is_written) {
        is_written = false;
        why = errno;
    }
    if (is_written && rename(draft, path) != 0) {
        is_written = false;
        why = errno;
    }
    if (!is_written)
        (void)unlink(draft);
    errno = why;
    return is_written;
}

enum mp_status mp_package_folder_write(const struct mp_package_folder *folder,
                                       const char *name, const struct mp_strbuf *archive,
                                       struct mp_strbuf *ret_path, struct mp_error *err) {
    struct mp_strbuf draft;
    if (!folder->is_there && mkdir(folder->path, 0777) != 0)
        return cannot_make(folder->path, err);
    mp_strbuf_init(&draft);
    mp_strbuf_addf(ret_path, "%s/%s.tar", folder->path, name);
    mp_strbuf_addf(&draft, "%s.part", ret_path->text);
    enum mp_status status = MP_OK;
    if (!write_file(ret_path->text, draft.text, archive)) {
        int why = errno;
        if (!folder->is_there)
            (void)rmdir(folder->path);
        status = mp_error_set_errno(err, MP_SYSTEM, why,
                                    "cannot write the package to %s (%zu bytes); nothing "
                                    "of it was left there",
                                    ret_path->text, archive->len);
    }
    mp_strbuf_release(&draft);
    return status;
}
