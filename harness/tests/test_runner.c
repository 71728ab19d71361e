/* The runner on rounds that exit, hang, leak, flood and die, traced and untraced.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/tests/victim_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS 4

/* Children of this process that are alive or not reaped: there must be none after a
 * round. */
static bool has_children(void) {
    int status = 0;
    return waitpid(-1, &status, WNOHANG) >= 0;
}

static void set_number(struct mp_round_spec *spec, const char *name, long value) {
    char text[32];
    snprintf(text, sizeof(text), "%ld", value);
    set_param(spec, name, text);
}

/* Runs `check` on an untraced and on a traced runner. */
static void with_and_without_tracer(void (*check)(struct mp_runner *runner)) {
    for (int captures = 0; captures < 2; captures++) {
        struct mp_runner *runner = open_runner(1, captures != 0);
        check(runner);
        mp_runner_close(runner);
        assert_false(has_children());
    }
}

static void check_exit_codes(struct mp_runner *runner) {
    static const int codes[] = {0, 1, 3, 77, 255};
    struct mp_round_end end;
    for (size_t i = 0; i < MP_COUNT(codes); i++) {
        struct mp_round_spec spec = victim_spec("exit");
        set_number(&spec, "code", codes[i]);
        start_round(runner, &spec, 40 + i);
        assert_false(mp_runner_has_room(runner));
        assert_int_equal(mp_runner_running(runner), 1);
        wait_round(runner, &end);
        assert_int_equal(end.tag, 40 + i);
        assert_int_equal(end.exit.kind, MP_EXIT_CODE);
        assert_int_equal(end.exit.code, codes[i]);
        assert_int_equal(end.exit.leaked, 0);
        assert_int_equal(end.page.phase, MP_PHASE_DONE);
        assert_int_equal(end.page.result, MP_RESULT_OK);
        assert_true(end.wall_ns > 0);
        assert_true(mp_runner_has_room(runner));
    }
}

static void runner_reports_exit_codes_and_the_page(void **state) {
    (void)state;
    with_and_without_tracer(check_exit_codes);
}

static void check_signals(struct mp_runner *runner) {
    static const int signals[] = {SIGSEGV, SIGABRT, SIGTERM, SIGKILL, SIGUSR1, SIGPIPE};
    struct mp_round_end end;
    for (size_t i = 0; i < MP_COUNT(signals); i++) {
        struct mp_round_spec spec = victim_spec("raise");
        set_number(&spec, "signal", signals[i]);
        run_round(runner, &spec, &end);
        assert_int_equal(end.exit.kind, MP_EXIT_SIGNAL);
        assert_int_equal(end.exit.signal, signals[i]);
        mp_round_end_release(&end);
    }
}

static void runner_reports_the_signal_that_nobody_here_sent(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* a round must not inherit that */
    with_and_without_tracer(check_signals);
    signal(SIGPIPE, SIG_DFL);
}

/* The victim writes no table of its modules, like a round that dies before it has one. */
static void check_early_death(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("raise");
    set_number(&spec, "signal", SIGSEGV);
    snprintf(spec.arm, sizeof(spec.arm), "fix");
    snprintf(spec.fix, sizeof(spec.fix), "/nowhere/libfix.so");
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.signal, SIGSEGV);
    assert_int_equal(end.modules.is_known, end.trace == MP_TRACE_ON);
    bool has_victim = false;
    for (size_t i = 0; i < end.modules.count; i++)
        has_victim |= strstr(end.modules.module[i].path, "/victim_round") != NULL;
    assert_int_equal(has_victim, end.trace == MP_TRACE_ON);
    assert_true(end.has_claim);
    assert_int_equal(end.claim.state,
                     end.trace == MP_TRACE_ON ? MP_FIX_ABSENT : MP_FIX_UNKNOWN);
    mp_round_end_release(&end);
}

static void modules_of_a_round_that_died_early_are_those_that_capture_saw(void **state) {
    (void)state;
    with_and_without_tracer(check_early_death);
}

