/* The catalog of the round program to be used.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_SOURCE_H
#define MP_CLI_SOURCE_H

#include "harness/wire/catalog.h"

#define MP_SOURCE_PATH_MAX 4096

/* Finds the round program (its path goes to `ret_program`, MP_SOURCE_PATH_MAX bytes)
 * and reads its catalog. No device is opened before mp_catalog_opens is asked about it;
 * both outlive that. Release the catalog with mp_catalog_release. */
enum mp_status mp_source_read(char *ret_program, struct mp_catalog *ret_catalog,
                              struct mp_error *err);

/* Opens every device, each in a process of its own: a driver that dies or hangs in that
 * is an item that says so. */
void mp_source_open_devices(const struct mp_catalog *catalog);

#endif
