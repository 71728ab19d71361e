/* The macOS file that lists what is loaded, on a double of dyld.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mach-o/dyld.h>
#include <mach-o/loader.h>

#include "harness/round/image/image.h"

#define IMAGES_MAX 4

/* An image as it lies in memory. */
struct laid {
    struct mach_header_64 header;
    struct segment_command_64 zero, text, data;
    struct uuid_command uuid;
};

/* What dyld has loaded: no names or headers beyond `count`, as if one had gone. */
static struct {
    uint32_t count;
    const struct laid *image[IMAGES_MAX];
    const char *name[IMAGES_MAX];
} loaded;

uint32_t _dyld_image_count(void) {
    return loaded.count;
}

const struct mach_header *_dyld_get_image_header(uint32_t number) {
    return (const struct mach_header *)loaded.image[number];
}

const char *_dyld_get_image_name(uint32_t number) {
    return loaded.name[number];
}

int _NSGetExecutablePath(char *buf, uint32_t *size) {
    return snprintf(buf, *size, "/proc/self/exe") < (int)*size ? 0 : -1;
}

static void lay(struct laid *image, uint8_t first, uint64_t size) {
    *image = (struct laid){
        .header = {.magic = MH_MAGIC_64, .ncmds = 4},
        .zero = {LC_SEGMENT_64, sizeof(image->zero), "__PAGEZERO", .vmsize = 1 << 20},
        .text = {LC_SEGMENT_64, sizeof(image->text), SEG_TEXT, .vmsize = size},
        .data = {LC_SEGMENT_64, sizeof(image->data), "__DATA", .vmsize = 1 << 16},
        .uuid = {LC_UUID, sizeof(image->uuid), {first}}};
}

static void load(uint32_t number, const struct laid *image, const char *name) {
    loaded.image[number] = image;
    loaded.name[number] = name;
}

static void add_line(void *data, const struct mp_image *image) {
    char *text = data;
    size_t len = strlen(text);
    snprintf(text + len, 256 - len, "%s %llu %02x/%zu\n", image->path,
             (unsigned long long)image->size, image->id != NULL ? image->id[0] : 0,
             image->id_len);
}

static void each_image_is_listed_with_its_size_and_uuid(void **state) {
    static struct laid program, library, other;
    char text[256] = "";
    (void)state;
    lay(&program, 0xa1, 4096);
    lay(&library, 0xb2, 8192);
    lay(&other, 0xc3, 1);
    other.header.magic = 0xfeedface; /* of 32 bits */
    library.header.ncmds = 3;        /* no UUID */
    loaded.count = 4;
    load(0, &program, "/opt/program");
    load(1, NULL, "/opt/gone");
    load(2, &library, "/opt/library");
    load(3, &other, "/opt/other");
    mp_image_each(add_line, text);
    assert_string_equal(text, "/opt/program 4096 a1/16\n/opt/library 8192 00/0\n");
}

static void whatever_is_loaded_otherwise_is_a_change(void **state) {
    static struct laid a, b, c;
    uint64_t seen[6];
    (void)state;
    lay(&a, 1, 1);
    lay(&b, 2, 2);
    lay(&c, 3, 3);
    load(0, &a, "a");
    load(1, &b, "b");
    load(2, &c, "c");
    loaded.count = 2;
    seen[0] = mp_image_changes();
    assert_int_not_equal(seen[0], 0);
    assert_int_equal(mp_image_changes(), seen[0]);
    loaded.count = 3;
    seen[1] = mp_image_changes();
    /* One goes and another comes: elsewhere, and where the first was. */
    loaded.count = 2;
    load(1, &c, "c");
    seen[2] = mp_image_changes();
    load(1, &b, "d");
    seen[3] = mp_image_changes();
    load(1, &c, "d");
    seen[5] = mp_image_changes();
    loaded.count = 0;
    seen[4] = mp_image_changes();
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(seen[i], seen[j]);
    assert_int_not_equal(seen[4], 0);
}

static void the_program_is_named_by_its_resolved_path(void **state) {
    char path[4096];
    char *own = realpath("/proc/self/exe", NULL);
    (void)state;
    assert_non_null(own);
    mp_image_program_path(path, sizeof(path));
    assert_string_equal(path, own);
    free(own);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_image_is_listed_with_its_size_and_uuid),
        cmocka_unit_test(whatever_is_loaded_otherwise_is_a_change),
        cmocka_unit_test(the_program_is_named_by_its_resolved_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
