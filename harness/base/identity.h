/* Identifies a process on a machine: one process records it so that a later one can tell
 * whether it is still alive. A PID alone is not enough: PIDs are reused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_IDENTITY_H
#define MP_BASE_IDENTITY_H

#include <stdint.h>

struct mp_identity {
    char host[24];    /* fingerprint of the machine's id and its name */
    char boot[64];    /* of this boot of its system; "" unknown */
    char space[32];   /* the PID namespace (a container's own); "" if there is only one */
    int64_t pid;      /* 0: no process */
    uint64_t started; /* when the process began, in the system's own unit */
};

enum mp_life {
    MP_LIFE_ALIVE,
    MP_LIFE_GONE,
    MP_LIFE_ELSEWHERE /* on another machine or in another container: unknown from here */
};

/* Of the calling process. */
void mp_identity_self(struct mp_identity *ret_identity);

/* Whether that process is still running. A zombie counts as gone. */
enum mp_life mp_identity_life(const struct mp_identity *identity);

/* Per system, for identity.c: `ret_identity` without `host`, and a text that is unique
 * to this machine, at most 63 characters. */
void mp_identity_read_system(struct mp_identity *ret_identity, char ret_machine[64]);
/* When `pid` started; 0 if it does not exist or has ended. */
uint64_t mp_identity_read_start(int64_t pid);

#endif
