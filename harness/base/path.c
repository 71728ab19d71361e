/* Follows links.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum mp_status mp_path_resolve(const char *path, char *buf, size_t size,
                               struct mp_error *err) {
    char *resolved = realpath(path, NULL);
    if (resolved == NULL)
        return mp_error_set_errno(err, MP_NOT_FOUND, errno, "cannot find %.300s", path);
    size_t len = strlen(resolved);
    enum mp_status status = MP_OK;
    if (len < size)
        memcpy(buf, resolved, len + 1);
    else
        status = mp_error_set(err, MP_LIMIT, "the path %.300s is longer than %zu bytes",
                              resolved, size);
    free(resolved);
    return status;
}
