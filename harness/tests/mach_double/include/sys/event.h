/* The part of kqueue that waits for Mach ports.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MACH_DOUBLE_EVENT_H
#define MP_MACH_DOUBLE_EVENT_H

#include <stdint.h>
#include <time.h>

#define EVFILT_MACHPORT (-8)
#define EV_ADD          0x0001

struct kevent {
    uintptr_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    intptr_t data;
    void *udata;
};

#define EV_SET(event, what, how, what_to_do, f, d, u)                                    \
    (*(event) = (struct kevent){.ident = (what),                                         \
                                .filter = (how),                                         \
                                .flags = (what_to_do),                                   \
                                .fflags = (f),                                           \
                                .data = (d),                                             \
                                .udata = (u)})

int kqueue(void);
int kevent(int queue, const struct kevent *change, int change_count, struct kevent *event,
           int event_count, const struct timespec *timeout);

#endif
