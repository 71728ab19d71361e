/* The processes of this machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_LIST_H
#define MP_PROCESS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What this system's mp_process_list wants, in bytes. */
extern const size_t mp_process_list_room;

/* Visits the processes whose environment this user may read, and perhaps others, till
 * `visit` returns false; none if the system does not say. Allocates nothing: `room` has
 * mp_process_list_room bytes. */
void mp_process_list(void *room, bool (*visit)(void *data, pid_t pid), void *data);

/* A search for processes by their environment. All memory that it takes is had when it is
 * opened: when processes must be ended, there may be none. */
struct mp_process_search;
struct mp_process_search *mp_process_search_open(void);
void mp_process_search_close(struct mp_process_search *search);

/* Lists up to `max` processes, never this one, in whose initial environment an entry
 * begins with `mark` ("NAME=value"). */
size_t mp_process_find_marked(struct mp_process_search *search, const char *mark,
                              pid_t *ret_pids, size_t max);

#endif
