/* What capture sees of every kind of fault, on the victim program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/tests/victim_fixture.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/supervisor/capture/capture.h"

#define ANY_ADDRESS UINT64_MAX
#define ANY_CODE    INT32_MIN

struct expectation {
    const char *deed;
    const char *address_param; /* NULL: none */
    int signal, code;
    bool has_address;
    uint64_t address;
    bool is_derived;
    enum mp_crash_access access;
    enum mp_fault_class fault_class;
    const char *function; /* the frame that did it */
    size_t depth;         /* where that frame is, 0 the innermost */
};

static const struct mp_crash_frame *find_frame(const struct mp_crash *crash,
                                               const char *symbol) {
    for (size_t i = 0; i < crash->thread[0].frame_count; i++)
        if (strcmp(crash->thread[0].frame[i].symbol, symbol) == 0)
            return &crash->thread[0].frame[i];
    return NULL;
}

static void check(struct mp_runner *runner, const struct expectation *want) {
    struct mp_round_end end;
    struct mp_round_spec spec = victim_spec(want->deed);
    if (want->address_param != NULL)
        set_param(&spec, "address", want->address_param);
    run_round(runner, &spec, &end);
    print_message("  %s %s\n", want->deed,
                  want->address_param != NULL ? want->address_param : "");
    assert_int_equal(end.trace, MP_TRACE_ON);
    assert_int_equal(end.exit.kind, MP_EXIT_SIGNAL);
    assert_int_equal(end.exit.signal, want->signal);
    assert_non_null(end.crash);
    const struct mp_crash *crash = end.crash;
    assert_int_equal(crash->signal, want->signal);
    if (want->code != ANY_CODE)
        assert_int_equal(crash->code, want->code);
    assert_int_equal(crash->has_address, want->has_address);
    if (want->address != ANY_ADDRESS)
        assert_true(crash->address == want->address);
    assert_int_equal(crash->address_is_derived, want->is_derived);
    assert_string_equal(mp_crash_access_name(crash->access),
                        mp_crash_access_name(want->access));
    assert_string_equal(mp_fault_class_name(crash->fault_class),
                        mp_fault_class_name(want->fault_class));
    assert_true(crash->thread_count >= 1);
    assert_true(crash->thread[0].is_faulting);
    assert_true(crash->thread[0].register_count > 16);
    if (want->function != NULL) {
        assert_true(crash->thread[0].frame_count > want->depth);
        assert_string_equal(crash->thread[0].frame[want->depth].symbol, want->function);
    }
    mp_round_end_release(&end);
}

static void check_all(const struct expectation *want, size_t count) {
    struct mp_runner *runner = open_runner(1, true);
    for (size_t i = 0; i < count; i++)
        check(runner, &want[i]);
    mp_runner_close(runner);
}

static void capture_names_signal_address_access_and_class_of_each_fault(void **state) {
    static const struct expectation want[] = {
        {"read", "0", SIGSEGV, SEGV_MAPERR, true, 0, false, MP_ACCESS_READ, MP_FAULT_NULL,
         "victim_read", 0},
        {"write", "0", SIGSEGV, SEGV_MAPERR, true, 0, false, MP_ACCESS_WRITE,
         MP_FAULT_NULL, "victim_write", 0},
        {"read", "0x5c8", SIGSEGV, SEGV_MAPERR, true, 0x5c8, false, MP_ACCESS_READ,
         MP_FAULT_NULL, "victim_read", 0},
        {"write", "0x3b90", SIGSEGV, SEGV_MAPERR, true, 0x3b90, false, MP_ACCESS_WRITE,
         MP_FAULT_NULL, "victim_write", 0},
        {"read", "0x123456789000", SIGSEGV, SEGV_MAPERR, true, 0x123456789000, false,
         MP_ACCESS_READ, MP_FAULT_WILD, "victim_read", 0},
        {"read_only", NULL, SIGSEGV, SEGV_ACCERR, true, ANY_ADDRESS, false,
         MP_ACCESS_WRITE, MP_FAULT_PROTECTION, "victim_write", 0},
        {"no_access", NULL, SIGSEGV, SEGV_ACCERR, true, ANY_ADDRESS, false,
         MP_ACCESS_READ, MP_FAULT_PROTECTION, "victim_read", 0},
        {"past_file", NULL, SIGBUS, BUS_ADRERR, true, ANY_ADDRESS, false, MP_ACCESS_READ,
         MP_FAULT_BUS, "victim_read", 0},
        {"abort", NULL, SIGABRT, SI_TKILL, false, 0, false, MP_ACCESS_UNKNOWN,
         MP_FAULT_NONE, NULL, 0},
    };
    (void)state;
    check_all(want, MP_COUNT(want));
}

