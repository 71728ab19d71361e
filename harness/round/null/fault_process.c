/* Ways for a process or thread to end, or not to end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/null/fault_strike.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"

#define LEAK_SECONDS 180
#define NOISE_BYTES  (1024 * 1024)

MP_NULL_STRIKE void mp_null_fault_abort(uint32_t offset) {
    (void)offset;
    fputs("null: failed assertion `planted'\n", stderr);
    abort();
}

MP_NULL_STRIKE void mp_null_fault_kill_self(uint32_t offset) {
    (void)offset;
    kill(getpid(), SIGKILL);
}

MP_NULL_STRIKE void mp_null_fault_hang(uint32_t offset) {
    (void)offset;
    for (;;)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_S);
}

MP_NULL_STRIKE void mp_null_fault_spin(uint32_t offset) {
    volatile uint32_t turns = offset;

    for (;;)
        turns++;
}

MP_NULL_STRIKE void mp_null_fault_exit_early(uint32_t offset) {
    (void)offset;
    exit(0);
}

MP_NULL_STRIKE void mp_null_fault_exit_code(uint32_t offset) {
    (void)offset;
    _exit(7);
}

static void segv_at_exit(void) {
    mp_null_fault_segv_null(0);
}

MP_NULL_STRIKE void mp_null_fault_exit_segv(uint32_t offset) {
    (void)offset;
    atexit(segv_at_exit);
}

MP_NULL_STRIKE void mp_null_fault_thread_exit(uint32_t offset) {
    (void)offset;
    pthread_exit(NULL);
}

/* A forked process, or -1 with a message on stderr. */
static pid_t fork_child(void) {
    pid_t pid = fork();

    if (pid < 0)
        perror("null: cannot fork for the planted fault");
    return pid;
}

MP_NULL_STRIKE void mp_null_fault_fork_leak(uint32_t offset) {
    (void)offset;
    if (fork_child() == 0) {
        signal(SIGTERM, SIG_IGN);
        setsid();
        mp_clock_sleep_ns(LEAK_SECONDS * MP_CLOCK_NS_PER_S);
        _exit(0);
    }
}

MP_NULL_STRIKE void mp_null_fault_fork_crash(uint32_t offset) {
    pid_t pid = fork_child();

    if (pid == 0) {
        mp_null_fault_segv_null(offset);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

MP_NULL_STRIKE void mp_null_fault_noise(uint32_t offset) {
    (void)offset;
    for (int i = 0; i < NOISE_BYTES; i++)
        fputc(i % 79 == 78 ? '\n' : i % 32, stderr);
}
