/* A supervisor that is killed: nothing that its rounds started may live on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/killed_fixture.h"
#include "harness/tests/victim_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/supervisor/capture/proc_linux.h"
#include "harness/supervisor/process/cgroup.h"
#include "harness/supervisor/process/guard.h"

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

/* Ends the test where no cgroup can be had. */
static void make_cgroup(char *path) {
    struct mp_error err;
    if (mp_cgroup_make(mp_clock_wall_ns(), path, &err) == MP_OK)
        return;
    print_message("%s\n", err.text);
    skip();
}

/* As a supervisor, with a child that no mark names: only the cgroup holds it. */
_Noreturn static void be_guarded(const char *path, int ready_fd) {
    int guard_fd[2];
    struct mp_error err;
    if (mp_guard_start("NOBODY=", path, guard_fd, &err) != MP_OK ||
        !mp_cgroup_enter(path))
        _exit(1);
    if (fork() == 0) {
        close(guard_fd[0]); /* as exec does it */
        close(guard_fd[1]);
        alarm(120);
        setsid();
        _exit(write(ready_fd, "", 1) == 1 ? pause() : 1);
    }
    for (;;)
        pause();
}

static void nothing_survives_in_a_cgroup_whatever_its_environment(void **state) {
    char path[MP_CGROUP_PATH_MAX], byte = 0;
    int ready[2];
    (void)state;
    make_cgroup(path);
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0)
        be_guarded(path, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(read(ready[0], &byte, 1), 0); /* nobody holds the other end */
    uint64_t until_ns = mp_clock_now_ns() + MP_TEST_PATIENCE_NS;
    while (access(path, F_OK) == 0 && mp_clock_now_ns() < until_ns)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
    assert_int_not_equal(access(path, F_OK), 0);
    close(ready[0]);
}

static void a_cgroup_is_removed_with_those_that_were_made_in_it(void **state) {
    char path[MP_CGROUP_PATH_MAX], inner[MP_CGROUP_PATH_MAX + 16];
    (void)state;
    make_cgroup(path);
    snprintf(inner, sizeof(inner), "%s/inner", path);
    assert_int_equal(mkdir(inner, 0755), 0);
    assert_true(mp_cgroup_end(path));
    assert_int_not_equal(access(path, F_OK), 0);
}

/* Killed together with its guard, a runner leaves an empty group. */
static void a_cgroup_of_a_dead_runner_is_removed_by_the_next(void **state) {
    char path[MP_CGROUP_PATH_MAX], left[MP_CGROUP_PATH_MAX];
    int status = 0, said[2];
    (void)state;
    make_cgroup(path); /* of a process that lives */
    assert_int_equal(pipe(said), 0);
    pid_t pid = fork();
    if (pid == 0) {
        make_cgroup(left);
        _exit(write(said[1], left, sizeof(left)) != sizeof(left));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(read(said[0], left, sizeof(left)), sizeof(left));
    assert_int_equal(access(left, F_OK), 0);

    char next[MP_CGROUP_PATH_MAX];
    make_cgroup(next);
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_true(mp_cgroup_end(next));
    assert_true(mp_cgroup_end(path));
    close(said[0]);
    close(said[1]);
}

/* A folder stands in for a group whose processes take long to end. */
static void a_guard_waits_for_a_cgroup_that_takes_long_to_end(void **state) {
    const char *tmp = getenv("TMPDIR");
    char path[MP_CGROUP_PATH_MAX], held[MP_CGROUP_PATH_MAX + 16];
    int guard_fd[2];
    struct mp_error err;
    (void)state;
    snprintf(path, sizeof(path), "%s/group.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(path));
    snprintf(held, sizeof(held), "%s/held", path);
    assert_int_equal(mkdir(held, 0755), 0);
    snprintf(held, sizeof(held), "%s/held/file", path);
    assert_int_equal(close(open(held, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)), 0);
    assert_int_equal(mp_guard_start("NOBODY=", path, guard_fd, &err), MP_OK);
    close(guard_fd[0]);
    close(guard_fd[1]);
    mp_clock_sleep_ns(3 * MP_CLOCK_NS_PER_S); /* longer than it tries at once */
    assert_int_equal(unlink(held), 0);
    uint64_t until_ns = mp_clock_now_ns() + MP_TEST_PATIENCE_NS;
    while (access(path, F_OK) == 0 && mp_clock_now_ns() < until_ns)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
    assert_int_not_equal(access(path, F_OK), 0);
}

static bool is_in_cgroup(void) {
    char text[4096], name[32];
    snprintf(name, sizeof(name), "/mpstress-%d-", (int)getpid());
    mp_proc_read(getpid(), "cgroup", text, sizeof(text));
    return strstr(text, name) != NULL;
}

static void a_runner_is_in_a_cgroup_with_its_rounds_and_leaves_it(void **state) {
    char path[MP_CGROUP_PATH_MAX];
    (void)state;
    make_cgroup(path);
    assert_true(mp_cgroup_end(path));
    assert_false(is_in_cgroup());
    struct mp_runner *runner = open_runner(1, true);
    assert_true(is_in_cgroup());
    mp_runner_close(runner);
    assert_false(is_in_cgroup());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_survives_a_supervisor_that_is_killed),
        cmocka_unit_test(nothing_survives_a_supervisor_that_is_killed_and_traced_nobody),
        cmocka_unit_test(nothing_survives_if_the_supervisor_traces_other_rounds),
        cmocka_unit_test(nothing_survives_in_a_cgroup_whatever_its_environment),
        cmocka_unit_test(a_cgroup_is_removed_with_those_that_were_made_in_it),
        cmocka_unit_test(a_cgroup_of_a_dead_runner_is_removed_by_the_next),
        cmocka_unit_test(a_guard_waits_for_a_cgroup_that_takes_long_to_end),
        cmocka_unit_test(a_runner_is_in_a_cgroup_with_its_rounds_and_leaves_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
