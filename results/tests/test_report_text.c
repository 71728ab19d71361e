/* Lines, numbers and quoted words of the report.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "results/report/text.h"

static void words_are_quoted_where_a_shell_would_act_on_them(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"mm:threads=8,q=0.5", "mm:threads=8,q=0.5"},
        {"", "''"},
        {"a b", "'a b'"},
        {"it's; rm", "'it'\\''s; rm'"},
        {"$HOME", "'$HOME'"},
        {"semaphore=2|3", "'semaphore=2|3'"},
    };
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        mp_strbuf_clear(&text);
        mp_text_quote(&text, cases[i][0]);
        assert_string_equal(text.text, cases[i][1]);
    }
    mp_strbuf_release(&text);
}

static void words_wrap_below_each_other_and_only_between_words(void **state) {
    (void)state;
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    struct mp_text text = {.buf = &buf, .width = 16};
    mp_text_left(&text, MP_PLAIN, 6, "label");
    mp_text_wrap(&text, MP_PLAIN, 6, "a=1,b=22,c=333 unbreakablyLongWord × end");
    assert_string_equal(buf.text, "label a=1,b=22,\n"
                                  "      c=333\n"
                                  "      unbreakablyLongWord\n"
                                  "      × end\n");
    mp_strbuf_release(&buf);
}

static void columns_count_characters_and_escapes(void **state) {
    (void)state;
    assert_int_equal(mp_text_columns("≤ 5"), 3);
    assert_int_equal(mp_text_columns("\x1b[m"), 6); /* shown as \\x1b[m */
    assert_int_equal(mp_text_columns(""), 0);
}

static void numbers_stand_on_the_right_and_names_on_the_left(void **state) {
    (void)state;
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    struct mp_text text = {.buf = &buf, .width = 80};
    mp_text_left(&text, MP_BOLD, 4, "≤");
    mp_text_right(&text, MP_BOLD, 4, "12");
    mp_text_right(&text, MP_BOLD, 2, "12345");
    mp_text_end(&text);
    assert_string_equal(buf.text, "≤     1212345\n");
    mp_strbuf_release(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted_where_a_shell_would_act_on_them),
        cmocka_unit_test(words_wrap_below_each_other_and_only_between_words),
        cmocka_unit_test(columns_count_characters_and_escapes),
        cmocka_unit_test(numbers_stand_on_the_right_and_names_on_the_left),
    };
    return cmocka_run_group_tests_name("report text", tests, NULL, NULL);
}
