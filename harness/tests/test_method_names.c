/* Names of methods for frames without symbols: the list as text, and what is made of the
 * answers of a helper, true and false.
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

#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/supervisor/process/method_names.h"
#include "harness/wire/method_list.h"

#define ID   "00112233445566778899aabbccddeeff"
#define BASE UINT64_C(0x10c000000)
#define GOOD                                                                             \
    "image\t" ID "\n1000\t-[A b]\n1200\t+[A c:]\n1300\t-[A d]\n1300\t-[B d]\nend\n"

static bool read_text(const char *text, struct mp_method_list *list) {
    struct mp_error err;
    return mp_method_list_read(text, strlen(text), list, &err) == MP_OK;
}

static void what_is_written_is_read(void **state) {
    struct mp_method_list list;
    struct mp_strbuf text;
    char longest[MP_CRASH_SYMBOL_MAX + 1];
    (void)state;
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    mp_strbuf_init(&text);
    mp_method_list_write_head(ID, &text);
    mp_method_list_write(0x2000, "-[Last method]", &text);
    mp_method_list_write(0x1000, "+[First method:]", &text);
    mp_method_list_write(0x1800, "-[Two\nlines]", &text);
    mp_method_list_write(0x1900, longest, &text);
    mp_method_list_write(0x1a00, longest + 1, &text);
    mp_method_list_write_end(&text);
    assert_true(read_text(text.text, &list));
    assert_string_equal(list.id, ID);
    assert_int_equal(list.count, 3);
    assert_string_equal(mp_method_list_find(&list, 0x1000), "+[First method:]");
    assert_string_equal(mp_method_list_find(&list, 0x2000), "-[Last method]");
    assert_string_equal(mp_method_list_find(&list, 0x1a00), longest + 1);
    assert_null(mp_method_list_find(&list, 0x1001));
    assert_null(mp_method_list_find(&list, 0xfff));
    assert_null(mp_method_list_find(&list, 0x2001));
    mp_method_list_release(&list);
    mp_strbuf_release(&text);
}

/* Cut anywhere, or with one line of another form, it is no list. */
static void what_is_no_list_is_refused(void **state) {
    static const char *const wrong[] = {
        "",
        "end\n",
        "image\tXYZ\nend\n",
        "image " ID "\nend\n",
        "image\t" ID ID ID "\nend\n",
        "image\t" ID "\nzz\t-[A b]\nend\n",
        "image\t" ID "\n1000 -[A b]\nend\n",
        "image\t" ID "\n1000\t\nend\n",
        "image\t" ID "\n\nend\n",
        "image\t" ID "\nend\nend\n",
    };
    struct mp_method_list list;
    struct mp_error err;
    (void)state;
    for (size_t i = 0; i < MP_COUNT(wrong); i++)
        if (read_text(wrong[i], &list))
            fail_msg("row %zu was read", i);
    for (size_t len = 0; len < strlen(GOOD); len++)
        assert_int_not_equal(mp_method_list_read(GOOD, len, &list, &err), MP_OK);
    assert_int_not_equal(
        mp_method_list_read(GOOD "\0end\n", sizeof(GOOD) + 4, &list, &err), MP_OK);
    assert_true(read_text(GOOD, &list));
    assert_null(mp_method_list_find(&list, 0x1300)); /* one code of two names */
    mp_method_list_release(&list);
}

/* A helper that does as `script` says, and writes a line for each time it is asked. */
struct helper {
    char folder[512], program[600], asked[600];
};

static void open_helper(struct helper *helper, const char *script) {
    const char *temporary = getenv("TMPDIR");
    snprintf(helper->folder, sizeof(helper->folder), "%s/helper.XXXXXX",
             temporary != NULL ? temporary : "/tmp");
    assert_non_null(mkdtemp(helper->folder));
    snprintf(helper->program, sizeof(helper->program), "%s/round", helper->folder);
    snprintf(helper->asked, sizeof(helper->asked), "%s/asked", helper->folder);
    FILE *file = fopen(helper->program, "we");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\necho \"$*\" >> '%s'\n%s\n", helper->asked, script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(helper->program, 0700), 0);
}

static unsigned times_asked(const struct helper *helper) {
    unsigned count = 0;
    char line[1024];
    FILE *file = fopen(helper->asked, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        assert_non_null(strstr(line, "--list-methods /driver --driver-of "));
        count++;
    }
    if (file != NULL)
        fclose(file);
    return count;
}

static void close_helper(const struct helper *helper) {
    (void)unlink(helper->program);
    (void)unlink(helper->asked);
    assert_int_equal(rmdir(helper->folder), 0);
}

/* A crash in functions that begin at `starts` of one image. */
static struct mp_crash *make_crash(const uint64_t *starts, size_t count) {
    struct mp_crash *crash = mp_crash_create();
    struct mp_crash_thread *thread = mp_crash_add_thread(crash);
    struct mp_crash_module *module = mp_crash_add_module(crash);
    snprintf(module->path, sizeof(module->path), "/driver");
    snprintf(module->id, sizeof(module->id), ID);
    module->base = BASE;
    for (size_t i = 0; i < count; i++) {
        struct mp_crash_frame *frame = mp_crash_add_frame(thread);
        frame->module = 0;
        frame->pc = BASE + starts[i] + 0x14;
        frame->offset = starts[i] + 0x14;
        frame->function = starts[i];
    }
    return crash;
}

