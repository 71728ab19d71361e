/* Live capture against import: each fault of the null device happens twice, once under
 * capture and once in a process that nobody traces and that writes its own crash down
 * (witness.c). The report made of that must name the bug that capture names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/supervisor/process/runner.h"
#include "harness/tests/fault_matrix.h"
#include "harness/tests/matrix_run.h"
#include "harness/tests/witness_report.h"

/* Where the two cannot agree, and why. */
static const struct deviation {
    const char *fault, *why;
    const char *imported; /* how its key begins all the same; NULL: no report */
} deviations[] = {
    {"segv_blocked", "a blocked signal runs no handler: the process cannot report", NULL},
    {"segv_handler", "the process has a handler of its own", NULL},
#if defined(__x86_64__)
    {"jump_noncanonical", "a general protection fault says nothing of a jump",
     "SIGSEGV/non_canonical/mp_null_fault_jump_noncanonical|"},
    {"misaligned", "a general protection fault says nothing of alignment",
     "SIGSEGV/non_canonical/mp_null_fault_misaligned|"},
    {"privileged", "a general protection fault says nothing of privileges",
     "SIGSEGV/non_canonical/mp_null_fault_privileged|"},
#endif
};

static const struct deviation *find_deviation(const char *fault) {
    for (size_t i = 0; i < MP_COUNT(deviations); i++)
        if (strcmp(deviations[i].fault, fault) == 0)
            return &deviations[i];
    return NULL;
}

/* The signature of the report that the process left in `folder`, "" without one. */
static void sign_report(const char *folder, int64_t pid, struct mp_signature *ret) {
    char path[512];
    struct mp_strbuf text;
    struct mp_os_report *report = NULL;
    struct mp_error err;
    *ret = (struct mp_signature){.key = ""};
    snprintf(path, sizeof(path), "%s/%d", folder, (int)pid);
    mp_strbuf_init(&text);
    if (witness_report(path, &text)) {
        if (mp_os_report_parse(text.text, text.len, &report, &err) != MP_OK)
            fail_msg("%s", err.text);
        (void)mp_os_report_sign(report, ret);
        mp_os_report_destroy(report);
    }
    mp_strbuf_release(&text);
    unlink(path);
}

static bool is_as_said(const struct fault_row *row, const char *live,
                       const char *imported) {
    const struct deviation *deviation = find_deviation(row->fault);
    if (deviation == NULL)
        return strcmp(live, imported) == 0;
    if (deviation->imported == NULL)
        return imported[0] == '\0';
    return strncmp(imported, deviation->imported, strlen(deviation->imported)) == 0;
}

struct runners {
    struct mp_runner *traced, *alone;
    const char *folder;
};

static bool compare(const struct runners *runners, const struct fault_row *row) {
    struct mp_round_end live, alone;
    struct mp_signature seen, imported;
    char library[] = MP_WITNESS_LIBRARY;
    matrix_run(runners->traced, row, &live);
    assert_non_null(live.crash);
    mp_signature_make(live.crash, &seen);
    mp_round_end_release(&live);
    assert_int_equal(setenv("LD_PRELOAD", library, 1), 0);
    matrix_run(runners->alone, row, &alone);
    assert_int_equal(unsetenv("LD_PRELOAD"), 0);
    assert_int_equal(alone.trace, MP_TRACE_OFF);
    sign_report(runners->folder, alone.pid, &imported);
    mp_round_end_release(&alone);
    bool is_right = is_as_said(row, seen.key, imported.key);
    if (!is_right)
        print_message("fault=%s\n  live     %s\n  imported %s\n", row->fault, seen.key,
                      imported.key);
    return is_right;
}

static void
a_report_that_the_process_wrote_itself_names_the_bug_of_capture(void **state) {
    (void)state;
    const char *parent = getenv("TMPDIR");
    char folder[256], stem[sizeof(folder) + 1];
    unsigned rows = 0, wrong = 0;
    snprintf(folder, sizeof(folder), "%s/mpstress-witness-XXXXXX",
             parent != NULL ? parent : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(stem, sizeof(stem), "%s/", folder);
    struct runners runners = {.traced = matrix_open(true), .folder = folder};
    runners.alone = matrix_open(false);
    assert_int_equal(setenv("MPSTRESS_WITNESS", stem, 1), 0);
    for (size_t i = 0; i < fault_matrix_rows; i++) {
        if (fault_matrix[i].signal == 0 || !matrix_is_possible(fault_matrix[i].fault))
            continue;
        rows++;
        wrong += !compare(&runners, &fault_matrix[i]);
    }
    mp_runner_close(runners.traced);
    mp_runner_close(runners.alone);
    rmdir(folder);
    print_message("%u faults, %zu of them with a deviation that is named\n", rows,
                  MP_COUNT(deviations));
    assert_int_equal(wrong, 0);
    assert_true(rows > 3 * MP_COUNT(deviations));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_that_the_process_wrote_itself_names_the_bug_of_capture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
