/* What it costs to read a crash: a process of THREADS threads is stopped in a fault of
 * one of them and recorded again and again, in turn with the stacks unwound in this
 * process and in a helper process. Prints nanoseconds: "here NS" and "helper NS" from the
 * stop to the complete record, "held NS" the part of the latter for which the process
 * must stay stopped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* __WALL */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/capture/reading_linux.h"
#include "harness/supervisor/capture/record_linux.h"

#define TURNS 200

static volatile uint64_t sink;

static int descend(int depth) { /* NOLINT(misc-no-recursion) */
    volatile int here = depth;
    if (depth > 0)
        return descend(depth - 1) + here;
    if (here == 0)
        pause();
    return here;
}

static void *wait_deep(void *arg) {
    sink += (uint64_t)descend(16);
    return arg;
}

static void fault_among(long threads) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    alarm(120);
    for (long i = 1; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, wait_deep, NULL) != 0)
            _exit(1);
    }
    mp_clock_sleep_ns(200 * MP_CLOCK_NS_PER_MS); /* for them to get there */
    sink = *(volatile uint64_t *)(uintptr_t)sink;
    _exit(1);
}

/* Stops all threads but the first, which has; returns how many there are. */
static size_t stop_others(pid_t pid, struct mp_record_thread *thread, size_t max) {
    char path[32];
    size_t count = 1;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    for (struct dirent *entry = folder != NULL ? readdir(folder) : NULL;
         entry != NULL && count < max; entry = readdir(folder)) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        int status = 0;
        if (tid <= 0 || tid == pid || ptrace(PTRACE_INTERRUPT, tid, 0, 0) != 0 ||
            waitpid(tid, &status, __WALL) != tid)
            continue;
        thread[count++] = (struct mp_record_thread){.tid = tid};
    }
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* The process, stopped in its fault; -1 on failure. */
static pid_t start(long threads) {
    pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
        raise(SIGSTOP);
        fault_among(threads);
    }
    if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid ||
        ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE) != 0 ||
        kill(pid, SIGCONT) != 0)
        return -1;
    for (;;) {
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0 || !WIFSTOPPED(status))
            return -1;
        if (tid == pid && status >> 8 == SIGSEGV)
            return pid;
        int signal = WSTOPSIG(status) == SIGCONT && status >> 16 == 0 ? SIGCONT : 0;
        (void)ptrace(PTRACE_CONT, tid, 0, signal);
    }
}

static void record(pid_t pid, const struct mp_record_thread *thread, size_t count,
                   bool has_helper) {
    struct mp_copy *copy = NULL;
    uint64_t start_ns = mp_clock_now_ns(), held_ns = 0;
    struct mp_crash *crash = mp_record_make(pid, thread, count, UINT64_MAX, &copy);
    if (has_helper) {
        struct mp_reading *reading = mp_reading_start(mp_reading_do, copy, crash);
        mp_copy_close(copy);
        held_ns = mp_clock_now_ns() - start_ns;
        int status = 0;
        if (reading != NULL && waitpid(mp_reading_pid(reading), &status, 0) > 0)
            mp_reading_take(reading, status);
    } else {
        mp_reading_here(copy, crash);
        mp_copy_close(copy);
    }
    printf("%s %" PRIu64 "\n", has_helper ? "helper" : "here",
           mp_clock_now_ns() - start_ns);
    if (has_helper)
        printf("held %" PRIu64 "\n", held_ns);
    if (crash->unread[0] != '\0' || crash->thread[0].frame_count < 2)
        fprintf(stderr, "the stacks were not read: %s\n", crash->unread);
    mp_crash_destroy(crash);
}

int main(int argc, char **argv) {
    struct mp_record_thread thread[MP_CRASH_THREADS_MAX] = {{0}};
    long threads = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    if (threads < 1 || threads > MP_CRASH_THREADS_MAX) {
        fprintf(stderr, "usage: %s THREADS (1 to %d)\n", argv[0], MP_CRASH_THREADS_MAX);
        return 2;
    }
    pid_t pid = start(threads);
    thread[0] = (struct mp_record_thread){.tid = pid, .is_faulting = true};
    if (pid < 0 || ptrace(PTRACE_GETSIGINFO, pid, 0, &thread[0].info) != 0) {
        perror("cannot stop a process in its fault");
        return 1;
    }
    size_t count = stop_others(pid, thread, MP_CRASH_THREADS_MAX);
    for (int i = 0; i < TURNS; i++) {
        record(pid, thread, count, false);
        record(pid, thread, count, true);
    }
    (void)kill(pid, SIGKILL);
    return 0;
}
