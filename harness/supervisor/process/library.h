/* A shared library on disk to be injected into rounds: its path and build.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_LIBRARY_H
#define MP_PROCESS_LIBRARY_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/sha256.h"
#include "harness/base/status.h"
#include "harness/wire/round_spec.h"

struct mp_library {
    char path[MP_SPEC_FIX_MAX]; /* absolute, without symbolic links */
    char id[MP_SPEC_ID_MAX];    /* build id or UUID in lower-case hex; never "" */
    char sha256[MP_SHA256_HEX_SIZE];
    /* The variables of our environment that the file names, and that a library may
     * therefore read, sorted: "NAME=VALUE ..." (harness/base/words.h). Names without _
     * after their first letter, and those of loaders and locales do not count. */
    char variables[MP_SPEC_ARM_MAX];
};

/* The file of the built-in library of arm `arm`, beside this program or in
 * ../libexec/mpstress. */
enum mp_status mp_library_find_builtin(const char *arm, char ret_path[MP_SPEC_FIX_MAX],
                                       struct mp_error *err);
/* Per system: ".so", ".dylib". */
extern const char *const mp_library_suffix;

/* Reads the library at `path`. MP_USAGE if this system's loader could not inject it
 * into a round here, or if it has no id that identifies its build. */
enum mp_status mp_library_read(const char *path, struct mp_library *ret_library,
                               struct mp_error *err);

/* Per system: finds the id (at most `max` bytes) in the `len` bytes of a library's
 * file. Returns NULL, or why it cannot be injected ("it is a program"). Any bytes are
 * safe. */
const char *mp_library_find_id(const uint8_t *bytes, size_t len, uint8_t *ret_id,
                               size_t max, size_t *ret_len);

#endif
