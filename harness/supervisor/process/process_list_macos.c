/* The processes of this user, from the kernel (sysctl KERN_PROC_UID; sysctl_prochandle in
 * XNU's kern_sysctl.c). Not yet run on a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/process_list.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "harness/base/memory.h"

/* Processes may start between the question for the size and the list. */
#define SLOP  64
#define TRIES 5

/* NULL: no list; errno is ENOMEM if it had become too long. */
static struct kinfo_proc *read_list(size_t *ret_count) {
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_UID, (int)geteuid()};
    size_t size = 0;
    if (sysctl(name, 4, NULL, &size, NULL, 0) != 0)
        return NULL;
    size_t room = size / sizeof(struct kinfo_proc) + SLOP;
    struct kinfo_proc *list = mp_memory_zeroed(room, sizeof(*list));
    size = room * sizeof(*list);
    if (sysctl(name, 4, list, &size, NULL, 0) != 0) {
        int cause = errno;
        free(list);
        errno = cause;
        return NULL;
    }
    size_t count = size / sizeof(*list);
    *ret_count = count < room ? count : room;
    return list;
}

pid_t *mp_process_list(size_t *ret_count) {
    struct kinfo_proc *list = NULL;
    size_t count = 0;
    *ret_count = 0;
    errno = ENOMEM;
    for (int i = 0; i < TRIES && list == NULL && errno == ENOMEM; i++)
        list = read_list(&count);
    if (list == NULL || count == 0) {
        free(list);
        return NULL;
    }
    pid_t *pids = mp_memory_zeroed(count, sizeof(*pids));
    for (size_t i = 0; i < count; i++)
        pids[i] = list[i].kp_proc.p_pid;
    free(list);
    *ret_count = count;
    return pids;
}
