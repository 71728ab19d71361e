/* Tests of option tables: what is taken, how it reads back, and what a person is told.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/array.h"
#include "harness/base/option.h"

static const struct mp_option rows[] = {
    {.name = "threads",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "4",
     .min = 1,
     .max = 128},
    {.name = "offset",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = INT64_MIN,
     .max = INT64_MAX},
    {.name = "q",
     .type = MP_OPTION_REAL,
     .metavar = "Q",
     .fallback = "0",
     .real_min = 0,
     .real_max = 1},
    {.name = "scale",
     .type = MP_OPTION_REAL,
     .fallback = "1",
     .real_min = -1e300,
     .real_max = 1e300},
    {.name = "timeout", .type = MP_OPTION_DURATION, .metavar = "T", .fallback = "10s"},
    {.name = "reader", .type = MP_OPTION_CHOICE, .fallback = "L", .choices = "U|L|S|P"},
    {.name = "defects",
     .type = MP_OPTION_SET,
     .fallback = "none",
     .choices = "race|drop|hang"},
    {.name = "rendezvous", .type = MP_OPTION_FLAG, .fallback = "off"},
    {.name = "title", .type = MP_OPTION_TEXT},
    {.name = "arm", .type = MP_OPTION_TEXT, .is_repeatable = true},
    {0},
};

static void expect(const char *name, const char *text, const char *canonical) {
    struct mp_option_values values;
    struct mp_error err = {""};
    mp_option_values_init(&values, rows);
    assert_int_equal(mp_option_set(&values, name, text, &err), MP_OK);
    assert_string_equal(mp_option_get(&values, name)->text, canonical);
    assert_true(mp_option_get(&values, name)->is_set);
}

static void expect_refused(const char *name, const char *text, const char *message) {
    struct mp_option_values values, before;
    struct mp_error err = {""};
    mp_option_values_init(&values, rows);
    memcpy(&before, &values, sizeof(before));
    assert_int_equal(mp_option_set(&values, name, text, &err), MP_USAGE);
    assert_memory_equal(&before, &values, sizeof(before));
    if (message != NULL)
        assert_string_equal(err.text, message);
}

static void fallbacks_are_values_that_nobody_has_set(void **state) {
    (void)state;
    struct mp_option_values values;
    mp_option_values_init(&values, rows);
    assert_int_equal(values.count, mp_option_count(rows));
    assert_int_equal(mp_option_get(&values, "threads")->integer, 4);
    assert_false(mp_option_get(&values, "threads")->is_set);
    assert_string_equal(mp_option_get(&values, "title")->text, "");
    assert_int_equal(mp_option_get(&values, "reader")->integer, 1);
    assert_true(mp_option_get(&values, "timeout")->integer == INT64_C(10000000000));
}

static void whole_numbers_are_strict_and_in_range(void **state) {
    (void)state;
    expect("threads", "1", "1");
    expect("threads", "128", "128");
    expect("threads", "007", "7");
    expect("offset", "-9223372036854775808", "-9223372036854775808");
    expect("offset", "9223372036854775807", "9223372036854775807");
    expect_refused("threads", "0", "threads=0: must be a whole number from 1 to 128");
    expect_refused("threads", "129", "threads=129: must be a whole number from 1 to 128");
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "+1",
                                      "1x",
                                      "0x1",
                                      "1.0",
                                      "1e1",
                                      "--1",
                                      "-",
                                      "99999999999999999999"};
    for (size_t i = 0; i < MP_COUNT(bad); i++)
        expect_refused("threads", bad[i], NULL);
    expect_refused("offset", "9223372036854775808", NULL);
}

static void numbers_read_back_exactly_in_their_shortest_form(void **state) {
    (void)state;
    expect("q", "0.10", "0.1");
    expect("q", "1e-1", "0.1");
    expect("q", ".5", "0.5");
    expect("q", "0.30000000000000004", "0.30000000000000004");
    expect("scale", "-0", "0");
    expect("scale", "-2.50", "-2.5");
    expect("scale", "100000", "1e+05");
    expect_refused("q", "1.01", "q=1.01: must be a number from 0 to 1");
    static const char *const bad[] = {"",   "nan",  "inf",   "-inf", "0x1p-2", " 0",
                                      "0 ", "+0.5", "1e999", ".",    "e"};
    for (size_t i = 0; i < MP_COUNT(bad); i++)
        expect_refused("scale", bad[i], NULL);
}

static void durations_choices_and_flags_are_canonical(void **state) {
    (void)state;
    expect("timeout", "90m", "1h30m");
    expect("timeout", "0.25s", "250ms");
    expect_refused("timeout", "8",
                   "timeout=8: has no unit, did you mean 8s or 8m? It must be a duration "
                   "such as 250ms, 10s, 5m or 1h30m");
    expect("reader", "P", "P");
    expect("rendezvous", "on", "on");
    expect("rendezvous", NULL, "on");
    expect_refused("timeout", "soon",
                   "timeout=soon: must be a duration such as 250ms, 10s, 5m or 1h30m");
    expect_refused("reader", "u", "reader=u: must be one of U, L, S, P");
    expect_refused("reader", "", NULL);
    expect_refused("reader", "U|L", NULL);
    expect_refused("rendezvous", "yes", "rendezvous=yes: must be on or off");
    expect_refused("threads", NULL, "threads: needs a value, as in threads=N");
}

static void sets_are_written_in_the_order_of_the_table(void **state) {
    (void)state;
    expect("defects", "hang+race", "race+hang");
    expect("defects", "drop+drop", "drop");
    expect("defects", "none", "none");
    expect("defects", "", "none");
    expect_refused("defects", "race+flood",
                   "defects=race+flood: must be none, or words joined by '+' from "
                   "race, drop, hang");
    expect_refused("defects", "race+", NULL);
    expect_refused("defects", "race+none", NULL);
    struct mp_option_values values;
    struct mp_error err;
    mp_option_values_init(&values, rows);
    mp_option_set(&values, "defects", "hang+race", &err);
    assert_int_equal(mp_option_get(&values, "defects")->set, 5);
}

static void text_that_does_not_fit_is_refused_and_never_cut(void **state) {
    (void)state;
    char text[MP_OPTION_TEXT_MAX + 1];
    memset(text, 'x', sizeof(text));
    text[MP_OPTION_TEXT_MAX - 1] = '\0';
    expect("title", text, text);
    text[MP_OPTION_TEXT_MAX - 1] = 'x';
    text[MP_OPTION_TEXT_MAX] = '\0';
    expect_refused("title", text, NULL);
}

static void unknown_name_is_told_the_nearest_or_all(void **state) {
    (void)state;
    struct mp_option_values values;
    struct mp_error err = {""};
    mp_option_values_init(&values, rows);
    assert_int_equal(mp_option_set(&values, "thread", "8", &err), MP_NOT_FOUND);
    assert_string_equal(err.text, "unknown name 'thread', did you mean 'threads'?");
    assert_int_equal(mp_option_set(&values, "dez", "8", &err), MP_NOT_FOUND);
    assert_string_equal(err.text, "unknown name 'dez', did you mean 'rendezvous'?");
    assert_int_equal(mp_option_set(&values, "zzzzzz", "8", &err), MP_NOT_FOUND);
    assert_string_equal(
        err.text, "unknown name 'zzzzzz', known: threads, offset, q, scale, timeout, "
                  "reader, defects, rendezvous, title, arm");
}

static void list_sets_each_name_once(void **state) {
    (void)state;
    struct mp_option_values values;
    struct mp_error err = {""};
    mp_option_values_init(&values, rows);
    assert_int_equal(mp_option_set_list(&values, "", &err), MP_OK);
    assert_int_equal(mp_option_set_list(&values, "threads=8,rendezvous,title=a=b", &err),
                     MP_OK);
    assert_int_equal(mp_option_get(&values, "threads")->integer, 8);
    assert_int_equal(mp_option_get(&values, "rendezvous")->integer, 1);
    assert_string_equal(mp_option_get(&values, "title")->text, "a=b");
    assert_int_equal(mp_option_set_list(&values, "threads=1,threads=2", &err), MP_USAGE);
    assert_string_equal(err.text, "threads: given twice");
    assert_int_equal(mp_option_set_list(&values, "arm=a,arm=b", &err), MP_OK);
    assert_string_equal(mp_option_get(&values, "arm")->text, "b");
    assert_int_equal(mp_option_set_list(&values, "threads=1,", &err), MP_USAGE);
    assert_int_equal(mp_option_set_list(&values, "=1", &err), MP_USAGE);
    assert_int_equal(mp_option_set_list(&values, "threads", &err), MP_USAGE);
    assert_int_equal(mp_option_set_list(&values, "thread=1", &err), MP_NOT_FOUND);
}

static void format_reads_back_and_can_leave_defaults_out(void **state) {
    (void)state;
    struct mp_option_values values, again;
    struct mp_error err = {""};
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_option_values_init(&values, rows);
    mp_option_values_format(&values, false, &buf);
    assert_string_equal(buf.text, "");
    mp_option_set_list(&values, "defects=hang+race,q=0.50,threads=4", &err);
    mp_option_values_format(&values, false, &buf);
    assert_string_equal(buf.text, "q=0.5,defects=race+hang");
    mp_strbuf_clear(&buf);
    mp_option_values_format(&values, true, &buf);
    assert_string_equal(buf.text,
                        "threads=4,q=0.5,scale=1,timeout=10s,reader=L,defects=race+hang,"
                        "rendezvous=off");
    mp_option_values_init(&again, rows);
    assert_int_equal(mp_option_set_list(&again, buf.text, &err), MP_OK);
    struct mp_strbuf second;
    mp_strbuf_init(&second);
    mp_option_values_format(&again, true, &second);
    assert_string_equal(buf.text, second.text);
    mp_strbuf_release(&second);
    mp_strbuf_release(&buf);
}

static void nearest_word_is_the_one_that_was_meant(void **state) {
    (void)state;
    static const char *const words[] = {
        "linear_graph", "linear_nograph", "mm", "mha", "U", NULL};
    assert_string_equal(mp_option_nearest("linear_grpah", words),
                        "linear_graph"); /* a swap */
    assert_string_equal(mp_option_nearest("linear_nograf", words), "linear_nograph");
    assert_string_equal(mp_option_nearest("mmm", words), "mm");
    assert_string_equal(mp_option_nearest("mah", words),
                        "mha");                 /* one swap, not two edits */
    assert_null(mp_option_nearest("x", words)); /* nothing of it is in any word */
    assert_null(mp_option_nearest("transformer", words));
    assert_null(mp_option_nearest("", words));
    char text[300];
    memset(text, 'm', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_null(mp_option_nearest(text, words));
}

