/* Every fault of the null device, through the true pipeline: the supervisor's runner, the
 * program mpstress-round, capture, outcome. One table says what must be seen of each,
 * traced and untraced. MPSTRESS_MATRIX_RUNS says how often the rows run that are made of
 * more than one thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/round/null/fault.h"
#include "harness/supervisor/capture/frame_name.h"
#include "harness/supervisor/process/runner.h"
#include "harness/tests/fault_matrix.h"
#include "harness/tests/forbid_ptrace.h"

#define JOBS        24
#define RUNS        100
#define PATIENCE_NS (120 * MP_CLOCK_NS_PER_S)
/* Time that a round has to come to where it hangs; if the machine was too busy for that,
 * or for the short look at it, it is tried again with more. */
#define HANG_MS      1000
#define HANG_LONG_MS 8000
#define HANG_TRIES   10
/* How far a stack overflow may be from the stack pointer. */
#define STACK_REACH UINT64_C(0x100000)

/* Has a test of its own. */
#define PAIR "segv_pair"

/* A round that runs. */
struct flight {
    const struct fault_row *row;
    unsigned try;
};

struct table {
    struct mp_runner *runner;
    enum mp_trace trace; /* that its rounds must have */
    struct flight flight[JOBS];
    unsigned wrong, rounds;
};

static unsigned many_runs(void) {
    const char *text = getenv("MPSTRESS_MATRIX_RUNS");
    long runs = text != NULL ? strtol(text, NULL, 10) : RUNS;
    return runs > 1 ? (unsigned)runs : 1;
}

static bool is_possible(const struct fault_row *row) {
    enum mp_null_fault_kind kind = MP_NULL_FAULT_none;
    while (kind < MP_NULL_FAULT_COUNT &&
           strcmp(mp_null_fault_row(kind)->name, row->fault) != 0)
        kind++;
    assert_true(kind < MP_NULL_FAULT_COUNT);
    return mp_null_fault_is_possible(kind);
}

static struct mp_runner *open_runner(unsigned jobs, bool captures) {
    struct mp_runner_config config = {
        .round_program = MP_ROUND_PROGRAM, .jobs = jobs, .captures = captures};
    struct mp_runner *runner = NULL;
    struct mp_error err;
    char note[512];
    if (mp_runner_open(&config, &runner, note, &err) != MP_OK)
        fail_msg("%s", err.text);
    return runner;
}

