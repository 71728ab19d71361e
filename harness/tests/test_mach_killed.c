/* A supervisor that is killed while it has the message of a crash, or a round suspended:
 * capture as a Mac compiles it, on a double of Mach. No round may be stuck behind it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/tests/killed_fixture.h"
#include "harness/tests/victim_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "harness/tests/mach_double/mach_double.h"

enum moment {
    MESSAGE_WAITS, /* the kernel has sent it, nobody has taken it */
    MESSAGE_TAKEN, /* its task is being read */
    SAMPLES        /* a hung round is suspended and being read */
};

struct supervisor {
    pid_t pid;
    int told_fd; /* readable when the moment has come */
    int end_fd;  /* a byte there takes its rights away, and leaves it alive */
};

static void *end_rights(void *arg) {
    const int *fd = arg;
    char byte = 0;
    if (read(*fd, &byte, 1) == 1)
        mach_double_end_rights();
    return NULL;
}

static void be_supervisor(enum moment moment, int told_fd, int end_fd) {
    struct mp_runner_config config = {
        .round_program = MP_VICTIM, .jobs = 1, .captures = true};
    struct mp_round_spec spec = victim_spec(moment == SAMPLES ? "spin" : "read");
    struct mp_runner *runner = NULL;
    struct mp_round_end end;
    struct mp_error err;
    char note[512];
    pthread_t thread;
    if (moment == SAMPLES)
        spec.timeout_ms = 1000;
    if (moment != MESSAGE_WAITS)
        mach_double_knobs()->stuck_fd = told_fd;
    if (mp_runner_open(&config, &runner, note, &err) != MP_OK ||
        pthread_create(&thread, NULL, end_rights, &end_fd) != 0 ||
        mp_runner_start(runner, &spec, 1, &err) != MP_OK)
        _exit(1);
    if (moment == MESSAGE_WAITS) {
        if (!mach_double_await_crash() || write(told_fd, "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    for (;;)
        (void)mp_runner_wait(runner, MP_TEST_PATIENCE_NS, &end, &err);
}

static struct supervisor start_supervisor(enum moment moment) {
    int told[2], end[2];
    char byte = 1;
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(end), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        be_supervisor(moment, told[1], end[0]);
    close(told[1]);
    close(end[0]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    assert_int_equal(count_marked(pid), 1);
    return (struct supervisor){.pid = pid, .told_fd = told[0], .end_fd = end[1]};
}

static void kill_supervisor(const struct supervisor *supervisor) {
    int status = 0;
    kill(supervisor->pid, SIGKILL);
    assert_int_equal(waitpid(supervisor->pid, &status, 0), supervisor->pid);
    assert_true(WIFSIGNALED(status));
    close(supervisor->told_fd);
    close(supervisor->end_fd);
}

static void no_round_is_stuck_behind_a_supervisor_that_is_killed(void **state) {
    static const enum moment moment[] = {MESSAGE_WAITS, MESSAGE_TAKEN, SAMPLES};
    (void)state;
    for (size_t i = 0; i < MP_COUNT(moment); i++) {
        struct supervisor supervisor = start_supervisor(moment[i]);
        kill_supervisor(&supervisor);
        assert_true(wait_marked(supervisor.pid, 0));
    }
}

/* What ends the round here is that the port is gone, and nothing that Linux does when a
 * tracer dies: the double's kernel lives on. */
static void a_crash_that_nobody_can_answer_any_more_kills_its_round(void **state) {
    static const enum moment moment[] = {MESSAGE_WAITS, MESSAGE_TAKEN};
    (void)state;
    for (size_t i = 0; i < MP_COUNT(moment); i++) {
        struct supervisor supervisor = start_supervisor(moment[i]);
        assert_int_equal(write(supervisor.end_fd, "", 1), 1);
        assert_true(wait_marked(supervisor.pid, 0));
        assert_int_equal(kill(supervisor.pid, 0), 0);
        kill_supervisor(&supervisor);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_round_is_stuck_behind_a_supervisor_that_is_killed),
        cmocka_unit_test(a_crash_that_nobody_can_answer_any_more_kills_its_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
