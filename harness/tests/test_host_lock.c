/* Tests of the lock of the host: it goes with the process that took it, whoever else has
 * its open file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/supervisor/process/host_lock.h"

/* Takes the lock and leaves a child that has all its open files, as one that was about to
 * become a round. Writes one byte when both stand, or nothing if the lock was not free. */
static void hold(int tell_fd) {
    struct mp_host_lock *lock = NULL;
    char holder[MP_HOST_LOCK_HOLDER_MAX];
    struct mp_error err;
    if (mp_host_lock_take("test", &lock, holder, &err) != MP_OK)
        _exit(1);
    pid_t child = fork();
    if (child != 0 && (child < 0 || write(tell_fd, &child, sizeof(child)) < 0))
        _exit(1);
    for (;;)
        pause();
}

static void a_child_of_a_killed_holder_does_not_keep_the_lock(void **state) {
    (void)state;
    const char *parent = getenv("TMPDIR");
    char path[256], expected[64], holder[MP_HOST_LOCK_HOLDER_MAX] = "";
    struct mp_host_lock *lock = NULL;
    struct mp_error err = {""};
    int ends[2];
    pid_t child = 0;
    snprintf(path, sizeof(path), "%s/mp_host_lock_XXXXXX",
             parent != NULL ? parent : "/tmp");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    setenv("MPSTRESS_LOCK", path, 1);
    assert_int_equal(pipe(ends), 0);
    pid_t killed = fork();
    if (killed == 0)
        hold(ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
    assert_int_equal(mp_host_lock_take("second", &lock, holder, &err), MP_LIMIT);
    snprintf(expected, sizeof(expected), "process %d, test", (int)killed);
    assert_string_equal(holder, expected);
    kill(killed, SIGKILL);
    waitpid(killed, NULL, 0);
    assert_int_equal(mp_host_lock_take("second", &lock, holder, &err), MP_OK);
    mp_host_lock_release(lock);
    kill(child, SIGKILL);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_of_a_killed_holder_does_not_keep_the_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
