/* The processes of this user, from the kernel (sysctl KERN_PROC_UID; sysctl_prochandle in
 * XNU's kern_sysctl.c). Not yet run on a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/process_list.h"

#include <errno.h>
#include <sys/sysctl.h>
#include <unistd.h>

/* More than a user may have: kern.maxprocperuid is some thousands. */
#define PROCESSES_MAX 16384

const size_t mp_process_list_room = PROCESSES_MAX * sizeof(struct kinfo_proc);

void mp_process_list(void *room, bool (*visit)(void *data, pid_t pid), void *data) {
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_UID, (int)geteuid()};
    const struct kinfo_proc *list = room;
    size_t size = mp_process_list_room;
    /* Of a longer list the kernel copies what fits. */
    if (sysctl(name, 4, room, &size, NULL, 0) != 0 && errno != ENOMEM)
        return;
    for (size_t i = 0; i < size / sizeof(*list); i++)
        if (!visit(data, list[i].kp_proc.p_pid))
            return;
}
