/* Which reports of the system are waited for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/supervisor/campaign/report_watch.h"

static bool is_awaited(bool awaits_all, const char *folder, const char *device) {
    struct mp_report_watch watch;
    mp_report_watch_init(&watch, folder);
    if (!awaits_all)
        watch.awaits_all = false; /* as where the system's own folder is taken */
    mp_report_watch_expect(&watch, device, 1);
    bool is_waiting = mp_report_watch_is_waiting(&watch, 2);
    mp_report_watch_release(&watch);
    return is_waiting;
}

static void only_reports_of_real_devices_are_awaited(void **state) {
    (void)state;
    assert_true(is_awaited(false, "/tmp", "metal"));
    assert_true(is_awaited(false, "/tmp", "metal:gpu=0"));
    assert_false(is_awaited(false, "/tmp", "null:fault=abort"));
    assert_false(is_awaited(false, "/tmp", "metal@model:reader=U"));
}

static void a_folder_that_was_named_is_watched_for_every_device(void **state) {
    (void)state;
    assert_true(is_awaited(true, "/tmp", "null:fault=abort"));
    assert_false(is_awaited(true, "off", "metal"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_reports_of_real_devices_are_awaited),
        cmocka_unit_test(a_folder_that_was_named_is_watched_for_every_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
