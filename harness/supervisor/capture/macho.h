/* The parts of a Mach-O image that lie in memory and say where its code is and what it is
 * called: layouts as in Apple's mach-o/loader.h, mach-o/nlist.h and mach-o/dyld_images.h,
 * held against the system's headers by layout_macos.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_MACHO_H
#define MP_CAPTURE_MACHO_H

#include <stdint.h>

#define MP_MACHO_MAGIC           UINT32_C(0xfeedfacf)
#define MP_MACHO_SEGMENT         UINT32_C(0x19)
#define MP_MACHO_SYMTAB          UINT32_C(0x2)
#define MP_MACHO_ID_DYLIB        UINT32_C(0xd)
#define MP_MACHO_UUID            UINT32_C(0x1b)
#define MP_MACHO_FUNCTION_STARTS UINT32_C(0x26)
#define MP_MACHO_STAB_BITS       0xe0
#define MP_MACHO_TYPE_BITS       0x0e
#define MP_MACHO_IN_SECTION      0x0e
#define MP_MACHO_EXTERNAL        0x01

struct mp_macho_header {
    uint32_t magic, cputype, cpusubtype, filetype, ncmds, sizeofcmds, flags, reserved;
};

struct mp_macho_command {
    uint32_t cmd, cmdsize;
};

struct mp_macho_segment {
    uint32_t cmd, cmdsize;
    char segname[16];
    uint64_t vmaddr, vmsize, fileoff, filesize;
    uint32_t maxprot, initprot, nsects, flags;
};

struct mp_macho_section {
    char sectname[16], segname[16];
    uint64_t addr, size;
    uint32_t offset, align, reloff, nreloc, flags, reserved[3];
};

struct mp_macho_symtab {
    uint32_t cmd, cmdsize, symoff, nsyms, stroff, strsize;
};

struct mp_macho_uuid {
    uint32_t cmd, cmdsize;
    uint8_t uuid[16];
};

/* LC_FUNCTION_STARTS and its kin. */
struct mp_macho_linkedit {
    uint32_t cmd, cmdsize, dataoff, datasize;
};

/* LC_ID_DYLIB; the name stands `name` bytes behind the beginning of the command. */
struct mp_macho_dylib {
    uint32_t cmd, cmdsize, name, timestamp, current_version, compatibility_version;
};

struct mp_macho_symbol {
    uint32_t strx;
    uint8_t type, sect;
    uint16_t desc;
    uint64_t value;
};

/* The beginning of dyld_all_image_infos, up to the path of dyld (version 15, since
 * macOS 10.12). */
struct mp_dyld_infos {
    uint32_t version, image_count;
    uint64_t images; /* 0 while dyld changes the list */
    uint64_t notification;
    uint8_t flags[8];
    uint64_t dyld_base;
    uint64_t between[19];
    uint64_t dyld_path;
};

struct mp_dyld_image {
    uint64_t base, path, modified;
};

/* What a library leaves for reports of a crash, in its section __crash_info:
 * crashreporter_annotations_t of CrashReporterClient.h, as Apple publishes it with Libc.
 * Later versions have more behind these. */
#define MP_MACHO_INFO_OLDEST 4
#define MP_MACHO_INFO_NEWEST 16 /* more than there are yet */
struct mp_macho_info {
    uint64_t version, message, signature, backtrace, message2, thread, dialog_mode;
};

#endif
