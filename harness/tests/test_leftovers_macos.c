/* The macOS files that find what rounds leave behind, on a double of sysctl: no orphan is
 * adopted, and nothing lives on all the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/killed_fixture.h"
#include "harness/tests/victim_fixture.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/supervisor/process/process_list.h"
#include "harness/tests/macos/sys/sysctl.h"

/* As in host_macos.c, in the place of the system's functions (--wrap). */
bool __wrap_mp_host_adopt_orphans(bool adopts);
size_t __wrap_mp_host_leftovers(const char *mark, pid_t *ret_pids, size_t max);

bool __wrap_mp_host_adopt_orphans(bool adopts) {
    (void)adopts;
    return false;
}

size_t __wrap_mp_host_leftovers(const char *mark, pid_t *ret_pids, size_t max) {
    return mp_process_find_marked(mark, ret_pids, max);
}

static void what_a_round_leaves_ends_with_it_though_nobody_adopts_it(void **state) {
    static const struct {
        const char *deed;
        const char *session;
        unsigned leaked;
    } rows[] = {{"leak", "1", 1}, {"leak_orphan", "0", 1}, {"exit", "0", 0}};
    struct mp_runner *runner = open_runner(2, false);
    struct mp_round_spec other = victim_spec("leak_spin");
    struct mp_round_end end;
    (void)state;
    /* Beside a round that has left some, which are not theirs. */
    start_round(runner, &other, 7);
    assert_true(wait_marked(getpid(), 3));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mp_round_spec spec = victim_spec(rows[i].deed);
        set_param(&spec, "session", rows[i].session);
        run_round(runner, &spec, &end);
        assert_int_equal(end.tag, 1);
        assert_int_equal(end.exit.kind, MP_EXIT_CODE);
        assert_int_equal(end.exit.leaked, rows[i].leaked);
        assert_int_equal(count_marked(getpid()), 3);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
    assert_int_equal(count_marked(getpid()), 0);
}

/* A supervisor in a process of its own: its rounds leave processes behind and hang. */
static void be_supervisor(void) {
    setpgid(0, 0);
    struct mp_runner *runner = open_runner(2, false);
    struct mp_round_spec spec = victim_spec("leak_spin");
    struct mp_round_end end;
    struct mp_error err;
    start_round(runner, &spec, 1);
    start_round(runner, &spec, 2);
    for (;;)
        (void)mp_runner_wait(runner, MP_TEST_PATIENCE_NS, &end, &err);
}

static void the_guard_ends_what_a_killed_supervisor_leaves(void **state) {
    int status = 0;
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        be_supervisor();
    assert_true(wait_marked(pid, 6));
    kill(-pid, SIGKILL); /* as the end of a terminal: the guard is in no group of it */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(wait_marked(pid, 0));
}

static void nobody_finds_himself(void **state) {
    enum { ALL = 4096 };
    pid_t *pids = calloc(ALL, sizeof(*pids));
    (void)state;
    assert_non_null(pids);
    pid_t child = fork();
    if (child == 0) /* has all that this process was started with */
        for (;;)
            pause();
    assert_true(child > 0);
    bool has_child = false, has_self = false;
    size_t count = mp_process_find_marked("TMPDIR=", pids, ALL);
    for (size_t i = 0; i < count; i++) {
        has_self |= pids[i] == getpid();
        has_child |= pids[i] == child;
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(has_self);
    assert_true(has_child || getenv("TMPDIR") == NULL);
    assert_int_equal(mp_process_find_marked("TMPDIR=", pids, 0), 0);
    free(pids);
}

static bool lists_itself(void) {
    size_t count = 0;
    bool is_there = false;
    pid_t *pids = mp_process_list(&count);
    for (size_t i = 0; i < count; i++)
        is_there |= pids[i] == getpid();
    free(pids);
    return is_there;
}

static void
a_list_that_became_too_long_is_asked_for_again_but_not_for_ever(void **state) {
    (void)state;
    assert_true(lists_itself());
    mp_double_lengthen_lists(2);
    assert_true(lists_itself());
    mp_double_lengthen_lists(1000);
    assert_false(lists_itself());
    mp_double_lengthen_lists(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_round_leaves_ends_with_it_though_nobody_adopts_it),
        cmocka_unit_test(the_guard_ends_what_a_killed_supervisor_leaves),
        cmocka_unit_test(nobody_finds_himself),
        cmocka_unit_test(a_list_that_became_too_long_is_asked_for_again_but_not_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
