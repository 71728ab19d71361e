/* Copies and marks. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/excerpt.h"

#include <stdbool.h>
#include <string.h>

static const char mark[] = "\xe2\x80\xa6";
enum { MARK_LEN = sizeof(mark) - 1 };

/* Whether a byte continues a character of UTF-8. */
static bool goes_on(char byte) {
    return ((unsigned char)byte & 0xc0) == 0x80;
}

void mp_excerpt_start(char *buf, size_t size, const char *text, size_t len) {
    size_t kept = len;
    bool is_cut = len >= size;
    if (is_cut) {
        kept = size - 1 - MARK_LEN;
        while (kept > 0 && goes_on(text[kept]))
            kept--;
    }
    memmove(buf, text, kept);
    if (is_cut) {
        memcpy(buf + kept, mark, MARK_LEN);
        kept += MARK_LEN;
    }
    buf[kept] = '\0';
}

void mp_excerpt(char *buf, size_t size, const char *text) {
    mp_excerpt_start(buf, size, text, strlen(text));
}

void mp_excerpt_end(char *buf, size_t size, const char *text, size_t len) {
    size_t from = 0, at = 0;
    if (len >= size) {
        from = len - (size - 1 - MARK_LEN);
        while (from < len && goes_on(text[from]))
            from++;
        memcpy(buf, mark, MARK_LEN);
        at = MARK_LEN;
    }
    memmove(buf + at, text + from, len - from);
    buf[at + len - from] = '\0';
}
