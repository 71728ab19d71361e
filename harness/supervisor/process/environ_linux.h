/* The environment of another process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_ENVIRON_LINUX_H
#define MP_PROCESS_ENVIRON_LINUX_H

#include <stddef.h>
#include <sys/types.h>

/* Only this much of an environment is searched. */
#define MP_ENVIRON_MAX (256 * 1024)

/* The first entry "NAME=value" that begins with the first `len` bytes of `text`, in the
 * environment with which `pid` started its program; NULL: there is none, or it cannot be
 * read. `buf`, of MP_ENVIRON_MAX bytes, holds it. */
const char *mp_environ_find(pid_t pid, const char *text, size_t len, char *buf);

#endif
