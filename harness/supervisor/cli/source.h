/* The catalog of the round program to be used.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_SOURCE_H
#define MP_CLI_SOURCE_H

#include "harness/wire/catalog.h"

#define MP_SOURCE_PATH_MAX 4096

/* Finds the round program (its path goes to `ret_program`, MP_SOURCE_PATH_MAX bytes)
 * and reads its catalog. Release the catalog with mp_catalog_release. */
enum mp_status mp_source_read(char *ret_program, struct mp_catalog *ret_catalog,
                              struct mp_error *err);

#endif
