/* The build id of an ELF file, among its notes. Pure; any bytes are safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_BUILD_ID_LINUX_H
#define MP_CAPTURE_BUILD_ID_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds it in the `len` bytes of one segment of notes; false if it is not there, or has
 * more than `max` bytes. */
bool mp_build_id_find(const uint8_t *note, size_t len, uint8_t *ret_id, size_t max,
                      size_t *ret_len);

#endif