static void check_deadline(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("spin");
    spec.timeout_ms = 1000;
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_int_equal(end.page.phase, MP_PHASE_RUN);
    assert_true(end.wall_ns >= 1000 * MP_CLOCK_NS_PER_MS);
    assert_int_equal(end.crash != NULL, end.trace == MP_TRACE_ON);
    assert_int_equal(end.second != NULL, end.trace == MP_TRACE_ON);
    mp_round_end_release(&end);
    assert_false(has_children());
}

static void runner_kills_a_hang_that_ignores_sigterm_at_its_deadline(void **state) {
    (void)state;
    with_and_without_tracer(check_deadline);
}

static void check_leaks(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("leak");
    set_number(&spec, "session", 1);
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_CODE);
    assert_int_equal(end.exit.leaked, 1);
    assert_false(has_children());
    spec = victim_spec("leak_orphan");
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.leaked, 1);
    assert_false(has_children());
}

static void
runner_kills_and_counts_a_grandchild_that_left_the_session_with_stderr(void **state) {
    (void)state;
    with_and_without_tracer(check_leaks);
}

static void check_deadline_with_leaks(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("leak_spin");
    spec.timeout_ms = 1000;
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_false(has_children());
    mp_round_end_release(&end);
}

static void runner_leaves_nothing_of_a_hang_alive(void **state) {
    (void)state;
    with_and_without_tracer(check_deadline_with_leaks);
}

static void check_orphan_crash(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("orphan_crash");
    for (long session = 0; session < 2; session++) {
        set_number(&spec, "session", session);
        run_round(runner, &spec, &end);
        assert_int_equal(end.exit.kind, MP_EXIT_CODE);
        assert_int_equal(end.exit.code, 0);
        assert_true(end.exit.child_crashed);
        mp_round_end_release(&end);
    }
    spec = victim_spec("exit");
    run_round(runner, &spec, &end);
    assert_false(end.exit.child_crashed);
    mp_round_end_release(&end);
}

static void runner_tells_that_an_orphan_of_the_round_crashed(void **state) {
    (void)state;
    with_and_without_tracer(check_orphan_crash);
}

static void runner_blames_an_orphan_on_its_own_round(void **state) {
    struct mp_runner *runner = open_runner(2, false);
    struct mp_round_spec innocent = victim_spec("spin"),
                         guilty = victim_spec("orphan_crash");
    struct mp_round_end end;
    (void)state;
    start_round(runner, &innocent, 1);
    start_round(runner, &guilty, 2);
    wait_round(runner, &end);
    assert_int_equal(end.tag, 2);
    assert_true(end.exit.child_crashed);
    mp_round_end_release(&end);
    mp_runner_stop(runner);
    wait_round(runner, &end);
    assert_int_equal(end.tag, 1);
    assert_false(end.exit.child_crashed);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void check_twenty(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("leak");
    set_number(&spec, "count", 20);
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.leaked, 20);
    assert_false(has_children());
}

static void runner_clears_twenty_processes_away(void **state) {
    (void)state;
    with_and_without_tracer(check_twenty);
}

static void check_parallel(bool captures) {
    struct mp_runner *runner = open_runner(JOBS, captures);
    struct mp_round_end end;
    unsigned seen = 0;
    for (unsigned i = 0; i < JOBS; i++) {
        struct mp_round_spec spec = victim_spec("leak");
        set_number(&spec, "session", 1);
        set_number(&spec, "count", i + 1);
        set_number(&spec, "code", 10 + i);
        start_round(runner, &spec, i);
    }
    for (unsigned i = 0; i < JOBS; i++) {
        wait_round(runner, &end);
        assert_in_range(end.tag, 0, JOBS - 1);
        assert_int_equal(end.exit.kind, MP_EXIT_CODE);
        assert_int_equal(end.exit.code, 10 + end.tag);
        assert_int_equal(end.exit.leaked, end.tag + 1);
        seen |= 1u << end.tag;
    }
    assert_int_equal(seen, (1u << JOBS) - 1);
    mp_runner_close(runner);
    assert_false(has_children());
}

