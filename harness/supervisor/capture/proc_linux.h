/* Single facts from /proc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_PROC_LINUX_H
#define MP_CAPTURE_PROC_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads up to `size - 1` bytes of /proc/PID/`name` and puts a NUL behind them; returns
 * how many, 0 if there is nothing to read. It allocates nothing. */
size_t mp_proc_read(pid_t pid, const char *name, char *buf, size_t size);
/* The name that process `pid` goes by, raw, without the newline; "" if it is gone. */
void mp_proc_name(pid_t pid, char *buf, size_t size);
/* The parent of a process, as the kernel has it now, or -1. */
pid_t mp_proc_parent(pid_t pid);
/* The letter of a thread's state ('R' runs, 'S' sleeps, 'T' is stopped ...), or 0. */
char mp_proc_run_state(pid_t pid, pid_t tid);
/* Whether the process handles or ignores `signal` and so may survive it; true if
 * unknown. */
bool mp_proc_survives(pid_t pid, int signal);

#endif
