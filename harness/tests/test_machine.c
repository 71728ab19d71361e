/* What would spoil evidence: out of a tree like /proc and /sys, and out of doubles of what
 * macOS answers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/machine.h"

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

#include "harness/supervisor/campaign/machine_mac.h"

static char root[] = "machine-XXXXXX";

static const struct mp_machine_item *find(const struct mp_machine *machine,
                                          const char *name) {
    for (size_t i = 0; i < machine->count; i++)
        if (strcmp(machine->item[i].name, name) == 0)
            return &machine->item[i];
    fail_msg("nothing is said of %s", name);
    return NULL;
}

/* The finding has these words, and advice that has these, NULL: none. */
static void expect(const struct mp_machine *machine, const char *name, const char *words,
                   const char *todo) {
    const struct mp_machine_item *item = find(machine, name);
    if (item == NULL)
        return; /* find has failed the test */
    if (strstr(item->words, words) == NULL)
        fail_msg("%s: '%s' does not say '%s'", name, item->words, words);
    assert_int_equal(item->is_careful, todo != NULL);
    if (strstr(item->todo, todo != NULL ? todo : "") == NULL)
        fail_msg("%s: '%s' does not say '%s'", name, item->todo, todo);
}

static struct mp_machine look(void) {
    struct mp_machine machine;
    mp_machine_read(&machine, root, "./rounds.db");
    return machine;
}

#ifdef __linux__
static void make_folders(char *path) {
    for (char *at = strchr(path + strlen(root) + 1, '/'); at != NULL;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        mkdir(path, 0700);
        *at = '/';
    }
}

