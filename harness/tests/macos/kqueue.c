/* A kqueue that watches one process: an epoll with a pidfd in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/tests/macos/sys/event.h"

int kqueue(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

static int add(int queue, const struct kevent *change) {
    struct epoll_event event = {.events = EPOLLIN};
    int fd = 0;
    if (change->filter != EVFILT_PROC || change->flags != EV_ADD ||
        change->fflags != NOTE_EXIT) {
        errno = EINVAL;
        return -1;
    }
    fd = (int)syscall(SYS_pidfd_open, (pid_t)change->ident, 0);
    return fd < 0 ? -1 : epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event);
}

int kevent(int queue, const struct kevent *change, int change_count,
           struct kevent *ret_event, int event_count, const struct timespec *timeout) {
    struct epoll_event event;
    if (change_count > 0)
        return add(queue, change);
    if (event_count != 1 || timeout != NULL) {
        errno = EINVAL;
        return -1;
    }
    int count = epoll_wait(queue, &event, 1, -1);
    if (count == 1)
        *ret_event = (struct kevent){.filter = EVFILT_PROC, .fflags = NOTE_EXIT};
    return count;
}

int pthread_threadid_np(void *thread, uint64_t *ret_id) {
    (void)thread;
    *ret_id = (uint64_t)syscall(SYS_gettid);
    return 0;
}

int mp_double_setname(const char *name) {
    return prctl(PR_SET_NAME, name);
}