static void capture_keeps_the_caller_of_a_wild_call(void **state) {
    static const struct expectation want[] = {
        {"call", "0", SIGSEGV, SEGV_MAPERR, true, 0, false, MP_ACCESS_EXECUTE,
         MP_FAULT_JUMP_NULL, "victim_call", 1},
        {"call", "0x40", SIGSEGV, SEGV_MAPERR, true, 0x40, false, MP_ACCESS_EXECUTE,
         MP_FAULT_JUMP_NULL, "victim_call", 1},
        {"call", "0x123456789000", SIGSEGV, SEGV_MAPERR, true, 0x123456789000, false,
         MP_ACCESS_EXECUTE, MP_FAULT_WILD, "victim_call", 1},
        {"not_executable", NULL, SIGSEGV, SEGV_ACCERR, true, ANY_ADDRESS, false,
         MP_ACCESS_EXECUTE, MP_FAULT_PROTECTION, "victim_call", 1},
    };
    (void)state;
    check_all(want, MP_COUNT(want));
}

static void capture_tells_a_stack_overflow_in_main_and_in_a_worker(void **state) {
    static const struct expectation want[] = {
        {"stack_main", NULL, SIGSEGV, SEGV_MAPERR, true, ANY_ADDRESS, false,
         MP_ACCESS_WRITE, MP_FAULT_STACK_OVERFLOW, "victim_recurse", 0},
        {"stack_worker", NULL, SIGSEGV, SEGV_ACCERR, true, ANY_ADDRESS, false,
         MP_ACCESS_WRITE, MP_FAULT_STACK_OVERFLOW, "victim_recurse", 0},
    };
    (void)state;
    check_all(want, MP_COUNT(want));
}

#if defined(__x86_64__)
static void capture_derives_a_non_canonical_address_and_never_reports_zero(void **state) {
    static const struct expectation want[] = {
        {"non_canonical_read", NULL, SIGSEGV, 0x80, true, 0x5a5a000000000010, true,
         MP_ACCESS_READ, MP_FAULT_NON_CANONICAL, "victim_read", 0},
        {"non_canonical_write", NULL, SIGSEGV, 0x80, true, 0x5a5a000000000010, true,
         MP_ACCESS_WRITE, MP_FAULT_NON_CANONICAL, "victim_write", 0},
        {"non_canonical_call", NULL, SIGSEGV, 0x80, true, 0x5a5a000000000010, true,
         MP_ACCESS_EXECUTE, MP_FAULT_NON_CANONICAL, NULL, 0},
    };
    (void)state;
    check_all(want, MP_COUNT(want));
}

static void capture_tells_arithmetic_and_illegal_instructions(void **state) {
    static const struct expectation want[] = {
        {"divide", NULL, SIGFPE, FPE_INTDIV, true, ANY_ADDRESS, false, MP_ACCESS_UNKNOWN,
         MP_FAULT_ARITHMETIC, "victim_divide", 0},
        {"illegal", NULL, SIGILL, ILL_ILLOPN, true, ANY_ADDRESS, false, MP_ACCESS_UNKNOWN,
         MP_FAULT_INSTRUCTION, NULL, 0},
    };
    (void)state;
    check_all(want, MP_COUNT(want));
}
#endif