static void start(struct mp_runner *runner, const char *scenario, const char *device,
                  const char *threads, uint64_t timeout_ms, uint64_t tag) {
    struct mp_round_spec spec;
    struct mp_error err;
    mp_round_spec_init(&spec);
    snprintf(spec.scenario, sizeof(spec.scenario), "%s", scenario);
    snprintf(spec.device, sizeof(spec.device), "%s", device);
    spec.timeout_ms = timeout_ms;
    if (mp_round_spec_set_param(&spec, "threads", threads, &err) != MP_OK ||
        mp_round_spec_set_param(&spec, "streams", "3", &err) != MP_OK ||
        mp_runner_start(runner, &spec, tag, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static void start_row(struct table *table, const struct fault_row *row, unsigned try) {
    char device[MP_SPEC_DEVICE_MAX];
    uint64_t tag = 0;
    while (table->flight[tag].row != NULL)
        tag++;
    uint64_t timeout_ms = PATIENCE_NS / MP_CLOCK_NS_PER_MS;
    if (row->outcome == MP_OUTCOME_HANG)
        timeout_ms = try == 1 ? HANG_MS : HANG_LONG_MS;
    table->flight[tag] = (struct flight){.row = row, .try = try};
    snprintf(device, sizeof(device), "null:fault=%s%s%s", row->fault,
             row->setting != NULL ? "," : "", row->setting != NULL ? row->setting : "");
    start(table->runner, row->scenario != NULL ? row->scenario : "noop", device, "1",
          timeout_ms, tag);
}

static void wait_end(struct mp_runner *runner, struct mp_round_end *ret_end) {
    struct mp_error err = {.text = "no round ended in time"};
    uint64_t until_ns = mp_clock_now_ns() + PATIENCE_NS;
    enum mp_status status = MP_TIMEOUT;
    while (status == MP_TIMEOUT && mp_clock_now_ns() < until_ns)
        status = mp_runner_wait(runner, PATIENCE_NS, ret_end, &err);
    if (status != MP_OK)
        fail_msg("%s", err.text);
}

static const struct mp_crash_frame *top_of(const struct mp_crash *crash,
                                           const struct mp_crash_thread *thread) {
    for (size_t i = 0; i < thread->frame_count; i++)
        if (!mp_frame_is_runtime(crash, &thread->frame[i], NULL))
            return &thread->frame[i];
    return NULL;
}

static bool has_function(const struct mp_crash *crash, const char *name) {
    char found[MP_FRAME_NAME_MAX];
    for (size_t i = 0; i < crash->thread_count; i++) {
        for (size_t j = 0; j < crash->thread[i].frame_count; j++) {
            mp_frame_name(crash, &crash->thread[i].frame[j], found, sizeof(found));
            if (strcmp(found, name) == 0)
                return true;
        }
    }
    return false;
}

static const struct mp_crash_thread *find_thread(const struct mp_crash *crash,
                                                 const char *name) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (strcmp(crash->thread[i].name, name) == 0)
            return &crash->thread[i];
    return NULL;
}

static uint64_t register_of(const struct mp_crash_thread *thread, const char *name) {
    for (size_t i = 0; i < thread->register_count; i++)
        if (strcmp(thread->reg[i].name, name) == 0)
            return thread->reg[i].value;
    return 0;
}

static bool is_address_right(const struct fault_row *row, const struct mp_crash *crash) {
    uint64_t address = crash->address;
    uint64_t pc = register_of(&crash->thread[0], BY_PROCESSOR("rip", "pc"));
    uint64_t sp = register_of(&crash->thread[0], BY_PROCESSOR("rsp", "sp"));
    uint64_t distance = sp > address ? sp - address : address - sp;
    bool is_right[] = {
        [NOWHERE] = true,
        [AT] = address == row->address,
        [AT_PC] = address == pc,
        [AT_PAGE] = address != 0 && address % 4096 == 0,
        [AT_STACK] = distance < STACK_REACH,
        [AT_ODD] = address % 2 == 1,
    };
    return crash->has_address == (row->where != NOWHERE) && is_right[row->where];
}

/* The first thing that is wrong with the names on the stack of the thread that did it, or
 * NULL. */
static const char *check_stack(const struct fault_row *row, const struct mp_crash *crash,
                               const struct mp_crash_thread *thread) {
    char name[MP_FRAME_NAME_MAX] = "";
    const struct mp_crash_frame *top = top_of(crash, thread);
    if (thread->register_count <= 16)
        return "registers are missing";
    if (top == NULL)
        return "no frame";
    mp_frame_name(crash, top, name, sizeof(name));
    if (strcmp(name, row->top) != 0)
        return "top frame";
    if (row->also != NULL && !has_function(crash, row->also))
        return "a frame is missing";
    return NULL;
}

static const char *check_crash(const struct fault_row *row,
                               const struct mp_round_end *end) {
    const struct mp_crash *crash = end->crash;
    if (crash == NULL || crash->kind != MP_CRASH_OF_SIGNAL || crash->thread_count < 1)
        return "no crash was captured";
    const struct mp_crash_thread *thread = &crash->thread[0];
    bool is_main = thread->tid == (uint64_t)end->pid;
    if (crash->signal != row->signal || thread->signal != row->signal)
        return "signal seen";
    if (crash->code != row->code || thread->code != row->code)
        return "code";
    if (!is_address_right(row, crash) || crash->address_is_derived != row->is_derived)
        return "address";
    if (crash->access != row->access)
        return "access";
    if (crash->fault_class != row->fault_class)
        return "fault class";
    if (!thread->is_faulting || is_main != row->is_on_main ||
        (!is_main && strcmp(thread->name, "mp-worker-1") != 0))
        return "faulting thread";
    for (size_t i = 1; i < crash->thread_count; i++)
        if (crash->thread[i].is_faulting)
            return "a thread that did not fault is called faulting";
    return check_stack(row, crash, thread);
}

static const char *check_hang(const struct fault_row *row,
                              const struct mp_round_end *end) {
    const struct mp_crash *crash = end->second;
    const struct mp_crash_thread *thread = NULL;
    if (end->crash == NULL || crash == NULL || crash->kind != MP_CRASH_OF_HANG)
        return "two samples";
    thread = find_thread(crash, "mp-worker-1");
    if (thread == NULL)
        return "the worker";
    if (end->hang_class != row->hang_class)
        return "hang class";
    return check_stack(row, crash, thread);
}

static const char *check(const struct fault_row *row, const struct mp_round_end *end,
                         enum mp_trace trace) {
    char detail[1024];
    const struct mp_exit *left = &end->exit;
    struct mp_exit want = row->exit;
    if (row->signal != 0)
        want = (struct mp_exit){.kind = MP_EXIT_SIGNAL, .signal = row->signal};
    if (end->trace != trace)
        return "traced";
    if (left->kind != want.kind || left->code != want.code ||
        (want.kind == MP_EXIT_SIGNAL && left->signal != want.signal) ||
        left->leaked != want.leaked || left->child_crashed != want.child_crashed)
        return "end of the process";
    if (mp_outcome_decide(left, &end->page, end->crash, NULL, detail, sizeof(detail)) !=
        row->outcome)
        return "outcome";
    if (trace != MP_TRACE_ON)
        return end->crash == NULL ? NULL : "a capture without a tracer";
    if (row->signal != 0)
        return check_crash(row, end);
    if (row->outcome == MP_OUTCOME_HANG)
        return check_hang(row, end);
    return end->crash == NULL ? NULL : "a crash of nothing";
}

static void print_wrong(const struct fault_row *row, const char *what,
                        const struct mp_round_end *end) {
    char detail[1024];
    const struct mp_crash *crash = end->crash;
    enum mp_outcome outcome =
        mp_outcome_decide(&end->exit, &end->page, crash, NULL, detail, sizeof(detail));
    print_message("fault=%s %s: %s is wrong; %s: %s\n", row->fault,
                  row->setting != NULL ? row->setting : "", what,
                  mp_outcome_name(outcome), detail);
    if (crash == NULL)
        return;
    print_message("  signal %d code %d address %#" PRIx64 " %s %s %s\n", crash->signal,
                  crash->code, crash->address, crash->has_address ? "" : "(none)",
                  mp_crash_access_name(crash->access),
                  mp_fault_class_name(crash->fault_class));
    for (size_t i = 0; i < crash->thread_count; i++) {
        const struct mp_crash_thread *thread = &crash->thread[i];
        print_message("  thread %s%s:", thread->name,
                      thread->is_faulting ? " (faulting)" : "");
        for (size_t j = 0; j < thread->frame_count && j < 8; j++)
            print_message(" %s", thread->frame[j].symbol);
        print_message("\n");
    }
}

/* Takes one end. */
static void take_end(struct table *table) {
    struct mp_round_end *end = mp_memory_zeroed(1, sizeof(*end));
    wait_end(table->runner, end);
    struct flight flight = table->flight[end->tag];
    table->flight[end->tag].row = NULL;
    const char *what = check(flight.row, end, table->trace);
    bool is_hang = flight.row->outcome == MP_OUTCOME_HANG;
    bool is_again = what != NULL && is_hang && flight.try < HANG_TRIES;
    if (is_again) {
        start_row(table, flight.row, flight.try + 1);
    } else {
        table->rounds++;
        table->wrong += what != NULL;
    }
    if (what != NULL && !is_again)
        print_wrong(flight.row, what, end);
    mp_round_end_release(end);
    free(end);
}

/* Runs every row as often as it is to; returns how many rounds were wrong. */
static unsigned run_table(bool captures, enum mp_trace trace, unsigned runs) {
    struct table table = {.runner = open_runner(JOBS, captures), .trace = trace};
    uint64_t begun_ns = mp_clock_now_ns();
    unsigned count = 0;
    for (size_t i = fault_matrix_rows;
         i-- > 0;) { /* those that wait for a deadline first */
        if (!is_possible(&fault_matrix[i]))
            continue;
        count++;
        for (unsigned run = fault_matrix[i].is_of_threads ? runs : 1; run > 0; run--) {
            while (!mp_runner_has_room(table.runner))
                take_end(&table);
            start_row(&table, &fault_matrix[i], 1);
        }
    }
    while (mp_runner_running(table.runner) > 0)
        take_end(&table);
    mp_runner_close(table.runner);
    print_message("tracing %s: %u rows, %u rounds, %u wrong, %.1f s\n",
                  mp_trace_name(trace), count, table.rounds, table.wrong,
                  (double)(mp_clock_now_ns() - begun_ns) / (double)MP_CLOCK_NS_PER_S);
    return table.wrong;
}

static void every_fault_of_the_device_has_a_row(void **state) {
    (void)state;
    for (int kind = 0; kind < MP_NULL_FAULT_COUNT; kind++) {
        const char *name = mp_null_fault_row((enum mp_null_fault_kind)kind)->name;
        bool is_found = strcmp(name, PAIR) == 0;
        for (size_t i = 0; i < fault_matrix_rows; i++)
            is_found |= strcmp(fault_matrix[i].fault, name) == 0;
        if (!is_found)
            fail_msg("fault=%s has no row", name);
    }
}

static void capture_is_right_in_every_row(void **state) {
    (void)state;
    assert_int_equal(run_table(true, MP_TRACE_ON, many_runs()), 0);
}

static void end_and_outcome_are_right_in_every_row_without_a_tracer(void **state) {
    (void)state;
    assert_int_equal(run_table(false, MP_TRACE_OFF, 1), 0);
}

static void
end_and_outcome_are_right_in_every_row_where_tracing_is_refused(void **state) {
    int status = 0;
    (void)state;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(!forbid_ptrace() || run_table(true, MP_TRACE_REFUSED, 1) != 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* How many threads "mp-worker-*" of `pid` there are that stand in `state`, '*' any. */
static int count_workers(int64_t pid, char state) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    for (struct dirent *entry = folder != NULL ? readdir(folder) : NULL; entry != NULL;
         entry = readdir(folder)) {
        char line[128] = "";
        snprintf(path, sizeof(path), "/proc/%d/task/%.20s/stat", (int)pid, entry->d_name);
        FILE *file = fopen(path, "re");
        if (file == NULL)
            continue;
        const char *end =
            fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
        bool is_worker = end != NULL && strstr(line, "(mp-worker-") != NULL;
        count += is_worker && (state == '*' || end[2] == state);
        fclose(file);
    }
    if (folder != NULL)
        closedir(folder);
    return count;
}

/* The only child of this process, 0 none. */
static int64_t find_round(void) {
    char path[64];
    int pid = 0;
    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%d", &pid) != 1)
        pid = 0;
    fclose(file);
    return pid;
}

/* Waits for both faults before the tracer takes notice of the first: it is not called
 * until then.
 */
static void fault_together(struct mp_runner *runner, const char *gate,
                           struct mp_round_end *ret_end) {
    uint64_t until_ns = mp_clock_now_ns() + PATIENCE_NS;
    struct mp_error ignored;
    char device[MP_SPEC_DEVICE_MAX];
    snprintf(device, sizeof(device), "null:fault=%s,hold=%s", PAIR, gate);
    start(runner, "noop", device, "2", PATIENCE_NS / MP_CLOCK_NS_PER_MS, 0);
    int64_t pid = find_round();
    assert_true(pid > 0);
    while (count_workers(pid, '*') < 2 && mp_clock_now_ns() < until_ns)
        assert_int_equal(mp_runner_wait(runner, MP_CLOCK_NS_PER_MS, ret_end, &ignored),
                         MP_TIMEOUT);
    int fd = open(gate, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (count_workers(pid, 't') < 2 && mp_clock_now_ns() < until_ns)
        sched_yield();
    wait_end(runner, ret_end);
    close(fd);
    unlink(gate);
}

static void two_threads_that_fault_at_once_are_both_faulting(void **state) {
    static const struct fault_row want = {.fault = PAIR,
                                          .top = "mp_null_fault_segv_null",
                                          .also = "mp_null_fault_segv_pair"};
    const char *parent = getenv("TMPDIR");
    char folder[256];
    char gate[sizeof(folder) + 8];
    char detail[1024];
    (void)state;
    snprintf(folder, sizeof(folder), "%s/mpstress-matrix-XXXXXX",
             parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(gate, sizeof(gate), "%s/gate", folder);
    struct mp_runner *runner = open_runner(1, true);
    for (unsigned run = many_runs(); run > 0; run--) {
        struct mp_round_end end = {0};
        fault_together(runner, gate, &end);
        assert_int_equal(end.exit.kind, MP_EXIT_SIGNAL);
        assert_int_equal(end.exit.signal, SIGSEGV);
        assert_non_null(end.crash);
        assert_int_equal(end.crash->thread_count, 3);
        for (size_t i = 0; i < 3; i++) {
            const struct mp_crash_thread *thread = &end.crash->thread[i];
            bool is_main = thread->tid == (uint64_t)end.pid;
            assert_int_equal(thread->is_faulting, !is_main);
            if (is_main)
                continue;
            assert_int_equal(thread->signal, SIGSEGV);
            assert_int_equal(thread->code, SEGV_MAPERR);
            const char *what = check_stack(&want, end.crash, thread);
            if (what != NULL)
                fail_msg("%s is wrong", what);
        }
        assert_int_equal(mp_outcome_decide(&end.exit, &end.page, end.crash, NULL, detail,
                                           sizeof(detail)),
                         MP_OUTCOME_CRASH);
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
    rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_of_the_device_has_a_row),
        cmocka_unit_test(two_threads_that_fault_at_once_are_both_faulting),
        cmocka_unit_test(capture_is_right_in_every_row),
        cmocka_unit_test(end_and_outcome_are_right_in_every_row_without_a_tracer),
        cmocka_unit_test(end_and_outcome_are_right_in_every_row_where_tracing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
