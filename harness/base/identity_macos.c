/* Process and machine identity on macOS.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/sysctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/identity.h"

void mp_identity_read_system(struct mp_identity *ret_identity, char ret_machine[64]) {
    unsigned char id[16] = {0};
    const struct timespec wait = {.tv_sec = 1};
    size_t size = sizeof(ret_identity->boot);
    (void)gethostuuid(id, &wait);
    for (size_t i = 0; i < sizeof(id); i++)
        snprintf(ret_machine + 2 * i, 3, "%02x", id[i]);
    if (sysctlbyname("kern.bootsessionuuid", ret_identity->boot, &size, NULL, 0) != 0)
        ret_identity->boot[0] = '\0';
    ret_identity->boot[sizeof(ret_identity->boot) - 1] = '\0';
}

uint64_t mp_identity_read_start(int64_t pid) {
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
    struct kinfo_proc info;
    size_t size = sizeof(info);
    memset(&info, 0, sizeof(info));
    if (sysctl(name, 4, &info, &size, NULL, 0) != 0 || size == 0 ||
        info.kp_proc.p_stat == SZOMB)
        return 0;
    const struct timeval started = info.kp_proc.p_starttime;
    return (uint64_t)started.tv_sec * 1000000u + (uint64_t)started.tv_usec;
}