static void tables_that_are_none_are_found_out(void **state) {
    (void)state;
    struct mp_error err = {""};
    assert_int_equal(mp_option_check_rows(rows, &err), MP_OK);
    const struct mp_option twice[] = {{.name = "a", .type = MP_OPTION_TEXT},
                                      {.name = "a", .type = MP_OPTION_TEXT},
                                      {0}};
    assert_int_equal(mp_option_check_rows(twice, &err), MP_FORMAT);
    const struct mp_option bad_default[] = {
        {.name = "a", .type = MP_OPTION_INT, .fallback = "9", .max = 8}, {0}};
    assert_int_equal(mp_option_check_rows(bad_default, &err), MP_FORMAT);
    assert_non_null(strstr(err.text, "a=9: must be a whole number from 0 to 8"));
    const struct mp_option no_choices[] = {{.name = "a", .type = MP_OPTION_SET}, {0}};
    assert_int_equal(mp_option_check_rows(no_choices, &err), MP_FORMAT);
    struct mp_option many[MP_OPTION_ROWS_MAX + 2] = {{0}};
    char names[MP_OPTION_ROWS_MAX + 1][8];
    for (int i = 0; i <= MP_OPTION_ROWS_MAX; i++) {
        names[i][0] = (char)('A' + i);
        names[i][1] = '\0';
        many[i] = (struct mp_option){.name = names[i], .type = MP_OPTION_TEXT};
    }
    assert_int_equal(mp_option_check_rows(many, &err), MP_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fallbacks_are_values_that_nobody_has_set),
        cmocka_unit_test(whole_numbers_are_strict_and_in_range),
        cmocka_unit_test(numbers_read_back_exactly_in_their_shortest_form),
        cmocka_unit_test(durations_choices_and_flags_are_canonical),
        cmocka_unit_test(sets_are_written_in_the_order_of_the_table),
        cmocka_unit_test(text_that_does_not_fit_is_refused_and_never_cut),
        cmocka_unit_test(unknown_name_is_told_the_nearest_or_all),
        cmocka_unit_test(list_sets_each_name_once),
        cmocka_unit_test(format_reads_back_and_can_leave_defaults_out),
        cmocka_unit_test(nearest_word_is_the_one_that_was_meant),
        cmocka_unit_test(tables_that_are_none_are_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
