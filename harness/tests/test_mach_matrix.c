/* The fault matrix of the null device, caught by capture as a Mac compiles it, on the
 * double of Mach: held against its table, and crashes against what Linux saw of the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/supervisor/capture/frame_name.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/supervisor/process/runner.h"
#include "harness/supervisor/process/trial.h"
#include "harness/tests/fault_matrix.h"
#include "harness/tests/mach_double/mach_double.h"
#include "harness/tests/matrix_run.h"

/* Time to come to where it hangs; on a busy machine it is tried again with more. */
#define HANG_MS      1000
#define HANG_LONG_MS 8000
#define HANG_TRIES   5

/* The C library of Linux is built without frame records, Apple's system is not: a fault
 * in it says nothing of the frames behind it. */
static bool has_records(const struct mp_crash *witness) {
    return !mp_frame_is_runtime(witness, &witness->thread[0].frame[0], NULL) ||
           witness->thread[0].frame[0].module < 0;
}

/* Linux's walk may end early (alignment checks break its own helpers). What a signal
 * handler interrupted is not in the chain of records if it is a leaf: there only the
 * handler's own frames are held against each other. */
static bool is_same(const struct fault_row *row, const char *ours, const char *theirs) {
    size_t len = strlen(theirs);
    if (strcmp(row->fault, "segv_handler") == 0)
        len = (size_t)(strrchr(theirs, '|') - theirs);
    return strncmp(ours, theirs, len) == 0 && (ours[len] == '\0' || ours[len] == '|');
}

static const char *compare(const struct fault_row *row, const struct mp_crash *crash,
                           const struct mp_crash *witness) {
    struct mp_signature ours, theirs;
    if (crash == NULL || witness == NULL)
        return "no crash was captured";
    if (crash->signal != row->signal)
        return "signal";
    if (crash->fault_class != row->fault_class)
        return "fault class";
    if (crash->access != row->access)
        return "access";
    if (crash->has_address != witness->has_address || crash->address != witness->address)
        return "address";
    if (crash->thread_count != witness->thread_count ||
        crash->thread[0].tid != witness->thread[0].tid)
        return "threads";
    mp_signature_make(crash, &ours);
    mp_signature_make(witness, &theirs);
    if (has_records(witness) && !is_same(row, ours.key, theirs.key)) {
        print_message("  %s\n  %s\n", ours.key, theirs.key);
        return "signature";
    }
    return NULL;
}

static struct mp_runner *open_runner(void) {
    mach_double_reset();
    return matrix_open(true);
}

/* Every message was answered, every stop undone, and no right is left. */
static void settle(struct mp_runner *runner) {
    mp_runner_close(runner);
    struct mach_double_counts counts = mach_double_counts();
    assert_int_equal(counts.replies, counts.crashes);
    assert_int_equal(counts.unanswered, 0);
    assert_int_equal(counts.suspends, counts.resumes);
    assert_int_equal(counts.early_reads, 0);
    assert_int_equal(counts.late_reads, 0);
    assert_int_equal(counts.lists, 0);
    assert_int_equal(mach_double_rights(), 0);
}

static const struct mp_crash_thread *find_worker(const struct mp_crash *crash) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (strcmp(crash->thread[i].name, "mp-worker-1") == 0)
            return &crash->thread[i];
    return NULL;
}

/* A spinning function has a frame record; sleep and locks are the C library's. */
static bool has_frame(const struct mp_crash_thread *thread, const char *name) {
    for (size_t i = 0; i < thread->frame_count; i++)
        if (strcmp(thread->frame[i].symbol, name) == 0)
            return true;
    return false;
}

static const char *check_hang(const struct fault_row *row,
                              const struct mp_round_end *end) {
    const struct mp_crash *sample[] = {end->crash, end->second};
    /* Who holds a lock is read out of the C library of Linux only. */
    enum mp_hang_class class =
        row->hang_class == MP_HANG_DEADLOCK ? MP_HANG_ASLEEP : row->hang_class;
    if (end->exit.kind != MP_EXIT_DEADLINE)
        return "end";
    for (unsigned i = 0; i < 2; i++) {
        const struct mp_crash *it = sample[i];
        if (it == NULL || it->kind != MP_CRASH_OF_HANG || it->sample != i + 1)
            return "two samples";
        if (it->thread_count < 2 || it->threads_missed > 0 || it->signal != 0)
            return "threads";
        const struct mp_crash_thread *worker = find_worker(it);
        if (worker == NULL || worker->is_faulting || worker->register_count < 30)
            return "the worker";
        if (class == MP_HANG_SPINNING && !has_frame(worker, row->top))
            return "frame";
    }
    return end->hang_class == class ? NULL : "hang class";
}

