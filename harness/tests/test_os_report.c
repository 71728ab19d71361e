/* Reports of the operating system: what is read out of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/strbuf.h"
#include "harness/tests/report_fixture.h"

static uint64_t value_of(const struct mp_crash_thread *thread, const char *name) {
    for (size_t i = 0; i < thread->register_count; i++)
        if (strcmp(thread->reg[i].name, name) == 0)
            return thread->reg[i].value;
    fail_msg("no register %s", name);
    return 0;
}

static void report_tells_the_process_the_times_and_the_system(void **state) {
    (void)state;
    struct mp_os_report *report = report_load("null_offset.ips");
    assert_int_equal(report->kind, MP_OS_REPORT_CRASH);
    assert_string_equal(report->incident, "5EEDC0DE-0001-4A1B-9C2D-3E4F50617283");
    assert_string_equal(report->bug_type, "309");
    assert_string_equal(report->process, "mpstress-round");
    assert_string_equal(report->os_build, "24X999");
    assert_int_equal(report->pid, 4242);
    assert_int_equal(report->launched_wall_ns, UINT64_C(1773480030125000000));
    assert_int_equal(report->captured_wall_ns, UINT64_C(1773480031250000000));
    assert_false(report->is_truncated);
    mp_os_report_destroy(report);
}

static void report_puts_the_thread_that_died_first_with_its_stack(void **state) {
    (void)state;
    struct mp_os_report *report = report_load("null_offset.ips");
    const struct mp_crash *crash = report->crash;
    assert_int_equal(crash->signal, SIGSEGV);
    assert_int_equal(crash->fault_class, MP_FAULT_NULL);
    assert_int_equal(crash->access, MP_ACCESS_READ);
    assert_true(crash->has_address);
    assert_int_equal(crash->address, 0x5c8);
    assert_int_equal(crash->thread_count, 4);
    const struct mp_crash_thread *thread = &crash->thread[0];
    assert_true(thread->is_faulting);
    assert_string_equal(thread->name, "worker 1");
    assert_int_equal(thread->frame_count, 5);
    assert_string_equal(thread->frame[0].symbol,
                        "-[AGXG16XFamilyComputeContext setComputePipelineState:]");
    assert_int_equal(thread->frame[0].offset, 32);
    assert_int_equal(thread->frame[0].pc, UINT64_C(4370001920) + 2873040);
    assert_string_equal(crash->module[thread->frame[0].module].id,
                        "aaaabbbbcccc3ddd8eeeffff00001111");
    assert_string_equal(thread->frame[2].file, "round.c");
    assert_int_equal(thread->frame[2].line, 211);
    assert_false(crash->thread[1].is_faulting);
    assert_string_equal(crash->thread[1].name, "com.apple.main-thread");
    mp_os_report_destroy(report);
}

/* A parser that reads numbers as doubles gives 18446744073709551616 and
 * 9223372036854775808. */
static void report_keeps_every_bit_of_a_number(void **state) {
    (void)state;
    struct mp_os_report *report = report_load("null_offset.ips");
    const struct mp_crash_thread *thread = &report->crash->thread[0];
    assert_true(thread->tid == UINT64_C(18446744073709551614));
    assert_true(value_of(thread, "x1") == UINT64_MAX);
    assert_true(value_of(thread, "x2") == UINT64_C(9223372036854775809));
    assert_true(value_of(thread, "esr") == 0x92000006);
    mp_os_report_destroy(report);
}

static void frames_without_a_symbol_or_an_image_stay(void **state) {
    (void)state;
    struct mp_os_report *report = report_load("null_offset.ips");
    const struct mp_crash_thread *thread = &report->crash->thread[0];
    assert_string_equal(thread->frame[1].symbol, "");
    assert_int_equal(thread->frame[1].offset, 12345);
    assert_string_equal(report->crash->module[thread->frame[1].module].path,
                        "/Users/USER/*/mpstress-round");
    assert_int_equal(thread->frame[3].module, -1); /* source "A" */
    assert_int_equal(thread->frame[3].pc, 77);
    mp_os_report_destroy(report);
}

static void x86_report_without_raw_codes_gives_address_and_access(void **state) {
    (void)state;
    struct mp_os_report *report = report_load("wild_write_x86.ips");
    const struct mp_crash *crash = report->crash;
    assert_int_equal(crash->fault_class, MP_FAULT_WILD);
    assert_int_equal(crash->access, MP_ACCESS_WRITE);
    assert_true(crash->address == UINT64_C(0x7f544a36e000));
    assert_true(crash->thread[0].is_faulting); /* marked, without faultingThread */
    assert_int_equal(crash->thread[0].tid, 2);
    mp_os_report_destroy(report);
}

