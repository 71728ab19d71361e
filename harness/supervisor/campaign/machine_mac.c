/* Questions to macOS. Sources: XNU (bsd/sys/csr.h, bsd/kern/kern_sysctl.c), Apple's
 * OSThermalNotification.h and notify(3), public tools for the I/O registry. Not yet run
 * on a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/machine_mac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/strbuf.h"

#define CLIENTS_SHOWN 6
#define THERMAL       "com.apple.system.thermalpressurelevel"
#define LOW_POWER     "com.apple.system.lowpowermode"

/* What a bit of the configuration allows. */
static const struct {
    uint32_t bit;
    const char *words;
} ALLOWED[] = {
    {1u << 0, "untrusted kernel extensions"},
    {1u << 1, "writing to the system's folders"},
    {1u << 2, "task_for_pid"},
    {1u << 3, "kernel debuggers"},
    {1u << 4, "Apple-internal features"},
    {1u << 5, "unrestricted dtrace"},
    {1u << 6, "unrestricted NVRAM"},
    {1u << 7, "device configuration"},
    {1u << 8, "any recovery system"},
    {1u << 9, "unapproved kernel extensions"},
    {1u << 10, "other policies for programs"},
    {1u << 11, "an unsealed system volume"},
};
#define UNSEALED (1u << 11)
#define WRITABLE (1u << 1)

static void add_protection(struct mp_machine *machine, const struct mp_mac_seam *seam) {
    uint32_t config = 0;
    struct mp_strbuf list;
    if (!seam->protection(&config)) {
        mp_machine_add(machine, "SIP", NULL, "this system does not say");
        return;
    }
    if (config == 0) {
        mp_machine_add(
            machine, "SIP", NULL,
            "on: the driver is the one that this build of macOS came with, and "
            "nothing can be injected into the system's own programs");
        return;
    }
    mp_strbuf_init(&list);
    for (size_t i = 0; i < MP_COUNT(ALLOWED); i++)
        if (config & ALLOWED[i].bit)
            mp_strbuf_addf(&list, "%s%s", list.len > 0 ? ", " : "", ALLOWED[i].words);
    mp_machine_add(
        machine, "SIP",
        config & (UNSEALED | WRITABLE)
            ? "say so beside every figure: the driver may be a patched one "
              "(its id is recorded); csrutil enable in recovery restores it"
            : "say so beside every figure; csrutil enable in recovery restores "
              "it",
        "reduced (0x%x): %s", (unsigned)config, list.text);
    mp_strbuf_release(&list);
}

static void add_guest(struct mp_machine *machine, const struct mp_mac_seam *seam) {
    int64_t is_guest = 0, is_translated = 0;
    if (seam->number("kern.hv_vmm_present", &is_guest) && is_guest != 0)
        mp_machine_add(machine, "machine",
                       "use a Mac itself: the GPU of a guest is paravirtual, and its "
                       "driver another one",
                       "this is a virtual machine");
    if (seam->number("sysctl.proc_translated", &is_translated) && is_translated == 1)
        mp_machine_add(machine, "machine", "run the build for arm64",
                       "this process is translated by Rosetta");
}

static void add_tracing(struct mp_machine *machine, const struct mp_mac_seam *seam) {
    int64_t allows = 0;
    if (!seam->number("kern.coredump", &allows))
        return;
    mp_machine_add(machine, "ptrace", NULL,
                   "not used on macOS: rounds are watched by an exception port and send "
                   "their own task; kern.coredump is %lld, and cores are off for rounds",
                   (long long)allows);
}

static bool is_other(const char *creator, pid_t self, const char **ret_name) {
    char *end = NULL;
    if (strncmp(creator, "pid ", 4) != 0)
        return false;
    long pid = strtol(creator + 4, &end, 10);
    *ret_name = *end == ',' ? end + 1 + (end[1] == ' ') : "";
    return pid > 0 && pid != (long)self;
}

