/* Tests of suites: their shape, and that every mistake is named with its file and line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/campaign/suite.h"

static enum mp_status parse(struct mp_suite *suite, const char *text,
                            struct mp_error *err) {
    mp_suite_init(suite);
    return mp_suite_parse(suite, text, strlen(text), "x.ini", err);
}

static void assert_refused(const char *text, const char *place, const char *word) {
    struct mp_suite suite;
    struct mp_error err;
    assert_int_equal(parse(&suite, text, &err), MP_USAGE);
    assert_int_equal(strncmp(err.text, place, strlen(place)), 0);
    assert_non_null(strstr(err.text, word));
    mp_suite_release(&suite);
}

static void suite_keeps_sections_keys_labels_and_lines(void **state) {
    (void)state;
    struct mp_suite suite;
    struct mp_error err;
    const char *text = "; a comment\n"
                       "title = All of it\n"
                       "\n"
                       "[mm]\r\n"
                       "threads = 2|4 ; more\n"
                       "  n=8\n"
                       "[mm: with a label]\n"
                       "# another comment\n"
                       "threads: 6\n"
                       "[noop]";
    assert_int_equal(parse(&suite, text, &err), MP_OK);
    assert_string_equal(mp_suite_key(&suite.header, "title")->value, "All of it");
    assert_int_equal(suite.section_count, 3);
    assert_string_equal(suite.section[0].scenario, "mm");
    assert_null(suite.section[0].label);
    assert_int_equal(suite.section[0].line, 4);
    assert_string_equal(mp_suite_key(&suite.section[0], "threads")->value, "2|4");
    assert_string_equal(mp_suite_key(&suite.section[0], "n")->value, "8");
    assert_int_equal(mp_suite_key(&suite.section[0], "n")->line, 6);
    assert_string_equal(suite.section[1].label, "with a label");
    assert_int_equal(mp_suite_key(&suite.section[1], "threads")->line, 9);
    assert_string_equal(suite.section[2].scenario, "noop");
    assert_int_equal(suite.section[2].key_count, 0);
    mp_suite_release(&suite);
}

static void suite_may_begin_with_a_byte_order_mark(void **state) {
    struct mp_suite suite;
    struct mp_error err;
    (void)state;
    assert_int_equal(parse(&suite, "\xef\xbb\xbf[noop]\nrounds = 3\n", &err), MP_OK);
    assert_int_equal(suite.section_count, 1);
    assert_int_equal(suite.section[0].key_count, 1);
    assert_string_equal(suite.section[0].key[0].name, "rounds");
    mp_suite_release(&suite);
    assert_refused("\xef\xbb\xbf[noop]\nthreads = 3\nthreads = 4\n", "x.ini:3",
                   "threads");
    assert_refused("\n\xef\xbb\xbf[noop]\n", "x.ini:2", "neither [section]");
}

static void suite_refuses_a_key_set_twice_with_both_lines(void **state) {
    (void)state;
    assert_refused("[mm]\nn = 1\n\nn = 2\n", "x.ini:4: ", "line 2");
    assert_refused("rounds = 1\nrounds = 2\n", "x.ini:2: ", "rounds");
}

static void suite_refuses_malformed_lines_with_their_number(void **state) {
    (void)state;
    assert_refused("[mm]\n\nthreads\n", "x.ini:3: ", "key = value");
    assert_refused("[mm\nthreads = 1\n", "x.ini:1: ", "[section]");
    assert_refused("[mm]\n= 4\n", "x.ini:2: ", "without a key");
    assert_refused("[ ]\n", "x.ini:1: ", "names no scenario");
    assert_refused("[: label]\n", "x.ini:1: ", "names no scenario");
}

static void suite_reports_the_first_mistake_of_several(void **state) {
    (void)state;
    assert_refused("[mm]\nn = 1\nn = 2\nn = 3\nbad\n", "x.ini:3: ", "line 2");
}

static void suite_refuses_long_lines_instead_of_cutting_them(void **state) {
    (void)state;
    char text[1024];
    memset(text, 'x', sizeof(text));
    memcpy(text, "[mm]\nn = ", 9);
    text[sizeof(text) - 1] = '\0';
    assert_refused(text, "x.ini:2: ", "too long");
}

static void suite_refuses_a_nul_byte_with_its_line(void **state) {
    (void)state;
    struct mp_suite suite;
    struct mp_error err;
    static const char text[] = "[mm]\nn = 1\0junk\n";
    mp_suite_init(&suite);
    assert_int_equal(mp_suite_parse(&suite, text, sizeof(text) - 1, "x.ini", &err),
                     MP_USAGE);
    assert_int_equal(strncmp(err.text, "x.ini:2: ", 9), 0);
    mp_suite_release(&suite);
}

static void suite_survives_any_bytes(void **state) {
    (void)state;
    uint32_t random = 1;
    static const char alphabet[] = "[]=:;#|\n\n\r \tab\0\xff";
    for (int round = 0; round < 2000; round++) {
        char text[300];
        struct mp_suite suite;
        struct mp_error err;
        for (size_t i = 0; i < sizeof(text); i++) {
            random = random * 1664525u + 1013904223u;
            text[i] = alphabet[(random >> 16) % (sizeof(alphabet) - 1)];
        }
        mp_suite_init(&suite);
        mp_suite_parse(&suite, text, sizeof(text), "x.ini", &err);
        mp_suite_release(&suite);
    }
}

static void scenario_text_becomes_a_section_without_lines(void **state) {
    (void)state;
    struct mp_suite suite;
    struct mp_error err;
    mp_suite_init(&suite);
    assert_int_equal(mp_suite_add_scenario(&suite, "mm:threads=1|2,share=all", &err),
                     MP_OK);
    assert_int_equal(mp_suite_add_scenario(&suite, "noop", &err), MP_OK);
    assert_int_equal(suite.section_count, 2);
    assert_string_equal(mp_suite_key(&suite.section[0], "threads")->value, "1|2");
    assert_string_equal(mp_suite_key(&suite.section[0], "share")->value, "all");
    assert_int_equal(suite.section[0].line, 0);
    mp_suite_release(&suite);
}

static void scenario_text_that_is_malformed_is_quoted_in_the_error(void **state) {
    (void)state;
    static const char *const texts[] = {"mm:threads", ":n=1", "mm:n=1,n=2",
                                        "mm:n=1,,x=2"};
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        struct mp_suite suite;
        struct mp_error err;
        mp_suite_init(&suite);
        assert_int_equal(mp_suite_add_scenario(&suite, texts[i], &err), MP_USAGE);
        assert_non_null(strstr(err.text, texts[i]));
        mp_suite_release(&suite);
    }
}

static void suite_name_with_a_slash_or_suffix_is_a_path(void **state) {
    (void)state;
    char path[64];
    struct mp_error err;
    assert_int_equal(mp_suite_find("./smoke", path, sizeof(path), &err), MP_OK);
    assert_string_equal(path, "./smoke");
    assert_int_equal(mp_suite_find("mine.ini", path, sizeof(path), &err), MP_OK);
    assert_string_equal(path, "mine.ini");
    setenv("MPSTRESS_SUITES", "/nowhere", 1);
    assert_int_equal(mp_suite_find("no-such-suite", path, sizeof(path), &err),
                     MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "no-such-suite"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suite_keeps_sections_keys_labels_and_lines),
        cmocka_unit_test(suite_may_begin_with_a_byte_order_mark),
        cmocka_unit_test(suite_refuses_a_key_set_twice_with_both_lines),
        cmocka_unit_test(suite_refuses_malformed_lines_with_their_number),
        cmocka_unit_test(suite_reports_the_first_mistake_of_several),
        cmocka_unit_test(suite_refuses_long_lines_instead_of_cutting_them),
        cmocka_unit_test(suite_refuses_a_nul_byte_with_its_line),
        cmocka_unit_test(suite_survives_any_bytes),
        cmocka_unit_test(scenario_text_becomes_a_section_without_lines),
        cmocka_unit_test(scenario_text_that_is_malformed_is_quoted_in_the_error),
        cmocka_unit_test(suite_name_with_a_slash_or_suffix_is_a_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
