/* What libraries of a made-up macOS task left for reports of its crash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/macho.h"
#include "harness/supervisor/capture/record_task.h"
#include "harness/tests/task_fixture.h"

#define BASE       UINT64_C(0x190100000)
#define LAST_WORDS "-[MTLToolsCommandBuffer commit]:12: failed assertion `commit twice'"

/* Where fake_task_add_image puts them in an image without a table of functions. */
#define DATA_COMMAND                                                                     \
    (sizeof(struct mp_macho_header) + 2 * sizeof(struct mp_macho_segment) +              \
     sizeof(struct mp_macho_symtab) + sizeof(struct mp_macho_uuid))
#define COUNT_AT (DATA_COMMAND + offsetof(struct mp_macho_segment, nsects))
#define INFO_ROW                                                                         \
    (DATA_COMMAND + sizeof(struct mp_macho_segment) + sizeof(struct mp_macho_section))

static const struct fake_image talker = {.base = BASE,
                                         .vmaddr = UINT64_C(0x180100000),
                                         .path = "/usr/lib/system/libsystem_c.dylib",
                                         .said = "abort() called",
                                         .said2 = LAST_WORDS};

static struct mp_crash *record_until(struct fake_task *fake, uint64_t until_ns) {
    struct mp_task task = fake_task_open(fake);
    const struct mp_apple_exception exception = {.type = "EXC_CRASH",
                                                 .signal = "SIGABRT"};
    struct mp_task_stop stop = {
        .exception = &exception, .thread = FAKE_HANDLE(0), .until_ns = until_ns};
    return mp_task_record(&task, &stop);
}

static void open_talking_task(struct fake_task *task) {
    *task = (struct fake_task){.thread_count = 1};
    fake_task_add_image(task, &talker);
    fake_task_list_images(task, &talker, 1);
    task->thread[0].state.pc = talker.base + 0x108;
}

static void the_last_words_of_a_process_are_read_out_of_its_libraries(void **state) {
    struct fake_task fake;
    (void)state;
    open_talking_task(&fake);
    struct mp_crash *crash = record_until(&fake, UINT64_MAX);
    assert_string_equal(crash->said, LAST_WORDS);
    mp_crash_destroy(crash);
    /* No report asks a hang. */
    struct mp_task task = fake_task_open(&fake);
    crash = mp_task_record(&task, &(struct mp_task_stop){.until_ns = UINT64_MAX});
    assert_string_equal(crash->said, "");
    mp_crash_destroy(crash);
    fake_task_close(&fake);
}

/* Shorter than a page, longer than a record has room for. */
static void words_that_are_too_long_say_that_they_were_cut(void **state) {
    static const char start[] = "-[MTLToolsCommandBuffer commit]:12: failed assertion `";
    char words[2000], as_long[MP_CRASH_SAID_MAX];
    struct fake_task fake;
    struct fake_image image = talker;
    (void)state;
    memset(words, 'x', sizeof(words));
    memcpy(words, start, sizeof(start) - 1);
    words[sizeof(words) - 1] = '\0';
    image.said2 = words;
    fake = (struct fake_task){.thread_count = 1};
    fake_task_add_image(&fake, &image);
    fake_task_list_images(&fake, &image, 1);
    struct mp_crash *crash = record_until(&fake, UINT64_MAX);
    assert_int_equal(strlen(crash->said), MP_CRASH_SAID_MAX - 1);
    assert_memory_equal(crash->said, words, MP_CRASH_SAID_MAX - 4);
    assert_string_equal(crash->said + MP_CRASH_SAID_MAX - 4, "\xe2\x80\xa6");
    mp_crash_destroy(crash);
    fake_task_close(&fake);
    /* What just fits is whole. */
    memcpy(as_long, words, sizeof(as_long));
    as_long[sizeof(as_long) - 1] = '\0';
    image.said2 = as_long;
    fake = (struct fake_task){.thread_count = 1};
    fake_task_add_image(&fake, &image);
    fake_task_list_images(&fake, &image, 1);
    crash = record_until(&fake, UINT64_MAX);
    assert_string_equal(crash->said, as_long);
    mp_crash_destroy(crash);
    fake_task_close(&fake);
}

static void words_say_nothing_if_they_only_tell_how_it_ended(void **state) {
    struct fake_task task;
    const uint64_t none = 0;
    (void)state;
    open_talking_task(&task);
    fake_task_store(&task,
                    talker.base + FAKE_INFO + offsetof(struct mp_macho_info, message2),
                    &none, sizeof(none));
    struct mp_crash *crash = record_until(&task, UINT64_MAX);
    assert_string_equal(crash->said, "");
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

/* What is believed of the struct, and of the command that says where it is. */
static void words_that_cannot_be_true_are_none(void **state) {
    static const struct {
        uint64_t offset, value;
        bool is_heard;
    } row[] = {
        {FAKE_INFO + offsetof(struct mp_macho_info, version), 4, true},
        {FAKE_INFO + offsetof(struct mp_macho_info, version), 3, false},
        {FAKE_INFO + offsetof(struct mp_macho_info, version), 7, true},
        {FAKE_INFO + offsetof(struct mp_macho_info, version), 17, false},
        {FAKE_INFO + offsetof(struct mp_macho_info, message2), UINT64_MAX, false},
        {FAKE_INFO + offsetof(struct mp_macho_info, message2), 8, false},
        {FAKE_INFO + offsetof(struct mp_macho_info, message), 8, true},
        {COUNT_AT, 1, false},
        {COUNT_AT, UINT32_MAX, true},
        {INFO_ROW + offsetof(struct mp_macho_section, sectname), 0, false},
        {INFO_ROW + offsetof(struct mp_macho_section, segname), 0, false},
        {INFO_ROW + offsetof(struct mp_macho_section, addr), UINT64_MAX - 8, false},
        {INFO_ROW + offsetof(struct mp_macho_section, size), 48, false},
        {INFO_ROW + offsetof(struct mp_macho_section, size), 56, true},
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(row); i++) {
        struct fake_task task;
        open_talking_task(&task);
        bool is_count = row[i].offset == COUNT_AT;
        fake_task_store(&task, talker.base + row[i].offset, &row[i].value,
                        is_count ? 4 : 8);
        struct mp_crash *crash = record_until(&task, UINT64_MAX);
        if ((strcmp(crash->said, LAST_WORDS) == 0) != row[i].is_heard)
            fail_msg("row %zu: '%s'", i, crash->said);
        mp_crash_destroy(crash);
        fake_task_close(&task);
    }
}

static void past_its_time_no_words_are_looked_for(void **state) {
    struct fake_task task;
    (void)state;
    open_talking_task(&task);
    struct mp_crash *crash = record_until(&task, 1);
    assert_string_equal(crash->said, "");
    mp_crash_destroy(crash);
    fake_task_close(&task);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_words_of_a_process_are_read_out_of_its_libraries),
        cmocka_unit_test(words_that_are_too_long_say_that_they_were_cut),
        cmocka_unit_test(words_say_nothing_if_they_only_tell_how_it_ended),
        cmocka_unit_test(words_that_cannot_be_true_are_none),
        cmocka_unit_test(past_its_time_no_words_are_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
