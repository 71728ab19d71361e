/* Internal to results/store: opening a file to read it, without leaving anything that
 * stops its owner.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_READING_H
#define MP_STORE_READING_H

#include <stdbool.h>

#include "harness/base/strbuf.h"
#include "results/store/handle.h"

/* The name by which SQLite opens `path` for reading and nothing else (SQLITE_OPEN_URI),
 * and how the file is then read. `ret_reading` may be NULL. */
void mp_reading_uri(const char *path, struct mp_strbuf *buf,
                    struct mp_reading *ret_reading);
/* The name by which SQLite opens `path` with `query`, whatever is in that name. */
void mp_reading_add_uri(const char *path, const char *query, struct mp_strbuf *buf);
/* Whether what was read is what lay there all the time: always, unless it was read
 * without a lock and written meanwhile. */
bool mp_reading_holds(const struct mp_reading *reading, const char *path);

#endif
