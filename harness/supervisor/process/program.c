/* Reads the files of a program once, before any round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/sha256.h"

#define PATH_SIZE   4096
#define SCRIPT_LINE 256
#define PATH_USUAL  "/usr/bin:/bin"

static bool is_runnable(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

/* Looks for `name` in the folders of PATH. */
static bool find_in_path(const char *name, char *ret_path, size_t size) {
    const char *list = getenv("PATH");
    for (const char *at = list != NULL ? list : PATH_USUAL; at != NULL;) {
        size_t len = strcspn(at, ":");
        int full = snprintf(ret_path, size, "%.*s%s%s", (int)len, at,
                            len > 0 ? "/" : "./", name);
        if (full > 0 && (size_t)full < size && is_runnable(ret_path))
            return true;
        at = at[len] == ':' ? at + len + 1 : NULL;
    }
    return false;
}

/* A script is run by what its first line names. */
static enum mp_status check_script(const char *path, struct mp_error *err) {
    char line[SCRIPT_LINE] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return MP_OK; /* it may be run without being readable */
    if (fgets(line, sizeof(line), file) == NULL)
        line[0] = '\0';
    fclose(file);
    if (strncmp(line, "#!", 2) != 0)
        return MP_OK;
    char *interpreter = line + 2 + strspn(line + 2, " \t");
    interpreter[strcspn(interpreter, " \t\r\n")] = '\0';
    if (is_runnable(interpreter))
        return MP_OK;
    return mp_error_set(err, MP_USAGE,
                        "cannot run %.200s: its first line names the interpreter "
                        "'%.100s', which cannot be run",
                        path, interpreter);
}

enum mp_status mp_program_find(const char *name, char *ret_path, size_t size,
                               struct mp_error *err) {
    struct stat info;
    if (strchr(name, '/') == NULL) {
        if (find_in_path(name, ret_path, size))
            return check_script(ret_path, err);
        return mp_error_set(
            err, MP_USAGE,
            "cannot run '%.200s': there is no such program in PATH%s%.200s", name,
            access(name, F_OK) == 0 ? "; write ./" : "",
            access(name, F_OK) == 0 ? name : "");
    }
    if (strlen(name) >= size)
        return mp_error_set(err, MP_LIMIT, "cannot run '%.80s...': the path is too long",
                            name);
    snprintf(ret_path, size, "%s", name);
    if (stat(name, &info) != 0)
        return mp_error_set_errno(err, MP_USAGE, errno, "cannot run '%.200s'", name);
    if (!S_ISREG(info.st_mode))
        return mp_error_set(err, MP_USAGE, "cannot run '%.200s': it is not a file", name);
    if (access(name, X_OK) != 0)
        return mp_error_set(err, MP_USAGE,
                            "cannot run '%.200s': it is not executable; chmod +x it, or "
                            "name the interpreter that runs it",
                            name);
    return check_script(ret_path, err);
}

static enum mp_status hash_file(const char *path, char *ret_hex, struct mp_error *err) {
    struct stat info;
    enum mp_status status = MP_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        status = fd >= 0 ? mp_error_set(err, MP_USAGE, "'%.300s' is not a file", path)
                         : mp_error_set_errno(err, MP_USAGE, errno,
                                              "cannot read '%.300s', whose content says "
                                              "which build a round ran",
                                              path);
    } else if (info.st_size == 0) {
        mp_sha256_hex("", 0, ret_hex);
    } else {
        size_t size = (size_t)info.st_size;
        void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes == MAP_FAILED)
            status =
                mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read '%.300s'", path);
        else
            mp_sha256_hex(bytes, size, ret_hex);
        if (bytes != MAP_FAILED)
            munmap(bytes, size);
    }
    if (fd >= 0)
        close(fd);
    return status;
}

enum mp_status mp_program_read_build(const char *name, const struct mp_words *watch,
                                     char *ret_build, struct mp_error *err) {
    char path[PATH_SIZE], hex[MP_SHA256_HEX_SIZE];
    struct mp_strbuf all;
    mp_strbuf_init(&all);
    enum mp_status status = mp_program_find(name, path, sizeof(path), err);
    if (status == MP_OK)
        status = hash_file(path, hex, err);
    if (status == MP_OK)
        mp_strbuf_addstr(&all, hex);
    for (size_t i = 0; status == MP_OK && i < watch->count; i++) {
        status = hash_file(watch->word[i], hex, err);
        if (status == MP_OK)
            mp_strbuf_addf(&all, "\n%s %s", hex, watch->word[i]);
        else
            mp_error_prefix(err, "--watch");
    }
    if (status == MP_OK) {
        mp_sha256_hex(all.text, all.len, hex);
        snprintf(ret_build, MP_PROGRAM_DIGITS + 1, "%.*s", MP_PROGRAM_DIGITS, hex);
    }
    mp_strbuf_release(&all);
    return status;
}

bool mp_program_takes_rights(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && (info.st_mode & (S_ISUID | S_ISGID)) != 0;
}
