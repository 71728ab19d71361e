/* A growing text buffer. Running out of memory ends the process with exit code 6.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_STRBUF_H
#define MP_BASE_STRBUF_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"

/* `text` is always a valid string of `len` bytes; before the first addition it is "". */
struct mp_strbuf {
    char *text;
    size_t len;
    size_t size;
};

void mp_strbuf_init(struct mp_strbuf *buf);
/* Frees the text; the buffer may be used again afterwards. */
void mp_strbuf_release(struct mp_strbuf *buf);
/* Empties the buffer and keeps its memory. */
void mp_strbuf_clear(struct mp_strbuf *buf);

void mp_strbuf_add(struct mp_strbuf *buf, const void *bytes, size_t len);
void mp_strbuf_addstr(struct mp_strbuf *buf, const char *text);
void mp_strbuf_addch(struct mp_strbuf *buf, char c);
void mp_strbuf_addf(struct mp_strbuf *buf, const char *fmt, ...) MP_PRINTF(2, 3);
/* Adds `count` copies of `c`. */
void mp_strbuf_pad(struct mp_strbuf *buf, char c, size_t count);

/* Returns the text, to be freed by the caller, and leaves the buffer empty. */
char *mp_strbuf_detach(struct mp_strbuf *buf);

/* Bytes of the first character of `text` if it is valid UTF-8 and may be shown anywhere;
 * else 0. Control characters and marks that turn text around may not. */
size_t mp_strbuf_printable(const char *text, size_t len);
/* Adds `text` so that no byte of it can control a terminal: what mp_strbuf_printable
 * rejects becomes \xNN, byte by byte. Newline and tab are kept only if
 * `keep_lines` is set. */
void mp_strbuf_add_escaped(struct mp_strbuf *buf, const char *text, size_t len,
                           int keep_lines);

/* The word for this count, as in "1 round is" and "2 rounds are". */
const char *mp_plural(uint64_t count, const char *one, const char *many);

#endif
