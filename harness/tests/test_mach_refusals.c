/* Capture as a Mac compiles it, on a double of Mach that refuses: every call in turn fails,
 * each time that it is made, and the round still ends as it would have.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "harness/tests/victim_fixture.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/supervisor/capture/signature.h"
#include "harness/tests/mach_double/mach_double.h"

/* Errors of a receive and of a send (mach/message.h). */
#define RCV_INTERRUPTED  0x10004005
#define RCV_BODY_ERROR   0x1000400c
#define SEND_INTERRUPTED 0x10000007
#define ALL              64

/* What may be missing of a round whose crash or hang met a refusal. */
enum loss {
    NOTHING,  /* no more than it can do without: a name, a frame */
    A_THREAD, /* something of the stacks, and the record says so */
    RECORD,   /* all that the debugger would have said */
    WATCH,    /* it ran unwatched, and its row says so */
};

static const struct row {
    enum mach_double_call call;
    int with;
    const char *deed;
    unsigned times; /* that it is made, as far as they are tried */
    enum loss loss;
    unsigned rights; /* that cannot be given back, since that is what was refused */
    unsigned unanswered;
    unsigned spared; /* not 0: that time it costs nothing of the stacks */
} rows[] = {
    {.call = DOUBLE_PORT_ALLOCATE, .deed = "read", .times = 1, .loss = WATCH},
    {.call = DOUBLE_PORT_INSERT_RIGHT, .deed = "read", .times = 1, .loss = WATCH},
    {.call = DOUBLE_KQUEUE, .deed = "read", .times = 1, .loss = WATCH},
    {.call = DOUBLE_KEVENT, .deed = "read", .times = 1, .loss = WATCH},
    {.call = DOUBLE_SET_EXCEPTION_PORTS, .deed = "read", .times = 1, .loss = WATCH},
    {.call = DOUBLE_SPAWN, .deed = "read", .times = 1, .loss = WATCH},
    {.call = DOUBLE_PORTS_REGISTER, .deed = "read", .times = 2},
    {.call = DOUBLE_PORTS_REGISTER, .deed = "spin", .times = 1, .loss = RECORD},
    {.call = DOUBLE_RECEIVE, .with = RCV_INTERRUPTED, .deed = "read", .times = ALL},
    {.call = DOUBLE_SEND,
     .with = SEND_INTERRUPTED,
     .deed = "read",
     .times = ALL,
     .unanswered = 1},
    {.call = DOUBLE_PID_FOR_TASK, .deed = "spin", .times = 1, .loss = RECORD},
    {.call = DOUBLE_TASK_SUSPEND, .deed = "spin", .times = 1, .loss = RECORD},
    {.call = DOUBLE_TASK_INFO, .deed = "read", .times = ALL},
    {.call = DOUBLE_TASK_THREADS, .deed = "company", .times = ALL, .loss = A_THREAD},
    {.call = DOUBLE_THREAD_INFO, .deed = "company", .times = ALL},
    /* Of the thread that died also what its fault was. */
    {.call = DOUBLE_THREAD_GET_STATE,
     .deed = "company",
     .times = ALL,
     .loss = A_THREAD,
     .spared = 1},
    {.call = DOUBLE_VM_READ, .deed = "company", .times = ALL},
    {.call = DOUBLE_VM_REGION, .deed = "company", .times = ALL},
    {.call = DOUBLE_VM_DEALLOCATE, .deed = "read", .times = ALL},
    {.call = DOUBLE_PORT_DEALLOCATE, .deed = "read", .times = ALL, .rights = 1},
    {.call = DOUBLE_PORT_MOD_REFS, .deed = "read", .times = ALL, .rights = 1},
};

static const char *call_name(enum mach_double_call call) {
    static const char *const names[DOUBLE_CALLS] = {
        [DOUBLE_PORT_ALLOCATE] = "mach_port_allocate",
        [DOUBLE_PORT_INSERT_RIGHT] = "mach_port_insert_right",
        [DOUBLE_PORT_MOD_REFS] = "mach_port_mod_refs",
        [DOUBLE_PORT_DEALLOCATE] = "mach_port_deallocate",
        [DOUBLE_PORTS_REGISTER] = "mach_ports_register",
        [DOUBLE_SEND] = "mach_msg, send",
        [DOUBLE_RECEIVE] = "mach_msg, receive",
        [DOUBLE_KQUEUE] = "kqueue",
        [DOUBLE_KEVENT] = "kevent",
        [DOUBLE_SET_EXCEPTION_PORTS] = "posix_spawnattr_setexceptionports_np",
        [DOUBLE_SPAWN] = "posix_spawn",
        [DOUBLE_PID_FOR_TASK] = "pid_for_task",
        [DOUBLE_TASK_SUSPEND] = "task_suspend",
        [DOUBLE_TASK_RESUME] = "task_resume",
        [DOUBLE_TASK_INFO] = "task_info",
        [DOUBLE_TASK_THREADS] = "task_threads",
        [DOUBLE_THREAD_INFO] = "thread_info",
        [DOUBLE_THREAD_GET_STATE] = "thread_get_state",
        [DOUBLE_VM_READ] = "vm_read_overwrite",
        [DOUBLE_VM_REGION] = "vm_region_64",
        [DOUBLE_VM_DEALLOCATE] = "vm_deallocate",
    };
    return names[call];
}

