/* A Mach-O file in memory, thin or fat: where the arm64e slice is and what lies at an
 * address. Every offset of the file is checked before it is used.
 *
 * Layouts: Apple's <mach-o/fat.h> and <mach-o/loader.h>.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPRO_PATCH_MACHO_H
#define MP_REPRO_PATCH_MACHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

struct mp_macho {
    bool is_fat;
    bool is_signed;        /* it has a code signature, which a change makes invalid */
    size_t slice;          /* offset of the slice in the file, bytes */
    size_t slice_size;     /* bytes */
    char uuid[37];         /* "" if it has none */
    uint64_t text_address; /* of section __TEXT,__text */
    size_t text_offset;    /* of that section in the file */
    size_t text_size;      /* bytes */
};

/* Finds the arm64e slice of the `size` bytes. MP_FORMAT: no Mach-O file, or a torn one;
 * MP_NOT_FOUND: no such slice, or no code in it. */
enum mp_status mp_macho_read(const uint8_t *bytes, size_t size, struct mp_macho *ret_file,
                             struct mp_error *err);

/* The offset in the file of the `len` bytes of code at `address`; false if that is no
 * code of the slice. */
bool mp_macho_code_at(const struct mp_macho *file, uint64_t address, size_t len,
                      size_t *ret_offset);

#endif
