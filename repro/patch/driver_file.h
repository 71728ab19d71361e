/* A driver's binary as it was read, with the routine in it, and the patched copy.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPRO_PATCH_DRIVER_FILE_H
#define MP_REPRO_PATCH_DRIVER_FILE_H

#include "harness/base/sha256.h"
#include "repro/patch/macho.h"
#include "repro/patch/store_order.h"

struct mp_driver_file {
    const char *path; /* borrowed */
    uint8_t *bytes;   /* owned */
    size_t size;
    unsigned mode; /* permission bits */
    char sha256[MP_SHA256_HEX_SIZE];
    struct mp_macho macho;
    uint64_t address; /* of the routine's first word */
    size_t offset;    /* of it in the file */
    enum mp_store_order order;
    bool is_known_build; /* by UUID, and word by word */
};

/* Reads the file and finds the routine: where the known build has it, else by the form of
 * its instructions, which must stand in the code exactly once. MP_SYSTEM, MP_FORMAT,
 * MP_NOT_FOUND, MP_LIMIT (over 1 GiB); the error names the file. Release with
 * mp_driver_file_release in any case. */
enum mp_status mp_driver_file_read(const char *path, struct mp_driver_file *file,
                                   struct mp_error *err);
void mp_driver_file_release(struct mp_driver_file *file);

/* Patches the bytes in memory (order and sha256 with them) and writes them as the new
 * file `path`, with the permissions of the original. MP_USAGE if there is something at
 * `path`; nothing is left there after a failure. */
enum mp_status mp_driver_file_write_patched(struct mp_driver_file *file, const char *path,
                                            struct mp_error *err);

/* Writes a new file of text; MP_USAGE if there is one. */
enum mp_status mp_driver_file_write_text(const char *path, const char *text,
                                         struct mp_error *err);

#endif
