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

#include "harness/base/memory.h"

#define LIBRARY_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define ID_BYTES_MAX      ((MP_SPEC_ID_MAX - 1) / 2)

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
        *ret_library = library;
    }
    free(bytes);
    free(real);
    return status;
}