/* The mangled name is longer than a record keeps: cut, it would be none. */
static void capture_demangles_a_name_of_cxx_while_it_is_whole(void **state) {
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("cxx");
    struct mp_round_end end;
    (void)state;
    run_round(runner, &spec, &end);
    assert_non_null(end.crash);
    const char *symbol = end.crash->thread[0].frame[0].symbol;
    assert_non_null(strstr(symbol, "AGX::HAL300::ComputeEncoder<"));
    assert_non_null(strstr(symbol, "ThatIsNeededHere<"));
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void capture_records_module_build_line_and_thread_name(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("named_worker");
    (void)state;
    run_round(runner, &spec, &end);
    assert_non_null(end.crash);
    assert_string_equal(end.crash->thread[0].name, "victim-worker");
    const struct mp_crash_frame *frame = &end.crash->thread[0].frame[0];
    assert_string_equal(frame->symbol, "victim_read");
    assert_true(frame->offset < 64);
    assert_non_null(strstr(frame->file, "victim_round.c"));
    assert_true(frame->line > 0);
    assert_in_range(frame->module, 0, end.crash->module_count - 1);
    const struct mp_crash_module *module = &end.crash->module[frame->module];
    assert_non_null(strstr(module->path, "victim_round"));
    assert_true(strlen(module->id) >= 16);
    assert_true(frame->pc >= module->base && frame->pc - module->base < module->size);
    assert_non_null(find_frame(end.crash, "run_named"));
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void capture_survives_threads_that_fault_together(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("together");
    (void)state;
    for (int i = 0; i < 20; i++) {
        run_round(runner, &spec, &end);
        assert_int_equal(end.exit.kind, MP_EXIT_SIGNAL);
        assert_non_null(end.crash);
        assert_int_equal(end.crash->fault_class, MP_FAULT_NULL);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
}

static void capture_keeps_a_crash_signal_that_was_swallowed(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("handled");
    char number[16];
    (void)state;
    snprintf(number, sizeof(number), "%d", SIGTRAP);
    set_param(&spec, "signal", number);
    set_param(&spec, "code", "3");
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_CODE);
    assert_int_equal(end.exit.code, 3);
    assert_non_null(end.crash);
    assert_int_equal(end.crash->signal, SIGTRAP);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void capture_passes_other_signals_on(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("handled");
    (void)state;
    set_param(&spec, "code", "4");
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.code, 4);
    assert_null(end.crash);
    spec = victim_spec("raise");
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_SIGNAL);
    assert_int_equal(end.exit.signal, SIGUSR1);
    assert_null(end.crash);
    mp_runner_close(runner);
}

static void capture_tells_that_a_child_crashed(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("child_crash");
    (void)state;
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.kind, MP_EXIT_CODE);
    assert_true(end.exit.child_crashed);
    assert_null(end.crash);
    mp_runner_close(runner);
}

static const struct mp_crash_thread *find_thread(const struct mp_crash *crash,
                                                 const char *name) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (strcmp(crash->thread[i].name, name) == 0)
            return &crash->thread[i];
    return NULL;
}

static bool has_frame(const struct mp_crash_thread *thread, const char *symbol) {
    for (size_t i = 0; i < thread->frame_count; i++)
        if (strcmp(thread->frame[i].symbol, symbol) == 0)
            return true;
    return false;
}