static void abort_keeps_its_message(void **state) {
    (void)state;
    struct mp_os_report *report = report_load("abort.ips");
    struct mp_signature signature;
    assert_int_equal(report->crash->signal, SIGABRT);
    assert_int_equal(report->crash->fault_class, MP_FAULT_NONE);
    assert_false(report->crash->has_address);
    assert_string_equal(report->message,
                        "A command encoder is already encoding to this command buffer");
    assert_true(mp_os_report_sign(report, &signature));
    assert_non_null(strstr(signature.key, "tryCoalescing"));
    mp_os_report_destroy(report);
}

static void text_report_says_what_its_json_would(void **state) {
    (void)state;
    struct mp_os_report *report = report_load("legacy.crash");
    const struct mp_crash *crash = report->crash;
    assert_string_equal(report->incident, "5EEDC0DE-0008-4A1B-9C2D-3E4F50617283");
    assert_string_equal(report->process, "mpstress-round");
    assert_int_equal(report->pid, 4711);
    assert_string_equal(report->os_build, "24X999");
    assert_string_equal(report->message, "store to a page of another");
    assert_int_equal(report->launched_wall_ns, UINT64_C(1773480150125000000));
    assert_false(report->is_truncated);
    assert_int_equal(crash->signal,
                     SIGBUS); /* of this system, where it may be another number */
    assert_int_equal(crash->fault_class, MP_FAULT_PROTECTION);
    assert_int_equal(crash->access, MP_ACCESS_WRITE);
    assert_true(crash->address == 0x104a80000);
    assert_int_equal(crash->thread_count, 2);
    assert_string_equal(crash->thread[1].name, "com.apple.main-thread");
    const struct mp_crash_thread *thread = &crash->thread[0];
    assert_int_equal(thread->tid, 1);
    assert_string_equal(thread->name, "worker + 1 (of 2)");
    assert_true(value_of(thread, "x1") == UINT64_MAX);
    assert_true(value_of(thread, "x2") == UINT64_C(0x8000000000000001));
    assert_int_equal(thread->frame_count, 5);
    assert_string_equal(
        thread->frame[0].symbol,
        "-[AGXG16XFamilyComputeContext(Private) setBuffer:offset:atIndex:]");
    assert_int_equal(thread->frame[0].offset, 56);
    assert_string_equal(
        thread->frame[1].symbol,
        "AGX::Copy<int (*)(char)>::operator+ (AGX::Copy<int (*)(char)> const&)");
    assert_string_equal(thread->frame[2].file, "round.c");
    assert_int_equal(thread->frame[2].line, 211);
    assert_string_equal(thread->frame[3].symbol, "");
    assert_int_equal(thread->frame[3].offset, 21845);
    assert_int_equal(thread->frame[4].module, -1);
    mp_os_report_destroy(report);
}

static void report_behind_its_translation_is_the_same_one(void **state) {
    (void)state;
    struct mp_os_report *whole = report_load("null_offset.ips"),
                        *passed_on = report_load("translated.txt");
    assert_string_equal(whole->incident, passed_on->incident);
    assert_string_not_equal(whole->sha256, passed_on->sha256);
    assert_int_equal(whole->crash->thread[0].frame_count,
                     passed_on->crash->thread[0].frame_count);
    mp_os_report_destroy(whole);
    mp_os_report_destroy(passed_on);
}

static void same_bug_on_another_gpu_has_the_same_signature(void **state) {
    (void)state;
    struct mp_os_report *first = report_load("null_offset.ips"),
                        *second = report_load("null_offset_other_gpu.ips");
    struct mp_os_report *other = report_load("wild_write_x86.ips");
    struct mp_signature one, two, three;
    assert_true(mp_os_report_sign(first, &one));
    assert_true(mp_os_report_sign(second, &two));
    assert_true(mp_os_report_sign(other, &three));
    assert_string_equal(one.key, two.key);
    assert_string_not_equal(one.key, three.key);
    mp_os_report_destroy(first);
    mp_os_report_destroy(second);
    mp_os_report_destroy(other);
}

static void what_is_no_process_crash_says_what_it_is(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum mp_os_report_kind kind;
        const char *what;
    } rows[] = {
        {"gpu_event.ips", MP_OS_REPORT_GPU_EVENT, "event of the GPU"},
        {"panic.ips", MP_OS_REPORT_OTHER, "kernel panic"},
        {"simulated.ips", MP_OS_REPORT_SIMULATED,
         "simulated report, the process continued"},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_os_report *report = report_load(rows[i].name);
        assert_int_equal(report->kind, rows[i].kind);
        assert_string_equal(report->what, rows[i].what);
        assert_null(report->crash);
        mp_os_report_destroy(report);
    }
    struct mp_os_report *event = report_load("gpu_event.ips");
    assert_string_equal(event->message, "firmware-detected lockup");
    assert_string_equal(event->process, "mpstress-round");
    mp_os_report_destroy(event);
}

/* Exceptions of Apple's as fault classes; the registers stand for a stack at
 * 0x16b000000. */
