/* Every number in /proc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/process_list.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>

#include "harness/base/memory.h"

#define ROOM 1024

pid_t *mp_process_list(size_t *ret_count) {
    size_t count = 0, room = 0;
    pid_t *pids = NULL;
    DIR *folder = opendir("/proc");
    *ret_count = 0;
    if (folder == NULL)
        return NULL;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid > INT_MAX)
            continue;
        if (count == room) {
            room += ROOM;
            pids = mp_memory_resize(pids, room, sizeof(*pids));
        }
        pids[count++] = (pid_t)pid;
    }
    closedir(folder);
    *ret_count = count;
    return pids;
}
