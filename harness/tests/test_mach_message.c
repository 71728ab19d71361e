/* The messages of a round's port, byte by byte.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifdef __APPLE__
#include <mach/mach.h>
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/mach_message.h"

static struct mp_mach_exception_message true_message(void) {
    return (struct mp_mach_exception_message){
        .header = {.bits = 0x80001112,
                   .size = sizeof(struct mp_mach_exception_message),
                   .remote = 0x707,
                   .local = 0x103,
                   .id = MP_MACH_EXCEPTION_ID},
        .descriptors = 2,
        .thread = {.name = 0xb03, .disposition = 17},
        .task = {.name = 0xc03, .disposition = 17},
        .ndr = {0, 0, 0, 0, 1, 0, 0, 0},
        .exception = MP_MACH_EXC_CRASH,
        .code_count = 2,
        .code = {0x0b100001, 0x5c8},
    };
}

static enum mp_mach_kind kind_of(const void *bytes, size_t size) {
    struct mp_mach_message read;
    mp_mach_message_read(bytes, size, &read);
    return read.kind;
}

static void a_crash_message_gives_thread_task_and_codes(void **state) {
    struct mp_mach_exception_message message = true_message();
    struct mp_mach_message read;
    (void)state;
    mp_mach_message_read(&message, sizeof(message), &read);
    assert_int_equal(read.kind, MP_MACH_CRASH);
    assert_int_equal(read.thread, 0xb03);
    assert_int_equal(read.task, 0xc03);
    assert_true(read.code[0] == 0x0b100001 && read.code[1] == 0x5c8);
}

static void what_differs_in_one_field_is_foreign(void **state) {
    struct mp_mach_exception_message message;
    (void)state;
#define FOREIGN(member, value)                                                           \
    message = true_message();                                                            \
    message.member = (value);                                                            \
    assert_int_equal(kind_of(&message, sizeof(message)), MP_MACH_FOREIGN)
    FOREIGN(header.id, MP_MACH_EXCEPTION_ID + 1);
    FOREIGN(header.bits, 0x1112);
    FOREIGN(header.size, sizeof(message) - 4);
    FOREIGN(header.size, sizeof(message) + 4);
    FOREIGN(descriptors, 1);
    FOREIGN(descriptors, 3);
    FOREIGN(thread.type, 1);
    FOREIGN(task.type, 1);
    FOREIGN(thread.disposition, 16); /* a receive right */
    FOREIGN(task.disposition, 18);
    FOREIGN(exception, 1);
    FOREIGN(code_count, 1);
    FOREIGN(code_count, UINT32_MAX);
#undef FOREIGN
    message = true_message();
    for (size_t size = 0; size < sizeof(message); size++) {
        uint8_t *exact = malloc(size > 0 ? size : 1);
        assert_non_null(exact);
        memcpy(exact, &message, size);
        assert_int_equal(kind_of(exact, size), MP_MACH_FOREIGN);
        free(exact);
    }
}

static void a_hello_gives_the_task(void **state) {
    struct mp_hello_message hello = {
        .header = {.bits = 0x80000011, .size = sizeof(hello), .id = MP_HELLO_ID},
        .descriptors = 1,
        .task = {.name = 0xd03, .disposition = 17}};
    struct mp_mach_message read;
    (void)state;
    mp_mach_message_read(&hello, sizeof(hello), &read);
    assert_int_equal(read.kind, MP_MACH_HELLO);
    assert_int_equal(read.task, 0xd03);
    hello.task.disposition = 16;
    assert_int_equal(kind_of(&hello, sizeof(hello)), MP_MACH_FOREIGN);
    hello.task.disposition = 17;
    hello.descriptors = 2;
    assert_int_equal(kind_of(&hello, sizeof(hello)), MP_MACH_FOREIGN);
    hello.descriptors = 1;
    hello.header.id = MP_HELLO_ID + 1;
    assert_int_equal(kind_of(&hello, sizeof(hello)), MP_MACH_FOREIGN);
    hello.header.id = MP_HELLO_ID;
    hello.header.size = sizeof(hello) + 4;
    assert_int_equal(kind_of(&hello, sizeof(hello)), MP_MACH_FOREIGN);
    hello.header.size = sizeof(hello);
    assert_int_equal(kind_of(&hello, sizeof(hello)), MP_MACH_HELLO);
}

static void the_reply_goes_back_by_the_right_that_came(void **state) {
    struct mp_mach_exception_message message = true_message();
    struct mp_mach_reply reply;
    (void)state;
    mp_mach_reply_make(&message, -301, &reply);
    assert_int_equal(reply.header.bits, 18);
    assert_int_equal(reply.header.size, 36);
    assert_int_equal(reply.header.remote, 0x707);
    assert_int_equal(reply.header.local, 0);
    assert_int_equal(reply.header.id, 2505);
    assert_int_equal(reply.status, -301);
    assert_memory_equal(reply.ndr, message.ndr, sizeof(reply.ndr));
}

static void the_codes_of_a_crash_are_what_led_to_it(void **state) {
    static const struct {
        uint64_t code[2];
        const char *type, *signal;
        bool has_code;
        uint64_t first, address;
    } row[] = {
        {{0x0b100001, 0x5c8}, "EXC_BAD_ACCESS", "SIGSEGV", true, 1, 0x5c8},
        {{0x0a100002, 0x10c000000}, "EXC_BAD_ACCESS", "SIGBUS", true, 2, 0x10c000000},
        {{0x0a100101, 0x7}, "EXC_BAD_ACCESS", "SIGBUS", true, 0x101, 7},
        {{0x05600001, 0x1000}, "EXC_BREAKPOINT", "SIGTRAP", true, 1, 0x1000},
        {{0x04200001, 0}, "EXC_BAD_INSTRUCTION", "SIGILL", true, 1, 0},
        {{0x06000000, 0}, "EXC_CRASH", "SIGABRT", false, 0, 0},
        {{0xff000000, 0}, "EXC_CRASH", "", false, 0, 0},
        {{0x0bf00001, 9}, "EXC_CRASH", "SIGSEGV", true, 1, 9},
        {{UINT64_MAX, UINT64_MAX}, "EXC_CRASH", "", true, 0xfffff, UINT64_MAX},
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(row); i++) {
        struct mp_apple_exception exception;
        mp_mach_crash_decode(row[i].code, &exception);
        assert_string_equal(exception.type, row[i].type);
        assert_string_equal(exception.signal, row[i].signal);
        assert_int_equal(exception.has_code, row[i].has_code);
        assert_true(exception.code == row[i].first);
        assert_true(exception.address == row[i].address);
    }
}

#ifdef __APPLE__
/* Members of a descriptor that are bits have no offset that a compiler tells. */
static void a_descriptor_has_its_bits_where_the_system_has_them(void **state) {
    const mach_msg_port_descriptor_t theirs = {
        .name = 0x1234, .disposition = 17, .type = 5};
    const struct mp_mach_port ours = {.name = 0x1234, .disposition = 17, .type = 5};
    (void)state;
    assert_memory_equal(&ours, &theirs, sizeof(ours));
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef __APPLE__
        cmocka_unit_test(a_descriptor_has_its_bits_where_the_system_has_them),
#endif
        cmocka_unit_test(a_crash_message_gives_thread_task_and_codes),
        cmocka_unit_test(what_differs_in_one_field_is_foreign),
        cmocka_unit_test(a_hello_gives_the_task),
        cmocka_unit_test(the_reply_goes_back_by_the_right_that_came),
        cmocka_unit_test(the_codes_of_a_crash_are_what_led_to_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