static void runner_keeps_the_leaks_of_parallel_rounds_apart(void **state) {
    (void)state;
    check_parallel(false);
    check_parallel(true);
}

static void check_stop(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("spin");
    start_round(runner, &spec, 5);
    mp_runner_stop(runner);
    wait_round(runner, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_STOPPED);
    assert_false(has_children());
}

static void runner_stops_rounds_at_once_when_asked(void **state) {
    (void)state;
    with_and_without_tracer(check_stop);
}

static void check_wake(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_error err;
    struct mp_round_spec spec = victim_spec("spin");
    start_round(runner, &spec, 5);
    mp_runner_wake(runner);
    assert_int_equal(mp_runner_wait(runner, MP_TEST_PATIENCE_NS, &end, &err), MP_TIMEOUT);
    assert_int_equal(mp_runner_wait(runner, MP_CLOCK_NS_PER_MS, &end, &err), MP_TIMEOUT);
    assert_int_equal(mp_runner_running(runner), 1);
}

static void runner_wait_returns_when_woken_and_when_its_time_is_over(void **state) {
    (void)state;
    with_and_without_tracer(check_wake); /* its close kills the round that still spins */
}

static void check_stderr(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("stderr");
    set_number(&spec, "bytes", 11);
    run_round(runner, &spec, &end);
    assert_string_equal(end.stderr_text, "abcdefghijkthe end");
    set_number(&spec, "nul", 1);
    run_round(runner, &spec, &end);
    assert_string_equal(end.stderr_text, "abcdefghijk\\x00the end");
    set_number(&spec, "nul", 0);
    set_number(&spec, "bytes", 1000000);
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_CODE);
    assert_int_equal(strlen(end.stderr_text), MP_ROUND_STDERR_MAX - 1);
    assert_string_equal(end.stderr_text + strlen(end.stderr_text) - 7, "the end");
}

static void runner_keeps_the_last_bytes_of_stderr(void **state) {
    (void)state;
    with_and_without_tracer(check_stderr);
}

static void check_early(struct mp_runner *runner) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec("early");
    for (int i = 0; i < 20; i++) {
        run_round(runner, &spec, &end);
        assert_int_equal(end.exit.kind, MP_EXIT_CODE);
        assert_int_equal(end.exit.code, 9);
        assert_int_equal(end.page.phase, MP_PHASE_START);
    }
    spec = victim_spec("silent");
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_CODE);
    assert_int_equal(end.page.result, MP_RESULT_NONE);
}

static void runner_reports_an_exit_before_and_right_after_go(void **state) {
    (void)state;
    with_and_without_tracer(check_early);
}

static void runner_reports_a_program_that_cannot_be_started(void **state) {
    struct mp_runner_config config = {.round_program = "/nonexistent/mpstress-round",
                                      .jobs = 1};
    struct mp_round_spec spec = victim_spec("exit");
    struct mp_runner *runner = NULL;
    struct mp_round_end end;
    struct mp_error err;
    char note[512];
    (void)state;
    assert_int_equal(mp_runner_open(&config, &runner, note, &err), MP_OK);
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_NOT_STARTED);
    assert_non_null(strstr(end.stderr_text, "/nonexistent/mpstress-round"));
    assert_int_equal(mp_runner_wait(runner, 1, &end, &err), MP_NOT_FOUND);
    mp_runner_close(runner);
}

static void runner_gives_every_round_a_fresh_page(void **state) {
    struct mp_runner *runner = open_runner(1, false);
    struct mp_round_spec spec = victim_spec("exit");
    struct mp_round_end end;
    (void)state;
    run_round(runner, &spec, &end);
    assert_int_equal(end.page.phase, MP_PHASE_DONE);
    spec = victim_spec("early");
    run_round(runner, &spec, &end);
    assert_int_equal(end.page.phase, MP_PHASE_START);
    assert_int_equal(end.page.result, MP_RESULT_NONE);
    mp_runner_close(runner);
}

static void runner_survives_a_round_that_shortens_its_page(void **state) {
    struct mp_runner *runner = open_runner(1, false);
    struct mp_round_spec spec = victim_spec("shorten");
    struct mp_round_end end;
    (void)state;
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_CODE);
    assert_int_equal(end.page.phase, MP_PHASE_DONE);
    mp_runner_close(runner);
}

