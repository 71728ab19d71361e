/* Tests of the crash record: it holds as many as its limits say, and its words are never
 * NULL.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "harness/wire/crash.h"

static void record_grows_to_its_limits_and_keeps_what_it_holds(void **state) {
    (void)state;
    struct mp_crash *crash = mp_crash_create();
    for (uint64_t i = 0; i < MP_CRASH_THREADS_MAX; i++) {
        struct mp_crash_thread *thread = mp_crash_add_thread(crash);
        assert_non_null(thread);
        assert_true(thread->tid == 0 && thread->frame_count == 0);
        thread->tid = i + 1;
        for (uint64_t f = 0; f < i % (MP_CRASH_FRAMES_MAX + 1); f++)
            mp_crash_add_frame(thread)->pc = 1000 * i + f;
    }
    assert_null(mp_crash_add_thread(crash));
    for (uint64_t i = 0; i < MP_CRASH_MODULES_MAX; i++)
        mp_crash_add_module(crash)->base = i;
    assert_null(mp_crash_add_module(crash));

    assert_int_equal(crash->thread_count, MP_CRASH_THREADS_MAX);
    for (uint64_t i = 0; i < MP_CRASH_THREADS_MAX; i++) {
        const struct mp_crash_thread *thread = &crash->thread[i];
        assert_int_equal(thread->tid, i + 1);
        assert_int_equal(thread->frame_count, i % (MP_CRASH_FRAMES_MAX + 1));
        for (uint64_t f = 0; f < thread->frame_count; f++) {
            assert_int_equal(thread->frame[f].pc, 1000 * i + f);
            assert_int_equal(thread->frame[f].module, -1);
        }
    }
    for (uint64_t i = 0; i < MP_CRASH_MODULES_MAX; i++)
        assert_int_equal(crash->module[i].base, i);
    assert_null(mp_crash_add_frame(&crash->thread[MP_CRASH_FRAMES_MAX]));
    mp_crash_destroy(crash);
    mp_crash_destroy(NULL);
}

static void words_are_distinct_and_safe_out_of_range(void **state) {
    (void)state;
    for (int i = 0; i < MP_FAULT_CLASS_COUNT; i++) {
        for (int j = 0; j < i; j++)
            assert_string_not_equal(mp_fault_class_name((enum mp_fault_class)i),
                                    mp_fault_class_name((enum mp_fault_class)j));
    }
    assert_string_equal(mp_fault_class_name((enum mp_fault_class)99), "unknown");
    assert_string_equal(mp_crash_access_name(MP_ACCESS_WRITE), "write");
    assert_string_equal(mp_crash_access_name((enum mp_crash_access)99), "unknown");
}

static void signals_have_their_names_or_their_number(void **state) {
    (void)state;
    char buf[16];
    assert_string_equal(mp_crash_signal_name(SIGSEGV, buf, sizeof(buf)), "SIGSEGV");
    assert_string_equal(mp_crash_signal_name(SIGBUS, buf, sizeof(buf)), "SIGBUS");
    assert_string_equal(mp_crash_signal_name(77, buf, sizeof(buf)), "signal 77");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_grows_to_its_limits_and_keeps_what_it_holds),
        cmocka_unit_test(words_are_distinct_and_safe_out_of_range),
        cmocka_unit_test(signals_have_their_names_or_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
