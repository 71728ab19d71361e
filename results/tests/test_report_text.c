/* Lines, numbers and quoted words of the report.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "results/report/text.h"

static void per_cent_is_rounded_outward_with_three_digits(void **state) {
    (void)state;
    static const struct {
        double rate;
        int direction;
        const char *want;
    } cases[] = {
        {0.0495076098882269, 1,  "4.96"       },
        {0.0495076098882269, -1, "4.95"       },
        {0.315278133040548,  -1, "31.5"       },
        {0.769422103224076,  1,  "77.0"       },
        {0.55,               0,  "55.0"       },
        {1.0,                0,  "100"        },
        {1.0,                1,  "100"        },
        {0.05,               1,  "5.00"       }, /* not 5.01 for the last bit of a double */
        {0.05,               -1, "5.00"       },
        {0.99951,            1,  "100"        },
        {5.5716433782e-9,    1,  "0.000000558"},
        {0.0,                -1, "0"          },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char buf[32];
        mp_text_percent(cases[i].rate, cases[i].direction, buf, sizeof(buf));
        assert_string_equal(buf, cases[i].want);
    }
}

static void words_are_quoted_where_a_shell_would_act_on_them(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"mm:threads=8,q=0.5", "mm:threads=8,q=0.5"},
        {"",                   "''"                },
        {"a b",                "'a b'"             },
        {"it's; rm",           "'it'\\''s; rm'"    },
        {"$HOME",              "'$HOME'"           },
        {"semaphore=2|3",      "'semaphore=2|3'"   },
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
        cmocka_unit_test(per_cent_is_rounded_outward_with_three_digits),
        cmocka_unit_test(words_are_quoted_where_a_shell_would_act_on_them),
        cmocka_unit_test(words_wrap_below_each_other_and_only_between_words),
        cmocka_unit_test(columns_count_characters_and_escapes),
        cmocka_unit_test(numbers_stand_on_the_right_and_names_on_the_left),
    };
    return cmocka_run_group_tests_name("report text", tests, NULL, NULL);
}
