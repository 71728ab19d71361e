/* Tests of the reader of libraries: a sound one is told, and no bytes can lead it astray.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/rng.h"
#include "harness/supervisor/process/library.h"

static uint8_t *bytes;
static size_t len;

static int set_up(void **state) {
    (void)state;
    FILE *file = fopen(MP_FIX_RIGHT, "rb");
    assert_non_null(file);
    bytes = malloc(1 << 20);
    assert_non_null(bytes);
    len = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(bytes);
    return 0;
}

static const char *look(size_t take) {
    uint8_t id[64];
    size_t id_len = 0;
    /* A copy of its own size, so that a sanitizer sees a read behind its end. */
    uint8_t *copy = malloc(take + 1);
    assert_non_null(copy);
    copy = realloc(copy, take > 0 ? take : 1);
    memcpy(copy, bytes, take);
    const char *flaw = mp_library_find_id(copy, take, id, sizeof(id), &id_len);
    assert_true(flaw != NULL || (id_len > 0 && id_len <= sizeof(id)));
    free(copy);
    return flaw;
}

static void make_folder(char *folder, size_t size, const char *name) {
    const char *parent = getenv("TMPDIR");
    snprintf(folder, size, "%s/%s", parent != NULL ? parent : "/tmp", name);
    assert_non_null(mkdtemp(folder));
}

static void library_is_told_by_path_build_and_content(void **state) {
    (void)state;
    struct mp_library library;
    struct mp_error err = {""};
    char folder[256], link[sizeof(folder) + 8];
    assert_int_equal(mp_library_read(MP_FIX_RIGHT, &library, &err), MP_OK);
    assert_int_equal(strlen(library.sha256), 64);
    char path[MP_SPEC_FIX_MAX], id[MP_SPEC_ID_MAX];
    memcpy(path, library.path, sizeof(path));
    memcpy(id, library.id, sizeof(id));
    /* The loader tells the true path, so a link must not stay in it. */
    make_folder(folder, sizeof(folder), "mp_library_XXXXXX");
    snprintf(link, sizeof(link), "%s/fix.so", folder);
    assert_int_equal(symlink(MP_FIX_RIGHT, link), 0);
    assert_int_equal(mp_library_read(link, &library, &err), MP_OK);
    unlink(link);
    rmdir(folder);
    assert_string_equal(library.path, path);
    assert_string_equal(library.id, id);
}

static void path_that_a_list_of_libraries_cannot_hold_is_refused(void **state) {
    (void)state;
    struct mp_library library;
    struct mp_error err = {""};
    char folder[256];
    make_folder(folder, sizeof(folder), "mp_library:XXXXXX");
    assert_int_equal(mp_library_read(folder, &library, &err), MP_USAGE);
    rmdir(folder);
    assert_non_null(strstr(err.text, "without spaces or colons"));
}

static void file_cut_anywhere_is_safe(void **state) {
    (void)state;
    assert_null(look(len));
    assert_non_null(look(0));
    for (size_t take = 0; take < len; take += take < 1024 ? 1 : 61)
        look(take);
}

static void spoiled_bytes_are_safe(void **state) {
    (void)state;
    struct mp_rng rng;
    unsigned sound = 0;
    mp_rng_seed(&rng, 3);
    uint8_t head[1024];
    memcpy(head, bytes, sizeof(head));
    for (int i = 0; i < 3000; i++) {
        for (int k = 0; k < 1 + i % 4; k++)
            bytes[mp_rng_below(&rng, sizeof(head))] = (uint8_t)mp_rng_next(&rng);
        sound += look(len) == NULL;
        memcpy(bytes, head, sizeof(head));
    }
    assert_in_range(sound, 1, 2999);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(library_is_told_by_path_build_and_content, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            path_that_a_list_of_libraries_cannot_hold_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_cut_anywhere_is_safe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(spoiled_bytes_are_safe, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
