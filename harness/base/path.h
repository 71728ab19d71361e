/* Paths of files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_PATH_H
#define MP_BASE_PATH_H

#include <stddef.h>

#include "harness/base/status.h"

/* Writes the path of the file itself, absolute and without symbolic links, so that what
 * is installed beside it is found where a folder such as Homebrew's bin only links to it.
 * MP_NOT_FOUND if there is no such file, MP_LIMIT if it does not fit; `buf` is then
 * unchanged. */
enum mp_status mp_path_resolve(const char *path, char *buf, size_t size,
                               struct mp_error *err);

#endif
