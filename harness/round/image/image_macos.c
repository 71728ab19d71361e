/* Images as listed by dyld.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/image/image.h"

#include <dlfcn.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <mach-o/loader.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/rng.h"

const char *const mp_image_model_name = "libmpmodel.dylib";

/* From the load commands: the UUID and the size of the code segment. */
static void read_commands(const struct mach_header_64 *header, struct mp_image *image) {
    const uint8_t *at = (const uint8_t *)(header + 1);
    for (uint32_t i = 0; i < header->ncmds; i++) {
        struct load_command command;
        memcpy(&command, at, sizeof(command));
        if (command.cmd == LC_UUID) {
            image->id = at + offsetof(struct uuid_command, uuid);
            image->id_len = sizeof(((struct uuid_command *)NULL)->uuid);
        } else if (command.cmd == LC_SEGMENT_64) {
            struct segment_command_64 segment;
            memcpy(&segment, at, sizeof(segment));
            if (strncmp(segment.segname, SEG_TEXT, sizeof(segment.segname)) == 0)
                image->size = segment.vmsize;
        }
        at += command.cmdsize;
    }
}

static void write_uuid(const struct mach_header_64 *header, char *id, size_t size) {
    struct mp_image image = {0};
    read_commands(header, &image);
    for (size_t k = 0; k < image.id_len && 2 * k + 2 < size; k++)
        snprintf(id + 2 * k, 3, "%02x", image.id[k]);
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
        write_uuid(header, ret_id, id_size);
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

void mp_image_each(void (*visit)(void *data, const struct mp_image *image), void *data) {
    uint32_t count = _dyld_image_count();
    for (uint32_t i = 0; i < count; i++) {
        const struct mach_header_64 *header =
            (const struct mach_header_64 *)_dyld_get_image_header(i);
        const char *path = _dyld_get_image_name(i);
        struct mp_image image = {.path = path};
        /* Another thread may have unloaded one meanwhile. */
        if (header == NULL || path == NULL || header->magic != MH_MAGIC_64)
            continue;
        read_commands(header, &image);
        visit(data, &image);
    }
}

/* Where the images and their names are: one that is loaded while another is unloaded
 * leaves their number as it was. Follows no pointer, since another thread may unload what
 * it points to. */
uint64_t mp_image_changes(void) {
    uint32_t count = _dyld_image_count();
    uint64_t sum = count;
    for (uint32_t i = 0; i < count; i++) {
        sum = mp_rng_hash(sum, (uint64_t)(uintptr_t)_dyld_get_image_header(i));
        sum = mp_rng_hash(sum, (uint64_t)(uintptr_t)_dyld_get_image_name(i));
    }
    return sum | 1;
}
