/* Images as dyld has them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/image.h"

#include <dlfcn.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mp_image_model_name = "libmpmodel.dylib";

static void read_uuid(const struct mach_header_64 *header, char *id, size_t size) {
    const uint8_t *at = (const uint8_t *)(header + 1);
    for (uint32_t i = 0; i < header->ncmds; i++) {
        struct load_command command;
        memcpy(&command, at, sizeof(command));
        if (command.cmd == LC_UUID) {
            struct uuid_command uuid;
            memcpy(&uuid, at, sizeof(uuid));
            for (size_t k = 0; k < sizeof(uuid.uuid) && 2 * k + 2 < size; k++)
                snprintf(id + 2 * k, 3, "%02X", uuid.uuid[k]);
            return;
        }
        at += command.cmdsize;
    }
}

void mp_image_describe(const void *address, char *path, size_t path_size, char *ret_id,
                       size_t id_size) {
    Dl_info info;
    path[0] = ret_id[0] = '\0';
    if (!dladdr(address, &info))
        return;
    snprintf(path, path_size, "%s", info.dli_fname ? info.dli_fname : "");
    const struct mach_header_64 *header = info.dli_fbase;
    if (header && header->magic == MH_MAGIC_64)
        read_uuid(header, ret_id, id_size);
}

void mp_image_program_path(char *path, size_t size) {
    char found[PATH_MAX];
    uint32_t found_size = sizeof(found);
    char *resolved = NULL;
    if (!_NSGetExecutablePath(found, &found_size))
        resolved = realpath(found, NULL);
    snprintf(path, size, "%s", resolved ? resolved : "");
    free(resolved);
}
