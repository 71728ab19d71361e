/* Tests of the outcome of a user's program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/wire/outcome.h"

/* A user's program that was started and left by itself. */
static enum mp_outcome decide_program(struct mp_exit exit, struct mp_page_summary page,
                                      char *detail, size_t size) {
    exit.kind = MP_EXIT_CODE;
    page.phase = MP_PHASE_DONE;
    return mp_outcome_decide(&exit, &page, NULL, NULL, detail, size);
}

static const struct {
    struct mp_exit exit;
    struct mp_page_summary page;
    enum mp_outcome outcome;
    const char *words;
} rows[] = {
    {{.code_means = MP_CODE_PASSES}, {0}, MP_OUTCOME_PASS, "it exited with code 0"},
    {{.code_means = MP_CODE_FAILS, .code = 3},
     {0},
     MP_OUTCOME_EXIT,
     "it exited with code 3"},
    {{.code_means = MP_CODE_SKIPS, .code = 77}, {0}, MP_OUTCOME_SKIP, "code 77"},
    {{.code_means = MP_CODE_PASSES, .said = "NaN \x1b"},
     {0},
     MP_OUTCOME_EXIT,
     "it wrote \"NaN \\x1b\", which means failure"},
    {{.code_means = MP_CODE_SKIPS, .said = "NaN"}, {0}, MP_OUTCOME_EXIT, "NaN"},
    {{.code_means = MP_CODE_FAILS, .code = 1},
     {.result = MP_RESULT_MISMATCH, .message = "check \"sum\" failed"},
     MP_OUTCOME_MISMATCH,
     "check \"sum\" failed"},
    {{.code_means = MP_CODE_FAILS, .code = 1},
     {.ops_started = 4, .ops_done = 3, .ops_wrong = 1},
     MP_OUTCOME_MISMATCH,
     "1 of 4 ops gave a wrong result"},
    {{.code_means = MP_CODE_PASSES},
     {.ops_started = 4, .ops_done = 4},
     MP_OUTCOME_PASS,
     "4 ops ran and were correct"},
    {{.code_means = MP_CODE_PASSES},
     {.ops_planned = 8, .ops_started = 4, .ops_done = 4},
     MP_OUTCOME_DROPPED,
     "4 of 8 planned ops were done"},
    {{.code_means = MP_CODE_PASSES},
     {.ops_started = 4, .ops_done = 3},
     MP_OUTCOME_DROPPED,
     "3 of 4 planned ops were done"},
    {{.code_means = MP_CODE_PASSES},
     {.ops_planned = 2, .ops_started = 4, .ops_done = 4},
     MP_OUTCOME_BROKEN,
     "contradict"},
    {{.code_means = MP_CODE_PASSES},
     {.ops_started = 4, .ops_done = 4, .promised_overlap = true, .overlap_max = 1},
     MP_OUTCOME_NO_OVERLAP,
     "no two threads"},
    {{.code_means = MP_CODE_PASSES},
     {.threads_started = 3, .threads_unfinished = 3},
     MP_OUTCOME_PASS,
     "code 0"},
    {{.code_means = MP_CODE_PASSES}, /* it does not say when ops begin */
     {.ops_planned = 8, .ops_done = 8},
     MP_OUTCOME_PASS,
     "8 ops ran and were correct"},
    {{.code_means = MP_CODE_PASSES},
     {.ops_done = 3, .ops_wrong = 1},
     MP_OUTCOME_MISMATCH,
     "1 of 4 ops gave a wrong result"},
    {{.code_means = MP_CODE_PASSES}, /* it only says when ops begin */
     {.ops_started = 8, .overlap_max = 2, .promised_overlap = true},
     MP_OUTCOME_PASS,
     "code 0"},
    {{.code_means = MP_CODE_PASSES},
     {.ops_planned = 8},
     MP_OUTCOME_DROPPED,
     "0 of 8 planned ops were done"},
    {{.code_means = MP_CODE_PASSES},
     {.client_version = MP_PAGE_VERSION, .speaks = true},
     MP_OUTCOME_PASS,
     "code 0"},
    {{.code_means = MP_CODE_FAILS, .code = 1},
     {.client_version = MP_PAGE_VERSION + 1},
     MP_OUTCOME_BROKEN,
     "use the file that was installed with this mpstress"},
};

static void program_is_judged_by_its_code_its_output_and_what_it_counts(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        char detail[512];
        assert_int_equal(
            decide_program(rows[i].exit, rows[i].page, detail, sizeof(detail)),
            rows[i].outcome);
        assert_non_null(strstr(detail, rows[i].words));
    }
}

static void program_that_never_began_is_broken_whatever_its_codes_mean(void **state) {
    (void)state;
    struct mp_exit exit = {.kind = MP_EXIT_CODE, .code = 2};
    struct mp_page_summary page = {.phase = MP_PHASE_DONE,
                                   .result = MP_RESULT_BROKEN,
                                   .message = "cannot run ./gone: no such file"};
    char detail[256];
    assert_int_equal(mp_outcome_decide(&exit, &page, NULL, NULL, detail, sizeof(detail)),
                     MP_OUTCOME_BROKEN);
    assert_non_null(strstr(detail, "cannot run ./gone"));
}

static void crash_of_a_child_names_the_child(void **state) {
    (void)state;
    struct mp_exit exit = {.kind = MP_EXIT_CODE,
                           .code = 139,
                           .code_means = MP_CODE_FAILS,
                           .child_crashed = true};
    struct mp_page_summary page = {.phase = MP_PHASE_DONE};
    struct mp_crash crash = {.signal = SIGSEGV, .is_of_child = true};
    char detail[256];
    assert_int_equal(
        mp_outcome_decide(&exit, &page, &crash, NULL, detail, sizeof(detail)),
        MP_OUTCOME_CRASH);
    assert_string_equal(detail, "SIGSEGV in a process that the round started; the round "
                                "exited with code 139");
    crash.signal = SIGABRT;
    assert_int_equal(
        mp_outcome_decide(&exit, &page, &crash, NULL, detail, sizeof(detail)),
        MP_OUTCOME_ABORT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_is_judged_by_its_code_its_output_and_what_it_counts),
        cmocka_unit_test(program_that_never_began_is_broken_whatever_its_codes_mean),
        cmocka_unit_test(crash_of_a_child_names_the_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