/* Writes `text` to `path` under the root, which has the folders on the way made. */
static void put(const char *path, const char *text) {
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    make_folders(whole);
    FILE *file = fopen(whole, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void put_link(const char *path, const char *target) {
    char whole[256];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    make_folders(whole);
    assert_int_equal(symlink(target, whole), 0);
}

static void linux_without_any_of_these_files_says_so(void **state) {
    (void)state;
    struct mp_machine machine = look();
    expect(&machine, "heat", "no sensor says", NULL);
    expect(&machine, "clock", "not shown here", NULL);
    expect(&machine, "ptrace", "no Yama", NULL);
    expect(&machine, "GPU clients", "no other process", NULL);
    expect(&machine, "disk", "GiB free", NULL);
    assert_true(find(&machine, "disk")->is_passing);
    assert_false(find(&machine, "ptrace")->is_passing);
}

static void linux_names_what_slows_it_down(void **state) {
    (void)state;
    put("/sys/class/thermal/thermal_zone0/temp", "91000\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "3600000\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3600000\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put("/sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "800000\n");
    struct mp_machine machine = look();
    expect(&machine, "heat", "about 90 degrees", "let it cool");
    expect(&machine, "clock", "governor powersave, the slowest processor at 800 of 3600",
           "set the governor to performance");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
    put("/sys/class/thermal/thermal_zone0/temp", "45000\n");
    machine = look();
    expect(&machine, "heat", "about 45 degrees", NULL);
    expect(&machine, "clock", "governor performance", NULL);
}

static void linux_names_limits_and_injection_for_all_programs(void **state) {
    (void)state;
    put("/proc/sys/kernel/yama/ptrace_scope", "2\n");
    put("/proc/sys/kernel/core_pattern", "|/usr/share/apport/apport %p\n");
    put("/etc/ld.so.preload", "/opt/hook.so\n");
    struct mp_machine machine = look();
    expect(&machine, "ptrace", "ptrace_scope is 2: only an administrator",
           "ptrace_scope=1");
    expect(&machine, "preload", "/opt/hook.so", "empty /etc/ld.so.preload");
    expect(&machine, "reports", "apport", NULL);
    put("/proc/sys/kernel/yama/ptrace_scope", "1\n");
    machine = look();
    expect(&machine, "ptrace", "ptrace_scope is 1", NULL);
}

static void linux_names_who_has_a_gpu_open_but_not_itself(void **state) {
    (void)state;
    char own[64];
    put("/proc/41/comm", "blender\n");
    put_link("/proc/41/fd/3", "/dev/null");
    put_link("/proc/41/fd/4", "/dev/dri/renderD128");
    put_link("/proc/42/fd/4", "/dev/driver");
    snprintf(own, sizeof(own), "/proc/%ld/fd/4", (long)getpid());
    put_link(own, "/dev/nvidia0");
    struct mp_machine machine = look();
    expect(&machine, "GPU clients", "1 other process has a GPU open: blender [41]",
           "end them");
}
#endif

static void variables_of_layers_and_other_tools_are_told_apart(void **state) {
    (void)state;
    struct mp_machine machine = look();
    expect(&machine, "validation", "no layer", NULL);
    setenv("MTL_DEBUG_LAYER", "1", 1);
    setenv("VK_INSTANCE_LAYERS", "VK_LAYER_KHRONOS_validation", 1);
    setenv("VK_ICD_FILENAMES", "/x.json", 1);
    machine = look();
    expect(&machine, "validation", "MTL_DEBUG_LAYER=1", "unset them");
    expect(&machine, "validation", "VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation",
           "unset them");
    expect(&machine, "variables", "VK_ICD_FILENAMES=/x.json", "unset");
    unsetenv("MTL_DEBUG_LAYER");
    unsetenv("VK_INSTANCE_LAYERS");
    unsetenv("VK_ICD_FILENAMES");
}

/* -- a Mac -- */

static struct {
    bool has_protection;
    uint32_t protection;
    int64_t is_guest, is_translated;
    uint64_t heat, low_power;
    const char *creator[4];
    int folder, own_folder;
} mac;

static bool answer_number(const char *name, int64_t *ret_number) {
    *ret_number = strcmp(name, "kern.hv_vmm_present") == 0      ? mac.is_guest
                  : strcmp(name, "sysctl.proc_translated") == 0 ? mac.is_translated
                                                                : 1;
    return true;
}

static bool answer_protection(uint32_t *ret_config) {
    *ret_config = mac.protection;
    return mac.has_protection;
}

static bool answer_notified(const char *key, uint64_t *ret_number) {
    bool is_heat = strcmp(key, "com.apple.system.thermalpressurelevel") == 0;
    *ret_number = is_heat ? mac.heat : mac.low_power;
    return true;
}

static size_t answer_creators(char (*ret_creator)[MP_MAC_CREATOR_SIZE], size_t max) {
    size_t count = 0;
    while (count < 4 && count < max && mac.creator[count] != NULL) {
        snprintf(ret_creator[count], MP_MAC_CREATOR_SIZE, "%s", mac.creator[count]);
        count++;
    }
    return count;
}

static int answer_folder(const char *path) {
    return strncmp(path, "/Users/", 7) == 0 ? mac.own_folder : mac.folder;
}

static struct mp_machine look_at_mac(void) {
    static const struct mp_mac_seam seam = {answer_number,   answer_protection,
                                            answer_notified, answer_creators,
                                            answer_folder,   "/Users/x"};
    struct mp_machine machine = {.count = 0};
    mp_machine_mac_passing(&machine, &seam);
    mp_machine_mac(&machine, &seam, 700);
    return machine;
}

static void reset_mac(void) {
    memset(&mac, 0, sizeof(mac));
    mac.has_protection = true;
    mac.folder = mac.own_folder = 1;
}

static void mac_that_is_as_it_should_be_needs_no_care(void **state) {
    (void)state;
    reset_mac();
    mac.creator[0] = "pid 421, WindowServer";
    mac.creator[1] = "pid 700, mpstress";
    struct mp_machine machine = look_at_mac();
    for (size_t i = 0; i < machine.count; i++)
        if (machine.item[i].is_careful)
            fail_msg("%s: %s", machine.item[i].name, machine.item[i].words);
    expect(&machine, "SIP", "on: ", NULL);
    expect(&machine, "GPU clients", "none but the window server", NULL);
    expect(&machine, "heat", "nominal", NULL);
    expect(&machine, "reports", "/Users/x/Library/Logs/DiagnosticReports", NULL);
}

static void mac_with_reduced_protection_is_told_by_what_it_allows(void **state) {
    (void)state;
    reset_mac();
    mac.protection = 0x804;
    struct mp_machine machine = look_at_mac();
    expect(&machine, "SIP", "reduced (0x804): task_for_pid, an unsealed system volume",
           "the driver may be a patched one");
    mac.protection = 0x20;
    machine = look_at_mac();
    expect(&machine, "SIP", "unrestricted dtrace", "csrutil enable");
    assert_null(strstr(find(&machine, "SIP")->todo, "patched"));
    mac.has_protection = false;
    machine = look_at_mac();
    expect(&machine, "SIP", "does not say", NULL);
}

static void mac_names_other_clients_of_the_gpu_once_each(void **state) {
    (void)state;
    reset_mac();
    mac.creator[0] = "pid 55, python3.12";
    mac.creator[1] = "pid 55, python3.12";
    mac.creator[2] = "pid 700, mpstress";
    mac.creator[3] = "nonsense";
    struct mp_machine machine = look_at_mac();
    expect(&machine, "GPU clients", "1 besides the window server: python3.12 [55]",
           "end them");
}

static void mac_says_why_it_is_slow_and_that_it_is_no_mac(void **state) {
    (void)state;
    reset_mac();
    mac.heat = 2;
    mac.low_power = 1;
    mac.is_guest = 1;
    struct mp_machine machine = look_at_mac();
    expect(&machine, "heat", "heavy", "let it cool");
    expect(&machine, "clock", "Low Power Mode", "switch Low Power Mode off");
    expect(&machine, "machine", "virtual machine", "use a Mac itself");
    mac.is_guest = 0;
    mac.is_translated = 1;
    machine = look_at_mac();
    expect(&machine, "machine", "Rosetta", "build for arm64");
}

static void mac_says_which_reports_it_may_not_read(void **state) {
    (void)state;
    reset_mac();
    mac.own_folder = -1;
    struct mp_machine machine = look_at_mac();
    expect(&machine, "reports", "/Users/x/Library/Logs/DiagnosticReports cannot be read",
           "Full Disk Access");
    mac.own_folder = mac.folder = 0;
    machine = look_at_mac();
    expect(&machine, "reports", "there is no folder", NULL);
}

static int make_root(void **state) {
    (void)state;
    snprintf(root, sizeof(root), "machine-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state) {
    (void)state;
    char command[64];
    snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef __linux__
        TEST(linux_without_any_of_these_files_says_so),
        TEST(linux_names_what_slows_it_down),
        TEST(linux_names_limits_and_injection_for_all_programs),
        TEST(linux_names_who_has_a_gpu_open_but_not_itself),
#endif
        TEST(variables_of_layers_and_other_tools_are_told_apart),
        TEST(mac_that_is_as_it_should_be_needs_no_care),
        TEST(mac_with_reduced_protection_is_told_by_what_it_allows),
        TEST(mac_names_other_clients_of_the_gpu_once_each),
        TEST(mac_says_why_it_is_slow_and_that_it_is_no_mac),
        TEST(mac_says_which_reports_it_may_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
