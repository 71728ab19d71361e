/* Tests of commands as text: what is one word, what is refused, and that a joined command
 * splits again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/array.h"
#include "harness/base/words.h"

static void words_are_split_as_a_shell_does(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *word[4];
    } rows[] = {
        {"./a  b\tc", {"./a", "b", "c"}},
        {"a 'b c' \"d e\"", {"a", "b c", "d e"}},
        {"a'b'\"c\"d", {"abcd"}},
        {"'a'\\''b'", {"a'b"}},
        {"\"a\\\"b\\\\c\\d\"", {"a\"b\\c\\d"}},
        {"a\\ b", {"a b"}},
        {"$'a\\x2cb\\n\\''", {"a,b\n'"}},
        {"'' x", {"", "x"}},
        {"--seed={seed} * ~/x", {"--seed={seed}", "*", "~/x"}},
        {"'$HOME' \"\\$x\" 'a|b'", {"$HOME", "$x", "a|b"}},
        {"  ", {NULL}},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_words words = {0};
        struct mp_error err;
        size_t count = 0;
        assert_int_equal(mp_words_split(rows[i].text, &words, &err), MP_OK);
        while (count < 4 && rows[i].word[count] != NULL) {
            assert_true(count < words.count);
            assert_string_equal(words.word[count], rows[i].word[count]);
            count++;
        }
        assert_int_equal(words.count, count);
        mp_words_release(&words);
    }
}

static void what_needs_a_shell_is_refused_and_not_passed_on(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } rows[] = {
        {"./a | tee log", "| would need a shell"},
        {"./a > log", "> would need a shell"},
        {"./a && ./b", "& would need a shell"},
        {"./a; ./b", "; would need a shell"},
        {"./a $SEED", "$ would need a shell"},
        {"./a \"$SEED\"", "$ would need a shell"},
        {"./a `id`", "` would need a shell"},
        {"./a 'b", "the quote ' is not closed"},
        {"./a \"b", "the quote \" is not closed"},
        {"./a $'b", "the quote $' is not closed"},
        {"./a \\", "the quote \\ is not closed"},
        {"./a $'\\q'", "two hexadecimal digits"},
        {"./a $'\\x00'", "not 00"},
        {"./a $'\\x4'", "two hexadecimal digits"},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_words words = {0};
        struct mp_error err;
        assert_int_equal(mp_words_split(rows[i].text, &words, &err), MP_USAGE);
        assert_non_null(strstr(err.text, rows[i].words));
        mp_words_release(&words);
    }
}

static void joined_words_split_into_the_same_words(void **state) {
    (void)state;
    char every[256];
    for (int c = 1; c < 256; c++)
        every[c - 1] = (char)c;
    every[255] = '\0';
    const char *const given[] = {"./a", "",   "b c", "it's",      "a,b|c",
                                 every, "\\", "$x",  "--x={seed}"};
    struct mp_words words = {0}, again = {0};
    struct mp_strbuf line;
    struct mp_error err;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < MP_COUNT(given); i++)
        mp_words_add(&words, given[i]);
    mp_words_join(&words, &line);
    for (size_t i = 0; i < line.len; i++)
        assert_true(line.text[i] >= ' ' && line.text[i] <= '~' && line.text[i] != ',' &&
                    line.text[i] != '|');
    assert_int_equal(mp_words_split(line.text, &again, &err), MP_OK);
    assert_int_equal(again.count, MP_COUNT(given));
    for (size_t i = 0; i < MP_COUNT(given); i++)
        assert_string_equal(again.word[i], given[i]);
    mp_words_release(&words);
    mp_words_release(&again);
    mp_strbuf_release(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_as_a_shell_does),
        cmocka_unit_test(what_needs_a_shell_is_refused_and_not_passed_on),
        cmocka_unit_test(joined_words_split_into_the_same_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
