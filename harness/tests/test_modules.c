/* Tests of the table of loaded modules: what was written is read back, what makes no
 * sense is not believed, and a claim is held against it.
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

#include "harness/base/array.h"
#include "harness/base/rng.h"
#include "harness/wire/modules.h"

#define SLOTS  2
#define DRIVER "/opt/model.so"

static struct mp_round_page *page;
static size_t size;
static struct mp_modules modules;

static int set_up(void **state) {
    (void)state;
    struct mp_round_spec spec;
    struct mp_error err;
    mp_round_spec_init(&spec);
    snprintf(spec.scenario, sizeof(spec.scenario), "noop");
    size = mp_round_page_size(SLOTS);
    page = aligned_alloc(64, size);
    assert_non_null(page);
    memset(page, 0, size);
    assert_int_equal(mp_round_page_format(page, size, SLOTS, &spec, &err), MP_OK);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    mp_modules_release(&modules);
    free(page);
    return 0;
}

static void read_again(void) {
    mp_modules_release(&modules);
    mp_modules_read(page, size, &modules);
}

static struct mp_page_modules *area(void) {
    return (void *)((char *)page + size - MP_PAGE_MODULES_BYTES);
}

static void write_three(void) {
    static const uint8_t id[] = {0xde, 0xad, 0x01};
    struct mp_modules_writer writer;
    mp_modules_begin(&writer, page);
    mp_modules_add(&writer, "/usr/bin/round", 4096, id, sizeof(id));
    mp_modules_add(&writer, "", 4096, id, sizeof(id)); /* no file */
    mp_modules_add(&writer, "/opt/model.so", 8192, NULL, 0);
    mp_modules_add(&writer, "/opt/fix.so", UINT64_MAX, id, 2);
    mp_modules_end(&writer);
}

static void table_reads_back_as_it_was_written(void **state) {
    (void)state;
    read_again();
    assert_false(modules.is_known); /* nothing was written */
    assert_int_equal(modules.count, 0);
    write_three();
    read_again();
    assert_true(modules.is_known);
    assert_false(modules.is_cut);
    assert_int_equal(modules.count, 3);
    assert_string_equal(modules.module[0].path, "/usr/bin/round");
    assert_string_equal(modules.module[0].id, "dead01");
    assert_int_equal(modules.module[0].size, 4096);
    assert_string_equal(modules.module[1].id, "");
    assert_string_equal(modules.module[2].path, "/opt/fix.so");
    assert_string_equal(modules.module[2].id, "dead");
    assert_true(modules.module[2].size == UINT64_MAX);
}

static void table_that_is_being_written_is_not_read(void **state) {
    (void)state;
    struct mp_modules_writer writer;
    write_three();
    mp_modules_begin(&writer, page);
    mp_modules_add(&writer, "/usr/bin/other", 1, NULL, 0);
    read_again();
    assert_false(modules.is_known);
}

static void more_than_fit_are_cut_and_said_to_be(void **state) {
    (void)state;
    struct mp_modules_writer writer;
    char path[MP_CRASH_PATH_MAX];
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    mp_modules_begin(&writer, page);
    for (int i = 0; i < MP_PAGE_MODULES_MAX; i++)
        mp_modules_add(&writer, path, 1, NULL, 0);
    mp_modules_end(&writer);
    read_again();
    assert_true(modules.is_known && modules.is_cut);
    assert_in_range(modules.count, 100, MP_PAGE_MODULES_MAX - 1);

    mp_modules_begin(&writer, page);
    for (int i = 0; i <= MP_PAGE_MODULES_MAX; i++)
        mp_modules_add(&writer, "/x", 1, NULL, 0);
    mp_modules_end(&writer);
    read_again();
    assert_true(modules.is_known && modules.is_cut);
    assert_int_equal(modules.count, MP_PAGE_MODULES_MAX);
}

