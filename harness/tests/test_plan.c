/* Tests of plans: the matrix, complete cells, what beats what, and every refusal.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/campaign/plan_make.h"

static const struct mp_option params[] = {
    {.name = "threads",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "4",
     .min = 1,
     .max = 128},
    {.name = "q", .type = MP_OPTION_REAL, .fallback = "0", .real_min = 0, .real_max = 1},
    {.name = "share",
     .type = MP_OPTION_CHOICE,
     .fallback = "thread",
     .choices = "thread|all"},
    {0},
};
static const struct mp_option settings_rows[] = {
    {.name = "reader", .type = MP_OPTION_CHOICE, .fallback = "L", .choices = "U|L"},
    {.name = "defects",
     .type = MP_OPTION_SET,
     .fallback = "none",
     .choices = "race|drop"},
    {0},
};

static struct mp_catalog catalog = {
    .item =
        {
            {.kind = MP_CATALOG_DEVICE, .name = "metal", .is_default = true},
            {.kind = MP_CATALOG_DEVICE,
             .name = "metal@model",
             .is_present = true,
             .is_default = true,
             .frames = "libmpmodel",
             .rows = settings_rows},
            {.kind = MP_CATALOG_SCENARIO,
             .name = "mm",
             .is_present = true,
             .rows = params},
            {.kind = MP_CATALOG_SCENARIO, .name = "noop", .is_present = true},
            {.kind = MP_CATALOG_ARM, .name = "none", .is_present = true},
            {.kind = MP_CATALOG_ARM, .name = "encode_mutex", .is_present = true},
            {.kind = MP_CATALOG_ARM, .name = "fix", .is_present = true, .injects = true},
        },
    .count = 7,
};

static enum mp_status plan_file(const char *text, const struct mp_plan_settings *settings,
                                struct mp_plan *plan, struct mp_error *err) {
    struct mp_suite suite;
    mp_suite_init(&suite);
    assert_int_equal(mp_suite_parse(&suite, text, strlen(text), "x.ini", err), MP_OK);
    enum mp_status status = mp_plan_make(&suite, settings, &catalog, plan, err);
    mp_suite_release(&suite);
    return status;
}

static enum mp_status plan_text(const char *text, const struct mp_plan_settings *settings,
                                struct mp_plan *plan, struct mp_error *err) {
    struct mp_suite suite;
    mp_suite_init(&suite);
    assert_int_equal(mp_suite_add_scenario(&suite, text, err), MP_OK);
    enum mp_status status = mp_plan_make(&suite, settings, &catalog, plan, err);
    mp_suite_release(&suite);
    return status;
}

static const struct mp_plan_settings plain = {.recorder = true};

static void plan_spans_the_matrix_of_lists_arms_and_devices(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    const char *const devices[] = {"metal@model", "metal@model:reader=U"};
    const char *const arms[] = {"none", "encode_mutex"};
    struct mp_plan_settings settings = {
        .device = devices, .device_count = 2, .arm = arms, .arm_count = 2};
    assert_int_equal(
        plan_text("mm:threads=1|2|3,share=thread|all", &settings, &plan, &err), MP_OK);
    assert_int_equal(plan.cell_count, 3 * 2 * 2 * 2);
    for (size_t i = 0; i < plan.cell_count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(plan.cell[i].hash, plan.cell[j].hash);
    mp_plan_release(&plan);
}

static void cells_spell_every_parameter_and_every_setting(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    assert_int_equal(plan_text("mm:threads=08", &plain, &plan, &err), MP_OK);
    const struct mp_round_spec *spec = &plan.cell[0].spec;
    assert_int_equal(spec->param_count, 3);
    assert_string_equal(mp_round_spec_param(spec, "threads"), "8");
    assert_string_equal(mp_round_spec_param(spec, "q"), "0");
    assert_string_equal(mp_round_spec_param(spec, "share"), "thread");
    assert_string_equal(spec->device, "metal@model:reader=L,defects=none");
    assert_string_equal(plan.cell[0].frames, "libmpmodel");
    assert_string_equal(spec->arm, "none");
    assert_true(spec->recorder);
    assert_int_equal(spec->timeout_ms, 10000);
    assert_int_equal(plan.cell[0].rounds, MP_PLAN_ROUNDS_DEFAULT);
    assert_int_equal(plan.cell[0].role, MP_ROLE_SUBJECT);
    mp_plan_release(&plan);
}

static void default_device_is_metal_only_where_it_opens(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    catalog.item[0].is_present = true;
    assert_int_equal(plan_text("noop", &plain, &plan, &err), MP_OK);
    catalog.item[0].is_present = false;
    assert_string_equal(plan.cell[0].spec.device, "metal");
    mp_plan_release(&plan);
}

static void keys_of_a_section_beat_options_and_options_beat_the_head(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    const char *const devices[] = {"metal@model"};
    struct mp_plan_settings settings = {
        .device = devices, .device_count = 1, .timeout_ns = UINT64_C(3000000000)};
    const char *text = "rounds = 7\ntimeout = 1s\n"
                       "[mm]\nrole = positive_control\nrounds = 9\ntimeout = 2s\n"
                       "device = metal@model:reader=U\narm = encode_mutex\n"
                       "[noop]\n";
    assert_int_equal(plan_file(text, &settings, &plan, &err), MP_OK);
    assert_int_equal(plan.cell[0].rounds, 9);
    assert_int_equal(plan.cell[0].spec.timeout_ms, 2000);
    assert_int_equal(plan.cell[0].role, MP_ROLE_POSITIVE);
    assert_string_equal(plan.cell[0].spec.device, "metal@model:reader=U,defects=none");
    assert_string_equal(plan.cell[0].spec.arm, "encode_mutex");
    assert_int_equal(plan.cell[1].rounds, 7);
    assert_int_equal(plan.cell[1].spec.timeout_ms, 3000);
    assert_int_equal(mp_plan_rounds(&plan), 16);
    mp_plan_release(&plan);
    settings.has_rounds = true;
    settings.rounds = 2;
    assert_int_equal(plan_file(text, &settings, &plan, &err), MP_OK);
    assert_int_equal(plan.cell[0].rounds, 2);
    assert_int_equal(plan.cell[1].rounds, 2);
    mp_plan_release(&plan);
}

static void suite_may_give_every_role_by_its_name(void **state) {
    (void)state;
    for (int role = 0; role < MP_ROLE_COUNT; role++) {
        struct mp_plan plan;
        struct mp_error err;
        char text[64];
        snprintf(text, sizeof(text), "[mm]\nrole = %s\n", mp_role_name(role));
        assert_int_equal(plan_file(text, &plain, &plan, &err), MP_OK);
        assert_int_equal(plan.cell[0].role, role);
        assert_int_equal(mp_role_find(mp_role_name(role)), role);
        mp_plan_release(&plan);
    }
}

static void duration_without_rounds_has_no_end(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    struct mp_plan_settings settings = {.has_duration = true};
    assert_int_equal(plan_text("noop", &settings, &plan, &err), MP_OK);
    assert_int_equal(plan.cell[0].rounds, 0);
    assert_int_equal(mp_plan_rounds(&plan), 0);
    mp_plan_release(&plan);
}

static void absent_device_gets_one_round_to_record_the_skip(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    const char *const devices[] = {"metal"};
    struct mp_plan_settings settings = {
        .device = devices, .device_count = 1, .has_rounds = true, .rounds = 50};
    assert_int_equal(plan_text("noop", &settings, &plan, &err), MP_OK);
    assert_false(plan.cell[0].is_device_present);
    assert_null(plan.cell[0].frames);
    assert_int_equal(plan.cell[0].rounds, 1);
    mp_plan_release(&plan);
}

static void title_shows_what_was_written_and_nothing_else(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    const char *const arms[] = {"encode_mutex"};
    struct mp_plan_settings settings = {.arm = arms, .arm_count = 1};
    assert_int_equal(plan_text("mm:threads=8,q=0.5", &settings, &plan, &err), MP_OK);
    assert_string_equal(plan.cell[0].title, "mm:threads=8,q=0.5 [encode_mutex]");
    mp_plan_release(&plan);
    assert_int_equal(plan_file("[mm: loud]\nq = 1\nthreads = 2|4\ndevice = metal@model\n",
                               &plain, &plan, &err),
                     MP_OK);
    assert_string_equal(plan.cell[1].title, "mm: loud, threads=4");
    mp_plan_release(&plan);
}

static void assert_refused(const char *text, const char *place, const char *offender,
                           const char *advice) {
    struct mp_plan plan;
    struct mp_error err;
    assert_int_not_equal(plan_file(text, &plain, &plan, &err), MP_OK);
    assert_int_equal(strncmp(err.text, place, strlen(place)), 0);
    assert_non_null(strstr(err.text, offender));
    assert_non_null(strstr(err.text, advice));
}

static void plan_names_place_offender_and_nearest_name(void **state) {
    (void)state;
    assert_refused("\n[mn]\n", "x.ini:2: ", "'mn'", "'mm'");
    assert_refused("[mm]\n\nthraeds = 2\n", "x.ini:3: ", "'thraeds'", "'threads'");
    assert_refused("[mm]\nruonds = 2\n", "x.ini:2: ", "'ruonds'", "'rounds'");
    assert_refused("[mm]\narm = none|encode_mutx\n", "x.ini:2: ", "'encode_mutx'",
                   "'encode_mutex'");
    assert_refused("[mm]\narm = encode_mutex=3\n",
                   "x.ini:2: ", "'encode_mutex=3' takes no value", "write encode_mutex");
    assert_refused("[mm]\narm = fix=/no/such.so\n", "x.ini:2: ", "/no/such.so",
                   "No such file");
    assert_refused("[mm]\ndevice = metal@modle\n", "x.ini:2: ", "metal@modle",
                   "metal@model");
    assert_refused("[mm]\ndevice = metal@model:raeder=U\n", "x.ini:2: ", "'raeder'",
                   "'reader'");
    assert_refused("[mm]\nrole = control\n", "x.ini:2: ", "control", "positive_control");
    assert_refused("ruonds = 2\n[mm]\n", "x.ini:1: ", "'ruonds'", "'rounds'");
}

static void plan_refuses_values_out_of_range_with_their_line(void **state) {
    (void)state;
    assert_refused("[mm]\nthreads = 8|129\n", "x.ini:2: ", "129", "128");
    assert_refused("[mm]\nq = 1.5\n", "x.ini:2: ", "1.5", "1");
    assert_refused("[mm]\nshare = al\n", "x.ini:2: ", "al", "all");
    assert_refused("[mm]\nthreads = 8|\n", "x.ini:2: ", "empty", "threads");
    assert_refused("[mm]\nrounds = many\n", "x.ini:2: ", "many", "whole number");
    assert_refused("[mm]\ntimeout = 3d\n", "x.ini:2: ", "timeout", "24h");
    assert_refused("timeout = 0.0001s\n[mm]\n", "x.ini:1: ", "timeout", "1ms");
}

static void plan_refuses_the_same_cell_twice(void **state) {
    (void)state;
    assert_refused(
        "[mm]\nthreads = 8\n[mm: again]\nrole = positive_control\nthreads = 8\n",
        "x.ini:3: ", "'mm: again'", "'mm:threads=8'");
    assert_refused("[mm]\nthreads = 8|8\n", "x.ini:1: ", "mm:threads=8", "same cell");
}

static void plan_refuses_a_matrix_that_is_too_large(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    char text[8192] = "mm:threads=";
    for (int i = 1; i <= 64; i++)
        sprintf(text + strlen(text), "%s%d", i > 1 ? "|" : "", i);
    strcat(text, ",q=");
    for (int i = 0; i < 64; i++)
        sprintf(text + strlen(text), "%s0.%02d", i > 0 ? "|" : "", i);
    strcat(text, ",share=thread|all");
    assert_int_equal(plan_text(text, &plain, &plan, &err), MP_LIMIT);
    assert_non_null(strstr(err.text, "4096"));
}

static void arms_of_one_workload_share_their_group_and_their_seeds(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    const char *const arms[] = {"none", "encode_mutex"};
    struct mp_plan_settings settings = {.arm = arms, .arm_count = 2};
    assert_int_equal(plan_text("mm:threads=1|2", &settings, &plan, &err), MP_OK);
    for (size_t i = 0; i < plan.cell_count; i++) { /* of a run: each stands alone */
        assert_int_equal(plan.cell[i].stratum, i);
        assert_string_equal(plan.cell[i].seed_hash, plan.cell[i].hash);
    }
    mp_plan_pair_arms(&plan);
    assert_int_equal(plan.cell_count, 4);
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            bool is_pair =
                strcmp(mp_round_spec_param(&plan.cell[i].spec, "threads"),
                       mp_round_spec_param(&plan.cell[j].spec, "threads")) == 0;
            assert_int_equal(plan.cell[i].stratum == plan.cell[j].stratum, is_pair);
            assert_int_equal(strcmp(plan.cell[i].seed_hash, plan.cell[j].seed_hash) == 0,
                             is_pair);
        }
        assert_string_not_equal(plan.cell[i].seed_hash, plan.cell[i].hash);
    }
    mp_plan_release(&plan);
}

