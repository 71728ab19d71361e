/* Tests of the table of scenarios: every one is complete, and its parameters are sound.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "scenarios/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/wire/round_page.h"
#include "harness/wire/round_spec.h"
#include "scenarios/shape.h"
#include "scenarios/workload.h"

static void every_scenario_is_found_by_its_name(void **state) {
    const struct mp_scenario *const *list = mp_scenario_list();
    struct mp_error err = {""};

    (void)state;
    assert_non_null(list[0]);
    for (size_t i = 0; list[i]; i++)
        assert_ptr_equal(mp_scenario_find(list[i]->name, &err), list[i]);
}

static void unknown_scenario_names_the_offender_and_the_nearest(void **state) {
    struct mp_error err = {""};

    (void)state;
    assert_null(mp_scenario_find("layernrom", &err));
    assert_non_null(strstr(err.text, "'layernrom'"));
    assert_non_null(strstr(err.text, "'layernorm'"));
    assert_null(mp_scenario_find("zzzzzzzzzzzz", &err));
    assert_non_null(strstr(err.text, "known: mm, "));
}

static void assert_text(const char *text) {
    assert_non_null(text);
    assert_true(strlen(text) >= 10);
    assert_null(strpbrk(text, "\n\t"));
}

static void every_scenario_has_its_texts_and_hooks(void **state) {
    const struct mp_scenario *const *list = mp_scenario_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        assert_text(list[i]->summary);
        assert_text(list[i]->hunts);
        assert_text(list[i]->how);
        assert_text(list[i]->hit);
        assert_text(list[i]->origin);
        assert_true(strlen(list[i]->name) < MP_SPEC_NAME_MAX);
        assert_non_null(list[i]->set_up);
        assert_non_null(list[i]->ops_planned);
        assert_non_null(list[i]->thread_main);
        assert_non_null(list[i]->tear_down);
        if (list[i]->set_up == mp_workload_set_up) {
            assert_non_null(list[i]->shape);
            assert_in_range(list[i]->kinds, 1, MP_WORKLOAD_KINDS_MAX);
        }
    }
}

static void every_scenario_has_the_common_parameters(void **state) {
    static const char *const names[] = {"threads", "iters", "n", "streams",
                                        "share",   "sync",  "q"};
    const struct mp_scenario *const *list = mp_scenario_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        struct mp_option_values values;

        mp_option_values_init(&values, list[i]->params);
        for (size_t name = 0; name < MP_COUNT(names); name++)
            assert_true(mp_option_get(&values, names[name])->text[0] != '\0');
        assert_true(mp_option_get(&values, "threads")->integer < MP_PAGE_THREADS_MAX);
    }
}

/* Defaults go through the same parser as what a person types, and the ends of a range are
 * in it. */
static void every_parameter_accepts_its_default_and_its_limits(void **state) {
    const struct mp_scenario *const *list = mp_scenario_list();

    (void)state;
    for (size_t i = 0; list[i]; i++) {
        const struct mp_option *rows = list[i]->params;
        struct mp_option_values values;
        struct mp_error err = {""};

        assert_true(mp_option_count(rows) <= MP_SPEC_PARAMS_MAX);
        mp_option_values_init(&values, rows);
        for (size_t row = 0; row < mp_option_count(rows); row++) {
            assert_text(rows[row].help);
            assert_non_null(rows[row].metavar);
            /* A set of words may be empty by default: it is then no part of the cell. */
            assert_true(rows[row].fallback || rows[row].type == MP_OPTION_SET);
            if (rows[row].fallback)
                assert_int_equal(
                    mp_option_set(&values, rows[row].name, rows[row].fallback, &err),
                    MP_OK);
            if (rows[row].type == MP_OPTION_INT)
                assert_true(rows[row].min <= rows[row].max && rows[row].min >= 0);
        }
    }
}

static void
scenario_of_one_thread_refuses_a_second_and_promises_no_overlap(void **state) {
    const struct mp_scenario *const *list = mp_scenario_list();

    (void)state;
    assert_true(mp_scenario_mm.promises_overlap);
    for (size_t i = 0; list[i]; i++) {
        struct mp_option_values values;
        struct mp_error err = {""};

        mp_option_values_init(&values, list[i]->params);
        if (list[i]->promises_overlap)
            assert_true(mp_option_get(&values, "threads")->integer > 1);
        if (mp_option_set(&values, "threads", "2", &err) != MP_OK)
            assert_false(list[i]->promises_overlap);
    }
    assert_false(mp_scenario_single_thread.promises_overlap);
}

/* So that a driver that mixes up two threads' strides reads wrong numbers, not foreign
 * memory. */
static void view_of_any_thread_fits_into_the_source_of_every_other(void **state) {
    static const uint32_t sizes[] = {1, 2, 64, 512, 4096};
    const struct mp_kernel_reference *reference =
        mp_kernel_reference_find("mp_contiguous");

    (void)state;
    for (size_t i = 0; i < MP_COUNT(sizes); i++) {
        size_t length = 0;

        for (unsigned thread = 1; thread <= 130; thread++) {
            struct mp_shape shape;
            uint64_t bytes[2];

            mp_shape_transposed(sizes[i], thread, &shape);
            reference->extent(&shape.constants, bytes);
            assert_true(bytes[0] <= shape.length[0] * sizeof(float));
            assert_true(thread == 1 || shape.length[0] == length);
            length = shape.length[0];
        }
    }
}

/* What a device wants of scenarios names scenarios and parameters that exist. */
static void every_device_wants_parameters_that_exist(void **state) {
    struct mp_option_values values;
    struct mp_error err = {""};
    char item[256];

    (void)state;
    for (const struct mp_device_ops *const *at = mp_device_list(); *at; at++) {
        for (const char *word = (*at)->usual ? (*at)->usual : ""; *word;) {
            size_t len = strcspn(word, " ");
            char *colon;

            snprintf(item, sizeof(item), "%.*s", (int)len, word);
            colon = strchr(item, ':');
            assert_non_null(colon);
            *colon = '\0';
            const struct mp_scenario *scenario = mp_scenario_find(item, &err);
            assert_non_null(scenario);
            mp_option_values_init(&values, scenario->params);
            if (mp_option_set_list(&values, colon + 1, &err) != MP_OK)
                fail_msg("%s: %s: %s", (*at)->name, item, err.text);
            word += len + (word[len] == ' ');
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_is_found_by_its_name),
        cmocka_unit_test(unknown_scenario_names_the_offender_and_the_nearest),
        cmocka_unit_test(every_scenario_has_its_texts_and_hooks),
        cmocka_unit_test(every_scenario_has_the_common_parameters),
        cmocka_unit_test(every_device_wants_parameters_that_exist),
        cmocka_unit_test(every_parameter_accepts_its_default_and_its_limits),
        cmocka_unit_test(scenario_of_one_thread_refuses_a_second_and_promises_no_overlap),
        cmocka_unit_test(view_of_any_thread_fits_into_the_source_of_every_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