/* Each of these spoils a sound table in one place. */
static void table_with_anything_wrong_in_it_is_not_believed(void **state) {
    (void)state;
    write_three();
    read_again();
    assert_true(modules.is_known);
    struct mp_page_modules *copy = malloc(sizeof(*copy));
    assert_non_null(copy);
    memcpy(copy, area(), sizeof(*copy));
    for (int flaw = 0; flaw < 11; flaw++) {
        memcpy(area(), copy, sizeof(*copy));
        switch (flaw) {
        case 0:
            atomic_store(&area()->state, 3);
            break;
        case 1:
            area()->count = 0;
            break;
        case 2:
            area()->count = 2; /* bytes are left over */
            break;
        case 3:
            area()->count = 4;
            break;
        case 4:
            area()->count = UINT32_MAX;
            break;
        case 5:
            area()->used--;
            break;
        case 6:
            area()->used = MP_PAGE_MODULES_BYTES;
            break;
        case 7:
            memset(area()->record + 8, 0xff, 2); /* a path longer than all */
            break;
        case 8:
            area()->record[10] = 0xff; /* an id longer than any */
            break;
        case 9:
            area()->record[12] = '\0'; /* a path with an end in it */
            break;
        case 10:
            memset(area()->record + 8, 0, 2); /* no path */
            break;
        }
        read_again();
        if (modules.is_known || modules.count != 0)
            fail_msg("flaw %d was believed", flaw);
    }
    free(copy);
}

static void any_bytes_at_any_size_are_safe(void **state) {
    (void)state;
    struct mp_rng rng;
    mp_rng_seed(&rng, 11);
    unsigned known = 0;
    for (int round = 0; round < 3000; round++) {
        write_three();
        for (int i = 0; i < 1 + round % 6; i++) {
            size_t reach = round % 2 == 0 ? 80 : MP_PAGE_MODULES_BYTES;
            ((uint8_t *)area())[mp_rng_below(&rng, reach)] = (uint8_t)mp_rng_next(&rng);
        }
        read_again();
        known += modules.is_known;
        assert_int_equal(modules.is_known, modules.count > 0);
        assert_true(modules.count <= MP_PAGE_MODULES_MAX);
    }
    assert_in_range(known, 1, 2999);
    size_t sizes[] = {0, 64, sizeof(*page), sizeof(*page) + MP_PAGE_MODULES_BYTES - 64,
                      size - 1};
    write_three();
    for (size_t i = 0; i < MP_COUNT(sizes); i++) {
        void *rest = aligned_alloc(64, (sizes[i] / 64 + 1) * 64);
        assert_non_null(rest);
        memcpy(rest, page, sizes[i]);
        mp_modules_release(&modules);
        mp_modules_read(rest, sizes[i], &modules);
        assert_false(modules.is_known);
        free(rest);
    }
}

static void roles_follow_driver_arm_and_environment(void **state) {
    (void)state;
    write_three();
    read_again();
    mp_modules_mark(&modules, DRIVER, "", NULL);
    assert_int_equal(modules.module[0].role, MP_MODULE_PLAIN);
    assert_int_equal(modules.module[1].role, MP_MODULE_DRIVER);
    assert_int_equal(modules.module[2].role, MP_MODULE_PLAIN);
    read_again();
    mp_modules_mark(&modules, "/opt/model.so.1", "/opt/fix.so", "");
    assert_int_equal(modules.module[1].role, MP_MODULE_PLAIN);
    assert_int_equal(modules.module[2].role, MP_MODULE_FIX);
    static const char *const lists[] = {"/elsewhere/fix.so", "libc.so fix.so",
                                        "a.so:fix.so:b.so", "/opt/../opt/fix.so:"};
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        read_again();
        mp_modules_mark(&modules, DRIVER, "", lists[i]);
        assert_int_equal(modules.module[2].role, MP_MODULE_OUTSIDE);
    }
    read_again();
    mp_modules_mark(&modules, DRIVER, "", "fix.so.1:otherfix.so:/fix.so/");
    assert_int_equal(modules.module[2].role, MP_MODULE_PLAIN);
    assert_string_equal(mp_module_role_name(MP_MODULE_OUTSIDE), "outside");
    assert_string_equal(mp_module_role_name((enum mp_module_role)77), "unknown");
}