static void every_hang_of_the_matrix_is_sampled_twice(void **state) {
    struct mp_runner *runner = open_runner();
    unsigned rows = 0;
    (void)state;
    for (size_t i = 0; i < fault_matrix_rows; i++) {
        const struct fault_row *row = &fault_matrix[i];
        const char *what = "untried";
        if (row->outcome != MP_OUTCOME_HANG || !matrix_is_possible(row->fault))
            continue;
        rows++;
        for (int try = 0; try < HANG_TRIES && what != NULL; try++) {
            struct mp_round_end end;
            unsigned before = mach_double_counts().suspends;
            matrix_run_for(runner, row, try == 0 ? HANG_MS : HANG_LONG_MS, &end);
            what = check_hang(row, &end);
            assert_int_equal(mach_double_counts().suspends, before + 2);
            mp_round_end_release(&end);
        }
        if (what != NULL)
            fail_msg("%s: %s", row->fault, what);
    }
    assert_true(rows >= 3);
    settle(runner);
}

/* What nothing stopped ends as the table has it, a child's crash included. What a round
 * leaves goes with its process group there, and nobody counts it. */
static void every_other_row_of_the_matrix_ends_as_without_capture(void **state) {
    struct mp_runner *runner = open_runner();
    char detail[1024];
    unsigned rows = 0, wrong = 0;
    (void)state;
    for (size_t i = 0; i < fault_matrix_rows; i++) {
        const struct fault_row *row = &fault_matrix[i];
        struct mp_round_end end;
        if (row->signal != 0 || row->outcome == MP_OUTCOME_HANG ||
            !matrix_is_possible(row->fault))
            continue;
        rows++;
        matrix_run(runner, row, &end);
        bool is_right = end.crash == NULL && end.trace == MP_TRACE_ON &&
                        end.exit.kind == row->exit.kind &&
                        end.exit.code == row->exit.code &&
                        end.exit.child_crashed == row->exit.child_crashed &&
                        mp_outcome_decide(&end.exit, &end.page, end.crash, NULL, detail,
                                          sizeof(detail)) == row->outcome;
        if (!is_right)
            print_message("%s: %s\n", row->fault, detail);
        wrong += !is_right;
        mp_round_end_release(&end);
    }
    assert_int_equal(wrong, 0);
    assert_true(rows >= 10);
    assert_int_equal(mach_double_counts().crashes, 1); /* of fork_crash */
    settle(runner);
}

static void every_crash_of_the_matrix_is_recorded_as_linux_records_it(void **state) {
    struct mp_runner *runner = open_runner();
    unsigned rows = 0, wrong = 0, named = 0;
    (void)state;
    for (size_t i = 0; i < fault_matrix_rows; i++) {
        const struct fault_row *row = &fault_matrix[i];
        struct mp_round_end end;
        if (row->signal == 0 || !matrix_is_possible(row->fault))
            continue;
        rows++;
        matrix_run(runner, row, &end);
        struct mp_crash *witness = mach_double_take_witness();
        const char *what = compare(row, end.crash, witness);
        if (what != NULL)
            print_message("%s: %s\n", row->fault, what);
        wrong += what != NULL;
        named += witness != NULL && has_records(witness);
        mp_crash_destroy(witness);
        mp_round_end_release(&end);
    }
    print_message("%u rows, %u of them by their frames too\n", rows, named);
    assert_int_equal(wrong, 0);
    assert_true(named > rows / 2);
    settle(runner);
}

/* What doctor tells of a system that does not let crashes through. */
static void a_trial_crash_says_whether_crashes_can_be_read(void **state) {
    struct mp_trial trial;
    struct mp_error err;
    (void)state;
    mach_double_reset();
    assert_int_equal(mp_trial_run(MP_ROUND_PROGRAM, &trial, &err), MP_OK);
    assert_true(trial.threads >= 1);
    mach_double_knobs()->refuses_port = true;
    assert_int_equal(mp_trial_run(MP_ROUND_PROGRAM, &trial, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "cannot make a port"));
    mach_double_reset();
    mach_double_knobs()->refuses_spawn = true;
    assert_int_equal(mp_trial_run(MP_ROUND_PROGRAM, &trial, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "did not allow a round to be watched"));
    mach_double_reset();
    /* The hello of the round is the first task, its crash the second. */
    *mach_double_knobs() =
        (struct mach_double_knobs){.refused = DOUBLE_PID_FOR_TASK, .refused_after = 1};
    assert_int_equal(mp_trial_run(MP_ROUND_PROGRAM, &trial, &err), MP_UNSUPPORTED);
    assert_non_null(strstr(err.text, "a planted crash was not seen"));
    mach_double_reset();
    assert_int_equal(mp_trial_run("/bin/true", &trial, &err), MP_SYSTEM);
    assert_non_null(strstr(err.text, "was meant to crash and did not"));
    assert_int_equal(mp_trial_run("/nowhere/round", &trial, &err), MP_SYSTEM);
    mp_crash_destroy(mach_double_take_witness());
    assert_int_equal(mach_double_rights(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_crash_of_the_matrix_is_recorded_as_linux_records_it),
        cmocka_unit_test(every_hang_of_the_matrix_is_sampled_twice),
        cmocka_unit_test(every_other_row_of_the_matrix_ends_as_without_capture),
        cmocka_unit_test(a_trial_crash_says_whether_crashes_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