static void only_subjects_are_kept_when_asked(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    assert_int_equal(
        plan_file("[mm]\nrole = positive_control\n[noop]\n[mm: two]\nthreads = 2\n"
                  "[mm: three]\nthreads = 3\nrole = negative_control\n",
                  &plain, &plan, &err),
        MP_OK);
    mp_plan_keep_subjects(&plan);
    assert_int_equal(plan.cell_count, 2);
    assert_string_equal(plan.cell[0].title, "noop");
    assert_string_equal(plan.cell[1].title, "mm: two");
    assert_int_equal(plan.cell[1].stratum, 1);
    mp_plan_release(&plan);
}

static void plan_of_nothing_is_refused(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    assert_int_equal(plan_file("title = empty\n", &plain, &plan, &err), MP_USAGE);
    assert_non_null(strstr(err.text, "x.ini"));
}

static void each_way_of_looking_is_the_same_cell_with_the_same_seeds(void **state) {
    (void)state;
    struct mp_plan plan;
    struct mp_error err;
    struct mp_plan_settings settings = {
        .recorder = true, .by_look = true, .has_rounds = true, .rounds = 7};
    assert_int_equal(plan_text("mm:threads=1|2", &settings, &plan, &err), MP_OK);
    assert_int_equal(plan.cell_count, 2 * MP_LOOK_COUNT);
    for (size_t i = 0; i < plan.cell_count; i++) {
        const struct mp_cell *cell = &plan.cell[i],
                             *first = &plan.cell[i - i % MP_LOOK_COUNT];
        assert_string_equal(cell->hash, first->hash);
        assert_string_equal(cell->seed_hash, first->seed_hash);
        assert_int_equal(cell->stratum, i - i % MP_LOOK_COUNT);
        assert_int_equal(cell->rounds, 7);
        assert_int_equal(cell->spec.capture, i % MP_LOOK_COUNT != MP_LOOK_UNTRACED);
        assert_int_equal(cell->spec.recorder, i % MP_LOOK_COUNT != MP_LOOK_NO_RECORDER);
    }
    assert_string_not_equal(plan.cell[0].hash, plan.cell[MP_LOOK_COUNT].hash);
    assert_non_null(strstr(plan.cell[1].title, "untraced"));
    mp_plan_release(&plan);
}

