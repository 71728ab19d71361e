/* Whose a process is, by the mark in its environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/supervisor/process/environ.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/process_list.h"

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

size_t mp_process_find_marked(const char *mark, pid_t *ret_pids, size_t max) {
    char *buf = mp_memory_zeroed(MP_ENVIRON_MAX, 1);
    size_t count = 0, found = 0;
    pid_t *pids = mp_process_list(&count);
    for (size_t i = 0; i < count && found < max; i++)
        if (pids[i] != getpid() &&
            mp_environ_find(pids[i], mark, strlen(mark), buf) != NULL)
            ret_pids[found++] = pids[i];
    free(pids);
    free(buf);
    return found;
}
