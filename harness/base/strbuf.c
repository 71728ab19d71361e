/* A growing text buffer. Knows bytes and UTF-8, but not lines, files or terminal widths.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/strbuf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define STRBUF_SIZE_MIN 64

/* What `text` points to while size is 0; never written. */
static char empty_text[1];

void mp_strbuf_init(struct mp_strbuf *buf) {
    buf->text = empty_text;
    buf->len = 0;
    buf->size = 0;
}

void mp_strbuf_release(struct mp_strbuf *buf) {
    if (buf->size > 0)
        free(buf->text);
    mp_strbuf_init(buf);
}

void mp_strbuf_clear(struct mp_strbuf *buf) {
    buf->len = 0;
    if (buf->size > 0)
        buf->text[0] = '\0';
}

/* Makes room for `more` bytes and the NUL. */
static void reserve(struct mp_strbuf *buf, size_t more) {
    size_t need = buf->len + more + 1;
    if (more > SIZE_MAX / 4 || need > SIZE_MAX / 4)
        need = SIZE_MAX; /* resize refuses it and ends the process */
    if (need <= buf->size)
        return;
    size_t size = buf->size > 0 ? buf->size : STRBUF_SIZE_MIN;
    while (size < need && size <= SIZE_MAX / 2)
        size *= 2;
    if (size < need)
        size = need;
    buf->text = mp_memory_resize(buf->size > 0 ? buf->text : NULL, size, 1);
    buf->size = size;
}

void mp_strbuf_add(struct mp_strbuf *buf, const void *bytes, size_t len) {
    if (len == 0)
        return;
    reserve(buf, len);
    memcpy(buf->text + buf->len, bytes, len);
    buf->len += len;
    buf->text[buf->len] = '\0';
}

void mp_strbuf_addstr(struct mp_strbuf *buf, const char *text) {
    mp_strbuf_add(buf, text, strlen(text));
}

void mp_strbuf_addch(struct mp_strbuf *buf, char c) {
    mp_strbuf_add(buf, &c, 1);
}

void mp_strbuf_addf(struct mp_strbuf *buf, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (len > 0) {
        reserve(buf, (size_t)len);
        vsnprintf(buf->text + buf->len, (size_t)len + 1, fmt, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void mp_strbuf_pad(struct mp_strbuf *buf, char c, size_t count) {
    if (count == 0)
        return;
    reserve(buf, count);
    memset(buf->text + buf->len, c, count);
    buf->len += count;
    buf->text[buf->len] = '\0';
}

char *mp_strbuf_detach(struct mp_strbuf *buf) {
    reserve(buf, 0);
    buf->text[buf->len] = '\0';
    char *text = buf->text;
    mp_strbuf_init(buf);
    return text;
}

/* Marks that turn the text behind them around, and separators that some programs take for
 * the end of a line: what is shown is then not what is there. U+061C, U+200E, U+200F,
 * U+2028 to U+202E, U+2066 to U+2069. */
static bool is_mark(const unsigned char *s, size_t length) {
    if (length == 2)
        return s[0] == 0xd8 && s[1] == 0x9c;
    if (length != 3 || s[0] != 0xe2)
        return false;
    return (s[1] == 0x80 &&
            (s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xa8 && s[2] <= 0xae))) ||
           (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
}

/* Whether the bytes from `first` to before `end` continue a UTF-8 sequence. */
static bool has_continuation(const unsigned char *s, size_t first, size_t end) {
    for (size_t i = first; i < end; i++)
        if (s[i] < 0x80 || s[i] > 0xbf)
            return false;
    return true;
}

/* Length of the printable UTF-8 sequence at the start of `s`, or 0 if there is none. The
 * ranges of the second byte leave out overlong forms, surrogates, what lies above
 * U+10FFFF, and the C1 controls U+0080 to U+009F (table 3-7 of the Unicode standard, with
 * C2 starting at A0). */
static size_t printable_length(const unsigned char *s, size_t len) {
    unsigned char first = s[0];
    if (first < 0x80)
        return first >= 0x20 && first != 0x7f;

    size_t need;
    unsigned char low = 0x80, high = 0xbf;
    if (first >= 0xc2 && first <= 0xdf) {
        need = 2;
        low = first == 0xc2 ? 0xa0 : 0x80;
    } else if (first >= 0xe0 && first <= 0xef) {
        need = 3;
        low = first == 0xe0 ? 0xa0 : 0x80;
        high = first == 0xed ? 0x9f : 0xbf;
    } else if (first >= 0xf0 && first <= 0xf4) {
        need = 4;
        low = first == 0xf0 ? 0x90 : 0x80;
        high = first == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (len < need || s[1] < low || s[1] > high)
        return 0;
    return has_continuation(s, 2, need) && !is_mark(s, need) ? need : 0;
}

size_t mp_strbuf_printable(const char *text, size_t len) {
    return len > 0 ? printable_length((const unsigned char *)text, len) : 0;
}

void mp_strbuf_add_escaped(struct mp_strbuf *buf, const char *text, size_t len,
                           int keep_lines) {
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0;
    while (i < len) {
        size_t step = printable_length(s + i, len - i);
        if (step == 0 && keep_lines && (s[i] == '\n' || s[i] == '\t'))
            step = 1;
        if (step > 0) {
            mp_strbuf_add(buf, s + i, step);
            i += step;
        } else {
            mp_strbuf_addf(buf, "\\x%02x", s[i]);
            i++;
        }
    }
}

const char *mp_plural(uint64_t count, const char *one, const char *many) {
    return count == 1 ? one : many;
}
