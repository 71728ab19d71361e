/* SHA-256 (FIPS 180-4): tells whether two files are the same. Not used for secrets.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_SHA256_H
#define MP_BASE_SHA256_H

#include <stddef.h>

#define MP_SHA256_HEX_SIZE 65

/* Writes the digest of `len` bytes as 64 lower-case hexadecimal digits. */
void mp_sha256_hex(const void *bytes, size_t len, char ret_hex[MP_SHA256_HEX_SIZE]);

#endif
