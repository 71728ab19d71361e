/* What a device asks of cells: parameters that suit it, and that a cell which only its
 * client can make fail is a control.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/supervisor/campaign/plan_make.h"

static const struct mp_option params[] = {
    {.name = "threads", .type = MP_OPTION_INT, .fallback = "8", .min = 1, .max = 64},
    {.name = "streams", .type = MP_OPTION_INT, .fallback = "32", .min = 1, .max = 32},
    {.name = "share",
     .type = MP_OPTION_CHOICE,
     .fallback = "all",
     .choices = "thread|all"},
    {.name = "sync",
     .type = MP_OPTION_CHOICE,
     .fallback = "off_queue",
     .choices = "on_queue|off_queue"},
    {.name = "q", .type = MP_OPTION_REAL, .fallback = "1", .real_min = 0, .real_max = 1},
    {0},
};

static const struct mp_catalog catalog = {
    .item =
        {
            {.kind = MP_CATALOG_DEVICE,
             .name = "blaming",
             .is_present = true,
             .usual = "races:threads=3 race:threads=16,q=0.25 rac:threads=2",
             .blames_client = true},
            {.kind = MP_CATALOG_DEVICE, .name = "other", .is_present = true},
            {.kind = MP_CATALOG_SCENARIO,
             .name = "race",
             .is_present = true,
             .rows = params},
            {.kind = MP_CATALOG_ARM, .name = "none", .is_present = true},
            {.kind = MP_CATALOG_ARM,
             .name = "lock",
             .is_present = true,
             .serialises = true},
        },
    .count = 5,
};

static enum mp_status plan(const char *text, bool compares, struct mp_plan *ret_plan,
                           struct mp_error *err) {
    const struct mp_plan_settings settings = {.drops_controls = compares};
    struct mp_suite suite;
    mp_suite_init(&suite);
    assert_int_equal(mp_suite_parse(&suite, text, strlen(text), "x.ini", err), MP_OK);
    enum mp_status status = mp_plan_make(&suite, &settings, &catalog, ret_plan, err);
    mp_suite_release(&suite);
    return status;
}

static const char *param(const struct mp_plan *made, const char *name) {
    return mp_round_spec_param(&made->cell[0].spec, name);
}

static void a_device_sets_what_nobody_wrote(void **state) {
    struct mp_plan made;
    struct mp_error err;
    (void)state;
    assert_int_equal(MP_OK, plan("[race]\ndevice = blaming\n", false, &made, &err));
    assert_string_equal("16", param(&made, "threads"));
    assert_string_equal("0.25", param(&made, "q"));
    assert_string_equal("32", param(&made, "streams"));
    mp_plan_release(&made);
    assert_int_equal(MP_OK,
                     plan("[race]\ndevice = blaming\nthreads = 5\n", false, &made, &err));
    assert_string_equal("5", param(&made, "threads"));
    assert_string_equal("0.25", param(&made, "q"));
    mp_plan_release(&made);
    assert_int_equal(MP_OK, plan("[race]\ndevice = other\n", false, &made, &err));
    assert_string_equal("8", param(&made, "threads"));
    mp_plan_release(&made);
}

static void what_only_the_client_can_break_is_a_control_that_must_fail(void **state) {
    static const struct {
        const char *text;
        bool compares;
        enum mp_role role;
    } rows[] = {
        {"[race]\ndevice = blaming\n", false, MP_ROLE_POSITIVE},
        {"[race]\ndevice = blaming\nrole = positive_control\n", false, MP_ROLE_POSITIVE},
        {"[race]\ndevice = blaming\nshare = thread\nthreads = 32\n", false,
         MP_ROLE_POSITIVE},
        {"[race]\ndevice = blaming\nshare = thread\nstreams = 1\n", false,
         MP_ROLE_POSITIVE},
        {"[race]\ndevice = blaming\nshare = thread\n", false, MP_ROLE_SUBJECT},
        {"[race]\ndevice = blaming\narm = lock\n", false, MP_ROLE_SUBJECT},
        {"[race]\ndevice = blaming\narm = lock\nrole = negative_control\n", false,
         MP_ROLE_NEGATIVE},
        {"[race]\ndevice = blaming\nq = 0\n", false, MP_ROLE_SUBJECT},
        {"[race]\ndevice = blaming\nsync = on_queue\n", false, MP_ROLE_SUBJECT},
        {"[race]\ndevice = blaming\nthreads = 1\n", false, MP_ROLE_SUBJECT},
        {"[race]\ndevice = blaming\n", true, MP_ROLE_SUBJECT},
        {"[race]\ndevice = other\n", false, MP_ROLE_SUBJECT},
    };
    struct mp_plan made;
    struct mp_error err;
    (void)state;
    for (size_t i = 0; i < MP_COUNT(rows); i++) {
        if (plan(rows[i].text, rows[i].compares, &made, &err) != MP_OK)
            fail_msg("%s: %s", rows[i].text, err.text);
        if (made.cell[0].role != rows[i].role)
            fail_msg("%s has role %d", rows[i].text, (int)made.cell[0].role);
        mp_plan_release(&made);
    }
}

static void another_role_for_it_is_refused(void **state) {
    static const char *const roles[] = {"subject", "negative_control"};
    struct mp_plan made;
    struct mp_error err;
    char text[128];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        snprintf(text, sizeof(text), "[race]\ndevice = blaming\nrole = %s\n", roles[i]);
        assert_int_equal(MP_USAGE, plan(text, false, &made, &err));
        assert_non_null(strstr(err.text, "x.ini:3: "));
        assert_non_null(
            strstr(err.text, "device blaming can only be a positive control"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_sets_what_nobody_wrote),
        cmocka_unit_test(what_only_the_client_can_break_is_a_control_that_must_fail),
        cmocka_unit_test(another_role_for_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
