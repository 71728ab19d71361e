/* What of a readable symbol names its function, language by language. Each writes at most
 * `size` bytes and answers false, with nothing written, if the symbol is none of its
 * language. Pure; any text is safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_FRAME_LANGUAGE_H
#define MP_CAPTURE_FRAME_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

/* "-[Class selector:]" without its category; a block of it is marked. */
bool mp_name_objc(const char *symbol, char *buf, size_t size);

/* "Canvas.draw(in:)": no module (`module`: that of the frame), types, generic arguments
 * and labels "_:"; thunks, specialised and merged copies have the name of what they stand
 * for; closures are marked. */
bool mp_name_swift(const char *symbol, const char *module, char *buf, size_t size);

/* "lab::Queue::submit", "<lab::Queue as core::ops::Drop>::drop": no hash, no generic
 * arguments. */
bool mp_name_rust(const char *symbol, char *buf, size_t size);
/* Length of `symbol` without the hash of its build. */
size_t mp_name_rust_len(const char *symbol);

/* C, C++ and Go, and whatever else is there: no return type, arguments, template
 * arguments, no suffix of a compiler; blocks and lambdas are marked. */
void mp_name_function(const char *symbol, char *buf, size_t size);

#endif
