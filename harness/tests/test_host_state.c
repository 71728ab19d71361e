/* The state of a host out of a tree like /sys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/host_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "host-state-XXXXXX";

/* Writes `text` to `path` under the root, which has the folders on the way made. */
static void put(const char *path, const char *text) {
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    for (char *at = strchr(whole + strlen(root) + 1, '/'); at != NULL;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(whole, 0700);
        *at = '/';
    }
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void expect(const char *text) {
    char state[MP_HOST_STATE_MAX];
    mp_host_state_read(root, state);
    assert_string_equal(state, text);
}

static void host_state_says_what_it_does_not_know(void **state) {
    (void)state;
    expect("power=unknown thermal=unknown");
}

static void host_state_tells_the_source_of_power(void **state) {
    (void)state;
    put("/sys/class/power_supply/BAT0/type", "Battery\n");
    put("/sys/class/power_supply/BAT0/status", "Charging\n");
    expect("power=unknown thermal=unknown");
    put("/sys/class/power_supply/AC/type", "Mains\n");
    put("/sys/class/power_supply/AC/online", "1\n");
    expect("power=ac thermal=unknown");
    put("/sys/class/power_supply/AC/online", "0\n");
    put("/sys/class/power_supply/BAT0/status", "Discharging\n");
    expect("power=battery thermal=unknown");
}

static void host_state_tells_the_hottest_sensor_in_steps(void **state) {
    (void)state;
    put("/sys/class/thermal/thermal_zone0/temp", "41900\n");
    put("/sys/class/thermal/thermal_zone1/temp", "67999\n");
    put("/sys/class/thermal/cooling_device0/temp", "99000\n");
    put("/sys/class/thermal/thermal_zone2/temp", "no number\n");
    expect("power=battery thermal=65C");
}

static int make_root(void **state) {
    (void)state;
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_root(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "rm -r ./%s", root);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_state_says_what_it_does_not_know),
        cmocka_unit_test(host_state_tells_the_source_of_power),
        cmocka_unit_test(host_state_tells_the_hottest_sensor_in_steps),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
