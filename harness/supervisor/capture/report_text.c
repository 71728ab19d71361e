/* Encodings and wrappers. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/report_text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "harness/base/array.h"

#define GZIP_WINDOW    (15 + 32) /* the largest, and the header of gzip or zlib */
#define UNPACK_BYTES   8192
#define TAG_MAX        1024
#define COLOUR_MAX     24
#define LOG_PREFIX_MAX 64
#define LINES_MIN      16 /* of a text whose lines tell how they are set */

/* Adds the members of a gzip file until `max` bytes are there. */
static enum mp_status unpack(const char *bytes, size_t len, size_t max,
                             struct mp_strbuf *plain, bool *ret_is_cut,
                             struct mp_error *err) {
    char part[UNPACK_BYTES];
    z_stream stream = {0};
    int code = inflateInit2(&stream, GZIP_WINDOW);
    if (code != Z_OK)
        return mp_error_set(err, MP_USAGE, "zlib cannot decompress it: error %d", code);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)len;
    do {
        stream.next_out = (Bytef *)part;
        stream.avail_out = sizeof(part);
        code = inflate(&stream, Z_NO_FLUSH);
        size_t got = sizeof(part) - stream.avail_out;
        size_t room = max - plain->len;
        mp_strbuf_add(plain, part, got < room ? got : room);
        *ret_is_cut |= got > room;
        if (code == Z_STREAM_END && stream.avail_in > 0)
            code = inflateReset(&stream);
    } while (code == Z_OK && !*ret_is_cut);
    *ret_is_cut |= code != Z_STREAM_END;
    inflateEnd(&stream);
    if (plain->len == 0 && code != Z_STREAM_END)
        return mp_error_set(err, MP_USAGE, "it is gzipped and damaged");
    return MP_OK;
}

