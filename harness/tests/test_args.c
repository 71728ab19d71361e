/* Tests of the command line: what is read, and what a person is told.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "harness/base/args.h"
#include "harness/supervisor/cli/command.h"

static const struct mp_option rows[] = {
    {.name = "rounds", .type = MP_OPTION_INT, .metavar = "N", .min = 1, .max = 100},
    {.name = "arm", .type = MP_OPTION_TEXT, .metavar = "ARM", .is_repeatable = true},
    {.name = "json", .type = MP_OPTION_FLAG},
    {.name = "quiet", .letter = 'q', .type = MP_OPTION_FLAG},
    {.name = "verbose", .letter = 'v', .type = MP_OPTION_FLAG},
    {0},
};

#define PARSE(args, err, ...)                                                            \
    mp_args_parse(rows, (char *const[]){__VA_ARGS__, NULL}, (args), (err))

static void args_take_values_behind_a_blank_and_behind_an_equals_sign(void **state) {
    (void)state;
    struct mp_args args;
    struct mp_error err;
    assert_int_equal(PARSE(&args, &err, "--rounds", "7", "--arm=a=b"), MP_OK);
    assert_int_equal(mp_option_get(&args.values, "rounds")->integer, 7);
    assert_string_equal(mp_args_text(&args, "arm"), "a=b");
    mp_args_release(&args);
}

static void args_keep_every_value_of_a_repeated_option_in_order(void **state) {
    (void)state;
    struct mp_args args;
    struct mp_error err;
    const char *texts[2] = {NULL, NULL};
    assert_int_equal(PARSE(&args, &err, "--arm", "x", "mm", "--arm", "y", "--arm", "z"),
                     MP_OK);
    assert_int_equal(mp_args_texts(&args, "arm", texts, 2), 3);
    assert_string_equal(texts[0], "x");
    assert_string_equal(texts[1], "y");
    assert_string_equal(mp_args_text(&args, "arm"), "z");
    mp_args_release(&args);
}

static void args_take_the_last_value_of_an_option_given_twice(void **state) {
    (void)state;
    struct mp_args args;
    struct mp_error err;
    assert_int_equal(PARSE(&args, &err, "--rounds=1", "--rounds=2"), MP_OK);
    assert_int_equal(mp_option_get(&args.values, "rounds")->integer, 2);
    mp_args_release(&args);
}

static void args_read_bundled_letters_as_flags(void **state) {
    (void)state;
    struct mp_args args;
    struct mp_error err;
    assert_int_equal(PARSE(&args, &err, "-qv"), MP_OK);
    assert_true(mp_args_flag(&args, "quiet"));
    assert_true(mp_args_flag(&args, "verbose"));
    assert_false(mp_args_flag(&args, "json"));
    mp_args_release(&args);
}

static void args_read_nothing_as_an_option_behind_two_dashes(void **state) {
    (void)state;
    struct mp_args args;
    struct mp_error err;
    assert_int_equal(PARSE(&args, &err, "a", "--", "--json", "-q", "-"), MP_OK);
    assert_int_equal(args.operand_count, 4);
    assert_string_equal(args.operand[1], "--json");
    assert_false(mp_args_is_set(&args, "json"));
    mp_args_release(&args);
}

static void args_name_the_nearest_option_for_an_unknown_one(void **state) {
    (void)state;
    struct mp_args args;
    struct mp_error err;
    assert_int_equal(PARSE(&args, &err, "--ruonds=7"), MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "'--ruonds'"));
    assert_non_null(strstr(err.text, "'--rounds'"));
    mp_args_release(&args);
}

static void args_refuse_a_missing_an_empty_and_a_bad_value(void **state) {
    (void)state;
    struct mp_args args;
    struct mp_error err;
    assert_int_equal(PARSE(&args, &err, "--rounds"), MP_USAGE);
    assert_non_null(strstr(err.text, "--rounds N"));
    mp_args_release(&args);
    assert_int_equal(PARSE(&args, &err, "--arm="), MP_USAGE);
    assert_non_null(strstr(err.text, "--arm"));
    mp_args_release(&args);
    assert_int_equal(PARSE(&args, &err, "--rounds", "101"), MP_USAGE);
    assert_non_null(strstr(err.text, "100"));
    mp_args_release(&args);
    assert_int_equal(PARSE(&args, &err, "-x"), MP_NOT_FOUND);
    mp_args_release(&args);
}

static void
every_command_has_a_sound_table_with_help_and_letters_for_flags_only(void **state) {
    (void)state;
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++) {
        struct mp_error err;
        bool has_help = false;
        assert_int_equal(mp_option_check_rows((*at)->options, &err), MP_OK);
        for (const struct mp_option *row = (*at)->options; row->name != NULL; row++) {
            assert_non_null(row->help);
            assert_true(row->letter == 0 || row->type == MP_OPTION_FLAG);
            assert_true(row->type == MP_OPTION_FLAG || row->metavar != NULL);
            has_help = has_help || strcmp(row->name, "help") == 0;
        }
        assert_true(has_help);
        assert_non_null((*at)->run);
        assert_ptr_equal(mp_command_find((*at)->name, &err), *at);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(args_take_values_behind_a_blank_and_behind_an_equals_sign),
        cmocka_unit_test(args_keep_every_value_of_a_repeated_option_in_order),
        cmocka_unit_test(args_take_the_last_value_of_an_option_given_twice),
        cmocka_unit_test(args_read_bundled_letters_as_flags),
        cmocka_unit_test(args_read_nothing_as_an_option_behind_two_dashes),
        cmocka_unit_test(args_name_the_nearest_option_for_an_unknown_one),
        cmocka_unit_test(args_refuse_a_missing_an_empty_and_a_bad_value),
        cmocka_unit_test(
            every_command_has_a_sound_table_with_help_and_letters_for_flags_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
