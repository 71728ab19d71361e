/* What every system has: variables, limits, the disk.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/machine.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

#include "harness/base/array.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/variables.h"
#include "harness/supervisor/process/host.h"

#define DISK_LOW (UINT64_C(1) << 30)

/* Whether a variable switches on a layer that checks calls, or a tool that makes memory
 * behave otherwise. */
static bool is_layer(const char *entry) {
    static const char *const names[] = {"MTL_DEBUG_LAYER",
                                        "MTL_SHADER_VALIDATION",
                                        "METAL_DEVICE_WRAPPER_TYPE",
                                        "METAL_DEBUG_ERROR_MODE",
                                        "MTL_CAPTURE_ENABLED",
                                        "METAL_CAPTURE_ENABLED",
                                        "MTL_HUD_ENABLED",
                                        "VK_INSTANCE_LAYERS",
                                        "VK_LOADER_LAYERS_ENABLE",
                                        "VK_LAYER_PATH",
                                        "VK_ADD_LAYER_PATH",
                                        "Malloc",
                                        "MALLOC_",
                                        "NSZombieEnabled",
                                        "OBJC_DEBUG",
                                        "MESA_VK_TRACE"};
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void add_layers(struct mp_machine *machine) {
    struct mp_strbuf layers, others;
    mp_strbuf_init(&layers);
    mp_strbuf_init(&others);
    for (const char *entry = mp_variables_next(NULL); entry != NULL;
         entry = mp_variables_next(entry)) {
        struct mp_strbuf *to = is_layer(entry) ? &layers : &others;
        mp_strbuf_addf(to, "%s%s", to->len > 0 ? " " : "", entry);
    }
    if (layers.len > 0)
        mp_machine_add(
            machine, "validation",
            "unset them: they change what is tested; the arms that find "
            "(metal_validation, validation, ...) set them where they are meant",
            "set for every round: %s", layers.text);
    else
        mp_machine_add(machine, "validation", NULL,
                       "no layer and no checking malloc is switched on from outside");
    if (others.len > 0)
        mp_machine_add(machine, "variables",
                       "unset what is not meant: they are facts of the environment, and "
                       "part nights from those without",
                       "set for every round: %s", others.text);
    mp_strbuf_release(&layers);
    mp_strbuf_release(&others);
}

static void add_injection(struct mp_machine *machine) {
    const char *name = mp_host_preload_variable();
    const char *preload = getenv(name);
    if (preload == NULL || preload[0] == '\0')
        mp_machine_add(machine, "injection", NULL,
                       "%s is not set: nothing is injected from outside", name);
    else
        mp_machine_add(
            machine, "injection",
            "unset it, unless that is what you want; an arm injects with --fix",
            "%s=%s is injected into every round", name, preload);
}

static void add_core_limit(struct mp_machine *machine) {
    struct rlimit limit;
    char soft[24] = "no limit";
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return;
    if (limit.rlim_cur != RLIM_INFINITY)
        snprintf(soft, sizeof(soft), "%llu B", (unsigned long long)limit.rlim_cur);
    mp_machine_add(
        machine, "core dumps", NULL,
        "switched off for rounds, whatever the core pattern says; the limit of "
        "this shell is %s",
        soft);
}

static void add_disk(struct mp_machine *machine, const char *database) {
    struct statvfs disk;
    char folder[1024];
    const char *slash = strrchr(database, '/');
    snprintf(folder, sizeof(folder), "%.*s",
             slash != NULL ? (int)(slash - database) + 1 : 1,
             slash != NULL ? database : ".");
    if (statvfs(folder, &disk) != 0)
        return;
    uint64_t space = (uint64_t)disk.f_bavail * disk.f_frsize;
    struct mp_machine_item *item = mp_machine_add(
        machine, "disk",
        space < DISK_LOW ? "free some space, or choose another disk with --db: a round "
                           "that cannot be recorded ends the run"
                         : NULL,
        "%.1f GiB free for the database", (double)space / (double)(1 << 30));
    item->is_passing = true;
}

void mp_machine_read_passing(struct mp_machine *machine, const char *root,
                             const char *database) {
    machine->count = 0;
    mp_machine_read_system_passing(machine, root);
    add_disk(machine, database);
}

void mp_machine_read(struct mp_machine *machine, const char *root, const char *database) {
    mp_machine_read_passing(machine, root, database);
    add_layers(machine);
    add_injection(machine);
    add_core_limit(machine);
    mp_machine_read_system(machine, root);
}