static void run_deed(struct mp_runner *runner, const char *deed,
                     struct mp_round_end *ret_end) {
    struct mp_round_spec spec = victim_spec(deed);
    if (strcmp(deed, "read") == 0)
        set_param(&spec, "address", "0");
    if (strcmp(deed, "spin") == 0)
        spec.timeout_ms = 500;
    run_round(runner, &spec, ret_end);
}

static void check_end(const struct row *row, unsigned after,
                      const struct mp_round_end *end) {
    bool hangs = strcmp(row->deed, "spin") == 0;
    assert_int_equal(end->exit.kind, hangs ? MP_EXIT_DEADLINE : MP_EXIT_SIGNAL);
    assert_int_equal(end->trace, row->loss == WATCH ? MP_TRACE_REFUSED : MP_TRACE_ON);
    assert_false(end->exit.child_crashed);
    if (row->loss == WATCH || row->loss == RECORD) {
        assert_null(end->crash);
        return;
    }
    assert_non_null(end->crash);
    const struct mp_crash *crash = end->crash;
    assert_int_equal(crash->signal, SIGSEGV);
    assert_true(crash->has_address);
    /* Whatever is missing, the thread that died is the first, and there once. */
    assert_true(crash->thread_count >= 1 && crash->thread[0].is_faulting);
    for (size_t i = 1; i < crash->thread_count; i++)
        assert_true(crash->thread[i].tid == 0 ||
                    crash->thread[i].tid != crash->thread[0].tid);
    bool is_spared = row->spared > 0 && row->spared == after;
    assert_int_equal(crash->threads_missed > 0, row->loss == A_THREAD && !is_spared);
}

/* Nothing is owed to the kernel, and the next round is as good as ever. */
static void check_rest(const struct row *row, struct mp_runner *runner) {
    struct mach_double_counts counts = mach_double_counts();
    struct mp_round_end end;
    assert_int_equal(counts.replies + counts.unanswered, counts.crashes);
    assert_int_equal(counts.unanswered, row->unanswered);
    assert_int_equal(counts.killed_unanswered, 0);
    assert_int_equal(counts.bad_releases, 0);
    assert_int_equal(counts.early_reads + counts.late_reads, 0);
    run_deed(runner, "read", &end);
    assert_int_equal(end.trace, MP_TRACE_ON);
    assert_non_null(end.crash);
    assert_int_equal(end.crash->threads_missed, 0);
    assert_string_equal(end.crash->thread[0].frame[0].symbol, "victim_read");
    mp_round_end_release(&end);
}

/* False if the call is not made so often. */
static bool refuse(const struct row *row, unsigned after) {
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_end end;
    mach_double_reset();
    *mach_double_knobs() = (struct mach_double_knobs){
        .refused = row->call, .refused_after = after, .refused_with = row->with};
    run_deed(runner, row->deed, &end);
    bool was_made = mach_double_counts().refused == 1;
    mach_double_knobs()->refused = DOUBLE_NO_CALL;
    if (was_made) {
        check_end(row, after, &end);
        check_rest(row, runner);
    }
    mp_round_end_release(&end);
    mp_runner_close(runner);
    assert_int_equal(mach_double_rights(), was_made ? row->rights : 0);
    mach_double_end_rights();
    mp_crash_destroy(mach_double_take_witness());
    return was_made;
}

static void each_refused_call_costs_no_more_than_what_it_would_have_said(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        unsigned made = 0;
        while (made < rows[i].times && refuse(&rows[i], made))
            made++;
        print_message("  %s, %s: refused in %u places\n", call_name(rows[i].call),
                      rows[i].deed, made);
        assert_true(made >= 1);
        if (rows[i].times < ALL)
            assert_int_equal(made, rows[i].times);
    }
}

