/* Reads big-endian fat headers and little-endian slices by hand, so that any system can.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/patch/macho.h"

#include <stdio.h>
#include <string.h>

#define MAGIC_64           0xfeedfacfU
#define FAT_MAGIC          0xcafebabeU
#define FAT_MAGIC_64       0xcafebabfU
#define CPU_TYPE_ARM64     0x0100000cU
#define CPU_SUBTYPE_MASK   0x00ffffffU
#define CPU_SUBTYPE_ARM64E 2U
#define LC_SEGMENT_64      0x19U
#define LC_UUID            0x1bU
#define LC_CODE_SIGNATURE  0x1dU
#define HEADER_SIZE        32
#define SEGMENT_SIZE       72
#define SECTION_SIZE       80
#define FAT_HEADER_SIZE    8

static uint32_t big32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint64_t big64(const uint8_t *at) {
    return (uint64_t)big32(at) << 32 | big32(at + 4);
}

static uint32_t little32(const uint8_t *at) {
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static uint64_t little64(const uint8_t *at) {
    return (uint64_t)little32(at + 4) << 32 | little32(at);
}

static bool is_arm64e(uint32_t type, uint32_t subtype) {
    return type == CPU_TYPE_ARM64 && (subtype & CPU_SUBTYPE_MASK) == CPU_SUBTYPE_ARM64E;
}

/* The slice of a fat file. */
static enum mp_status find_slice(const uint8_t *bytes, size_t size, bool is_64,
                                 struct mp_macho *file, struct mp_error *err) {
    size_t row_size = is_64 ? 32 : 20;
    uint32_t count = big32(bytes + 4);

    if (count > (size - FAT_HEADER_SIZE) / row_size)
        return mp_error_set(err, MP_FORMAT, "a fat file of %u slices that ends early",
                            count);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *row = bytes + FAT_HEADER_SIZE + i * row_size;
        uint64_t offset = is_64 ? big64(row + 8) : big32(row + 8);
        uint64_t length = is_64 ? big64(row + 16) : big32(row + 12);

        if (!is_arm64e(big32(row), big32(row + 4)))
            continue;
        if (offset > size || length > size - offset)
            return mp_error_set(err, MP_FORMAT,
                                "the arm64e slice lies beyond the end of the file");
        file->slice = (size_t)offset;
        file->slice_size = (size_t)length;
        return MP_OK;
    }
    return mp_error_set(err, MP_NOT_FOUND, "it has no slice for arm64e, of %u", count);
}

static void read_uuid(const uint8_t *at, char uuid[37]) {
    size_t len = 0;

    for (unsigned i = 0; i < 16; i++) {
        const char *dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        len += (size_t)snprintf(uuid + len, 37 - len, "%s%02X", dash, at[i]);
    }
}

/* sectname and segname of a section header: 16 bytes each, filled with zeros. */
static const char code_name[32] = "__text\0\0\0\0\0\0\0\0\0\0"
                                  "__TEXT";

/* Takes __TEXT,__text from a segment command of `size` bytes. */
static enum mp_status read_segment(const uint8_t *at, size_t size, struct mp_macho *file,
                                   struct mp_error *err) {
    uint32_t count = size >= SEGMENT_SIZE ? little32(at + 64) : 0;

    if (size < SEGMENT_SIZE || count > (size - SEGMENT_SIZE) / SECTION_SIZE)
        return mp_error_set(err, MP_FORMAT, "a segment command that ends early");
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *section = at + SEGMENT_SIZE + i * (size_t)SECTION_SIZE;
        uint64_t length = little64(section + 40);
        uint32_t offset = little32(section + 48);

        if (memcmp(section, code_name, sizeof(code_name)) != 0)
            continue;
        if (offset > file->slice_size || length > file->slice_size - offset)
            return mp_error_set(err, MP_FORMAT, "the code lies beyond the slice");
        file->text_address = little64(section + 32);
        file->text_offset = file->slice + offset;
        file->text_size = (size_t)length;
    }
    return MP_OK;
}

static enum mp_status read_commands(const uint8_t *bytes, struct mp_macho *file,
                                    struct mp_error *err) {
    const uint8_t *slice = bytes + file->slice;
    uint32_t count = little32(slice + 16);
    size_t at = HEADER_SIZE;
    enum mp_status status = MP_OK;

    for (uint32_t i = 0; i < count && status == MP_OK; i++) {
        size_t left = file->slice_size - at;
        uint32_t size = left >= 8 ? little32(slice + at + 4) : 0;

        if (size < 8 || size > left)
            return mp_error_set(err, MP_FORMAT,
                                "load command %u of %u lies beyond the slice", i + 1,
                                count);
        switch (little32(slice + at)) {
        case LC_SEGMENT_64:
            status = read_segment(slice + at, size, file, err);
            break;
        case LC_UUID:
            if (size >= 24)
                read_uuid(slice + at + 8, file->uuid);
            break;
        case LC_CODE_SIGNATURE:
            file->is_signed = true;
            break;
        default:
            break;
        }
        at += size;
    }
    return status;
}

enum mp_status mp_macho_read(const uint8_t *bytes, size_t size, struct mp_macho *ret_file,
                             struct mp_error *err) {
    struct mp_macho file = {.slice_size = size};
    uint32_t magic = size >= HEADER_SIZE ? big32(bytes) : 0;
    enum mp_status status = MP_OK;

    file.is_fat = magic == FAT_MAGIC || magic == FAT_MAGIC_64;
    if (file.is_fat)
        status = find_slice(bytes, size, magic == FAT_MAGIC_64, &file, err);
    if (status != MP_OK)
        return status;
    if (file.slice_size < HEADER_SIZE || little32(bytes + file.slice) != MAGIC_64)
        return mp_error_set(err, MP_FORMAT, "this is no 64-bit Mach-O file");
    if (!is_arm64e(little32(bytes + file.slice + 4), little32(bytes + file.slice + 8)))
        return mp_error_set(err, MP_NOT_FOUND,
                            "its code is not for arm64e, as Apple's drivers are");
    status = read_commands(bytes, &file, err);
    if (status == MP_OK && file.text_size == 0)
        status = mp_error_set(err, MP_NOT_FOUND, "its arm64e slice has no code");
    if (status == MP_OK)
        *ret_file = file;
    return status;
}

bool mp_macho_code_at(const struct mp_macho *file, uint64_t address, size_t len,
                      size_t *ret_offset) {
    uint64_t into = address - file->text_address;

    if (address < file->text_address || into > file->text_size ||
        len > file->text_size - into)
        return false;
    *ret_offset = file->text_offset + (size_t)into;
    return true;
}
