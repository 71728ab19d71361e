/* The environment of another process, from /proc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/environ.h"

#include <string.h>

#include "harness/supervisor/capture/proc_linux.h"

const char *mp_environ_find(pid_t pid, const char *text, size_t len, char *buf) {
    const char *end = buf + mp_proc_read(pid, "environ", buf, MP_ENVIRON_MAX);
    for (const char *at = buf; at < end; at += strlen(at) + 1)
        if (strncmp(at, text, len) == 0)
            return at;
    return NULL;
}

bool mp_environ_is_dying(pid_t pid) {
    char text[64];
    bool has_memory =
        mp_proc_read(pid, "statm", text, sizeof(text)) > 0 && text[0] != '0';
    return !has_memory;
}
