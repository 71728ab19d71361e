/* Text in columns. Knows nothing of rounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void begin_style(struct mp_text *text, enum mp_style style) {
    static const char *const codes[] = {"",         "\033[1m",    "\033[2m",
                                        "\033[32m", "\033[1;31m", "\033[33m"};
    if (text->use_colour)
        mp_strbuf_addstr(text->buf, codes[style]);
}

static void end_style(struct mp_text *text, enum mp_style style) {
    if (text->use_colour && style != MP_PLAIN)
        mp_strbuf_addstr(text->buf, "\033[0m");
}

static void add_styled(struct mp_text *text, enum mp_style style, const char *content,
                       size_t len) {
    begin_style(text, style);
    mp_strbuf_add_escaped(text->buf, content, len, 0);
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

size_t mp_text_columns(const char *content) {
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    mp_strbuf_add_escaped(&safe, content, strlen(content), 0);
    size_t columns = 0;
    for (const char *at = safe.text; *at != '\0'; at++) {
        columns +=
            ((unsigned char)*at & 0xc0) != 0x80; /* a UTF-8 sequence is one column */
    }
    mp_strbuf_release(&safe);
    return columns;
}

static void pad_to(struct mp_text *text, const char *content, size_t width) {
    size_t columns = mp_text_columns(content);
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

/* Bytes up to and with the next place where a line may break. */
static size_t piece_length(const char *content) {
    size_t len = strcspn(content, " ,");
    len += content[len] == ',';
    return len + strspn(content + len, " ");
}

void mp_text_wrap(struct mp_text *text, enum mp_style style, size_t column,
                  const char *content) {
    size_t at = column;
    begin_style(text, style);
    while (*content != '\0') {
        char piece[512];
        size_t len = piece_length(content);
        snprintf(piece, sizeof(piece), "%.*s", (int)len, content);
        size_t columns = mp_text_columns(piece);
        size_t blanks = strlen(piece) - strcspn(piece, " ");
        if (at > column && at + columns - blanks > text->width) {
            while (text->buf->len > 0 && text->buf->text[text->buf->len - 1] == ' ')
                text->buf->text[--text->buf->len] = '\0';
            mp_text_end(text);
            mp_strbuf_pad(text->buf, ' ', column);
            at = column;
        }
        mp_strbuf_add_escaped(text->buf, content, len, 0);
        at += columns;
        content += len;
    }
    end_style(text, style);
    mp_text_end(text);
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
