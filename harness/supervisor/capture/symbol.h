/* Symbols as people read them: demangled, whatever the language, and short enough to be
 * kept. Pure; any text is safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_SYMBOL_H
#define MP_CAPTURE_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>

/* Longer ones are kept as they are: no compiler's limits are known, but this text comes
 * from files of others. */
#define MP_SYMBOL_MANGLED_MAX 4096

/* Writes the readable form of a mangled C++ (Itanium ABI), Rust (legacy and v0) or Swift
 * (4 and later) symbol, and how many bytes it has, kept or not. False, and nothing
 * written, if it is none or cannot be read. */
bool mp_symbol_demangle(const char *symbol, char *buf, size_t size, size_t *ret_bytes);

/* Copies `symbol` demangled. What does not fit loses its template arguments, then its
 * arguments, then its middle: it still ends in the name of its function. Returns the
 * bytes of the whole name if something was cut, else 0. */
size_t mp_symbol_copy(const char *symbol, char *buf, size_t size);

/* True for what stands in the place of a symbol and names no function: "<redacted>",
 * "???", labels of an assembler, names that a debugger made up of an address. */
bool mp_symbol_says_nothing(const char *symbol);

/* True if the linker kept one of several functions of equal code under this name. */
bool mp_symbol_is_merged(const char *symbol);

/* Writes `text` whole, or its beginning, "..", and its end. */
void mp_symbol_cut_middle(const char *text, char *buf, size_t size);

#endif
