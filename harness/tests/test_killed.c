/* A supervisor that is killed: nothing that its rounds started may live on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/killed_fixture.h"
#include "harness/tests/victim_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* A supervisor in a process of its own: its rounds leave processes behind and hang. */
static void be_supervisor(bool captures, bool is_traced) {
    struct mp_runner_config config = {
        .round_program = MP_VICTIM, .jobs = 2, .captures = captures};
    struct mp_round_spec spec = victim_spec("leak_spin");
    spec.capture = is_traced;
    struct mp_runner *runner = NULL;
    struct mp_round_end end;
    struct mp_error err;
    char note[512];
    if (mp_runner_open(&config, &runner, note, &err) == MP_OK &&
        mp_runner_start(runner, &spec, 1, &err) == MP_OK &&
        mp_runner_start(runner, &spec, 2, &err) == MP_OK)
        for (;;)
            (void)mp_runner_wait(runner, MP_TEST_PATIENCE_NS, &end, &err);
    _exit(1);
}

static void check_killed_supervisor(bool captures, bool is_traced) {
    enum { PROCESSES_OF_A_ROUND = 3 };
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        be_supervisor(captures, is_traced);
    assert_true(wait_marked(pid, 2 * PROCESSES_OF_A_ROUND));
    kill(pid, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_true(wait_marked(pid, 0));
}

static void nothing_survives_a_supervisor_that_is_killed(void **state) {
    (void)state;
    check_killed_supervisor(true, true);
}

/* No tracer is there to take them along: the guard finds them, also those in their own
 * session. */
static void nothing_survives_a_supervisor_that_is_killed_and_traced_nobody(void **state) {
    (void)state;
    check_killed_supervisor(false, true);
}

/* As doctor --observer does: its own rounds are traced or not, in turn. */
static void nothing_survives_if_the_supervisor_traces_other_rounds(void **state) {
    (void)state;
    check_killed_supervisor(true, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_survives_a_supervisor_that_is_killed),
        cmocka_unit_test(nothing_survives_a_supervisor_that_is_killed_and_traced_nobody),
        cmocka_unit_test(nothing_survives_if_the_supervisor_traces_other_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
