/* Who sent a signal, as far as that was seen.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_SENDER_H
#define MP_WIRE_SENDER_H

#include <stdint.h>

#define MP_SENDER_NAME_MAX 16 /* the kernel keeps 15 bytes of a process's name */

enum mp_sender_kind {
    MP_SENDER_UNKNOWN, /* nobody saw the signal arrive: the round is not traced */
    MP_SENDER_ITSELF,  /* the round, a process of it, or the kernel for what it did */
    MP_SENDER_OTHER    /* a process that has nothing to do with the round */
};

struct mp_sender {
    enum mp_sender_kind kind;
    int signal;                    /* the one that was sent */
    int64_t pid;                   /* OTHER: 0 if it is in another pid namespace */
    char name[MP_SENDER_NAME_MAX]; /* OTHER: raw, "" if it was gone already */
};

#endif
