/* Tests of the text buffer: it grows, it stays a string, and it lets no byte act on a
 * terminal.
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
#include "harness/base/strbuf.h"

static void buffer_is_an_empty_string_before_the_first_addition(void **state) {
    (void)state;
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    assert_string_equal(buf.text, "");
    assert_int_equal(buf.len, 0);
    char *text = mp_strbuf_detach(&buf);
    assert_string_equal(text, "");
    free(text);
    mp_strbuf_release(&buf);
}

static void buffer_keeps_all_that_was_added_while_it_grows(void **state) {
    (void)state;
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    for (int i = 0; i < 10000; i++) {
        mp_strbuf_addf(&buf, "%04d", i);
        assert_int_equal(buf.text[buf.len], '\0');
    }
    assert_int_equal(buf.len, 40000);
    for (int i = 0; i < 10000; i++) {
        char want[5] = {(char)('0' + i / 1000), (char)('0' + i / 100 % 10),
                        (char)('0' + i / 10 % 10), (char)('0' + i % 10), 0};
        assert_memory_equal(buf.text + 4 * i, want, 4);
    }
    mp_strbuf_clear(&buf);
    assert_string_equal(buf.text, "");
    mp_strbuf_pad(&buf, '-', 3);
    mp_strbuf_addch(&buf, '>');
    mp_strbuf_addstr(&buf, "x");
    mp_strbuf_add(&buf, "yz!", 2);
    assert_string_equal(buf.text, "--->xyz");
    mp_strbuf_release(&buf);
    assert_string_equal(buf.text, "");
}

static void detached_text_belongs_to_the_caller(void **state) {
    (void)state;
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_strbuf_addstr(&buf, "mine");
    char *text = mp_strbuf_detach(&buf);
    mp_strbuf_addstr(&buf, "yours");
    assert_string_equal(text, "mine");
    assert_string_equal(buf.text, "yours");
    free(text);
    mp_strbuf_release(&buf);
}

static void escape_lets_valid_text_through_and_nothing_else(void **state) {
    (void)state;
    static const struct {
        const char *raw, *shown;
    } rows[] = {
        {"plain ~", "plain ~"},
        {"\x1b[2J", "\\x1b[2J"},
        {"a\nb\tc\r", "a\\x0ab\\x09c\\x0d"},
        {"\x7f", "\\x7f"},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"},                            /* C1 control CSI */
        {"\xc2\xa0", "\xc2\xa0"},                     /* first after C1 */
        {"\xc0\xaf\xc1\xbf", "\\xc0\\xaf\\xc1\\xbf"}, /* overlong, 2 bytes */
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          /* overlong, 3 bytes */
        {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf"}, /* overlong, 4 bytes */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* surrogate */
        {"\xed\x9f\xbf", "\xed\x9f\xbf"},             /* last before surrogates */
        {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},     /* U+10FFFF */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above it */
        {"\xf5\xff\xfe", "\\xf5\\xff\\xfe"},
        {"\xe2\x82", "\\xe2\\x82"}, /* cut short */
        {"\xe2\x82!", "\\xe2\\x82!"},
        {"\x80", "\\x80"},
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"}, /* U+202E turns what follows around */
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"}, /* U+2028 separates lines */
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, /* U+2066 */
        {"\xe2\x80\x8f", "\\xe2\\x80\\x8f"}, /* U+200F */
        {"\xd8\x9c", "\\xd8\\x9c"},          /* U+061C */
        {"\xe2\x80\xa6", "\xe2\x80\xa6"},    /* an ellipsis */
        {"\xe2\x80\xa7", "\xe2\x80\xa7"},    /* next to them */
        {"\xe2\x80\xaf", "\xe2\x80\xaf"},
        {"\xe2\x81\xaa", "\xe2\x81\xaa"},
    };
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        struct mp_strbuf buf;
        mp_strbuf_init(&buf);
        mp_strbuf_add_escaped(&buf, rows[i].raw, strlen(rows[i].raw), 0);
        assert_string_equal(buf.text, rows[i].shown);
        mp_strbuf_release(&buf);
    }
}

static void escape_keeps_lines_only_when_asked_and_shows_zero_bytes(void **state) {
    (void)state;
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_strbuf_add_escaped(&buf, "a\n\tb\r\0c", 7, 1);
    assert_string_equal(buf.text, "a\n\tb\\x0d\\x00c");
    mp_strbuf_release(&buf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_is_an_empty_string_before_the_first_addition),
        cmocka_unit_test(buffer_keeps_all_that_was_added_while_it_grows),
        cmocka_unit_test(detached_text_belongs_to_the_caller),
        cmocka_unit_test(escape_lets_valid_text_through_and_nothing_else),
        cmocka_unit_test(escape_keeps_lines_only_when_asked_and_shows_zero_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
