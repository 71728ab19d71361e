/* Tests of the table of scenarios: every one is complete, and its parameters are sound.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/wire/round_page.h"
#include "harness/wire/round_spec.h"
#include "scenarios/shape.h"

static void all_scenarios_are_there_by_their_fixed_names(void **state) {
    static const char *const names[] = {
        "noop",           "single_thread", "mm",          "layernorm", "contiguous",
        "linear_nograph", "oversubscribe", "destroy_impl"};
    struct mp_error err = {""};
    size_t count = 0;

    (void)state;
    while (mp_scenario_list()[count])
        count++;
    assert_int_equal(count, sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < count; i++) {
        const struct mp_scenario *scenario = mp_scenario_find(names[i], &err);

        assert_non_null(scenario);
        assert_string_equal(scenario->name, names[i]);
    }
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
        for (size_t name = 0; name < sizeof(names) / sizeof(names[0]); name++)
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
            assert_non_null(rows[row].fallback);
            assert_int_equal(
                mp_option_set(&values, rows[row].name, rows[row].fallback, &err), MP_OK);
            if (rows[row].type == MP_OPTION_INT)
                assert_true(rows[row].min <= rows[row].max && rows[row].min >= 1);
        }
    }
}

static void single_thread_refuses_a_second_thread(void **state) {
    struct mp_option_values values;
    struct mp_error err = {""};

    (void)state;
    mp_option_values_init(&values, mp_scenario_single_thread.params);
    assert_int_equal(mp_option_set(&values, "threads", "2", &err), MP_USAGE);
}

static void scenarios_for_races_promise_overlap(void **state) {
    (void)state;
    assert_true(mp_scenario_mm.promises_overlap);
    assert_true(mp_scenario_linear_nograph.promises_overlap);
    assert_true(mp_scenario_layernorm.promises_overlap);
    assert_true(mp_scenario_contiguous.promises_overlap);
    assert_true(mp_scenario_oversubscribe.promises_overlap);
    assert_true(mp_scenario_destroy_impl.promises_overlap);
    assert_false(mp_scenario_single_thread.promises_overlap);
    assert_false(mp_scenario_noop.promises_overlap);
}

/* So that a driver that mixes up two threads' strides reads wrong numbers, not foreign
 * memory. */
static void view_of_any_thread_fits_into_the_source_of_every_other(void **state) {
    static const uint32_t sizes[] = {1, 2, 64, 512};
    const struct mp_kernel_reference *reference =
        mp_kernel_reference_find("mp_contiguous");

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_scenarios_are_there_by_their_fixed_names),
        cmocka_unit_test(unknown_scenario_names_the_offender_and_the_nearest),
        cmocka_unit_test(every_scenario_has_its_texts_and_hooks),
        cmocka_unit_test(every_scenario_has_the_common_parameters),
        cmocka_unit_test(every_parameter_accepts_its_default_and_its_limits),
        cmocka_unit_test(single_thread_refuses_a_second_thread),
        cmocka_unit_test(scenarios_for_races_promise_overlap),
        cmocka_unit_test(view_of_any_thread_fits_into_the_source_of_every_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
