/* A double of the part of macOS's kqueue that we use, on Linux: waits for the end of a
 * process. Names and layout as in Apple's sys/event.h; what it does is in kqueue.c beside
 * it. It proves that our calls are right for this reading of the manual page, not that
 * macOS behaves so.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MACOS_EVENT_H
#define MP_TESTS_MACOS_EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
    uintptr_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    intptr_t data;
    void *udata;
};

#define EVFILT_PROC (-5)
#define EV_ADD      0x0001
#define NOTE_EXIT   0x80000000U

#define EV_SET(event, a, b, c, d, e, f)                                                  \
    (*(event) = (struct kevent){(a), (b), (c), (d), (e), (f)})

int kqueue(void);
int kevent(int queue, const struct kevent *change, int change_count,
           struct kevent *ret_event, int event_count, const struct timespec *timeout);

/* Of Apple's pthread.h. */
int pthread_threadid_np(void *thread, uint64_t *ret_id);
int mp_double_setname(const char *name);
#define pthread_setname_np mp_double_setname

#endif
