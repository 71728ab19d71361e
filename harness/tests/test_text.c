/* Tests of text on a terminal: cells, wrapped and cut lines, words of a shell.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/text.h"

static struct mp_strbuf buf;

static int begin(void **state) {
    (void)state;
    mp_strbuf_init(&buf);
    return 0;
}

/* A writer onto the empty buffer. */
static struct mp_text start(size_t width, bool use_colour) {
    mp_strbuf_clear(&buf);
    return (struct mp_text){.buf = &buf, .use_colour = use_colour, .width = width};
}

static int end(void **state) {
    (void)state;
    mp_strbuf_release(&buf);
    return 0;
}

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
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_strbuf_clear(&buf);
        mp_text_quote(&buf, cases[i][0]);
        assert_string_equal(buf.text, cases[i][1]);
    }
}

static void words_wrap_below_each_other_and_only_between_words(void **state) {
    (void)state;
    struct mp_text text = start(16, false);
    mp_text_left(&text, MP_PLAIN, 6, "label");
    mp_text_wrap(&text, MP_PLAIN, 6, "a=1,b=22,c=333 unbreakablyLongWord × end");
    assert_string_equal(buf.text, "label a=1,b=22,\n"
                                  "      c=333\n"
                                  "      unbreakablyLongWord\n"
                                  "      × end\n");
}

static void words_wrap_at_the_breaks_that_are_asked_for(void **state) {
    (void)state;
    struct mp_text text = start(12, false);
    mp_text_add(&text, MP_PLAIN, "name=1234 ");
    mp_text_wrap_at(&text, MP_PLAIN, 10, 3, "|", "x,y one|two|three");
    assert_string_equal(buf.text, "name=1234\n"
                                  "   x,y one|\n"
                                  "   two|three\n");
    text = start(12, false);
    mp_text_wrap_at(&text, MP_PLAIN, 0, 0, "", "a,b,c,d,e,f,g,h  i");
    assert_string_equal(buf.text, "a,b,c,d,e,f,g,h\ni\n");
}

static void a_word_that_fills_its_line_exactly_stays_on_it(void **state) {
    (void)state;
    struct mp_text text = start(7, false);
    mp_text_wrap(&text, MP_PLAIN, 0, "abc ≤≤≤ d");
    assert_string_equal(buf.text, "abc ≤≤≤\nd\n");
}

static void wrapped_words_are_one_styled_text(void **state) {
    (void)state;
    struct mp_text text = start(5, true);
    mp_text_wrap(&text, MP_BAD, 0, "abc def");
    assert_string_equal(buf.text, "\033[1;31mabc\ndef\033[0m\n");
}

static void columns_count_characters_and_escapes(void **state) {
    (void)state;
    assert_int_equal(mp_text_columns("≤ 5"), 3);
    assert_int_equal(mp_text_columns("\x1b[m"), 6); /* shown as \\x1b[m */
    assert_int_equal(mp_text_columns(""), 0);
}

static void numbers_stand_on_the_right_and_names_on_the_left(void **state) {
    (void)state;
    struct mp_text text = start(80, false);
    mp_text_left(&text, MP_BOLD, 4, "≤");
    mp_text_right(&text, MP_BOLD, 4, "12");
    mp_text_right(&text, MP_BOLD, 2, "12345");
    mp_text_end(&text);
    assert_string_equal(buf.text, "≤     1212345\n");
}

static void a_text_of_a_crash_cannot_act_on_the_terminal(void **state) {
    (void)state;
    struct mp_text text = start(80, true);
    mp_text_add(&text, MP_PLAIN, "%s|", "\033[2J\n");
    mp_text_left(&text, MP_PLAIN, 0, "\a");
    mp_text_right(&text, MP_PLAIN, 0, "\x9b");
    mp_text_cut(&text, MP_PLAIN, 8, "\r");
    mp_text_wrap(&text, MP_PLAIN, 0, "\b");
    assert_string_equal(buf.text, "\\x1b[2J\\x0a|\\x07\\x9b\\x0d\\x08\n");
}

static void styles_are_written_only_where_colour_is_wanted(void **state) {
    (void)state;
    struct mp_text text = start(80, true);
    mp_text_add(&text, MP_BOLD, "a");
    mp_text_add(&text, MP_PLAIN, "b");
    text.use_colour = false;
    mp_text_add(&text, MP_GOOD, "c");
    assert_string_equal(buf.text, "\033[1ma\033[0mbc");
}

static void what_is_too_long_is_cut_by_columns_and_says_so(void **state) {
    (void)state;
    static const struct {
        size_t width;
        const char *content, *shown;
    } cases[] = {
        {5, "≤≤≤≤≤", "≤≤≤≤≤"}, {5, "≤≤≤≤≤≤", "≤≤..."}, {3, "abcd", "..."},
        {2, "abcd", ".."},     {0, "abcd", ""},        {0, "", ""},
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_text text = start(80, false);
        mp_text_cut(&text, MP_PLAIN, cases[i].width, cases[i].content);
        assert_string_equal(buf.text, cases[i].shown);
    }
}

static void our_signs_become_ascii_where_the_terminal_has_nothing_else(void **state) {
    (void)state;
    struct mp_text text = start(12, false);
    text.use_ascii = true;
    mp_text_add(&text, MP_PLAIN, "a · ≤ 5 → 2×3 µs… \xc3\xa4\x1b");
    assert_string_equal(buf.text, "a, <= 5 -> 2x3 us... \\xc3\\xa4\\x1b");
    mp_strbuf_clear(&buf);
    mp_text_left(&text, MP_PLAIN, 6, "≤ 5");
    mp_text_right(&text, MP_PLAIN, 6, "● ▷");
    assert_string_equal(buf.text, "<= 5     o >");
    mp_strbuf_clear(&buf);
    mp_text_wrap(&text, MP_PLAIN, 0, "one · two · three");
    assert_string_equal(buf.text, "one, two,\nthree\n");
    assert_int_equal(mp_text_measure(&text, "≤ · →"), 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_quoted_where_a_shell_would_act_on_them),
        cmocka_unit_test(words_wrap_below_each_other_and_only_between_words),
        cmocka_unit_test(words_wrap_at_the_breaks_that_are_asked_for),
        cmocka_unit_test(a_word_that_fills_its_line_exactly_stays_on_it),
        cmocka_unit_test(wrapped_words_are_one_styled_text),
        cmocka_unit_test(columns_count_characters_and_escapes),
        cmocka_unit_test(numbers_stand_on_the_right_and_names_on_the_left),
        cmocka_unit_test(a_text_of_a_crash_cannot_act_on_the_terminal),
        cmocka_unit_test(styles_are_written_only_where_colour_is_wanted),
        cmocka_unit_test(what_is_too_long_is_cut_by_columns_and_says_so),
        cmocka_unit_test(our_signs_become_ascii_where_the_terminal_has_nothing_else),
    };
    return cmocka_run_group_tests_name("text", tests, begin, end);
}