#define FIX_SUITE "fix = " MP_FIX_RIGHT "\n[mm]\narm = none|fix\n"

static void arm_fix_carries_its_library_into_the_cell(void **state) {
    (void)state;
    struct mp_plan plan, other;
    struct mp_error err;
    const char *const arms[] = {"none", "fix"};
    struct mp_plan_settings settings = {.arm = arms, .arm_count = 2, .fix = MP_FIX_RIGHT};
    assert_int_equal(plan_text("mm", &settings, &plan, &err), MP_OK);
    assert_int_equal(plan.cell_count, 2);
    const struct mp_round_spec *none = &plan.cell[0].spec, *fix = &plan.cell[1].spec;
    assert_string_equal(none->fix, "");
    assert_int_equal(strlen(fix->arm), strlen("fix=") + MP_SPEC_FIX_DIGITS);
    assert_memory_equal(fix->arm, "fix=", 4);
    assert_memory_equal(fix->arm + 4, fix->fix_sha256, MP_SPEC_FIX_DIGITS);
    assert_int_equal(strlen(fix->fix_sha256), 64);
    assert_true(fix->fix[0] == '/' && strlen(fix->fix_id) >= 16);

    /* Another build is another cell; the same one named in a suite is the same cell. */
    settings.fix = MP_FIX_OTHER;
    assert_int_equal(plan_text("mm", &settings, &other, &err), MP_OK);
    assert_string_equal(other.cell[0].hash, plan.cell[0].hash);
    assert_string_not_equal(other.cell[1].hash, plan.cell[1].hash);
    mp_plan_release(&other);
    assert_int_equal(plan_file(FIX_SUITE, &plain, &other, &err), MP_OK);
    assert_string_equal(other.cell[1].hash, plan.cell[1].hash);
    mp_plan_release(&other);
    /* The command line beats the suite: another build with the same suite. */
    settings = (struct mp_plan_settings){.fix = MP_FIX_OTHER};
    assert_int_equal(plan_file(FIX_SUITE, &settings, &other, &err), MP_OK);
    assert_string_not_equal(other.cell[1].hash, plan.cell[1].hash);
    mp_plan_release(&other);
    mp_plan_release(&plan);
}