static void only_the_very_start_of_a_method_names_a_frame(void **state) {
    static const uint64_t starts[] = {0x1000, 0x1200, 0x1004, 0x1300, 0, 0x1000};
    struct helper helper;
    (void)state;
    open_helper(&helper, "printf '" GOOD "'");
    struct mp_method_names *names = mp_method_names_open(helper.program, NULL);
    for (int i = 0; i < 2; i++) {
        struct mp_crash *crash = make_crash(starts, 6);
        struct mp_crash_frame *frame = crash->thread[0].frame;
        snprintf(frame[5].symbol, sizeof(frame[5].symbol), "known");
        mp_method_names_apply(names, "metal", crash);
        assert_string_equal(frame[0].symbol, "-[A b]");
        assert_int_equal(frame[0].offset, 0x14);
        assert_string_equal(frame[1].symbol, "+[A c:]");
        for (int j = 2; j < 5; j++)
            assert_string_equal(frame[j].symbol, "");
        assert_int_equal(frame[2].offset, 0x1018);
        assert_string_equal(frame[5].symbol, "known");
        mp_crash_destroy(crash);
    }
    assert_int_equal(times_asked(&helper), 1); /* once for all crashes */
    mp_method_names_apply(names, "metal", NULL);
    mp_method_names_close(names);
    close_helper(&helper);
}

static void a_helper_that_fails_or_knows_another_build_names_nothing(void **state) {
    static const uint64_t starts[] = {0x1000};
    static const char *const script[] = {
        "exit 2",
        "kill -SEGV $$",
        "printf '" GOOD "'; exit 1",
        "printf 'image\\t" ID "\\n1000\\t-[A b]\\n'",
        "printf 'image\\tff112233445566778899aabbccddeeff\\n1000\\t-[A b]\\nend\\n'",
        "printf 'image\\t\\n1000\\t-[A b]\\nend\\n'",
        "while :; do echo for ever; done",
    };
    (void)state;
    for (size_t i = 0; i < MP_COUNT(script); i++) {
        struct helper helper;
        open_helper(&helper, script[i]);
        struct mp_method_names *names = mp_method_names_open(helper.program, NULL);
        for (int j = 0; j < 2; j++) {
            struct mp_crash *crash = make_crash(starts, 1);
            mp_method_names_apply(names, "metal", crash);
            if (crash->thread[0].frame[0].symbol[0] != '\0')
                fail_msg("%s: %s", script[i], crash->thread[0].frame[0].symbol);
            mp_crash_destroy(crash);
        }
        assert_int_equal(times_asked(&helper), 1); /* nor is it asked again */
        mp_method_names_close(names);
        close_helper(&helper);
    }
}

static void count_call(void *data) {
    unsigned *calls = data;
    (*calls)++;
}

static void a_helper_that_hangs_is_killed_while_rounds_are_served(void **state) {
    static const uint64_t starts[] = {0x1000};
    unsigned calls = 0;
    const struct mp_tend tend = {count_call, &calls};
    struct helper helper;
    (void)state;
    open_helper(&helper, "sleep 600");
    struct mp_method_names *names = mp_method_names_open(helper.program, &tend);
    struct mp_crash *crash = make_crash(starts, 1);
    mp_method_names_apply(names, "metal", crash);
    assert_string_equal(crash->thread[0].frame[0].symbol, "");
    assert_true(calls > 2);
    mp_crash_destroy(crash);
    mp_method_names_close(names);
    close_helper(&helper);
}

static void so_many_images_are_asked_about_and_no_more(void **state) {
    static const uint64_t starts[] = {0x1000};
    struct helper helper;
    (void)state;
    open_helper(&helper, "exit 2");
    struct mp_method_names *names = mp_method_names_open(helper.program, NULL);
    for (unsigned i = 0; i < MP_METHOD_NAMES_IMAGES_MAX + 4; i++) {
        struct mp_crash *crash = make_crash(starts, 1);
        snprintf(crash->module[0].id, sizeof(crash->module[0].id), "%032x", i);
        mp_method_names_apply(names, "metal", crash);
        mp_crash_destroy(crash);
    }
    assert_int_equal(times_asked(&helper), MP_METHOD_NAMES_IMAGES_MAX);
    /* Without a build, or without a place, there is nothing to ask. */
    mp_method_names_close(names);
    names = mp_method_names_open(helper.program, NULL);
    struct mp_crash *crash = make_crash(starts, 1);
    crash->module[0].id[0] = '\0';
    mp_method_names_apply(names, "metal", crash);
    snprintf(crash->module[0].id, sizeof(crash->module[0].id), ID);
    snprintf(crash->module[0].path, sizeof(crash->module[0].path), "@rpath/driver");
    mp_method_names_apply(names, "metal", crash);
    mp_crash_destroy(crash);
    assert_int_equal(times_asked(&helper), MP_METHOD_NAMES_IMAGES_MAX);
    mp_method_names_close(names);
    close_helper(&helper);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(only_the_very_start_of_a_method_names_a_frame),
        cmocka_unit_test(a_helper_that_fails_or_knows_another_build_names_nothing),
        cmocka_unit_test(a_helper_that_hangs_is_killed_while_rounds_are_served),
        cmocka_unit_test(so_many_images_are_asked_about_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
