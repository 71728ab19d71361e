/* The fault matrix of the null device, caught by capture as a Mac compiles it, on the
 * double of Mach: held against its table, and against what Linux saw of the same crash.
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
#include "harness/tests/fault_matrix.h"
#include "harness/tests/mach_double/mach_double.h"
#include "harness/tests/matrix_run.h"

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

static void every_crash_of_the_matrix_is_recorded_as_linux_records_it(void **state) {
    struct mp_runner *runner = matrix_open(true);
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
    mp_runner_close(runner);
    struct mach_double_counts counts = mach_double_counts();
    print_message("%u rows, %u of them by their frames too\n", rows, named);
    assert_int_equal(wrong, 0);
    assert_true(named > rows / 2);
    assert_int_equal(counts.replies, counts.crashes);
    assert_int_equal(counts.unanswered, 0);
    assert_int_equal(mach_double_rights(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_crash_of_the_matrix_is_recorded_as_linux_records_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
