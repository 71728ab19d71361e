/* Texts in fields that are too small for them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/excerpt.h"

#define MARK "\xe2\x80\xa6"

static void what_fits_is_kept_whole(void **state) {
    char buf[8];
    (void)state;
    mp_excerpt(buf, sizeof(buf), "seven..");
    assert_string_equal(buf, "seven..");
    mp_excerpt_end(buf, sizeof(buf), "seven..", 7);
    assert_string_equal(buf, "seven..");
    mp_excerpt_start(buf, sizeof(buf), "", 0);
    assert_string_equal(buf, "");
}

static void what_is_cut_is_marked_on_its_side(void **state) {
    char buf[8];
    (void)state;
    mp_excerpt(buf, sizeof(buf), "12345678");
    assert_string_equal(buf, "1234" MARK);
    mp_excerpt_end(buf, sizeof(buf), "12345678", 8);
    assert_string_equal(buf, MARK "5678");
    mp_excerpt_start(buf, 4, "12345678", 8);
    assert_string_equal(buf, MARK);
}

/* Of each length, cut at each place: no half of a character stays. */
static void no_character_is_cut_in_half(void **state) {
    static const char text[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9b\xc3\xa4z";
    (void)state;
    for (size_t size = 4; size <= sizeof(text); size++) {
        char start[sizeof(text)], end[sizeof(text)];
        mp_excerpt(start, size, text);
        mp_excerpt_end(end, size, text, sizeof(text) - 1);
        if (size == sizeof(text)) {
            assert_string_equal(start, text);
            assert_string_equal(end, text);
            continue;
        }
        size_t head = strlen(start) - 3, tail = strlen(end) - 3;
        assert_true(strlen(start) < size && strlen(end) < size);
        assert_memory_equal(start + head, MARK, 3);
        assert_memory_equal(end, MARK, 3);
        assert_memory_equal(start, text, head);
        assert_memory_equal(end + 3, text + sizeof(text) - 1 - tail, tail);
        assert_true(((unsigned char)text[head] & 0xc0) != 0x80);
        assert_true(tail == 0 || ((unsigned char)end[3] & 0xc0) != 0x80);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_kept_whole),
        cmocka_unit_test(what_is_cut_is_marked_on_its_side),
        cmocka_unit_test(no_character_is_cut_in_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