static void claim_needs_the_path_and_the_build(void **state) {
    (void)state;
    struct mp_fix_claim claim;
    read_again();
    mp_modules_check(&modules, "/opt/fix.so", "dead", &claim);
    assert_int_equal(claim.state, MP_FIX_UNKNOWN);
    write_three();
    read_again();
    mp_modules_check(&modules, "/opt/fix.so", "dead", &claim);
    assert_int_equal(claim.state, MP_FIX_MAPPED);
    mp_modules_check(&modules, "/opt/fix.so", "", &claim);
    assert_int_equal(claim.state, MP_FIX_MAPPED);
    mp_modules_check(&modules, "/opt/fix.so", "beef", &claim);
    assert_int_equal(claim.state, MP_FIX_OTHER_BUILD);
    assert_non_null(strstr(claim.words, "/opt/fix.so of build beef"));
    assert_non_null(strstr(claim.words, "build dead"));
    mp_modules_check(&modules, "/usr/lib/fix.so", "dead", &claim);
    assert_int_equal(claim.state, MP_FIX_ABSENT);
    assert_non_null(strstr(claim.words, "/usr/lib/fix.so, which is not mapped"));
    assert_non_null(strstr(claim.words, "round, model.so, fix.so"));
    mp_modules_claim_seen(true, &claim);
    assert_int_equal(claim.state, MP_FIX_MAPPED);
    mp_modules_claim_seen(false, &claim);
    assert_int_equal(claim.state, MP_FIX_ABSENT);
    assert_non_null(strstr(claim.words, "/usr/lib/fix.so, which was not mapped when"));
}

/* Mapped is not active. */
static void claim_needs_a_method_if_methods_were_asked(void **state) {
    (void)state;
    static const struct mp_module_method methods[] = {{"/opt/model.so.1", "-[A one]"},
                                                      {"/opt/fix.so", "-[A two:]"},
                                                      {"/opt/model.so.1", "-[B one]"},
                                                      {"/elsewhere", "-[B two:]"}};
    struct mp_fix_claim claim;
    write_three();
    mp_modules_add_methods(page, methods, 1);
    read_again();
    mp_modules_check(&modules, "/opt/fix.so", "dead", &claim);
    assert_int_equal(claim.state, MP_FIX_IDLE);
    assert_non_null(strstr(claim.words, "none of the 1 methods"));
    mp_modules_add_methods(page, methods, MP_COUNT(methods));
    read_again();
    mp_modules_check(&modules, "/opt/fix.so", "dead", &claim);
    assert_int_equal(claim.state, MP_FIX_MAPPED);
    assert_int_equal(modules.method_count, 4);
    assert_string_equal(modules.module[2].methods, "-[A two:]");
    assert_int_equal(modules.module[2].method_count, 1);
    assert_null(modules.module[0].methods);
}

/* Whatever stands there, lines without an end or without a tab count for nothing. */
static void owners_of_any_bytes_are_safe(void **state) {
    (void)state;
    static const char *const texts[] = {"", "\n", "\t\n", "a", "a\tb", "\n\n\t\t\n"};
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        struct mp_page_owners *owners = &area()->owners;
        write_three();
        memcpy(owners->text, texts[i], strlen(texts[i]));
        owners->used = (uint32_t)strlen(texts[i]);
        atomic_store(&owners->state, 1);
        read_again();
        assert_true(modules.is_known);
        owners->used = UINT32_MAX;
        read_again();
        assert_int_equal(modules.method_count, 0);
    }
}

static void crash_names_the_same_files(void **state) {
    (void)state;
    struct mp_crash *crash = mp_crash_create();
    mp_modules_from_crash(NULL, &modules);
    assert_false(modules.is_known);
    mp_modules_from_crash(crash, &modules);
    assert_false(modules.is_known);
    static const char *const paths[] = {"[vdso: 1]", "/usr/bin/round", "/opt/fix.so"};
    for (size_t i = 0; i < 3; i++) {
        struct mp_crash_module *module = mp_crash_add_module(crash);
        snprintf(module->path, sizeof(module->path), "%s", paths[i]);
        snprintf(module->id, sizeof(module->id), "ab%zu", i);
        module->size = 100 * i;
    }
    mp_modules_release(&modules);
    mp_modules_from_crash(crash, &modules);
    mp_crash_destroy(crash);
    assert_true(modules.is_known);
    assert_int_equal(modules.count, 2);
    assert_string_equal(modules.module[0].path, "/usr/bin/round");
    assert_string_equal(modules.module[1].path, "/opt/fix.so");
    assert_string_equal(modules.module[1].id, "ab2");
    assert_int_equal(modules.module[1].size, 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(table_reads_back_as_it_was_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(table_that_is_being_written_is_not_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(more_than_fit_are_cut_and_said_to_be, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(table_with_anything_wrong_in_it_is_not_believed,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_bytes_at_any_size_are_safe, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(roles_follow_driver_arm_and_environment, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(claim_needs_the_path_and_the_build, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(claim_needs_a_method_if_methods_were_asked,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(owners_of_any_bytes_are_safe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(crash_names_the_same_files, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
