/* The environment of another process, from /proc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/environ_linux.h"

#include <string.h>

#include "harness/supervisor/capture/proc_linux.h"

const char *mp_environ_find(pid_t pid, const char *text, size_t len, char *buf) {
    const char *end = buf + mp_proc_read(pid, "environ", buf, MP_ENVIRON_MAX);
    for (const char *at = buf; at < end; at += strlen(at) + 1)
        if (strncmp(at, text, len) == 0)
            return at;
    return NULL;
}
