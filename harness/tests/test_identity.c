/* Who a process is, and whether it still runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/identity.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void identity_of_this_process_is_alive_and_the_same_each_time(void **state) {
    struct mp_identity first, second;
    (void)state;
    mp_identity_self(&first);
    mp_identity_self(&second);
    assert_int_equal(first.pid, getpid());
    assert_true(first.started != 0);
    assert_int_not_equal(strlen(first.host), 0);
    assert_string_equal(first.host, second.host);
    assert_string_equal(first.boot, second.boot);
    assert_int_equal(first.started, second.started);
    assert_int_equal(mp_identity_life(&first), MP_LIFE_ALIVE);
}

static void a_number_that_came_again_is_not_the_same_process(void **state) {
    struct mp_identity identity;
    (void)state;
    mp_identity_self(&identity);
    identity.started--;
    assert_int_equal(mp_identity_life(&identity), MP_LIFE_GONE);
}

static void a_process_of_a_former_start_of_the_system_is_gone(void **state) {
    struct mp_identity identity;
    (void)state;
    mp_identity_self(&identity);
    snprintf(identity.boot, sizeof(identity.boot),
             "00000000-0000-0000-0000-000000000000");
    assert_int_equal(mp_identity_life(&identity), MP_LIFE_GONE);
}

static void a_process_of_another_machine_or_container_is_never_called_gone(void **state) {
    struct mp_identity identity;
    (void)state;
    mp_identity_self(&identity);
    identity.pid = 0;
    snprintf(identity.space, sizeof(identity.space), "pid:[1]");
    assert_int_equal(mp_identity_life(&identity), MP_LIFE_ELSEWHERE);
    snprintf(identity.host, sizeof(identity.host), "another");
    identity.boot[0] = '\0';
    assert_int_equal(mp_identity_life(&identity), MP_LIFE_ELSEWHERE);
}

/* Alive, then a zombie, then reaped: only the first is alive. */
static void a_process_that_ended_is_gone_before_it_is_waited_for(void **state) {
    int fds[2];
    struct mp_identity identity;
    siginfo_t info;
    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char byte;
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(fds[0]);
    mp_identity_self(&identity);
    identity.pid = pid;
    identity.started = mp_identity_read_start(pid);
    assert_int_equal(mp_identity_life(&identity), MP_LIFE_ALIVE);
    close(fds[1]);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(mp_identity_life(&identity), MP_LIFE_GONE);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(mp_identity_life(&identity), MP_LIFE_GONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identity_of_this_process_is_alive_and_the_same_each_time),
        cmocka_unit_test(a_number_that_came_again_is_not_the_same_process),
        cmocka_unit_test(a_process_of_a_former_start_of_the_system_is_gone),
        cmocka_unit_test(a_process_of_another_machine_or_container_is_never_called_gone),
        cmocka_unit_test(a_process_that_ended_is_gone_before_it_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
