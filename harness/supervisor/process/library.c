/* Reads a library file once, before any round; what is mapped later is compared with it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/library.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/base/words.h"
#include "harness/supervisor/process/host.h"

#define LIBRARY_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define ID_BYTES_MAX      ((MP_SPEC_ID_MAX - 1) / 2)

extern char **environ;

/* The preload list is separated by colons and blanks, and a spec holds printable ASCII
 * only. */
static enum mp_status check_path(const char *path, struct mp_error *err) {
    if (strlen(path) >= MP_SPEC_FIX_MAX)
        return mp_error_set(err, MP_LIMIT,
                            "the path of the library is longer than %d bytes: %.80s",
                            MP_SPEC_FIX_MAX - 1, path);
    for (const char *at = path; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~' || *at == ':')
            return mp_error_set(
                err, MP_USAGE,
                "the path of a library to inject must be printable ASCII without spaces "
                "or colons: copy it to a simpler path");
    }
    return MP_OK;
}

static enum mp_status read_file(const char *path, uint8_t **ret_bytes, size_t *ret_len,
                                struct mp_error *err) {
    struct stat info;
    FILE *file = fopen(path, "rbe");
    if (file == NULL)
        return mp_error_set_errno(err, MP_USAGE, errno, "cannot read the library %.300s",
                                  path);
    enum mp_status status = MP_OK;
    if (fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
        status = mp_error_set(err, MP_USAGE, "%.300s is not a regular file", path);
    } else if ((uint64_t)info.st_size > LIBRARY_BYTES_MAX) {
        status = mp_error_set(err, MP_LIMIT, "%.300s is larger than 256 MiB", path);
    } else {
        *ret_bytes = mp_memory_zeroed((size_t)info.st_size + 1, 1);
        *ret_len = fread(*ret_bytes, 1, (size_t)info.st_size, file);
    }
    fclose(file);
    return status;
}

/* Whether a variable is one that says how a library works. */
static bool is_setting(const char *entry) {
    static const char *const others[] = {
        "LD_", "DYLD_", "LC_", "XDG_", "SSH_", "DBUS_", "MPSTRESS_DB", "MPSTRESS_ROUND"};
    const char *equals = strchr(entry, '=');
    const char *bar = strchr(entry, '_');
    if (equals == NULL || bar == NULL || bar > equals || bar == entry)
        return false;
    for (size_t i = 0; i < MP_COUNT(others); i++)
        if (strncmp(entry, others[i], strlen(others[i])) == 0)
            return false;
    return true;
}

/* Whether the file has the name of the variable, as the end of some text: linkers let
 * texts share their ends. */
static bool is_named(const char *entry, const uint8_t *bytes, size_t len) {
    size_t name = (size_t)(strchr(entry, '=') - entry);
    const uint8_t *at = bytes;
    while (at != NULL &&
           (at = memchr(at, entry[0], len - (size_t)(at - bytes))) != NULL) {
        if (len - (size_t)(at - bytes) > name && memcmp(at, entry, name) == 0 &&
            at[name] == '\0')
            return true;
        at++;
    }
    return false;
}

static int compare_words(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static enum mp_status find_variables(const uint8_t *bytes, size_t len,
                                     struct mp_library *library, struct mp_error *err) {
    enum mp_status status = MP_OK;
    struct mp_words words = {0};
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (char **at = environ; *at != NULL; at++)
        if (is_setting(*at) && is_named(*at, bytes, len))
            mp_words_add(&words, *at);
    if (words.count > 1)
        qsort(words.word, words.count, sizeof(*words.word), compare_words);
    mp_words_join(&words, &line);
    if (line.len >= sizeof(library->variables))
        status = mp_error_set(err, MP_LIMIT,
                              "the variables that %.200s reads have values of more than "
                              "%zu bytes: %.80s...",
                              library->path, sizeof(library->variables) - 1, line.text);
    else
        memcpy(library->variables, line.text, line.len + 1);
    mp_strbuf_release(&line);
    mp_words_release(&words);
    return status;
}

enum mp_status mp_library_find_builtin(const char *arm, char ret_path[MP_SPEC_FIX_MAX],
                                       struct mp_error *err) {
    static const char *const places[] = {"", "../libexec/mpstress/"};
    char folder[4096];
    int len = (int)strcspn(arm, "=:");
    enum mp_status status = mp_host_program_path(folder, sizeof(folder), err);
    if (status != MP_OK)
        return status;
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < MP_COUNT(places); i++) {
        int written = snprintf(ret_path, MP_SPEC_FIX_MAX, "%s/%slib%.*s%s", folder,
                               places[i], len, arm, mp_library_suffix);
        if (written > 0 && written < MP_SPEC_FIX_MAX && access(ret_path, R_OK) == 0)
            return MP_OK;
    }
    return mp_error_set(err, MP_NOT_FOUND,
                        "arm %.*s: cannot find lib%.*s%s beside this program (%.200s) or "
                        "in ../libexec/mpstress: build it, or give another library to "
                        "arm fix (--fix FILE)",
                        len, arm, len, arm, mp_library_suffix, folder);
}

enum mp_status mp_library_read(const char *path, struct mp_library *ret_library,
                               struct mp_error *err) {
    struct mp_library library;
    uint8_t *bytes = NULL, id[ID_BYTES_MAX];
    size_t len = 0, id_len = 0;
    char *real = realpath(path, NULL);
    if (real == NULL)
        return mp_error_set_errno(err, MP_USAGE, errno, "cannot find the library %.300s",
                                  path);
    enum mp_status status = check_path(real, err);
    if (status == MP_OK)
        status = read_file(real, &bytes, &len, err);
    if (status == MP_OK) {
        const char *flaw = mp_library_find_id(bytes, len, id, sizeof(id), &id_len);
        if (flaw != NULL)
            status = mp_error_set(err, MP_USAGE, "cannot inject %.300s: %s", path, flaw);
    }
    if (status == MP_OK) {
        memcpy(library.path, real, strlen(real) + 1);
        for (size_t i = 0; i < id_len; i++)
            snprintf(library.id + 2 * i, 3, "%02x", id[i]);
        mp_sha256_hex(bytes, len, library.sha256);
        status = find_variables(bytes, len, &library, err);
    }
    if (status == MP_OK)
        *ret_library = library;
    free(bytes);
    free(real);
    return status;
}
