/* The machine as /proc and /sys show it (kernel documentation: admin-guide/LSM/Yama,
 * admin-guide/pm/cpufreq, ABI/testing/sysfs-class-thermal; man pages proc(5), core(5),
 * ld.so(8)).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/host_state.h"
#include "harness/supervisor/campaign/machine.h"

#define PATH_SIZE     512
#define HOT_DEGREES   85
#define CLIENTS_MAX   6
#define PROCESSOR_MAX 4096

/* The first line of a file; false if it cannot be read. */
static bool read_line(const char *root, const char *path, char *buf, size_t size) {
    char whole[PATH_SIZE];
    snprintf(whole, sizeof(whole), "%s%s", root, path);
    FILE *file = fopen(whole, "re");
    bool is_read = file != NULL && fgets(buf, (int)size, file) != NULL;
    if (file != NULL)
        fclose(file);
    if (is_read)
        buf[strcspn(buf, "\n")] = '\0';
    return is_read;
}

static void add_heat(struct mp_machine *machine, const char *root) {
    char state[MP_HOST_STATE_MAX];
    mp_host_state_read(root, state);
    const char *thermal = strstr(state, "thermal=");
    long degrees = thermal != NULL ? strtol(thermal + strlen("thermal="), NULL, 10) : 0;
    bool is_on_battery = strstr(state, "power=battery") != NULL;
    struct mp_machine_item *heat;
    if (degrees == 0)
        heat = mp_machine_add(machine, "heat", NULL, "no sensor says");
    else
        heat = mp_machine_add(machine, "heat",
                              degrees >= HOT_DEGREES
                                  ? "let it cool, or run shorter: a hot machine slows "
                                    "down, and rates of a race follow"
                                  : NULL,
                              "the hottest sensor: about %ld degrees Celsius", degrees);
    heat->is_passing = true;
    mp_machine_add(machine, "power",
                   is_on_battery ? "plug it in: on battery the processor is slowed down"
                                 : NULL,
                   "%.*s", (int)strcspn(state, " "), state)
        ->is_passing = true;
}

/* Of all processors: the governor of the first, the slowest and the highest frequency. */
static void add_clock(struct mp_machine *machine, const char *root) {
    char path[PATH_SIZE], line[64], governor[64] = "";
    long slowest = 0, fastest = 0;
    for (int i = 0; i < PROCESSOR_MAX; i++) {
        snprintf(path, sizeof(path),
                 "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", i);
        if (!read_line(root, path, line, sizeof(line)))
            break;
        long now = strtol(line, NULL, 10);
        slowest = slowest == 0 || now < slowest ? now : slowest;
        snprintf(path, sizeof(path),
                 "/sys/devices/system/cpu/cpu%d/cpufreq/cpuinfo_max_freq", i);
        if (read_line(root, path, line, sizeof(line)))
            fastest = strtol(line, NULL, 10) > fastest ? strtol(line, NULL, 10) : fastest;
        snprintf(path, sizeof(path),
                 "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", i);
        if (governor[0] == '\0' && read_line(root, path, line, sizeof(line)))
            snprintf(governor, sizeof(governor), "%s", line);
    }
    bool is_saving = strcmp(governor, "powersave") == 0;
    struct mp_machine_item *item =
        slowest > 0
            ? mp_machine_add(machine, "clock",
                             is_saving ? "for timings: set the governor to performance "
                                         "(cpupower frequency-set -g performance)"
                                       : NULL,
                             "governor %s, the slowest processor at %ld of %ld MHz",
                             governor[0] != '\0' ? governor : "unknown", slowest / 1000,
                             fastest / 1000)
            : mp_machine_add(machine, "clock", NULL,
                             "the frequency of the processors is not shown here, as in "
                             "most virtual machines");
    item->is_passing = true;
}

static void add_ptrace(struct mp_machine *machine, const char *root) {
    char line[32];
    if (!read_line(root, "/proc/sys/kernel/yama/ptrace_scope", line, sizeof(line))) {
        mp_machine_add(machine, "ptrace", NULL,
                       "this kernel does not restrict it (no Yama)");
        return;
    }
    long scope = strtol(line, NULL, 10);
    mp_machine_add(machine, "ptrace",
                   scope > 1
                       ? "sysctl kernel.yama.ptrace_scope=1: until then crashes have "
                         "no stack"
                       : NULL,
                   "kernel.yama.ptrace_scope is %ld%s", scope,
                   scope > 1 ? ": only an administrator may trace" : "");
}