static void add_character(struct mp_strbuf *text, uint32_t c) {
    if (c < 0x80) {
        mp_strbuf_addch(text, (char)c);
    } else if (c < 0x800) {
        mp_strbuf_addch(text, (char)(0xc0 | c >> 6));
        mp_strbuf_addch(text, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        mp_strbuf_addch(text, (char)(0xe0 | c >> 12));
        mp_strbuf_addch(text, (char)(0x80 | (c >> 6 & 0x3f)));
        mp_strbuf_addch(text, (char)(0x80 | (c & 0x3f)));
    } else {
        mp_strbuf_addch(text, (char)(0xf0 | c >> 18));
        mp_strbuf_addch(text, (char)(0x80 | (c >> 12 & 0x3f)));
        mp_strbuf_addch(text, (char)(0x80 | (c >> 6 & 0x3f)));
        mp_strbuf_addch(text, (char)(0x80 | (c & 0x3f)));
    }
}

/* UTF-16 with the high byte at `high` of each pair. Half of a surrogate becomes '?'. */
static void add_utf16(const char *bytes, size_t len, unsigned high,
                      struct mp_strbuf *text) {
    uint32_t first = 0;
    for (size_t i = 0; i + 1 < len; i += 2) {
        uint32_t unit = (uint32_t)(unsigned char)bytes[i + high] << 8 |
                        (unsigned char)bytes[i + 1 - high];
        bool is_first = unit >= 0xd800 && unit < 0xdc00;
        bool is_second = unit >= 0xdc00 && unit < 0xe000;
        if (is_second && first != 0)
            add_character(text, 0x10000 + ((first - 0xd800) << 10) + (unit - 0xdc00));
        else if (first != 0 || is_second)
            add_character(text, '?');
        if (!is_first && !is_second)
            add_character(text, unit);
        first = is_first ? unit : 0;
    }
}

/* -1: no UTF-16; else which byte of a pair is the high one. Without a mark, ASCII shows
 * itself by its zeros. */
static int find_utf16(const char *bytes, size_t len) {
    if (len >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
        return 1;
    if (len >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
        return 0;
    size_t zeros[2] = {0, 0}, seen = len < 512 ? len : 512;
    for (size_t i = 0; i < seen; i++)
        zeros[i % 2] += bytes[i] == '\0';
    if (seen < 16)
        return -1;
    if (zeros[1] > seen / 3 && zeros[0] == 0)
        return 1;
    return zeros[0] > seen / 3 && zeros[1] == 0 ? 0 : -1;
}

/* Length of a terminal's sequence for a colour or the like, "ESC [ 1 ; 31 m"; 0: none. */
static size_t colour_len(const char *bytes, size_t len) {
    size_t at = 2;
    if (len < 3 || memcmp(bytes, "\x1b[", 2) != 0)
        return 0;
    while (at < len && at < COLOUR_MAX && bytes[at] >= ' ' && bytes[at] < '@')
        at++;
    return at < len && bytes[at] >= '@' && bytes[at] <= '~' ? at + 1 : 0;
}

/* Adds with plain line ends and blanks, without colours; the lone CR of old systems ends
 * a line too. */
static void add_plain(const char *bytes, size_t len, struct mp_strbuf *text) {
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        bool is_blank = len - i >= 2 && memcmp(bytes + i, "\xc2\xa0", 2) == 0;
        bool is_mark = len - i >= 3 && memcmp(bytes + i, "\xef\xbb\xbf", 3) == 0;
        size_t colour = bytes[i] == '\x1b' ? colour_len(bytes + i, len - i) : 0;
        if (bytes[i] != '\r' && !is_blank && !is_mark && colour == 0)
            continue;
        mp_strbuf_add(text, bytes + start, i - start);
        if (is_blank)
            mp_strbuf_addch(text, ' ');
        else if (colour > 0)
            i += colour - 1;
        else if (bytes[i] == '\r' && (i + 1 == len || bytes[i + 1] != '\n'))
            mp_strbuf_addch(text, '\n');
        i += is_mark ? 2 : is_blank;
        start = i + 1;
    }
    mp_strbuf_add(text, bytes + start, len - start);
}

enum mp_status mp_report_text_decode(const char *bytes, size_t len, size_t max,
                                     struct mp_strbuf *text, bool *ret_is_cut,
                                     struct mp_error *err) {
    struct mp_strbuf plain, narrow;
    enum mp_status status = MP_OK;
    mp_strbuf_init(&plain);
    mp_strbuf_init(&narrow);
    if (len >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0) {
        status = unpack(bytes, len, max, &plain, ret_is_cut, err);
        bytes = plain.text;
        len = plain.len;
    }
    int high = find_utf16(bytes, len);
    if (status == MP_OK && high >= 0) {
        add_utf16(bytes, len, (unsigned)high, &narrow);
        bytes = narrow.text;
        len = narrow.len;
    }
    if (status == MP_OK)
        add_plain(bytes, len, text);
    mp_strbuf_release(&plain);
    mp_strbuf_release(&narrow);
    return status;
}

/* -- wrappers -- */

static const struct {
    const char *escape;
    char character;
} escapes[] = {
    {"&lt;", '<'},    {"&gt;", '>'},   {"&amp;", '&'},  {"&quot;", '"'},
    {"&apos;", '\''}, {"&nbsp;", ' '}, {"&#160;", ' '}, {"&#xA0;", ' '},
};

/* Elements that forges and mail programs put around a text; every other <...> may be part
 * of a symbol. */
static const char *const elements[] = {"details", "summary", "pre",  "code",       "p",
                                       "br",      "div",     "span", "blockquote", "b",
                                       "html",    "body",    "hr"};

/* "&#60;", "&#x3C;": of ASCII alone. */
static size_t number_len(const char *text, size_t len, char *ret_character) {
    char digits[5] = "";
    if (len < 4 || memcmp(text, "&#", 2) != 0)
        return 0;
    size_t start = text[2] == 'x' || text[2] == 'X' ? 3 : 2, count = 0;
    while (count < sizeof(digits) - 1 && start + count < len &&
           isxdigit((unsigned char)text[start + count])) {
        digits[count] = text[start + count];
        count++;
    }
    char *end = NULL;
    unsigned long value = strtoul(digits, &end, start == 3 ? 16 : 10);
    bool is_ascii = value >= ' ' && value < 127 && *end == '\0';
    if (!is_ascii || start + count == len || text[start + count] != ';')
        return 0;
    *ret_character = (char)value;
    return start + count + 1;
}

static size_t escape_len(const char *text, size_t len, char *ret_character) {
    size_t number = text[0] == '&' ? number_len(text, len, ret_character) : 0;
    if (number > 0)
        return number;
    for (size_t i = 0; i < MP_COUNT(escapes); i++) {
        size_t size = strlen(escapes[i].escape);
        if (size <= len && memcmp(text, escapes[i].escape, size) == 0) {
            *ret_character = escapes[i].character;
            return size;
        }
    }
    return 0;
}

/* Length of an element's tag at the start of `text`, 0 if there is none. */
static size_t tag_len(const char *text, size_t len) {
    size_t at = 1, start = 1;
    if (len < 3 || text[0] != '<')
        return 0;
    start = at += text[at] == '/';
    while (at < len && isalpha((unsigned char)text[at]))
        at++;
    bool is_known = false;
    for (size_t i = 0; i < MP_COUNT(elements); i++)
        is_known |= strlen(elements[i]) == at - start &&
                    strncasecmp(text + start, elements[i], at - start) == 0;
    if (!is_known || at == len || strchr("> /", text[at]) == NULL || text[at] == '\0')
        return 0;
    const char *close = memchr(text + at, '>', len < TAG_MAX ? len - at : TAG_MAX - at);
    if (close == NULL)
        return 0;
    return (size_t)(close - text) + 1;
}

/* Whether the text is HTML rather than a report that happens to hold a '<'. */
static bool has_markup(const struct mp_strbuf *text) {
    static const char *const signs[] = {"<pre", "<details",    "<code",
                                        "&lt;", "&gt;",        "&quot;",
                                        "<br",  "<blockquote", "&#"};
    for (size_t i = 0; i < MP_COUNT(signs); i++)
        if (strstr(text->text, signs[i]) != NULL)
            return true;
    return false;
}

static bool is_break(const char *tag) {
    return strncasecmp(tag, "<br", 3) == 0;
}

static bool is_at_start(const struct mp_strbuf *text) {
    return text->len == 0 || text->text[text->len - 1] == '\n';
}

static void drop_markup(const char *line, size_t len, struct mp_strbuf *out) {
    for (size_t i = 0; i < len;) {
        char character = '\0';
        size_t tag = tag_len(line + i, len - i);
        size_t escape = tag == 0 ? escape_len(line + i, len - i, &character) : 0;
        if (escape > 0)
            mp_strbuf_addch(out, character);
        else if (tag > 0 && i > 0 && (is_break(line + i) || !is_at_start(out)))
            mp_strbuf_addch(out, '\n'); /* what follows is a line of its own */
        else if (tag == 0)
            mp_strbuf_addch(out, line[i]);
        i += tag + escape + (tag + escape == 0);
    }
}

/* Length of "> > " at the start of a line. */
static size_t quote_len(const char *line, size_t len) {
    size_t at = 0;
    for (;;) {
        size_t next = at;
        while (next < len && line[next] == ' ' && next - at < 4)
            next++;
        if (next == len || line[next] != '>')
            return at;
        at = next + 1;
        if (at < len && line[at] == ' ')
            at++;
    }
}

/* Length of what Android's log puts before each line of a tombstone: "03-01 08:00:00.000
 * 6100 6107 F DEBUG   : ", "F/DEBUG   ( 6100): ". */
static size_t log_len(const char *line, size_t len) {
    static const char tag[] = "DEBUG";
    size_t seen = len < LOG_PREFIX_MAX ? len : LOG_PREFIX_MAX;
    size_t size = sizeof(tag) - 1, at = 1;
    while (at + size < seen && memcmp(line + at, tag, size) != 0)
        at++;
    if (at + size >= seen || (line[at - 1] != ' ' && line[at - 1] != '/'))
        return 0;
    for (at += size; at < len && strchr(" ()0123456789", line[at]) != NULL; at++)
        if (line[at] == '\0')
            return 0;
    if (at == len || line[at] != ':')
        return 0;
    return at + 1 < len && line[at + 1] == ' ' ? at + 2 : at + 1;
}

/* Whether there is an empty line behind each line, as some mail programs write it. */
static bool is_double_spaced(const struct mp_strbuf *text) {
    size_t number = 0;
    for (size_t at = 0; at < text->len; number++) {
        const char *end = memchr(text->text + at, '\n', text->len - at);
        size_t stop = end != NULL ? (size_t)(end - text->text) : text->len;
        if (number % 2 == 1 && stop > at)
            return false;
        at = stop + 1;
    }
    return number >= LINES_MIN;
}

/* Length of "    12\t", which stands before each line of a text whose lines somebody
 * numbered; 0 if it does not begin with `number`. */
static size_t number_prefix_len(const char *line, size_t len, size_t number) {
    size_t at = 0, value = 0, digits = 0;
    while (at < len && line[at] == ' ')
        at++;
    for (; at < len && digits < 7 && isdigit((unsigned char)line[at]); at++, digits++)
        value = 10 * value + (size_t)(line[at] - '0');
    bool is_number = digits > 0 && value == number && at < len;
    return is_number && (line[at] == '\t' || line[at] == ':') ? at + 1 : 0;
}

/* Whether all lines are numbered from 1. */
static bool is_numbered(const struct mp_strbuf *text) {
    size_t number = 0;
    for (size_t at = 0; at < text->len;) {
        const char *end = memchr(text->text + at, '\n', text->len - at);
        size_t stop = end != NULL ? (size_t)(end - text->text) : text->len;
        number++;
        if (number_prefix_len(text->text + at, stop - at, number) == 0)
            return false;
        at = stop + 1;
    }
    return number >= LINES_MIN;
}

static bool is_fence(const char *line, size_t len) {
    size_t at = 0;
    while (at < len && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return len - at >= 3 &&
           (memcmp(line + at, "```", 3) == 0 || memcmp(line + at, "~~~", 3) == 0 ||
            (len - at >= 5 && memcmp(line + at, "{code", 5) == 0) ||
            (len - at >= 9 && memcmp(line + at, "{noformat", 9) == 0));
}

void mp_report_text_unwrap(struct mp_strbuf *text) {
    struct mp_strbuf out;
    bool is_html = has_markup(text), is_double = is_double_spaced(text);
    bool has_numbers = is_numbered(text);
    size_t number = 0;
    mp_strbuf_init(&out);
    for (size_t at = 0; at < text->len; number++) {
        const char *line = text->text + at;
        const char *end = memchr(line, '\n', text->len - at);
        size_t len = end != NULL ? (size_t)(end - line) : text->len - at;
        at += len + (end != NULL);
        if (is_double && number % 2 == 1)
            continue;
        size_t mark = has_numbers ? number_prefix_len(line, len, number + 1) : 0;
        line += mark;
        len -= mark;
        size_t quote = quote_len(line, len);
        quote += log_len(line + quote, len - quote);
        line += quote;
        len -= quote;
        if (is_html && !is_fence(line, len))
            drop_markup(line, len, &out);
        else if (!is_fence(line, len))
            mp_strbuf_add(&out, line, len);
        if (end != NULL)
            mp_strbuf_addch(&out, '\n');
    }
    mp_strbuf_release(text);
    *text = out;
}