/* Whatever message it is whose rights do not all arrive: who waits for an answer to it is
 * let go, and what did arrive is given back. */
static void a_message_that_comes_in_part_is_given_back(void **state) {
    static const struct row half = {
        .call = DOUBLE_RECEIVE, .with = RCV_BODY_ERROR, .deed = "read"};
    unsigned lost = 0, places = 0;
    bool was_made = true;
    (void)state;
    for (; was_made; places++) {
        struct mp_runner *runner = open_runner(1, true);
        struct mp_round_end end;
        mach_double_reset();
        *mach_double_knobs() = (struct mach_double_knobs){
            .refused = half.call, .refused_after = places, .refused_with = half.with};
        run_deed(runner, half.deed, &end);
        was_made = mach_double_counts().refused == 1;
        mach_double_knobs()->refused = DOUBLE_NO_CALL;
        assert_int_equal(end.exit.signal, SIGSEGV);
        assert_int_equal(mach_double_counts().unanswered, end.crash == NULL);
        assert_int_equal(mach_double_counts().killed_unanswered, 0);
        assert_int_equal(mach_double_counts().bad_releases, 0);
        lost += end.crash == NULL;
        mp_round_end_release(&end);
        mp_runner_close(runner);
        assert_int_equal(mach_double_rights(), 0);
        mp_crash_destroy(mach_double_take_witness());
    }
    assert_true(places > 2);
    assert_int_equal(lost, 1);
}

/* It stands because we hold it, and that is no finding. */
static void a_hang_that_cannot_be_let_go_is_looked_at_once(void **state) {
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_end end;
    (void)state;
    mach_double_reset();
    mach_double_knobs()->refused = DOUBLE_TASK_RESUME;
    run_deed(runner, "spin", &end);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_non_null(end.crash);
    assert_null(end.second);
    assert_int_equal(mach_double_counts().suspends, 1);
    mp_round_end_release(&end);
    mp_runner_close(runner);
    assert_int_equal(mach_double_rights(), 0);
}

/* A sample of no thread says nothing, and is none. The list is asked for once to see
 * which threads run, and then for their stacks. */
static void a_hang_whose_threads_cannot_be_listed_has_no_sample(void **state) {
    struct mp_runner *runner = open_runner(1, true);
    struct mp_round_end end;
    (void)state;
    mach_double_reset();
    *mach_double_knobs() =
        (struct mach_double_knobs){.refused = DOUBLE_TASK_THREADS, .refused_after = 1};
    run_deed(runner, "spin", &end);
    assert_int_equal(mach_double_counts().refused, 1);
    assert_int_equal(end.exit.kind, MP_EXIT_DEADLINE);
    assert_null(end.crash);
    assert_int_equal(mach_double_counts().suspends, mach_double_counts().resumes);
    mp_round_end_release(&end);
    mp_runner_close(runner);
    assert_int_equal(mach_double_rights(), 0);
}

/* Two rounds that are refused are two rows and one sentence. */
static void a_refusal_is_said_once(void **state) {
    const char *folder = getenv("TMPDIR");
    char path[512], text[4096] = "";
    static const char sentence[] = "the system does not allow rounds to be watched";
    struct mp_runner *runner = open_runner(1, true);
    (void)state;
    snprintf(path, sizeof(path), "%s/stderr.XXXXXX", folder != NULL ? folder : "/tmp");
    int file = mkstemp(path), own = dup(STDERR_FILENO);
    assert_true(file >= 0 && own >= 0);
    (void)unlink(path);
    mach_double_reset();
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    for (int i = 0; i < 2; i++) {
        struct mp_round_end end;
        mach_double_knobs()->refused = DOUBLE_SPAWN;
        run_deed(runner, "read", &end);
        assert_int_equal(end.trace, MP_TRACE_REFUSED);
        mp_round_end_release(&end);
    }
    assert_int_equal(dup2(own, STDERR_FILENO), STDERR_FILENO);
    assert_true(pread(file, text, sizeof(text) - 1, 0) > 0);
    close(file);
    close(own);
    const char *first = strstr(text, sentence);
    assert_non_null(first);
    assert_null(strstr(first + 1, sentence));
    mp_runner_close(runner);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refused_call_costs_no_more_than_what_it_would_have_said),
        cmocka_unit_test(a_message_that_comes_in_part_is_given_back),
        cmocka_unit_test(a_hang_that_cannot_be_let_go_is_looked_at_once),
        cmocka_unit_test(a_hang_whose_threads_cannot_be_listed_has_no_sample),
        cmocka_unit_test(a_refusal_is_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