static void library_that_cannot_be_injected_is_refused_before_any_round(void **state) {
    (void)state;
    static const struct {
        const char *fix, *words;
    } cases[] = {
        {NULL, "--arm: the arm fix injects a library: name its file with --fix FILE"},
        {"/nowhere/libfix.so", "cannot find the library /nowhere/libfix.so"},
        {"/", "/ is not a regular file"},
        {"/etc/passwd", "cannot inject /etc/passwd: it is not "},
        {MP_FIX_PROGRAM, "it is a program, not a shared library"},
    };
    const char *const arms[] = {"fix"};
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        struct mp_plan_settings settings = {
            .arm = arms, .arm_count = 1, .fix = cases[i].fix};
        struct mp_plan plan;
        struct mp_error err = {""};
        assert_int_equal(plan_text("mm", &settings, &plan, &err), MP_USAGE);
        if (strstr(err.text, cases[i].words) == NULL)
            fail_msg("%s: %s", cases[i].fix, err.text);
    }
    struct mp_plan_settings unused = {.fix = MP_FIX_RIGHT};
    struct mp_plan plan;
    struct mp_error err;
    assert_int_equal(plan_text("mm", &unused, &plan, &err), MP_USAGE);
    assert_non_null(strstr(err.text, "no cell has the arm fix"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_spans_the_matrix_of_lists_arms_and_devices),
        cmocka_unit_test(cells_spell_every_parameter_and_every_setting),
        cmocka_unit_test(default_device_is_metal_only_where_it_opens),
        cmocka_unit_test(keys_of_a_section_beat_options_and_options_beat_the_head),
        cmocka_unit_test(suite_may_give_every_role_by_its_name),
        cmocka_unit_test(duration_without_rounds_has_no_end),
        cmocka_unit_test(absent_device_gets_one_round_to_record_the_skip),
        cmocka_unit_test(title_shows_what_was_written_and_nothing_else),
        cmocka_unit_test(plan_names_place_offender_and_nearest_name),
        cmocka_unit_test(plan_refuses_values_out_of_range_with_their_line),
        cmocka_unit_test(plan_refuses_the_same_cell_twice),
        cmocka_unit_test(plan_refuses_a_matrix_that_is_too_large),
        cmocka_unit_test(arms_of_one_workload_share_their_group_and_their_seeds),
        cmocka_unit_test(only_subjects_are_kept_when_asked),
        cmocka_unit_test(plan_of_nothing_is_refused),
        cmocka_unit_test(each_way_of_looking_is_the_same_cell_with_the_same_seeds),
        cmocka_unit_test(arm_fix_carries_its_library_into_the_cell),
        cmocka_unit_test(library_that_cannot_be_injected_is_refused_before_any_round),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
