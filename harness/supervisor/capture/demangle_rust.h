/* Rust's symbols, both manglings, as paths without generic arguments, hashes and
 * disambiguators. Pure; any text is safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_DEMANGLE_RUST_H
#define MP_CAPTURE_DEMANGLE_RUST_H

#include <stdbool.h>
#include <stddef.h>

/* "_RNvCs1_3lab4draw" (RFC 2603) or "_ZN3lab4draw17h0123456789abcdefE", without further
 * underscores in front, as "lab::draw". False if it is neither. */
bool mp_demangle_rust(const char *symbol, char *buf, size_t size);

#endif
