/* Faults that need a second thread, a signal handler, a lock or a limit.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/null/fault_strike.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/round/process.h"

/* Blocks that no bin of a fresh arena holds and that are too small for a mapping of their
 * own. */
#define CHUNK_BYTES 100000
#define CHUNKS      8

static void give_up(const char *what) {
    perror(what);
    _exit(6);
}

static void start_partner(void *(*run)(void *)) {
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, NULL) != 0)
        give_up("null: cannot start the second thread of the planted fault");
}

static void wait_for_ever(void) {
    for (;;)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_S);
}

MP_NULL_STRIKE void mp_null_fault_segv_pair(uint32_t offset) {
    static _Atomic unsigned here;

    atomic_fetch_add(&here, 1);
    while (atomic_load(&here) < 2)
        sched_yield();
    mp_null_fault_segv_null(offset);
}

MP_NULL_STRIKE void mp_null_fault_segv_blocked(uint32_t offset) {
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    mp_null_fault_segv_null(offset);
}

/* On the stack of the thread that faults, the signal blocked: the second fault kills. */
static void crash_again(int number) {
    (void)number;
    mp_null_fault_segv_null_write(0);
}

MP_NULL_STRIKE void mp_null_fault_segv_handler(uint32_t offset) {
    struct sigaction action = {.sa_handler = crash_again};

    sigaction(SIGSEGV, &action, NULL);
    mp_null_fault_segv_offset(offset);
}

MP_NULL_STRIKE void mp_null_fault_segv_raised(uint32_t offset) {
    (void)offset;
    raise(SIGSEGV);
}

static int library[2]; /* a pipe passed off as a library */

static void *load_library(void *arg) {
    char path[32];

    mp_process_name_thread("mp-in-dlopen");
    snprintf(path, sizeof(path), "/dev/fd/%d", library[0]);
    dlopen(path, RTLD_NOW);
    wait_for_ever();
    return arg;
}

/* The loader reads the one byte there is, holds its lock and waits for the rest. */
MP_NULL_STRIKE void mp_null_fault_segv_dlopen(uint32_t offset) {
    int unread = 1;

    if (pipe(library) != 0 || write(library[1], "", 1) != 1)
        give_up("null: cannot create a pipe for the planted fault");
    start_partner(load_library);
    while (ioctl(library[0], FIONREAD, &unread) == 0 && unread > 0)
        sched_yield();
    mp_null_fault_segv_null(offset);
}

MP_NULL_STRIKE void mp_null_fault_double_free(uint32_t offset) {
    void *volatile block = malloc(64);
    void *volatile again = block;

    (void)offset;
    free(block);
    free(again); /* NOLINT: planted */
}

/* Behind the last block stands the size of what is left of the arena (glibc). It is
 * checked, and found wrong, while the arena is locked. */
MP_NULL_STRIKE void mp_null_fault_heap_corrupt(uint32_t offset) {
    volatile size_t *volatile chunk = NULL;
    void *volatile next;

    (void)offset;
    for (unsigned i = 0; i < CHUNKS; i++)
        chunk = malloc(CHUNK_BYTES);
    chunk[CHUNK_BYTES / sizeof(*chunk) + 1] = SIZE_MAX; /* NOLINT: planted */
    next = malloc(CHUNK_BYTES);
    (void)next; /* NOLINT: planted */
}

static pthread_mutex_t lock[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static _Atomic unsigned locked;

static __attribute__((noinline)) void take_both(unsigned first) {
    pthread_mutex_lock(&lock[first]);
    atomic_fetch_add(&locked, 1);
    while (atomic_load(&locked) < 2)
        sched_yield();
    pthread_mutex_lock(&lock[1 - first]); /* NOLINT: planted */
    wait_for_ever();
}

static void *take_second_first(void *arg) {
    mp_process_name_thread("mp-partner");
    take_both(1);
    return arg;
}

MP_NULL_STRIKE void mp_null_fault_deadlock(uint32_t offset) {
    (void)offset;
    start_partner(take_second_first);
    take_both(0);
}

MP_NULL_STRIKE void mp_null_fault_cpu_limit(uint32_t offset) {
    struct rlimit limit = {1, 1};

    if (setrlimit(RLIMIT_CPU, &limit) != 0)
        give_up("null: cannot limit the processor time of the round");
    mp_null_fault_spin(offset);
}
