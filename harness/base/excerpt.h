/* As much of a text as a field of fixed size holds. What is cut is marked by "…" where it
 * was cut, and no character is cut in half.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_EXCERPT_H
#define MP_BASE_EXCERPT_H

#include <stddef.h>

/* Writes the first `len` bytes of `text`, or their beginning and "…". `size` is at least
 * 4. */
void mp_excerpt_start(char *buf, size_t size, const char *text, size_t len);
/* The same of a whole text. */
void mp_excerpt(char *buf, size_t size, const char *text);
/* Writes the first `len` bytes of `text`, or "…" and their end: of a path the name. */
void mp_excerpt_end(char *buf, size_t size, const char *text, size_t len);

#endif
