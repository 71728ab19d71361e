/* The macOS file of the round's process, on a double of kqueue: what it watches for comes,
 * and it takes the round and its children along.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/round/process.h"

#define PATIENCE_MS 20000

/* The child of the dying parent: follows it, starts a child of its own, tells, and hangs
 * with both ends of the pipe in hand. */
static void hang_with_child(int fd, pid_t parent) {
    struct mp_error err;
    setpgid(0, 0);
    if (mp_process_follow_parent((uint64_t)parent, &err) != MP_OK)
        _exit(1);
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    if (write(fd, "r", 1) != 1)
        _exit(2);
    for (;;)
        pause();
}

/* Reads one byte or the end; -1: neither came. */
static int read_one(int fd) {
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    char byte = 0;
    if (poll(&poll_fd, 1, PATIENCE_MS) != 1)
        return -1;
    return read(fd, &byte, 1) == 1 ? byte : 0;
}

static void round_and_its_children_die_with_a_killed_supervisor(void **state) {
    int fd[2], status = 0;
    (void)state;
    assert_int_equal(pipe(fd), 0);
    pid_t parent = fork();
    if (parent == 0) {
        close(fd[0]);
        if (fork() == 0)
            hang_with_child(fd[1], getppid());
        close(fd[1]);
        for (;;)
            pause();
    }
    close(fd[1]);
    assert_int_equal(read_one(fd[0]), 'r');
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, &status, 0), parent);
    assert_int_equal(read_one(fd[0]), 0); /* its end: nobody holds the other one */
    close(fd[0]);
}

static void a_supervisor_that_is_not_the_parent_is_refused(void **state) {
    struct mp_error err;
    (void)state;
    assert_int_equal(mp_process_follow_parent((uint64_t)getpid(), &err), MP_SYSTEM);
    assert_non_null(strstr(err.text, "the supervisor is gone"));
    assert_int_equal(mp_process_follow_parent(0, &err), MP_SYSTEM);
    assert_int_equal(mp_process_follow_parent(UINT64_C(1) << 40, &err), MP_SYSTEM);
    assert_int_equal(mp_process_follow_parent((uint64_t)getppid(), &err), MP_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_and_its_children_die_with_a_killed_supervisor),
        cmocka_unit_test(a_supervisor_that_is_not_the_parent_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