static void add_preload_file(struct mp_machine *machine, const char *root) {
    char line[256];
    if (read_line(root, "/etc/ld.so.preload", line, sizeof(line)) && line[0] != '\0')
        mp_machine_add(machine, "preload",
                       "empty /etc/ld.so.preload, unless that is what you want",
                       "/etc/ld.so.preload injects into every program: %s", line);
}

static void add_reports(struct mp_machine *machine, const char *root) {
    char line[256];
    if (!read_line(root, "/proc/sys/kernel/core_pattern", line, sizeof(line)))
        return;
    mp_machine_add(
        machine, "reports", NULL,
        "the system handles crashes by '%s'; it gets none of rounds, whose core "
        "dumps are off; --reports FOLDER watches a folder",
        line);
}

/* -- who else uses a GPU -- */

static bool is_gpu(const char *target) {
    static const char *const names[] = {"/dev/dri/renderD", "/dev/dri/card", "/dev/kfd",
                                        "/dev/nvidia"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(target, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Whether a process has a GPU open. One of another user cannot be looked into. */
static bool uses_gpu(const char *root, const char *pid, bool *ret_is_closed) {
    char folder[PATH_SIZE], path[PATH_SIZE + 64], target[PATH_SIZE];
    bool uses = false;
    snprintf(folder, sizeof(folder), "%s/proc/%s/fd", root, pid);
    DIR *dir = opendir(folder);
    *ret_is_closed = dir == NULL;
    for (struct dirent *entry = dir != NULL ? readdir(dir) : NULL; entry != NULL && !uses;
         entry = readdir(dir)) {
        snprintf(path, sizeof(path), "%s/%.32s", folder, entry->d_name);
        ssize_t len = readlink(path, target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        uses = is_gpu(target);
    }
    if (dir != NULL)
        closedir(dir);
    return uses;
}

static void add_client(const char *root, const char *pid, struct mp_strbuf *list) {
    char path[PATH_SIZE], name[64] = "";
    snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
    (void)read_line(root, path, name, sizeof(name));
    mp_strbuf_addf(list, "%s%s [%s]", list->len > 0 ? ", " : "", name, pid);
}

static void add_clients(struct mp_machine *machine, const char *root) {
    char folder[PATH_SIZE];
    size_t count = 0, closed = 0;
    struct mp_strbuf list;
    mp_strbuf_init(&list);
    snprintf(folder, sizeof(folder), "%s/proc", root);
    DIR *dir = opendir(folder);
    for (struct dirent *entry = dir != NULL ? readdir(dir) : NULL; entry != NULL;
         entry = readdir(dir)) {
        bool is_closed = false;
        if (!isdigit((unsigned char)entry->d_name[0]) ||
            strtol(entry->d_name, NULL, 10) == (long)getpid())
            continue;
        bool uses = uses_gpu(root, entry->d_name, &is_closed);
        closed += is_closed;
        if (uses && count++ < CLIENTS_MAX)
            add_client(root, entry->d_name, &list);
    }
    if (dir != NULL)
        closedir(dir);
    struct mp_machine_item *item;
    if (count > 0)
        item =
            mp_machine_add(machine, "GPU clients",
                           "end them, or say so beside the figures: they compete with "
                           "the rounds for the GPU",
                           "%zu other %s a GPU open: %s", count,
                           mp_plural(count, "process has", "processes have"), list.text);
    else if (closed > 0)
        item = mp_machine_add(machine, "GPU clients", NULL,
                              "no other process that may be looked into has a GPU open; "
                              "%zu may not",
                              closed);
    else
        item = mp_machine_add(machine, "GPU clients", NULL,
                              "no other process has a GPU open");
    item->is_passing = true;
    mp_strbuf_release(&list);
}

void mp_machine_read_system_passing(struct mp_machine *machine, const char *root) {
    add_heat(machine, root);
    add_clock(machine, root);
}

void mp_machine_read_system(struct mp_machine *machine, const char *root) {
    add_clients(machine, root);
    add_preload_file(machine, root);
    add_ptrace(machine, root);
    add_reports(machine, root);
}
