/* Single facts that the kernel tells in /proc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_PROC_LINUX_H
#define MP_CAPTURE_PROC_LINUX_H

#include <stdbool.h>
#include <sys/types.h>

/* The parent of a process, as the kernel has it now, or -1. */
pid_t mp_proc_parent(pid_t pid);
/* The letter of a thread's state ('R' runs, 'S' sleeps, 'T' is stopped ...), or 0. */
char mp_proc_run_state(pid_t pid, pid_t tid);
/* Whether the process handles or ignores `signal`, so that it may live on; true if
 * unknown. */
bool mp_proc_survives(pid_t pid, int signal);

#endif
