/* Which process on which machine: what one process writes down so that a later one can
 * tell whether it is still alive. A number of a process alone cannot: numbers come again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_IDENTITY_H
#define MP_BASE_IDENTITY_H

#include <stdint.h>

struct mp_identity {
    char host[24];    /* fingerprint of the machine's id and its name */
    char boot[64];    /* of this start of its system; "" unknown */
    char space[32];   /* in which its processes are numbered (a container's own); "" the
                         only one */
    int64_t pid;      /* 0: of no process */
    uint64_t started; /* when the process began, in the system's own unit */
};

enum mp_life {
    MP_LIFE_ALIVE,
    MP_LIFE_GONE,
    MP_LIFE_ELSEWHERE /* on another machine or in another container: cannot be told from
                         here */
};

/* Of the process that calls. */
void mp_identity_self(struct mp_identity *ret_identity);

/* Whether that process still runs. One that has ended and was not yet waited for is
 * gone. */
enum mp_life mp_identity_life(const struct mp_identity *identity);

/* Per system, for identity.c: `ret_identity` without `host`, and a text that only this
 * machine has, of up to 63 characters. */
void mp_identity_read_system(struct mp_identity *ret_identity, char ret_machine[64]);
/* When `pid` began, 0: there is no such process, or it has ended. */
uint64_t mp_identity_read_start(int64_t pid);

#endif