/* Each process once, however many queues it has. */
static void add_clients(struct mp_machine *machine, const struct mp_mac_seam *seam,
                        pid_t self) {
    char creator[MP_MAC_CREATORS_MAX][MP_MAC_CREATOR_SIZE];
    size_t total = seam->creators(creator, MP_MAC_CREATORS_MAX), count = 0;
    struct mp_strbuf list;
    bool is_known = total > 0;
    mp_strbuf_init(&list);
    for (size_t i = 0; i < total; i++) {
        const char *name = "";
        bool is_again = false;
        for (size_t k = 0; k < i; k++)
            is_again |= strcmp(creator[k], creator[i]) == 0;
        if (is_again || !is_other(creator[i], self, &name) ||
            strcmp(name, "WindowServer") == 0)
            continue;
        if (count++ < CLIENTS_SHOWN)
            mp_strbuf_addf(&list, "%s%s [%ld]", list.len > 0 ? ", " : "", name,
                           strtol(creator[i] + 4, NULL, 10));
    }
    struct mp_machine_item *item;
    if (count > 0)
        item = mp_machine_add(machine, "GPU clients",
                              "end them, or say so beside the figures: they compete with "
                              "the rounds for the GPU",
                              "%zu besides the window server: %s", count, list.text);
    else
        item = mp_machine_add(machine, "GPU clients", NULL, "%s",
                              is_known ? "none but the window server"
                                       : "the I/O registry names none");
    item->is_passing = true;
    mp_strbuf_release(&list);
}

static void add_reports(struct mp_machine *machine, const struct mp_mac_seam *seam) {
    static const char folder[] = "/Library/Logs/DiagnosticReports";
    char own[512] = "";
    if (seam->home != NULL)
        snprintf(own, sizeof(own), "%s%s", seam->home, folder);
    int state = own[0] != '\0' ? seam->folder(own) : 0, common = seam->folder(folder);
    if (state < 0 || common < 0)
        mp_machine_add(machine, "reports",
                       "allow it: System Settings, Privacy & Security, Full Disk Access, "
                       "for the terminal; or copy the reports elsewhere and import them",
                       "%s cannot be read", state < 0 ? own : folder);
    else
        mp_machine_add(machine, "reports", NULL,
                       state > 0 || common > 0
                           ? "the system's crash reports can be read in %s"
                           : "there is no folder %s yet; the system makes it with the "
                             "first report",
                       state > 0 || own[0] == '\0' ? own[0] != '\0' ? own : folder
                                                   : folder);
}

void mp_machine_mac_passing(struct mp_machine *machine, const struct mp_mac_seam *seam) {
    static const char *const levels[] = {"nominal", "moderate", "heavy", "trapping",
                                         "sleeping"};
    uint64_t level = 0, saves = 0;
    bool is_known = seam->notified(THERMAL, &level) && level < MP_COUNT(levels);
    bool is_hot = is_known && level > 0;
    mp_machine_add(machine, "heat",
                   is_hot ? "let it cool, or run shorter: the system slows processor and "
                            "GPU down, and rates of a race follow"
                          : NULL,
                   is_known ? "thermal pressure: %s" : "thermal pressure is unknown%s",
                   is_known ? levels[level] : "")
        ->is_passing = true;
    bool is_saving = seam->notified(LOW_POWER, &saves) && saves == 1;
    mp_machine_add(machine, "clock",
                   is_saving ? "switch Low Power Mode off in System Settings, Battery"
                             : NULL,
                   is_saving ? "slowed down by Low Power Mode"
                   : is_hot  ? "slowed down by heat; Apple silicon shows no frequency "
                               "without root"
                             : "no reason to be slowed down; Apple silicon shows no "
                               "frequency without root")
        ->is_passing = true;
}

void mp_machine_mac(struct mp_machine *machine, const struct mp_mac_seam *seam,
                    pid_t self) {
    add_protection(machine, seam);
    add_guest(machine, seam);
    add_clients(machine, seam, self);
    add_tracing(machine, seam);
    add_reports(machine, seam);
}
