/* The processes of this machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_LIST_H
#define MP_PROCESS_LIST_H

#include <stddef.h>
#include <sys/types.h>

/* The processes whose environment this user may read, and perhaps others. The caller
 * frees it; NULL: there are none, or the system does not say. */
pid_t *mp_process_list(size_t *ret_count);

/* Lists up to `max` of them, never this process itself, in whose initial environment an
 * entry begins with `mark` ("NAME=value"). */
size_t mp_process_find_marked(const char *mark, pid_t *ret_pids, size_t max);

#endif
