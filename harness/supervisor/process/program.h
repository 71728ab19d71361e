/* A user's program on disk: whether it can be run, and which build it is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_PROGRAM_H
#define MP_PROCESS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"
#include "harness/wire/program.h"

/* The file that a round would run for `name`, by PATH if it has no slash. MP_USAGE with
 * the reason if it cannot be run: not found, a folder, not executable, a script whose
 * interpreter is missing. */
enum mp_status mp_program_find(const char *name, char *ret_path, size_t size,
                               struct mp_error *err);

/* The build: first digits of a hash over the program's file and those of `watch`, with
 * the names of the latter. `ret_build` has MP_PROGRAM_DIGITS + 1 bytes. */
enum mp_status mp_program_read_build(const char *name, const struct mp_words *watch,
                                     char *ret_build, struct mp_error *err);

/* Whether the system starts the file at `path` with the rights of its owner or group. */
bool mp_program_takes_rights(const char *path);

#endif
