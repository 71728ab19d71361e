/* The round's process on macOS, where no kernel kills the child of a dead parent: a small
 * thread waits for the parent's end. Nothing else would end a hung round then, and it
 * would keep the GPU while the lock is free.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/process.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <pthread/qos.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/event.h>
#include <unistd.h>

#include "harness/base/array.h"

#define WATCHER_STACK ((size_t)256 * 1024)

static enum mp_status refuse_parent(uint64_t pid, struct mp_error *err) {
    return mp_error_set(err, MP_SYSTEM,
                        "the round page names process %llu as supervisor, but the parent "
                        "is %ld: the supervisor is gone",
                        (unsigned long long)pid, (long)getppid());
}

/* `arg` is the kqueue at which the parent's end is the only event. */
static void *die_with_parent(void *arg) {
    int queue = (int)(intptr_t)arg;
    struct kevent event;
    int count = 0;

    do {
        count = kevent(queue, NULL, 0, &event, 1, NULL);
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return NULL; /* a driver closed our descriptor: the deadline is left */
    if (getpgrp() == getpid())
        kill(0, SIGKILL);
    kill(getpid(), SIGKILL);
    return NULL;
}

/* Starts the watcher with every signal blocked, so that the round's come to the round. */
static int start_watcher(int queue) {
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all, before;
    int error = pthread_attr_init(&attr);

    if (error != 0)
        return error;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    error = pthread_attr_setstacksize(&attr, WATCHER_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (error == 0)
        error = pthread_create(&thread, &attr, die_with_parent, (void *)(intptr_t)queue);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return error;
}

enum mp_status mp_process_follow_parent(uint64_t pid, struct mp_error *err) {
    struct kevent change;
    int queue, error = 0;

    if (pid == 0 || pid > INT_MAX || (uint64_t)getppid() != pid)
        return refuse_parent(pid, err);
    queue = kqueue();
    if (queue < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot watch for the supervisor's end");
    EV_SET(&change, (uintptr_t)pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
    if (kevent(queue, &change, 1, NULL, 0, NULL) != 0)
        error = errno;
    /* After the request, so that a parent that died before it is noticed too. */
    if (error == ESRCH || (uint64_t)getppid() != pid) {
        close(queue);
        return refuse_parent(pid, err);
    }
    if (error == 0)
        error = start_watcher(queue);
    if (error == 0)
        return MP_OK;
    close(queue);
    return mp_error_set_errno(err, MP_SYSTEM, error,
                              "cannot watch for the supervisor's end");
}

uint64_t mp_process_thread_id(void) {
    uint64_t id = 0;

    pthread_threadid_np(NULL, &id);
    return id;
}

void mp_process_lower_thread(void) {
    pthread_set_qos_class_self_np(QOS_CLASS_BACKGROUND, 0);
}

void mp_process_name_thread(const char *name) {
    pthread_setname_np(name);
}

bool mp_process_may_note(int number) {
    static const int ends_process[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGABRT,   SIGPIPE,
                                       SIGALRM, SIGTERM, SIGXCPU, SIGVTALRM, SIGXFSZ,
                                       SIGPROF, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < MP_COUNT(ends_process); i++)
        if (number == ends_process[i])
            return true;
    return false;
}
