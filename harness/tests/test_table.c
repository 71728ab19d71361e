/* Tests of tables: widths, what is hidden, what stands at the end of a line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/base/table.h"

static struct mp_strbuf buf;
static struct mp_text text;
static struct mp_table table;

static int begin(void **state) {
    (void)state;
    mp_strbuf_init(&buf);
    text = (struct mp_text){.buf = &buf, .width = 40};
    mp_table_init(&table, &text);
    mp_table_add_column(&table, (struct mp_table_column){.title = "name", .max = 6});
    mp_table_add_column(
        &table, (struct mp_table_column){.title = "count", .gap = 2, .is_right = true});
    mp_table_add_column(&table, (struct mp_table_column){.title = "note", .gap = 1});
    return 0;
}

static int end(void **state) {
    (void)state;
    mp_table_release(&table);
    mp_strbuf_release(&buf);
    return 0;
}

static void add(const char *name, uint64_t count, const char *note) {
    size_t row = mp_table_add_row(&table);
    mp_table_set(&table, row, 0, MP_PLAIN, "%s", name);
    mp_table_set_count(&table, row, 1, MP_PLAIN, count);
    mp_table_set(&table, row, 2, MP_PLAIN, "%s", note);
}

static const char *write(void) {
    mp_strbuf_clear(&buf);
    mp_table_write_titles(&table);
    for (size_t i = 0; i < table.row_count; i++)
        mp_table_write_row(&table, i);
    return buf.text;
}

static void columns_are_as_wide_as_what_stands_in_them(void **state) {
    (void)state;
    add("abcde", 1234567, "yes");
    add("x", 5, "no");
    assert_string_equal(write(), "name     count note\n"
                                 "abcde  1234567 yes\n"
                                 "x            5 no\n");
    assert_int_equal(mp_table_width(&table), 5 + 2 + 7 + 1 + 4);
}

static void nothing_stands_behind_the_last_content_of_a_line(void **state) {
    (void)state;
    add("abc", 1, "");
    assert_string_equal(write(), "name  count note\n"
                                 "abc       1\n");
}

static void a_hidden_column_takes_no_room(void **state) {
    (void)state;
    add("abc", 1, "long note");
    table.column[1].is_hidden = true;
    assert_string_equal(write(), "name note\n"
                                 "abc  long note\n");
    assert_int_equal(mp_table_width(&table), 4 + 1 + 9);
}

static void content_beyond_the_greatest_width_runs_over_alone(void **state) {
    (void)state;
    add("abcdefgh", 1, "");
    add("abc", 2, "");
    assert_string_equal(write(), "name    count note\n"
                                 "abcdefgh      1\n"
                                 "abc         2\n");
}

static void the_last_column_may_be_wrapped_below_its_start(void **state) {
    (void)state;
    text.width = 20;
    table.column[2].is_wrapped = true;
    add("abc", 1, "one two three four");
    assert_string_equal(write(), "name  count note\n"
                                 "abc       1 one two\n"
                                 "            three\n"
                                 "            four\n");
}

static void widths_are_those_of_the_signs_that_are_sent(void **state) {
    (void)state;
    text.use_ascii = true;
    add("≤ 5 %", 1, "→ x");
    assert_string_equal(write(), "name    count note\n"
                                 "<= 5 %      1 -> x\n");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(columns_are_as_wide_as_what_stands_in_them),
        TEST(nothing_stands_behind_the_last_content_of_a_line),
        TEST(a_hidden_column_takes_no_room),
        TEST(content_beyond_the_greatest_width_runs_over_alone),
        TEST(the_last_column_may_be_wrapped_below_its_start),
        TEST(widths_are_those_of_the_signs_that_are_sent),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
