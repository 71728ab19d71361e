/* Stacks of arm64 faults as a processor left them: frame records by a compiler, return
 * addresses signed by pointer authentication. arm64/victim.c says how they were recorded.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/supervisor/capture/record_task.h"
#include "harness/tests/task_fixture.h"

#define BASE         UINT64_C(0x1010000)
#define RECORD_BYTES 65536

static const struct fake_symbol symbols[] = {
    {"_victim_leaf", 0x7b4, 0},    {"_victim_framed", 0x7c0, 0},
    {"_victim_recurse", 0x804, 0}, {"_victim_middle", 0x86c, 0},
    {"_victim_outer", 0x8fc, 0},   {"_main", 0x928, 0},
    {"_behind_main", 0x960, 0},
};
static const struct fake_image image = {.base = BASE,
                                        .vmaddr = BASE,
                                        .path = "/victim",
                                        .symbol = symbols,
                                        .symbol_count = 7};

/* "NAME ADDRESS HEX": stores the bytes, in memory of their own if `is_new`. */
static void store(struct fake_task *task, const char *line, bool is_new) {
    char *hex = NULL;
    uint64_t at = strtoull(strchr(line, ' '), &hex, 16);
    hex++;
    size_t len = strspn(hex, "0123456789abcdef") / 2;
    if (is_new)
        fake_task_map(task, at, len);
    for (size_t i = 0; i < len; i++) {
        char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        uint8_t byte = (uint8_t)strtoul(digits, NULL, 16);
        fake_task_store(task, at + i, &byte, 1);
    }
}

static struct mp_crash *record(const char *deed) {
    static char line[RECORD_BYTES];
    struct fake_task fake = {.thread_count = 1};
    struct mp_arm64_state *state = &fake.thread[0].state;
    struct mp_apple_exception exception = {.type = "EXC_BAD_ACCESS", .signal = "SIGSEGV"};
    struct mp_task_stop stop = {
        .exception = &exception, .thread = FAKE_HANDLE(0), .until_ns = UINT64_MAX};
    bool is_it = false;
    FILE *file = fopen(MP_RECORDED, "r");
    assert_non_null(file);
    fake_task_add_image(&fake, &image);
    fake_task_list_images(&fake, &image, 1);
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "code ", 5) == 0)
            store(&fake, line, false);
        else if (strncmp(line, "deed ", 5) == 0)
            is_it = strcmp(line + 5, deed) == 0;
        else if (is_it && strncmp(line, "stack ", 6) == 0)
            store(&fake, line, true);
        else if (is_it)
            assert_int_equal(
                sscanf(line, "fp %" SCNx64 " lr %" SCNx64 " sp %" SCNx64 " pc %" SCNx64,
                       &state->fp, &state->lr, &state->sp, &state->pc),
                4);
    }
    fclose(file);
    struct mp_task task = fake_task_open(&fake);
    struct mp_crash *crash = mp_task_record(&task, &stop);
    fake_task_close(&fake);
    return crash;
}

static void check(const char *deed, const char *const *name, size_t count) {
    struct mp_crash *crash = record(deed);
    assert_true(crash->thread[0].frame_count >= count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(crash->thread[0].frame[i].symbol, name[i]);
        assert_true(crash->thread[0].frame[i].pc >> 32 == 0);
    }
    mp_crash_destroy(crash);
}

static void a_fault_in_a_leaf_has_its_caller_from_lr(void **state) {
    static const char *const name[] = {"victim_leaf", "victim_middle", "victim_outer",
                                       "main"};
    (void)state;
    check("leaf", name, 4);
}

static void an_old_lr_of_a_function_that_has_called_is_not_a_frame(void **state) {
    static const char *const name[] = {"victim_framed", "victim_middle", "victim_outer",
                                       "main"};
    (void)state;
    check("framed", name, 4);
}

static void a_stack_overflow_in_a_prologue_has_its_recursion(void **state) {
    static const char *const name[] = {
        "victim_recurse", "victim_recurse", "victim_recurse", "victim_recurse",
        "victim_recurse", "victim_recurse", "victim_recurse", "victim_recurse"};
    (void)state;
    check("recurse", name, 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_in_a_leaf_has_its_caller_from_lr),
        cmocka_unit_test(an_old_lr_of_a_function_that_has_called_is_not_a_frame),
        cmocka_unit_test(a_stack_overflow_in_a_prologue_has_its_recursion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
