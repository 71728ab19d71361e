/* Symbols out of what a linker really wrote: the header and the __LINKEDIT of the model
 * library, built for arm64 macOS without debug information by the pinned compiler of
 * scripts/cross_macos, held against what llvm-nm -n --defined-only says of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/supervisor/capture/images.h"
#include "harness/supervisor/capture/macho.h"
#include "harness/tests/task_fixture.h"

#define BASE        UINT64_C(0x10c0a4000)
#define TEXT_SIZE   0xb7f0
#define LINKEDIT    0x14000
#define FILE_MAX    65536
#define SYMBOLS_MAX 512

struct known {
    uint64_t offset;
    char name[256]; /* as C has it */
};

static size_t load(const char *name, uint8_t *buf) {
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", MP_MACHO, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    size_t len = fread(buf, 1, FILE_MAX, file);
    fclose(file);
    return len;
}

static void open_task(struct fake_task *task) {
    static uint8_t bytes[FILE_MAX];
    static const struct fake_image list = {.base = BASE,
                                           .path = "/opt/mpstress/libmpmodel.dylib"};
    *task = (struct fake_task){0};
    fake_task_map(task, BASE, TEXT_SIZE);
    size_t len = load("libmpmodel.header", bytes);
    fake_task_store(task, BASE, bytes, len);
    len = load("libmpmodel.linkedit", bytes);
    fake_task_map(task, BASE + LINKEDIT, len);
    fake_task_store(task, BASE + LINKEDIT, bytes, len);
    fake_task_list_images(task, &list, 1);
}

static size_t read_known(struct known *known) {
    static uint8_t text[FILE_MAX + 1];
    size_t count = 0, len = load("libmpmodel.nm", text);
    text[len] = '\0';
    char *next = NULL;
    for (char *line = strtok_r((char *)text, "\n", &next); line != NULL;
         line = strtok_r(NULL, "\n", &next)) {
        assert_true(count < SYMBOLS_MAX);
        char *rest = NULL;
        known[count].offset = strtoull(line, &rest, 16);
        assert_true(strlen(rest) > 4);
        rest += rest[3] == '_' ? 4 : 3;
        snprintf(known[count].name, sizeof(known[count].name), "%s", rest);
        count++;
    }
    return count;
}

/* Two names of one place are both right. */
static bool is_name_of(const struct known *known, size_t count, uint64_t offset,
                       const char *name) {
    for (size_t i = 0; i < count; i++)
        if (known[i].offset == offset && strcmp(known[i].name, name) == 0)
            return true;
    return false;
}

static void every_function_that_nm_lists_is_named_at_a_slide(void **state) {
    static struct known known[SYMBOLS_MAX];
    struct fake_task fake;
    size_t count = read_known(known);
    (void)state;
    assert_true(count > 100);
    open_task(&fake);
    struct mp_task task = fake_task_open(&fake);
    struct mp_images *images = mp_images_open(&task, NULL);
    struct mp_crash *crash = mp_crash_create();
    for (size_t i = 0; i < count; i++) {
        struct mp_crash_frame frame = {.pc = BASE + known[i].offset, .module = -1};
        mp_images_name(images, crash, &frame, false);
        if (!is_name_of(known, count, known[i].offset, frame.symbol))
            fail_msg("%s is called %s", known[i].name, frame.symbol);
        assert_true(frame.offset == 0);
    }
    assert_int_equal(crash->module_count, 1);
    assert_string_equal(crash->module[0].path, "/opt/mpstress/libmpmodel.dylib");
    assert_true(crash->module[0].size == TEXT_SIZE);
    assert_int_equal(strlen(crash->module[0].id), 32);
    mp_crash_destroy(crash);
    mp_images_close(images);
    fake_task_close(&fake);
}

static void what_is_cut_from_the_end_costs_names_and_nothing_else(void **state) {
    static struct known known[SYMBOLS_MAX];
    size_t count = read_known(known);
    (void)state;
    for (size_t cut = 0; cut < 0x4400; cut += 0x173) {
        struct fake_task fake;
        open_task(&fake);
        fake.piece[1].size -= cut;
        struct mp_task task = fake_task_open(&fake);
        struct mp_images *images = mp_images_open(&task, NULL);
        struct mp_crash *crash = mp_crash_create();
        struct mp_crash_frame frame = {.pc = BASE + known[0].offset, .module = -1};
        mp_images_name(images, crash, &frame, false);
        assert_int_equal(frame.module, 0);
        /* A name may end where the memory does. */
        bool is_right = false;
        for (size_t i = 0; i < count && !is_right; i++)
            is_right = strncmp(known[i].name, frame.symbol, strlen(frame.symbol)) == 0;
        assert_true(is_right);
        mp_crash_destroy(crash);
        mp_images_close(images);
        fake_task_close(&fake);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_that_nm_lists_is_named_at_a_slide),
        cmocka_unit_test(what_is_cut_from_the_end_costs_names_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
