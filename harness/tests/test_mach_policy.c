/* What becomes of each message at the port of a round, row by row, with the function of
 * the kernel that the row relies on: scripts/check_xnu notices when one of them changes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/mach_policy.h"

struct row {
    struct mp_mach_policy before;
    enum mp_mach_kind kind;
    bool is_own;
    struct mp_mach_step step;
    bool is_greeted_after;
    const char *relies_on; /* file and function of XNU, or NULL: our own choice */
};

#define EXCEPTION "osfmk/kern/exception.c task_exception_notify"
#define INHERITED "osfmk/kern/ipc_tt.c ipc_task_init"
#define REPORT    "bsd/kern/kern_exit.c proc_prepareexit"

static const struct row rows[] = {
    /* The round's own crash: read, then answered by what the device is. */
    {.kind = MP_MACH_CRASH,
     .is_own = true,
     .step = {.records = true, .answer = MP_MACH_TAKEN},
     .relies_on = REPORT},
    {.before = {.keeps_report = true},
     .kind = MP_MACH_CRASH,
     .is_own = true,
     .step = {.records = true, .answer = MP_MACH_NOT_TAKEN},
     .relies_on = REPORT},
    {.before = {.keeps_report = true, .is_greeted = true},
     .kind = MP_MACH_CRASH,
     .is_own = true,
     .step = {.records = true, .answer = MP_MACH_NOT_TAKEN},
     .is_greeted_after = true,
     .relies_on = REPORT},
    /* Being killed: SIGKILL does not end the wait for the answer. */
    {.before = {.is_ending = true},
     .kind = MP_MACH_CRASH,
     .is_own = true,
     .step = {.answer = MP_MACH_TAKEN},
     .relies_on = EXCEPTION},
    {.before = {.keeps_report = true, .is_ending = true},
     .kind = MP_MACH_CRASH,
     .is_own = true,
     .step = {.answer = MP_MACH_NOT_TAKEN},
     .relies_on = EXCEPTION},
    /* What the round started has its port too, and waits as it does. */
    {.kind = MP_MACH_CRASH,
     .step = {.notes_child = true, .answer = MP_MACH_TAKEN},
     .relies_on = INHERITED},
    {.before = {.keeps_report = true},
     .kind = MP_MACH_CRASH,
     .step = {.notes_child = true, .answer = MP_MACH_NOT_TAKEN},
     .relies_on = INHERITED},
    {.before = {.is_ending = true},
     .kind = MP_MACH_CRASH,
     .step = {.notes_child = true, .answer = MP_MACH_TAKEN},
     .relies_on = EXCEPTION},
    /* A hello is never answered; the first of the round leaves its task. */
    {.kind = MP_MACH_HELLO,
     .is_own = true,
     .step = {.keeps_task = true},
     .is_greeted_after = true},
    {.before = {.is_greeted = true},
     .kind = MP_MACH_HELLO,
     .is_own = true,
     .is_greeted_after = true},
    {.kind = MP_MACH_HELLO, .relies_on = INHERITED},
    {.before = {.is_greeted = true}, .kind = MP_MACH_HELLO, .is_greeted_after = true},
    /* What nobody asked for. */
    {.kind = MP_MACH_FOREIGN, .step = {.destroys = true}},
    {.before = {.keeps_report = true, .is_greeted = true, .is_ending = true},
     .kind = MP_MACH_FOREIGN,
     .step = {.destroys = true},
     .is_greeted_after = true},
};

static void each_message_has_its_step(void **state) {
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct mp_mach_policy policy = row->before;
        struct mp_mach_step step = mp_mach_policy_step(&policy, row->kind, row->is_own);
        if (step.records != row->step.records ||
            step.notes_child != row->step.notes_child ||
            step.keeps_task != row->step.keeps_task ||
            step.destroys != row->step.destroys || step.answer != row->step.answer)
            fail_msg("row %zu: another step", i);
        if (policy.is_greeted != row->is_greeted_after ||
            policy.keeps_report != row->before.keeps_report ||
            policy.is_ending != row->before.is_ending)
            fail_msg("row %zu: another state", i);
    }
}

/* In every state: a crash has one answer, whoever's it is, and nothing else has any;
 * nothing is read of a task that is not the round's, or that is being killed; and what is
 * kept cannot be destroyed too. */
static void these_hold_in_every_state(void **state) {
    static const enum mp_mach_kind kinds[] = {MP_MACH_FOREIGN, MP_MACH_CRASH,
                                              MP_MACH_HELLO};
    (void)state;
    for (unsigned bits = 0; bits < 16; bits++)
        for (size_t k = 0; k < MP_COUNT(kinds); k++) {
            struct mp_mach_policy policy = {.keeps_report = (bits & 1) != 0,
                                            .is_greeted = (bits & 2) != 0,
                                            .is_ending = (bits & 4) != 0};
            bool is_own = (bits & 8) != 0, was_greeted = policy.is_greeted;
            struct mp_mach_step step = mp_mach_policy_step(&policy, kinds[k], is_own);
            bool is_crash = kinds[k] == MP_MACH_CRASH;
            assert_int_equal(step.answer != MP_MACH_NO_ANSWER, is_crash);
            assert_false(is_crash &&
                         (step.answer == MP_MACH_NOT_TAKEN) != policy.keeps_report);
            assert_false(step.records && (!is_own || policy.is_ending || !is_crash));
            assert_false(step.keeps_task && (!is_own || was_greeted));
            assert_int_equal(step.destroys, kinds[k] == MP_MACH_FOREIGN);
            assert_true(policy.is_greeted >= was_greeted);
        }
}

/* MP_RELIED_ON is the table of scripts/check_xnu. */
static void what_a_row_relies_on_is_watched(void **state) {
    static char text[16384];
    (void)state;
    FILE *file = fopen(MP_RELIED_ON, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    assert_non_null(strstr(text, "\ntag xnu-"));
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        char line[128];
        if (rows[i].relies_on == NULL)
            continue;
        snprintf(line, sizeof(line), "\n%s ", rows[i].relies_on);
        if (strstr(text, line) == NULL)
            fail_msg("row %zu: nobody watches %s", i, rows[i].relies_on);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_has_its_step),
        cmocka_unit_test(these_hold_in_every_state),
        cmocka_unit_test(what_a_row_relies_on_is_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