static void runner_refuses_more_rounds_than_jobs(void **state) {
    struct mp_runner *runner = open_runner(1, false);
    struct mp_round_spec spec = victim_spec("spin");
    struct mp_error err;
    (void)state;
    start_round(runner, &spec, 1);
    assert_int_equal(mp_runner_start(runner, &spec, 2, &err), MP_LIMIT);
    mp_runner_close(runner);
    struct mp_runner_config config = {.round_program = MP_VICTIM, .jobs = 0};
    char note[512];
    assert_int_equal(mp_runner_open(&config, &runner, note, &err), MP_LIMIT);
}

static void describe_hands_over_the_output_and_says_what_went_wrong(void **state) {
    char *text = NULL;
    size_t len = 0;
    struct mp_error err;
    (void)state;
    assert_int_equal(
        mp_runner_describe(MP_VICTIM, MP_TEST_PATIENCE_NS, &text, &len, &err), MP_OK);
    assert_string_equal(text, "device\tvictim\n");
    assert_int_equal(len, strlen(text));
    free(text);
    assert_int_equal(
        mp_runner_describe("/bin/false", MP_TEST_PATIENCE_NS, &text, &len, &err),
        MP_SYSTEM);
    assert_non_null(strstr(err.text, "exit code 1"));
    assert_int_equal(
        mp_runner_describe("/nonexistent", MP_TEST_PATIENCE_NS, &text, &len, &err),
        MP_SYSTEM);
    setenv("VICTIM_DESCRIBE", "hang", 1);
    assert_int_equal(
        mp_runner_describe(MP_VICTIM, 50 * MP_CLOCK_NS_PER_MS, &text, &len, &err),
        MP_TIMEOUT);
    setenv("VICTIM_DESCRIBE", "flood", 1);
    assert_int_equal(
        mp_runner_describe(MP_VICTIM, MP_TEST_PATIENCE_NS, &text, &len, &err), MP_LIMIT);
    unsetenv("VICTIM_DESCRIBE");
    assert_false(has_children());
}

static void describe_device_tells_dead_and_hung_from_absent(void **state) {
    static const struct {
        const char *name, *words;
        enum mp_status status;
    } rows[] = {
        {"dies", "died of signal 6 while opening: the last line", MP_DEVICE},
        {"loud", "exited with code 3 while opening: the last line", MP_DEVICE},
        {"hangs", "hung while opening and was killed after 200.0 ms: the last line",
         MP_TIMEOUT},
        {"shouts", "hung while opening and was killed after 200.0 ms", MP_TIMEOUT},
    };
    char *text = NULL;
    size_t len = 0;
    struct mp_error err;
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        bool may_wait = rows[i].status == MP_DEVICE;
        uint64_t patience_ns = may_wait ? MP_TEST_PATIENCE_NS : 200 * MP_CLOCK_NS_PER_MS;
        assert_int_equal(mp_runner_describe_device(MP_VICTIM, rows[i].name, patience_ns,
                                                   &text, &len, &err),
                         rows[i].status);
        assert_memory_equal(err.text, rows[i].words, strlen(rows[i].words));
        assert_false(has_children());
    }
    assert_int_equal(mp_runner_describe_device(MP_VICTIM, "well", MP_TEST_PATIENCE_NS,
                                               &text, &len, &err),
                     MP_OK);
    assert_string_equal(text, "device\twell\n");
    free(text);
}

static void rounds_without_a_real_driver_run_under_the_other_name(void **state) {
    static const struct {
        const char *device;
        int code; /* of the victim 0, of /bin/false 1 */
    } rows[] = {{"metal", 0}, {"metal:gpu=1", 0}, {"null", 1}, {"metal@model", 1}};
    struct mp_runner_config config = {
        .round_program = MP_VICTIM, .bed_program = "/bin/false", .jobs = 1};
    struct mp_runner *runner = NULL;
    struct mp_round_end end;
    struct mp_error err;
    char note[512];
    (void)state;
    assert_int_equal(mp_runner_open(&config, &runner, note, &err), MP_OK);
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_round_spec spec = victim_spec("exit");
        snprintf(spec.device, sizeof(spec.device), "%s", rows[i].device);
        run_round(runner, &spec, &end);
        assert_int_equal(end.exit.kind, MP_EXIT_CODE);
        assert_int_equal(end.exit.code, rows[i].code);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
}

