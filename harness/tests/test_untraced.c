/* What is left where the host refuses tracing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/victim_fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/supervisor/capture/capture.h"
#include "harness/tests/forbid_ptrace.h"

/* A supervisor under that filter. Returns which step was wrong, 0 if none was. */
static int run_under_filter(void) {
    struct mp_runner_config config = {
        .round_program = MP_VICTIM, .jobs = 1, .captures = true};
    struct mp_round_spec spec = victim_spec("read");
    struct mp_runner *runner = NULL;
    struct mp_round_end end;
    struct mp_error err;
    char note[512] = "";
    if (!forbid_ptrace())
        return 1;
    if (mp_runner_open(&config, &runner, note, &err) != MP_OK)
        return 2;
    if (strstr(note, "seccomp") == NULL)
        return 3;
    if (mp_runner_start(runner, &spec, 1, &err) != MP_OK ||
        mp_runner_wait(runner, MP_TEST_PATIENCE_NS, &end, &err) != MP_OK)
        return 4;
    if (end.trace != MP_TRACE_REFUSED || end.crash != NULL)
        return 5;
    if (end.exit.kind != MP_EXIT_SIGNAL || end.exit.signal != SIGSEGV)
        return 6;
    mp_round_end_release(&end);
    mp_runner_close(runner);
    return 0;
}

static void runner_goes_on_untraced_and_says_so_where_ptrace_is_forbidden(void **state) {
    int status = 0;
    (void)state;
    pid_t pid = fork();
    if (pid == 0)
        _exit(run_under_filter());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void capture_refuses_a_process_that_is_traced_already(void **state) {
    struct mp_capture *capture = NULL;
    struct mp_error err;
    int status = 0;
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(mp_capture_open(false, NULL, &capture, &err), MP_OK);
    assert_int_equal(mp_capture_attach(capture, pid, &err), MP_UNSUPPORTED);
    mp_capture_close(capture);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runner_goes_on_untraced_and_says_so_where_ptrace_is_forbidden),
        cmocka_unit_test(capture_refuses_a_process_that_is_traced_already),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
