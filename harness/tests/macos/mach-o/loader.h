/* As much of Apple's mach-o/loader.h as lists images, for the double of dyld.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MACOS_LOADER_H
#define MP_TESTS_MACOS_LOADER_H

#include <stdint.h>

#define MH_MAGIC_64   0xfeedfacfU
#define LC_SEGMENT_64 0x19
#define LC_UUID       0x1b
#define SEG_TEXT      "__TEXT"

struct mach_header_64 {
    uint32_t magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags, reserved;
};

struct load_command {
    uint32_t cmd, cmdsize;
};

struct uuid_command {
    uint32_t cmd, cmdsize;
    uint8_t uuid[16];
};

struct segment_command_64 {
    uint32_t cmd, cmdsize;
    char segname[16];
    uint64_t vmaddr, vmsize, fileoff, filesize;
    uint32_t maxprot, initprot, nsects, flags;
};

#endif
