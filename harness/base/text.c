/* Lines for a terminal.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"

#define CUT_END "..."

static void begin_style(struct mp_text *text, enum mp_style style) {
    static const char *const codes[] = {"",           "\033[1m", "\033[2m", "\033[32m",
                                        "\033[1;31m", "\033[35m"}; /* legible on white */
    if (text->use_colour)
        mp_strbuf_addstr(text->buf, codes[style]);
}

static void end_style(struct mp_text *text, enum mp_style style) {
    if (text->use_colour && style != MP_PLAIN)
        mp_strbuf_addstr(text->buf, "\033[0m");
}

/* The special character that `content` begins with, and its ASCII form; 0: none. */
static size_t find_sign(const char *content, size_t len, const char **ret_ascii) {
    static const char *const signs[][2] = {
        {" · ", ", "}, {"·", ","}, {"≤", "<="}, {"≥", ">="},
        {"→", "->"},   {"×", "x"}, {"µ", "u"},  {"–", "-"},
        {"…", "..."},  {"├", "["}, {"─", "-"},  {"┤", "]"}, /* of a bar */
        {"◁", "<"},    {"▷", ">"}, {"●", "o"},  {"◆", "#"},
        {"▁", "_"},    {"▂", "."}, {"▃", ":"},  {"▄", "-"}, /* of a curve */
        {"▅", "="},    {"▆", "+"}, {"▇", "*"},  {"█", "#"},
    };
    for (size_t i = 0; i < MP_COUNT(signs); i++) {
        size_t bytes = strlen(signs[i][0]);
        if (bytes <= len && memcmp(content, signs[i][0], bytes) == 0) {
            *ret_ascii = signs[i][1];
            return bytes;
        }
    }
    return 0;
}

static void add_ascii(struct mp_strbuf *buf, const char *content, size_t len) {
    for (size_t i = 0; i < len;) {
        const char *ascii = NULL;
        size_t bytes = find_sign(content + i, len - i, &ascii);
        if (bytes > 0)
            mp_strbuf_addstr(buf, ascii);
        else if ((unsigned char)content[i] >= 0x80)
            mp_strbuf_addf(buf, "\\x%02x", (unsigned)(unsigned char)content[i]);
        else
            mp_strbuf_add_escaped(buf, content + i, 1, 0);
        i += bytes > 0 ? bytes : 1;
    }
}

/* What is written to the terminal for `content`. */
static void add_shown(struct mp_strbuf *buf, bool use_ascii, const char *content,
                      size_t len) {
    if (use_ascii)
        add_ascii(buf, content, len);
    else
        mp_strbuf_add_escaped(buf, content, len, 0);
}

static void add_styled(struct mp_text *text, enum mp_style style, const char *content,
                       size_t len) {
    begin_style(text, style);
    add_shown(text->buf, text->use_ascii, content, len);
    end_style(text, style);
}

void mp_text_add(struct mp_text *text, enum mp_style style, const char *fmt, ...) {
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    if (len > 0) {
        mp_strbuf_pad(&line, ' ', (size_t)len);
        vsnprintf(line.text, (size_t)len + 1, fmt, again);
        add_styled(text, style, line.text, (size_t)len);
    }
    va_end(again);
    mp_strbuf_release(&line);
}

void mp_text_end(struct mp_text *text) {
    mp_strbuf_addch(text->buf, '\n');
}

static bool is_first_byte(char c) {
    return ((unsigned char)c & 0xc0) != 0x80;
}

/* Terminal columns of `len` escaped bytes. */
static size_t count_columns(const char *shown, size_t len) {
    size_t columns = 0;
    for (size_t i = 0; i < len; i++)
        columns += is_first_byte(shown[i]);
    return columns;
}

static size_t measure(bool use_ascii, const char *content) {
    struct mp_strbuf shown;
    mp_strbuf_init(&shown);
    add_shown(&shown, use_ascii, content, strlen(content));
    size_t columns = count_columns(shown.text, shown.len);
    mp_strbuf_release(&shown);
    return columns;
}

