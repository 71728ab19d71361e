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
    struct mp_process_search *search = mp_process_search_open();
    size_t count = mp_process_find_marked(search, mark, ret_pids, max);
    mp_process_search_close(search);
    return count;
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
    struct mp_process_search *search = mp_process_search_open();
    size_t count = mp_process_find_marked(search, "TMPDIR=", pids, ALL);
    for (size_t i = 0; i < count; i++) {
        has_self |= pids[i] == getpid();
        has_child |= pids[i] == child;
    }
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(has_self);
    assert_true(has_child || getenv("TMPDIR") == NULL);
    assert_int_equal(mp_process_find_marked(search, "TMPDIR=", pids, 0), 0);
    mp_process_search_close(search);
    free(pids);
}

static bool is_not_me(void *data, pid_t pid) {
    bool *is_there = data;
    *is_there |= pid == getpid();
    return !*is_there;
}

static bool lists_itself(void) {
    bool is_there = false;
    void *room = calloc(1, mp_process_list_room);
    assert_non_null(room);
    mp_process_list(room, is_not_me, &is_there);
    free(room);
    return is_there;
}

static void of_a_list_that_is_too_long_what_was_copied_is_used(void **state) {
    (void)state;
    assert_true(lists_itself());
    mp_double_lengthen_lists(1);
    assert_true(lists_itself());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_round_leaves_ends_with_it_though_nobody_adopts_it),
        cmocka_unit_test(the_guard_ends_what_a_killed_supervisor_leaves),
        cmocka_unit_test(nobody_finds_himself),
        cmocka_unit_test(of_a_list_that_is_too_long_what_was_copied_is_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
