/* The environment of another process, from the kernel, which shows that of the user's own
 * processes as long as they are not restricted by their signature. Not yet run on a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sys/sysctl.h>

#include "harness/supervisor/process/environ.h"
#include "harness/supervisor/process/procargs.h"

const char *mp_environ_find(pid_t pid, const char *text, size_t len, char *buf) {
    int name[] = {CTL_KERN, KERN_PROCARGS2, (int)pid};
    size_t size = MP_ENVIRON_MAX;
    if (sysctl(name, 3, buf, &size, NULL, 0) != 0)
        return NULL;
    return mp_procargs_find(buf, size < MP_ENVIRON_MAX ? size : MP_ENVIRON_MAX, text,
                            len);
}

bool mp_environ_is_dying(pid_t pid) {
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
    struct kinfo_proc info;
    size_t size = sizeof(info);
    return sysctl(name, 4, &info, &size, NULL, 0) == 0 && size == sizeof(info) &&
           info.kp_proc.p_stat == SZOMB;
}
