/* System calls about the round's own process and threads, in process_linux.c and
 * process_macos.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_PROCESS_H
#define MP_ROUND_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/base/status.h"

/* Ties this process to the supervisor `pid`, which must be its parent at this moment.
 * From then on it is killed when the parent dies. Linux: by the kernel. macOS: by a
 * thread that waits for the parent's end at a kqueue and kills the whole process group of
 * the round. */
enum mp_status mp_process_follow_parent(uint64_t pid, struct mp_error *err);

/* Whether a handler may be put where signal `number` has its default action and that ends
 * the process, without changing how it ends. macOS: not for faults: the system turns one
 * on an exhausted stack into SIGILL if there is a handler (sendsig in XNU). */
bool mp_process_may_note(int number);

/* The calling thread's id, as debuggers show it. */
uint64_t mp_process_thread_id(void);

/* From now on the calling thread gets a processor after all others. Linux: SCHED_IDLE.
 * macOS: the background class, which keeps it on efficiency cores. */
void mp_process_lower_thread(void);

/* Names the calling thread; 15 bytes are kept. */
void mp_process_name_thread(const char *name);

#endif
