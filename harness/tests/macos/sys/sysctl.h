/* A double of the part of macOS's sysctl that finds processes, on Linux. Names as in
 * Apple's sys/sysctl.h; what it does is in processes.c beside it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MACOS_SYSCTL_H
#define MP_TESTS_MACOS_SYSCTL_H

#include <stddef.h>
#include <sys/types.h>

#define CTL_KERN       1
#define KERN_PROC      14
#define KERN_PROCARGS2 49
#define KERN_PROC_PID  1
#define KERN_PROC_UID  5
#define SZOMB          5

struct kinfo_proc {
    struct {
        pid_t p_pid;
        char p_stat;
    } kp_proc;
    char more[600]; /* as long as it is there, about */
};

int sysctl(int *name, unsigned len, void *ret_old, size_t *size, void *new_value,
           size_t new_size);

/* So many lists of processes fail as one does that became too long meanwhile. */
void mp_double_lengthen_lists(unsigned times);

#endif
