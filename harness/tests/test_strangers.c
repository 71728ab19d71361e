/* What strangers do to rounds, and other rounds to each other: signals, stops, leftovers
 * that nobody signed, a supervisor that does not run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/tests/victim_fixture.h"

#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/job.h"
#include "harness/tests/round_pid.h"

static bool has_children(void) {
    int status = 0;
    return waitpid(-1, &status, WNOHANG) >= 0;
}

/* Runs `check` on an untraced and on a traced runner. */
static void with_and_without_tracer(void (*check)(struct mp_runner *runner)) {
    for (int captures = 0; captures < 2; captures++) {
        struct mp_runner *runner = open_runner(1, captures != 0);
        check(runner);
        mp_runner_close(runner);
    }
}

/* Leaves a process in its own environment and session behind and runs on. */
static void start_leak(struct mp_runner *runner) {
    struct mp_round_spec spec = victim_spec("leak_bare");
    struct mp_round_end end;
    struct mp_error err;
    pid_t child[8];
    bool has_leaked = false;
    start_round(runner, &spec, 1);
    for (int i = 0; i < 30000 && !has_leaked; i++) {
        mp_runner_wait(runner, MP_CLOCK_NS_PER_MS, &end, &err);
        size_t count = mp_host_leftovers("", child, 8);
        for (size_t c = 0; c < count && c < 8; c++)
            has_leaked |=
                mp_host_find_mark(child[c], MP_JOB_TOKEN_NAME "x") == MP_HOST_UNMARKED;
    }
    assert_true(has_leaked);
}

static void check_foreign_leak(bool captures) {
    struct mp_runner *runner = open_runner(2, captures);
    struct mp_round_spec innocent = victim_spec("exit");
    struct mp_round_end end;
    start_leak(runner);
    start_round(runner, &innocent, 2);
    wait_round(runner, &end);
    assert_int_equal(end.tag, 2);
    assert_int_equal(end.exit.leaked, 0);
    mp_round_end_release(&end);
    mp_runner_stop(runner);
    wait_round(runner, &end);
    assert_int_equal(end.tag, 1);
    assert_in_range(end.exit.leaked, 0, captures); /* what is traced may die with it */
    mp_round_end_release(&end);
    mp_runner_close(runner);
    assert_false(has_children());
}

static void no_round_is_charged_with_the_leaks_of_another(void **state) {
    (void)state;
    check_foreign_leak(false);
    check_foreign_leak(true);
}

/* It is another process each time somebody looks, or is just dying. */
static void check_hopper(struct mp_runner *runner) {
    struct mp_round_spec spec = victim_spec("leak_hopper");
    struct mp_round_end end;
    for (int i = 0; i < 12; i++) {
        run_round(runner, &spec, &end);
        assert_int_equal(end.exit.kind, MP_EXIT_CODE);
        mp_round_end_release(&end);
        assert_false(has_children());
    }
}

static void a_process_that_hops_from_one_to_the_next_ends_with_its_round(void **state) {
    (void)state;
    with_and_without_tracer(check_hopper);
}

static void check_sent_signals(struct mp_runner *runner) {
    static const int signals[] = {SIGUSR1, SIGALRM, SIGPIPE, SIGSEGV, SIGABRT, SIGTRAP};
    struct mp_round_end end;
    for (size_t i = 0; i < MP_COUNT(signals); i++) {
        struct mp_round_spec spec = victim_spec("spin");
        start_round(runner, &spec, 5);
        pid_t round = round_pid();
        pid_t sender = fork(); /* not the supervisor, which may know its own */
        if (sender == 0)
            _exit(kill(round, signals[i]));
        wait_round(runner, &end);
        bool is_traced = end.trace == MP_TRACE_ON;
        assert_int_equal(end.exit.kind, MP_EXIT_SIGNAL);
        assert_int_equal(end.exit.signal, signals[i]);
        assert_int_equal(end.exit.sender.kind,
                         is_traced ? MP_SENDER_OTHER : MP_SENDER_UNKNOWN);
        assert_int_equal(end.exit.sender.pid, is_traced ? sender : 0);
        assert_null(end.crash);
        mp_round_end_release(&end);
    }
}

static void
who_sent_the_signal_that_ended_a_round_is_known_if_it_is_traced(void **state) {
    (void)state;
    with_and_without_tracer(check_sent_signals);
}

static void check_own_signals(struct mp_runner *runner) {
    static const int signals[] = {SIGSEGV, SIGABRT, SIGUSR1, SIGPIPE};
    struct mp_round_end end;
    for (size_t i = 0; i < MP_COUNT(signals); i++) {
        struct mp_round_spec spec = victim_spec("raise");
        char number[16];
        snprintf(number, sizeof(number), "%d", signals[i]);
        set_param(&spec, "signal", number);
        run_round(runner, &spec, &end);
        assert_int_equal(end.exit.sender.kind,
                         end.trace == MP_TRACE_ON ? MP_SENDER_ITSELF : MP_SENDER_UNKNOWN);
        mp_round_end_release(&end);
    }
}

static void what_a_round_sends_itself_is_its_own(void **state) {
    (void)state;
    with_and_without_tracer(check_own_signals);
}

static void check_stopped(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("spin");
    spec.timeout_ms = 1000;
    start_round(runner, &spec, 5);
    kill(round_pid(), SIGSTOP);
    wait_round(runner, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_true(end.exit.was_stopped);
    mp_round_end_release(&end);
    assert_false(has_children());
}

static void
stopped_round_ends_at_its_deadline_and_is_known_to_have_stopped(void **state) {
    (void)state;
    with_and_without_tracer(check_stopped);
}

/* A supervisor that is stopped or frozen. */
static void check_absence(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("spin");
    spec.timeout_ms = 1000;
    start_round(runner, &spec, 5);
    mp_clock_sleep_ns(2000 * MP_CLOCK_NS_PER_MS);
    wait_round(runner, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_in_range(end.exit.absent_ns, 2000 * MP_CLOCK_NS_PER_MS, MP_TEST_PATIENCE_NS);
    assert_true(end.wall_ns >= 3000 * MP_CLOCK_NS_PER_MS);
    mp_round_end_release(&end);
}

static void time_without_a_supervisor_is_no_time_of_the_round(void **state) {
    (void)state;
    with_and_without_tracer(check_absence);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_round_is_charged_with_the_leaks_of_another),
        cmocka_unit_test(a_process_that_hops_from_one_to_the_next_ends_with_its_round),
        cmocka_unit_test(who_sent_the_signal_that_ended_a_round_is_known_if_it_is_traced),
        cmocka_unit_test(what_a_round_sends_itself_is_its_own),
        cmocka_unit_test(stopped_round_ends_at_its_deadline_and_is_known_to_have_stopped),
        cmocka_unit_test(time_without_a_supervisor_is_no_time_of_the_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
