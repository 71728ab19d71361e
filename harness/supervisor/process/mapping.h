/* Whether a running process has a file in its memory, seen from outside.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_MAPPING_H
#define MP_PROCESS_MAPPING_H

#include <sys/types.h>

enum mp_mapping_sight {
    MP_MAPPING_UNKNOWN, /* the process is gone, or its memory cannot be read */
    MP_MAPPING_NONE,    /* the file is not there */
    MP_MAPPING_SEEN
};

/* Per system. Whether a region of process `pid` is of the file that `path` names now (by
 * device and inode). macOS: the same user's processes may be asked (XNU, proc_info.c:
 * PROC_PIDREGIONPATHINFO). */
enum mp_mapping_sight mp_mapping_look(pid_t pid, const char *path);

#endif
