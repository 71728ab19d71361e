/* Mach-O: a dynamic library for arm64 with a UUID, alone or as a slice of a universal
 * file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/library.h"

#include <mach-o/fat.h>
#include <mach-o/loader.h>
#include <mach/machine.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static uint32_t big_endian(uint32_t word) {
    return __builtin_bswap32(word);
}

/* Narrows the file to its arm64 slice; the header of a universal file is big-endian. */
static bool find_slice(const uint8_t **bytes, size_t *len) {
    struct fat_header fat;
    memcpy(&fat, *bytes, sizeof(fat));
    if (fat.magic != big_endian(FAT_MAGIC))
        return true;
    uint32_t count = big_endian(fat.nfat_arch);
    for (uint32_t i = 0; i < count; i++) {
        struct fat_arch arch;
        if ((*len - sizeof(fat)) / sizeof(arch) <= i)
            return false;
        memcpy(&arch, *bytes + sizeof(fat) + i * sizeof(arch), sizeof(arch));
        uint32_t offset = big_endian(arch.offset), size = big_endian(arch.size);
        bool is_ours = big_endian((uint32_t)arch.cputype) == (uint32_t)CPU_TYPE_ARM64 &&
                       (big_endian((uint32_t)arch.cpusubtype) & ~CPU_SUBTYPE_MASK) ==
                           (uint32_t)CPU_SUBTYPE_ARM64_ALL;
        if (is_ours && offset <= *len && size <= *len - offset) {
            *bytes += offset;
            *len = size;
            return true;
        }
    }
    return false;
}

const char *const mp_library_suffix = ".dylib";

const char *mp_library_find_id(const uint8_t *bytes, size_t len, uint8_t *ret_id,
                               size_t max, size_t *ret_len) {
    struct mach_header_64 head;
    struct uuid_command uuid;
    if (len < sizeof(head))
        return "it is not a Mach-O file";
    if (!find_slice(&bytes, &len) || len < sizeof(head))
        return "it has no arm64 slice";
    memcpy(&head, bytes, sizeof(head));
    if (head.magic != MH_MAGIC_64)
        return "it is not a Mach-O file";
    if (head.cputype != CPU_TYPE_ARM64)
        return "it is built for another processor";
    if (head.filetype != MH_DYLIB)
        return "it is not a dynamic library";
    size_t at = sizeof(head);
    for (uint32_t i = 0; i < head.ncmds; i++) {
        struct load_command command;
        if (len - at < sizeof(command))
            return "it is truncated";
        memcpy(&command, bytes + at, sizeof(command));
        if (command.cmdsize < sizeof(command) || command.cmdsize > len - at)
            return "it is truncated";
        if (command.cmd == LC_UUID && command.cmdsize >= sizeof(uuid) &&
            sizeof(uuid.uuid) <= max) {
            memcpy(&uuid, bytes + at, sizeof(uuid));
            memcpy(ret_id, uuid.uuid, sizeof(uuid.uuid));
            *ret_len = sizeof(uuid.uuid);
            return NULL;
        }
        at += command.cmdsize;
    }
    return "it has no UUID to tell it from another build";
}