size_t mp_text_measure(const struct mp_text *text, const char *content) {
    return measure(text->use_ascii, content);
}

size_t mp_text_columns(const char *content) {
    return measure(false, content);
}

static void pad_to(struct mp_text *text, const char *content, size_t width) {
    size_t columns = mp_text_measure(text, content);
    mp_strbuf_pad(text->buf, ' ', columns < width ? width - columns : 0);
}

void mp_text_right(struct mp_text *text, enum mp_style style, size_t width,
                   const char *content) {
    pad_to(text, content, width);
    add_styled(text, style, content, strlen(content));
}

void mp_text_left(struct mp_text *text, enum mp_style style, size_t width,
                  const char *content) {
    add_styled(text, style, content, strlen(content));
    pad_to(text, content, width);
}

/* Cuts escaped text after `columns` columns. */
static void cut_columns(struct mp_strbuf *safe, size_t columns) {
    size_t len = 0, seen = 0;
    while (safe->text[len] != '\0') {
        seen += is_first_byte(safe->text[len]);
        if (seen > columns)
            break;
        len++;
    }
    safe->len = len;
    if (len > 0)
        safe->text[len] = '\0';
    else
        mp_strbuf_clear(safe);
}

void mp_text_cut(struct mp_text *text, enum mp_style style, size_t width,
                 const char *content) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    add_shown(&safe, text->use_ascii, content, strlen(content));
    if (mp_text_columns(safe.text) > width) {
        cut_columns(&safe, width > strlen(CUT_END) ? width - strlen(CUT_END) : 0);
        mp_strbuf_addstr(&safe, CUT_END);
        cut_columns(&safe, width);
    }
    add_styled(text, style, safe.text, safe.len);
    mp_strbuf_release(&safe);
}

/* Bytes up to and including the next place where a line may break, with its blanks. */
static size_t piece_length(const char *content, const char *breaks) {
    size_t len = 0;
    while (content[len] != '\0' && content[len] != ' ')
        if (strchr(breaks, content[len++]) != NULL)
            break;
    return len + strspn(content + len, " ");
}

static void drop_blanks(struct mp_strbuf *buf) {
    while (buf->len > 0 && buf->text[buf->len - 1] == ' ')
        buf->text[--buf->len] = '\0';
}

void mp_text_wrap_at(struct mp_text *text, enum mp_style style, size_t column,
                     size_t indent, const char *breaks, const char *content) {
    struct mp_strbuf shown;
    size_t at = column;
    mp_strbuf_init(&shown);
    add_shown(&shown, text->use_ascii, content, strlen(content));
    begin_style(text, style);
    for (const char *rest = shown.text; *rest != '\0';) {
        size_t len = piece_length(rest, breaks);
        size_t visible = len;
        while (visible > 0 && rest[visible - 1] == ' ')
            visible--;
        if (at > indent && at + count_columns(rest, visible) > text->width) {
            drop_blanks(text->buf);
            mp_text_end(text);
            mp_strbuf_pad(text->buf, ' ', indent);
            at = indent;
        }
        mp_strbuf_add(text->buf, rest, len);
        at += count_columns(rest, len);
        rest += len;
    }
    end_style(text, style);
    mp_text_end(text);
    mp_strbuf_release(&shown);
}

void mp_text_wrap(struct mp_text *text, enum mp_style style, size_t column,
                  const char *content) {
    mp_text_wrap_at(text, style, column, column, ",", content);
}

void mp_text_quote(struct mp_strbuf *buf, const char *word) {
    size_t plain =
        strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                     "_-./=,:@%+");
    if (word[0] != '\0' && word[plain] == '\0') {
        mp_strbuf_addstr(buf, word);
        return;
    }
    mp_strbuf_addch(buf, '\'');
    for (const char *at = word; *at != '\0'; at++)
        if (*at == '\'')
            mp_strbuf_addstr(buf, "'\\''");
        else
            mp_strbuf_addch(buf, *at);
    mp_strbuf_addch(buf, '\'');
}
