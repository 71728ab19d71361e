/* The environment of another process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_ENVIRON_H
#define MP_PROCESS_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Only this much of an environment is searched: all that macOS lets a program have
 * (ARG_MAX), and far more than a round has. */
#define MP_ENVIRON_MAX (1024 * 1024)

/* The first entry "NAME=value" that begins with the first `len` bytes of `text`, in the
 * environment with which `pid` started its program; NULL: there is none, or it cannot be
 * read. `buf`, of MP_ENVIRON_MAX bytes, holds it. */
const char *mp_environ_find(pid_t pid, const char *text, size_t len, char *buf);

/* Whether `pid` has died and only waits to be reaped. */
bool mp_environ_is_dying(pid_t pid);

#endif