static void capture_records_every_thread_with_name_registers_and_stack(void **state) {
    enum { COUNT = 9 };
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("company");
    (void)state;
    set_param(&spec, "count", "9");
    run_round(runner, &spec, &end);
    assert_int_equal(end.exit.signal, SIGSEGV);
    assert_non_null(end.crash);
    assert_int_equal(end.crash->thread_count, COUNT + 1);
    assert_int_equal(end.crash->threads_missed, 0);
    assert_true(end.crash->thread[0].is_faulting);
    for (int i = 0; i < COUNT; i++) {
        char name[16];
        snprintf(name, sizeof(name), "idle-%d", i);
        const struct mp_crash_thread *thread = find_thread(end.crash, name);
        assert_non_null(thread);
        assert_false(thread->is_faulting);
        assert_int_equal(thread->frames_total, thread->frame_count);
        assert_true(thread->register_count > 16);
        assert_true(has_frame(thread, "run_victim_idle"));
    }
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void capture_says_how_many_threads_it_left_out(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("company");
    char number[16];
    (void)state;
    snprintf(number, sizeof(number), "%d", MP_CRASH_THREADS_MAX + 4);
    set_param(&spec, "count", number);
    run_round(runner, &spec, &end);
    assert_non_null(end.crash);
    assert_true(end.crash->thread[0].is_faulting);
    assert_int_equal(end.crash->thread_count + end.crash->threads_missed,
                     MP_CRASH_THREADS_MAX + 5);
    assert_true(end.crash->threads_missed >= 5);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void capture_counts_the_frames_of_a_stack_that_it_does_not_keep(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("descend");
    (void)state;
    set_param(&spec, "count", "20");
    run_round(runner, &spec, &end);
    assert_true(has_frame(&end.crash->thread[0], "main"));
    size_t flat = end.crash->thread[0].frames_total;
    assert_int_equal(flat, end.crash->thread[0].frame_count);
    mp_round_end_release(&end);
    set_param(&spec, "count", "512");
    run_round(runner, &spec, &end);
    assert_int_equal(end.crash->thread[0].frame_count, MP_CRASH_FRAMES_MAX);
    assert_int_equal(end.crash->thread[0].frames_total, flat + 512 - 20);
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static atomic_int ready_count;

/* Faults when both threads are there. */
static void *read_null(void *arg) {
    atomic_fetch_add(&ready_count, 1);
    while (atomic_load(&ready_count) < 2)
        sched_yield();
    return *(void *volatile *)arg;
}

/* A process that waits for a byte and then faults in two threads. */
static pid_t fork_faulting_pair(int go_fd) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    char byte = 0;
    pthread_t thread[2];
    alarm(60);
    signal(SIGSEGV, SIG_DFL); /* no handler of a sanitizer */
    while (read(go_fd, &byte, 1) != 1)
        continue;
    for (int i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, read_null, NULL);
    for (;;)
        pause();
}

/* How many threads of `pid` a tracer holds. */
static int count_held(pid_t pid) {
    char path[64];
    int held = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    for (struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
         entry = readdir(folder)) {
        char line[128] = "";
        char letter = '?';
        snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stat", (int)pid, entry->d_name);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            continue;
        if (fgets(line, sizeof(line), file) != NULL && strrchr(line, ')') != NULL)
            letter = strrchr(line, ')')[2];
        fclose(file);
        held += letter == 't';
    }
    if (folder != NULL)
        closedir(folder);
    return held;
}

/* The tracer takes no notice of the first fault until the second thread has faulted
 * too. */
static void capture_records_two_threads_that_fault_together_as_faulting(void **state) {
    struct mp_capture *capture = NULL;
    struct mp_error err;
    int go[2];
    int status = 0;
    (void)state;
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork_faulting_pair(go[0]);
    assert_int_equal(mp_capture_open(false, NULL, &capture, &err), MP_OK);
    assert_int_equal(mp_capture_attach(capture, pid, &err), MP_OK);
    assert_int_equal(write(go[1], "", 1), 1);
    uint64_t until_ns = mp_clock_now_ns() + MP_TEST_PATIENCE_NS;
    bool has_ended = false;
    while (!has_ended) {
        pid_t tid = waitpid(-1, &status, __WALL);
        assert_true(tid > 0);
        bool is_fault = WIFSTOPPED(status) && status >> 8 == SIGSEGV;
        while (is_fault && count_held(pid) < 2 && mp_clock_now_ns() < until_ns)
            sched_yield();
        (void)mp_capture_handle(capture, tid, status);
        has_ended = tid == pid && !WIFSTOPPED(status);
    }
    assert_int_equal(WTERMSIG(status), SIGSEGV);
    close(go[0]);
    close(go[1]);
    struct mp_crash *crash = mp_capture_take(capture);
    assert_non_null(crash);
    assert_int_equal(crash->thread_count, 3);
    assert_true(crash->thread[0].is_faulting);
    assert_true(crash->thread[1].is_faulting);
    assert_int_equal(crash->thread[1].signal, SIGSEGV);
    assert_false(crash->thread[2].is_faulting);
    mp_crash_destroy(crash);
    mp_capture_close(capture);
}

static void
capture_calls_a_thread_faulting_whose_fault_waits_to_be_delivered(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("waiting");
    (void)state;
    run_round(runner, &spec, &end);
    assert_non_null(end.crash);
    assert_int_equal(end.crash->address, 0x40);
    assert_int_equal(end.crash->thread_count, 2);
    assert_true(end.crash->thread[0].is_faulting);
    assert_true(end.crash->thread[1].is_faulting);
    assert_int_equal(end.crash->thread[1].signal, SIGSEGV);
    assert_int_equal(end.crash->thread[1].code, SEGV_MAPERR);
    assert_true(has_frame(&end.crash->thread[1], "run_victim_waiting"));
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

static void capture_samples_a_hang_twice_and_knows_the_circle_of_locks(void **state) {
    struct mp_round_end end;
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_spec spec = victim_spec("deadlock");
    char circle[256];
    (void)state;
    /* The look at a hang has little time: on a busy machine it may come too early, or
     * miss a thread. */
    spec.timeout_ms = 2000;
    bool is_whole = false;
    for (int i = 0; i < 10 && !is_whole; i++) {
        if (i > 0)
            mp_round_end_release(&end);
        run_round(runner, &spec, &end);
        is_whole = end.second != NULL && end.crash->thread_count == 3 &&
                   end.second->thread_count == 3 && end.second->thread[1].is_at_lock &&
                   end.second->thread[2].is_at_lock;
#if !defined(__x86_64__)
        is_whole = end.second != NULL && end.second->thread_count == 3;
#endif
    }
    assert_true(is_whole);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_int_equal(end.crash->kind, MP_CRASH_OF_HANG);
    assert_int_equal(end.crash->sample, 1);
    assert_int_equal(end.second->sample, 2);
    assert_int_equal(end.second->thread_count, 3);
    assert_true(has_frame(&end.second->thread[0], "main"));
    for (size_t i = 1; i < 3; i++)
        assert_true(has_frame(&end.second->thread[i], "run_victim_deadlock"));
#if defined(__x86_64__) && defined(__GLIBC__)
    assert_int_equal(end.second->thread[1].lock_owner, end.second->thread[2].tid);
    assert_int_equal(end.second->thread[2].lock_owner, end.second->thread[1].tid);
    assert_int_equal(end.hang_class, MP_HANG_DEADLOCK);
    mp_hang_describe_cycle(end.second, circle, sizeof(circle));
    assert_non_null(strstr(circle, "waits for"));
#endif
    mp_round_end_release(&end);
    mp_runner_close(runner);
}

enum { KILLS = 20, DEADLINE_S = 60 };

/* A supervisor that is killed while it tries whether it may trace leaves no process. */
static void a_probe_dies_with_its_supervisor(void **state) {
    (void)state;
#ifdef __linux__
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* the probe becomes ours */
    alarm(DEADLINE_S);
    for (int i = 0; i < KILLS; i++) {
        pid_t supervisor = fork();
        assert_true(supervisor >= 0);
        if (supervisor == 0) {
            alarm(DEADLINE_S); /* should this test have been killed */
            for (;;)
                (void)mp_capture_probe(&(struct mp_error){.text = ""});
        }
        struct timespec pause = {.tv_nsec = (5 + i) * 1000000L};
        nanosleep(&pause, NULL);
        assert_int_equal(kill(supervisor, SIGKILL), 0);
        int status = 0;
        for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;)
            if (!WIFEXITED(status) && WTERMSIG(status) != SIGKILL)
                fail_msg("process %d ended by signal %d", (int)pid, WTERMSIG(status));
    }
    alarm(0);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
#else
    skip();
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capture_names_signal_address_access_and_class_of_each_fault),
        cmocka_unit_test(capture_keeps_the_caller_of_a_wild_call),
        cmocka_unit_test(capture_tells_a_stack_overflow_in_main_and_in_a_worker),
#if defined(__x86_64__)
        cmocka_unit_test(capture_derives_a_non_canonical_address_and_never_reports_zero),
        cmocka_unit_test(capture_tells_arithmetic_and_illegal_instructions),
#endif
        cmocka_unit_test(capture_demangles_a_name_of_cxx_while_it_is_whole),
        cmocka_unit_test(capture_records_module_build_line_and_thread_name),
        cmocka_unit_test(capture_records_every_thread_with_name_registers_and_stack),
        cmocka_unit_test(capture_says_how_many_threads_it_left_out),
        cmocka_unit_test(capture_counts_the_frames_of_a_stack_that_it_does_not_keep),
        cmocka_unit_test(capture_records_two_threads_that_fault_together_as_faulting),
        cmocka_unit_test(
            capture_calls_a_thread_faulting_whose_fault_waits_to_be_delivered),
        cmocka_unit_test(capture_samples_a_hang_twice_and_knows_the_circle_of_locks),
        cmocka_unit_test(capture_survives_threads_that_fault_together),
        cmocka_unit_test(capture_keeps_a_crash_signal_that_was_swallowed),
        cmocka_unit_test(capture_passes_other_signals_on),
        cmocka_unit_test(capture_tells_that_a_child_crashed),
        cmocka_unit_test(a_probe_dies_with_its_supervisor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
