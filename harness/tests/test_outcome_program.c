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
#include <stdio.h>
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

/* A record whose thread 0 has a stack in these modules, innermost first. */
static struct mp_crash *stack_in(const char *const *module, size_t count) {
    struct mp_crash *crash = mp_crash_create();
    struct mp_crash_thread *thread = mp_crash_add_thread(crash);
    for (size_t i = 0; i < count; i++) {
        struct mp_crash_module *at = mp_crash_add_module(crash);
        snprintf(at->path, sizeof(at->path), "%s", module[i]);
        mp_crash_add_frame(thread)->module = (int)i;
    }
    crash->signal = SIGABRT;
    return crash;
}

/* The phase of a user's program says nothing of its loader: its stack does. */
static void library_that_dies_in_a_program_s_loader_is_broken(void **state) {
    static const struct {
        const char *module[4];
        size_t count;
        enum mp_outcome died, hung;
    } cases[] = {
        {{"/lib/libc.so.6", "/x/fix.so", "/lib64/ld-linux-x86-64.so.2"},
         3,
         MP_OUTCOME_BROKEN,
         MP_OUTCOME_BROKEN},
        {{"/x/fix.so", "/usr/lib/dyld"}, 2, MP_OUTCOME_BROKEN, MP_OUTCOME_BROKEN},
        /* of another library; of none; called by the program, which loads another */
        {{"/x/other.so", "/lib/ld-linux-aarch64.so.1"},
         2,
         MP_OUTCOME_ABORT,
         MP_OUTCOME_HANG},
        {{"/x/fix.so", "/lib64/ld-linux-x86-64.so.2", "/bin/program"},
         3,
         MP_OUTCOME_ABORT,
         MP_OUTCOME_HANG},
        {{"/x/fix.so", "/bin/program"}, 2, MP_OUTCOME_ABORT, MP_OUTCOME_HANG},
        {{""}, 0, MP_OUTCOME_ABORT, MP_OUTCOME_HANG},
    };
    const struct mp_fix_claim claim = {.state = MP_FIX_MAPPED, .path = "/x/fix.so"};
    const struct mp_page_summary page = {.phase = MP_PHASE_RUN};
    const struct mp_exit died = {.kind = MP_EXIT_SIGNAL, .signal = SIGABRT};
    const struct mp_exit hung = {.kind = MP_EXIT_DEADLINE};
    char detail[1024];
    (void)state;
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_crash *crash = stack_in(cases[i].module, cases[i].count);
        assert_int_equal(
            mp_outcome_decide(&died, &page, crash, &claim, detail, sizeof(detail)),
            cases[i].died);
        assert_int_equal(
            mp_outcome_decide(&died, &page, crash, NULL, detail, sizeof(detail)),
            MP_OUTCOME_ABORT);
        crash->kind = MP_CRASH_OF_HANG;
        crash->signal = 0;
        assert_int_equal(
            mp_outcome_decide(&hung, &page, crash, &claim, detail, sizeof(detail)),
            cases[i].hung);
        /* frames were cut: nobody knows where it begins */
        crash->thread[0].frames_total = 100;
        assert_int_equal(
            mp_outcome_decide(&hung, &page, crash, &claim, detail, sizeof(detail)),
            MP_OUTCOME_HANG);
        mp_crash_destroy(crash);
    }
}

/* Where the main thread was when the program left with a code says whether that code is
 * its own. */
static void program_that_leaves_in_its_loader_is_broken(void **state) {
    static const struct {
        const char *module[4];
        size_t count;
        bool is_in_load;
    } cases[] = {
        {{"/lib/libc.so.6", "/x/fix.so", "/lib64/ld-linux-x86-64.so.2"}, 3, true},
        {{"/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2"}, 2, true},
        {{"/lib/libc.so.6", "/x/other.so", "/lib64/ld-linux-x86-64.so.2"}, 3, false},
        {{"/x/fix.so", "/lib64/ld-linux-x86-64.so.2", "/bin/program"}, 3, false},
        {{"/lib/libc.so.6", "/bin/program"}, 2, false},
        {{""}, 0, false},
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_crash *crash = stack_in(cases[i].module, cases[i].count);
        assert_int_equal(mp_outcome_is_in_load(crash, "/x/fix.so"), cases[i].is_in_load);
        crash->thread[0].frames_total = 100;
        assert_false(mp_outcome_is_in_load(crash, "/x/fix.so"));
        mp_crash_destroy(crash);
    }
    struct mp_crash *modules = mp_crash_create();
    assert_false(mp_outcome_is_in_load(modules, "/x/fix.so"));
    assert_false(mp_outcome_is_in_load(NULL, "/x/fix.so"));
    mp_crash_destroy(modules);
    (void)state;
}

static void code_of_a_program_that_its_loader_ended_means_nothing(void **state) {
    static const enum mp_code_meaning meanings[] = {MP_CODE_PASSES, MP_CODE_FAILS,
                                                    MP_CODE_SKIPS};
    struct mp_fix_claim claim = {.state = MP_FIX_MAPPED, .path = "/x/fix.so"};
    const struct mp_page_summary page = {.phase = MP_PHASE_DONE};
    char detail[1024];
    (void)state;
    for (size_t i = 0; i < MP_COUNT(meanings); i++) {
        struct mp_exit exit = {.kind = MP_EXIT_CODE, .code_means = meanings[i]};
        enum mp_outcome own =
            mp_outcome_decide(&exit, &page, NULL, &claim, detail, sizeof(detail));
        assert_int_not_equal(own, MP_OUTCOME_BROKEN);
        exit.is_in_load = true;
        assert_int_equal(
            mp_outcome_decide(&exit, &page, NULL, &claim, detail, sizeof(detail)),
            MP_OUTCOME_BROKEN);
        assert_non_null(strstr(detail, "it left while it was loaded with the library of "
                                       "its arm, before the program began"));
        assert_non_null(strstr(detail, mp_outcome_name(own)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_is_judged_by_its_code_its_output_and_what_it_counts),
        cmocka_unit_test(program_that_never_began_is_broken_whatever_its_codes_mean),
        cmocka_unit_test(crash_of_a_child_names_the_child),
        cmocka_unit_test(library_that_dies_in_a_program_s_loader_is_broken),
        cmocka_unit_test(program_that_leaves_in_its_loader_is_broken),
        cmocka_unit_test(code_of_a_program_that_its_loader_ended_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