static void exceptions_become_fault_classes(void **state) {
    (void)state;
    static const struct {
        const char *type, *signal, *codes, *subtype;
        enum mp_fault_class fault_class;
        bool has_address;
    } rows[] = {
        {"EXC_BAD_ACCESS", "SIGSEGV", "1,0", "", MP_FAULT_NULL, true},
        {"EXC_BAD_ACCESS", "SIGSEGV", "1,65535", "", MP_FAULT_NULL, true},
        {"EXC_BAD_ACCESS", "SIGSEGV", "1,65536", "", MP_FAULT_WILD, true},
        {"EXC_BAD_ACCESS", "SIGSEGV", "1,154323456344944", "", MP_FAULT_NON_CANONICAL,
         true},
        {"EXC_BAD_ACCESS", "SIGSEGV", "1,133000000000000", "", MP_FAULT_WILD, true},
        {"EXC_BAD_ACCESS", "SIGSEGV", "1,133000000000000",
         "KERN_INVALID_ADDRESS at 0x1 -> 0x2 (possible pointer authentication failure)",
         MP_FAULT_NON_CANONICAL, true},
        {"EXC_BAD_ACCESS", "SIGBUS", "2,4096000000", "", MP_FAULT_PROTECTION, true},
        {"EXC_BAD_ACCESS", "SIGBUS", "2,6090129408", "", MP_FAULT_STACK_OVERFLOW, true},
        {"EXC_BAD_ACCESS", "SIGBUS", "10,4096000000", "", MP_FAULT_BUS, true},
        {"EXC_BAD_ACCESS", "SIGBUS", "257,4096000001", "", MP_FAULT_MISALIGNED, true},
        {"EXC_BAD_ACCESS", "SIGSEGV", "13,0", "EXC_I386_GPFLT", MP_FAULT_NON_CANONICAL,
         false},
        {"EXC_BREAKPOINT", "SIGTRAP", "1,4372874960", "", MP_FAULT_INSTRUCTION, true},
        {"EXC_BAD_INSTRUCTION", "SIGILL", "1,0", "", MP_FAULT_INSTRUCTION, false},
        {"EXC_ARITHMETIC", "SIGFPE", "1,0", "", MP_FAULT_ARITHMETIC, false},
        {"EXC_CRASH", "SIGABRT", "0,0", "", MP_FAULT_NONE, false},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_strbuf body;
        mp_strbuf_init(&body);
        mp_strbuf_addf(
            &body,
            "{\"faultingThread\":0,\"threads\":[{\"frames\":[{\"symbol\":\"f\"}],"
            "\"threadState\":{\"sp\":{\"value\":6090129424},\"pc\":{\"value\":7}}}],"
            "\"exception\":{\"type\":\"%s\",\"signal\":\"%s\",\"rawCodes\":[%s],"
            "\"subtype\":\"%s\"}}",
            rows[i].type, rows[i].signal, rows[i].codes, rows[i].subtype);
        struct mp_os_report *report = report_with_body(body.text);
        if (report->crash->fault_class != rows[i].fault_class ||
            report->crash->has_address != rows[i].has_address)
            fail_msg("%s %s is %s", rows[i].type, rows[i].codes,
                     mp_fault_class_name(report->crash->fault_class));
        mp_os_report_destroy(report);
        mp_strbuf_release(&body);
    }
}

static void jump_to_null_is_told_by_the_program_counter(void **state) {
    (void)state;
    struct mp_os_report *report = report_with_body(
        "{\"faultingThread\":0,\"threads\":[{\"threadState\":{\"pc\":{\"value\":0}}}],"
        "\"exception\":{\"type\":\"EXC_BAD_ACCESS\",\"rawCodes\":[1,0]}}");
    assert_int_equal(report->crash->fault_class, MP_FAULT_JUMP_NULL);
    assert_int_equal(report->crash->access, MP_ACCESS_EXECUTE);
    assert_int_equal(report->crash->signal,
                     SIGSEGV); /* from the type, where no signal is told */
    mp_os_report_destroy(report);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_tells_the_process_the_times_and_the_system),
        cmocka_unit_test(report_puts_the_thread_that_died_first_with_its_stack),
        cmocka_unit_test(report_keeps_every_bit_of_a_number),
        cmocka_unit_test(frames_without_a_symbol_or_an_image_stay),
        cmocka_unit_test(x86_report_without_raw_codes_gives_address_and_access),
        cmocka_unit_test(abort_keeps_its_message),
        cmocka_unit_test(text_report_says_what_its_json_would),
        cmocka_unit_test(report_behind_its_translation_is_the_same_one),
        cmocka_unit_test(same_bug_on_another_gpu_has_the_same_signature),
        cmocka_unit_test(what_is_no_process_crash_says_what_it_is),
        cmocka_unit_test(exceptions_become_fault_classes),
        cmocka_unit_test(jump_to_null_is_told_by_the_program_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
