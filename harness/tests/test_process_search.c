/* The guard's search for marked processes, in a process that can get no memory any more.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/process_list.h"

#ifndef __has_feature /* of gcc */
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                     \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OTHER_ALLOCATOR true /* a sanitizer's, which takes no notice of a limit */
#else
#define HAS_OTHER_ALLOCATOR false
#endif

#define PATIENCE_NS (20 * MP_CLOCK_NS_PER_S)

static pid_t start_marked(char *mark) {
    char *argv[] = {(char *)"sleep", (char *)"60", NULL};
    char *envp[] = {(char *)"A=1", mark, NULL};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execve("/bin/sleep", argv, envp);
        _exit(127);
    }
    return pid;
}

/* Whether there are `size` bytes, which are kept. (Volatile: a compiler may leave out an
 * allocation that nobody uses, and take it for one that succeeded.) */
static bool take(size_t size) {
    void *volatile block = malloc(size);
    return block != NULL;
}

/* Everything that could still be had. */
static void take_all_memory(void) {
    const struct rlimit none = {0};
    setrlimit(RLIMIT_AS, &none);
    for (size_t size = (size_t)1 << 20; size > 0; size /= 2)
        while (take(size)) {
        }
}

/* 0: it finds `pid` within its patience. */
static int search_without_memory(const char *mark, pid_t pid) {
    struct mp_process_search *search = mp_process_search_open();
    uint64_t until_ns = mp_clock_now_ns() + PATIENCE_NS;
    pid_t found[2] = {0};
    size_t count = 0;
    take_all_memory();
    if (take(1))
        return 77; /* the limit has no effect here */
    while (count == 0 && mp_clock_now_ns() < until_ns) {
        count = mp_process_find_marked(search, mark, found, 2);
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
    }
    return count == 1 && found[0] == pid ? 0 : 1;
}

static void marked_processes_are_found_without_memory(void **state) {
    char mark[64];
    int status = 0;
    (void)state;
    if (HAS_OTHER_ALLOCATOR)
        skip();
    snprintf(mark, sizeof(mark), "MPSTRESS_SEARCHED=%d-", (int)getpid());
    pid_t marked = start_marked(mark);
    pid_t searcher = fork();
    assert_true(searcher >= 0);
    if (searcher == 0)
        _exit(search_without_memory(mark, marked));
    assert_int_equal(waitpid(searcher, &status, 0), searcher);
    kill(marked, SIGKILL);
    assert_int_equal(waitpid(marked, NULL, 0), marked);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marked_processes_are_found_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