static void other_name_stands_beside_the_program_or_is_the_program(void **state) {
    const char *parent = getenv("TMPDIR");
    char folder[256], program[264], other[280], path[4096];
    (void)state;
    snprintf(folder, sizeof(folder), "%s/mpstress-name-XXXXXX",
             parent != NULL ? parent : "/tmp");
    unsetenv("MPSTRESS_ROUND");
    assert_non_null(mkdtemp(folder));
    snprintf(program, sizeof(program), "%s/round", folder);
    snprintf(other, sizeof(other), "%s-model", program);
    mp_runner_find_bed_program(program, path, sizeof(path));
    assert_string_equal(path, program);
    assert_int_equal(symlink("/bin/false", other), 0);
    mp_runner_find_bed_program(program, path, sizeof(path));
    assert_string_equal(path, other);
    setenv("MPSTRESS_ROUND", program, 1);
    mp_runner_find_bed_program(program, path, sizeof(path));
    assert_string_equal(path, program);
    unsetenv("MPSTRESS_ROUND");
    unlink(other);
    rmdir(folder);
}

static void find_program_takes_the_environment_first(void **state) {
    char path[4096];
    struct mp_error err;
    (void)state;
    setenv("MPSTRESS_ROUND", MP_VICTIM, 1);
    assert_int_equal(mp_runner_find_program(path, sizeof(path), &err), MP_OK);
    assert_string_equal(path, MP_VICTIM);
    setenv("MPSTRESS_ROUND", "/nonexistent/round", 1);
    assert_int_equal(mp_runner_find_program(path, sizeof(path), &err), MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent/round"));
    unsetenv("MPSTRESS_ROUND");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runner_reports_exit_codes_and_the_page),
        cmocka_unit_test(runner_reports_the_signal_that_nobody_here_sent),
        cmocka_unit_test(runner_kills_a_hang_that_ignores_sigterm_at_its_deadline),
        cmocka_unit_test(
            runner_kills_and_counts_a_grandchild_that_left_the_session_with_stderr),
        cmocka_unit_test(runner_leaves_nothing_of_a_hang_alive),
        cmocka_unit_test(runner_tells_that_an_orphan_of_the_round_crashed),
        cmocka_unit_test(runner_blames_an_orphan_on_its_own_round),
        cmocka_unit_test(runner_clears_twenty_processes_away),
        cmocka_unit_test(runner_keeps_the_leaks_of_parallel_rounds_apart),
        cmocka_unit_test(runner_stops_rounds_at_once_when_asked),
        cmocka_unit_test(runner_wait_returns_when_woken_and_when_its_time_is_over),
        cmocka_unit_test(runner_keeps_the_last_bytes_of_stderr),
        cmocka_unit_test(runner_reports_an_exit_before_and_right_after_go),
        cmocka_unit_test(runner_reports_a_program_that_cannot_be_started),
        cmocka_unit_test(runner_gives_every_round_a_fresh_page),
        cmocka_unit_test(runner_survives_a_round_that_shortens_its_page),
        cmocka_unit_test(runner_refuses_more_rounds_than_jobs),
        cmocka_unit_test(describe_hands_over_the_output_and_says_what_went_wrong),
        cmocka_unit_test(describe_device_tells_dead_and_hung_from_absent),
        cmocka_unit_test(rounds_without_a_real_driver_run_under_the_other_name),
        cmocka_unit_test(other_name_stands_beside_the_program_or_is_the_program),
        cmocka_unit_test(find_program_takes_the_environment_first),
        cmocka_unit_test(modules_of_a_round_that_died_early_are_those_that_capture_saw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
