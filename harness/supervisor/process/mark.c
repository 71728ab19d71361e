/* Whose a process is, by the mark in its environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/process/environ.h"
#include "harness/supervisor/process/host.h"

enum mp_host_mark mp_host_find_mark(pid_t pid, const char *entry) {
    char *buf = mp_memory_zeroed(MP_ENVIRON_MAX, 1);
    const char *found = mp_environ_find(pid, entry, strcspn(entry, "=") + 1, buf);
    enum mp_host_mark mark = MP_HOST_UNMARKED;
    if (found != NULL)
        mark = strcmp(found, entry) == 0 ? MP_HOST_MARKED : MP_HOST_OTHER;
    else if (mp_environ_is_dying(pid))
        mark = MP_HOST_DYING;
    free(buf);
    return mark;
}
