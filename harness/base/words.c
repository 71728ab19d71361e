/* Splits and joins commands.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define PLAIN                                                                            \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"                     \
    "_-./=:@%+{}~^*?[]"

void mp_words_add(struct mp_words *words, const char *word) {
    words->word = mp_memory_resize(words->word, words->count + 2, sizeof(*words->word));
    words->word[words->count++] = mp_memory_copy_text(word);
    words->word[words->count] = NULL;
}

void mp_words_release(struct mp_words *words) {
    for (size_t i = 0; i < words->count; i++)
        free(words->word[i]);
    free(words->word);
    *words = (struct mp_words){0};
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static enum mp_status refuse_end(const char *text, const char *quote,
                                 struct mp_error *err) {
    return mp_error_set(err, MP_USAGE, "'%.80s': the quote %s is not closed", text,
                        quote);
}

static enum mp_status refuse_shell(const char *text, char c, struct mp_error *err) {
    return mp_error_set(err, MP_USAGE,
                        "'%.80s': %c would need a shell, and none is started: quote it "
                        "to pass it to the program as it is, or run the whole command "
                        "as sh -c '...'",
                        text, c);
}

/* The value of a hexadecimal digit, or -1. */
static int digit(char c) {
    static const char digits[] = "0123456789abcdef";
    char low = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
    const char *at = low != '\0' ? strchr(digits, low) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* Takes what follows the backslash at `*at` in $'...', and moves `*at` to its last
 * character. */
static enum mp_status take_escape(const char *text, const char **at,
                                  struct mp_strbuf *word, struct mp_error *err) {
    const char *next = *at + 1;
    int high = next[0] == 'x' ? digit(next[1]) : -1;
    int low = high >= 0 ? digit(next[2]) : -1;
    *at = next;
    switch (*next) {
    case 'n':
        mp_strbuf_addch(word, '\n');
        return MP_OK;
    case 't':
        mp_strbuf_addch(word, '\t');
        return MP_OK;
    case '\\':
    case '\'':
        mp_strbuf_addch(word, *next);
        return MP_OK;
    default:
        break;
    }
    if (low < 0 || high + low == 0)
        return mp_error_set(
            err, MP_USAGE,
            "'%.80s': in $'...' a backslash begins \\n, \\t, \\\\, \\' or "
            "\\xNN with two hexadecimal digits, not 00",
            text);
    mp_strbuf_addch(word, (char)(16 * high + low));
    *at = next + 2;
    return MP_OK;
}

/* Takes a quoted part from the quote at `*at`; `*at` is then behind its end. */
static enum mp_status take_single(const char *text, const char **at,
                                  struct mp_strbuf *word, struct mp_error *err) {
    const char *end = strchr(*at + 1, '\'');
    if (end == NULL)
        return refuse_end(text, "'", err);
    mp_strbuf_add(word, *at + 1, (size_t)(end - *at - 1));
    *at = end + 1;
    return MP_OK;
}

static enum mp_status take_dollar(const char *text, const char **at,
                                  struct mp_strbuf *word, struct mp_error *err) {
    const char *next = *at + 2;
    for (; *next != '\0' && *next != '\''; next++) {
        enum mp_status status = MP_OK;
        if (*next == '\\')
            status = take_escape(text, &next, word, err);
        else
            mp_strbuf_addch(word, *next);
        if (status != MP_OK)
            return status;
    }
    *at = next + 1;
    return *next == '\0' ? refuse_end(text, "$'", err) : MP_OK;
}

static enum mp_status take_double(const char *text, const char **at,
                                  struct mp_strbuf *word, struct mp_error *err) {
    const char *next = *at + 1;
    for (; *next != '\0' && *next != '"'; next++) {
        bool is_escape =
            *next == '\\' && next[1] != '\0' && strchr("\"\\$`", next[1]) != NULL;
        if (!is_escape && (*next == '$' || *next == '`'))
            return refuse_shell(text, *next, err);
        next += is_escape;
        mp_strbuf_addch(word, *next);
    }
    *at = next + 1;
    return *next == '\0' ? refuse_end(text, "\"", err) : MP_OK;
}

/* Takes one word from `*at`; `*at` is then behind it. */
static enum mp_status take_word(const char *text, const char **at, struct mp_strbuf *word,
                                struct mp_error *err) {
    enum mp_status status = MP_OK;
    while (status == MP_OK && **at != '\0' && !is_blank(**at)) {
        const char *c = *at;
        if (*c == '\'')
            status = take_single(text, at, word, err);
        else if (*c == '"')
            status = take_double(text, at, word, err);
        else if (*c == '$' && c[1] == '\'')
            status = take_dollar(text, at, word, err);
        else if (strchr("$`|&;<>()", *c) != NULL)
            status = refuse_shell(text, *c, err);
        else if (*c == '\\' && c[1] == '\0')
            status = refuse_end(text, "\\", err);
        else {
            mp_strbuf_addch(word, *c == '\\' ? c[1] : *c);
            *at += *c == '\\' ? 2 : 1;
        }
    }
    return status;
}

enum mp_status mp_words_split(const char *text, struct mp_words *words,
                              struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (const char *at = text; status == MP_OK && *at != '\0';) {
        struct mp_strbuf word;
        if (is_blank(*at)) {
            at++;
            continue;
        }
        mp_strbuf_init(&word);
        status = take_word(text, &at, &word, err);
        if (status == MP_OK)
            mp_words_add(words, word.text);
        mp_strbuf_release(&word);
    }
    return status;
}

static bool needs_escapes(const char *word) {
    for (const char *at = word; *at != '\0'; at++)
        if (*at < ' ' || *at > '~' || strchr("',|", *at) != NULL)
            return true;
    return false;
}

void mp_words_quote(const char *word, struct mp_strbuf *buf) {
    if (word[0] != '\0' && word[strspn(word, PLAIN)] == '\0') {
        mp_strbuf_addstr(buf, word);
        return;
    }
    if (!needs_escapes(word)) {
        mp_strbuf_addf(buf, "'%s'", word);
        return;
    }
    mp_strbuf_addstr(buf, "$'");
    for (const char *at = word; *at != '\0'; at++)
        if (*at == '\'' || *at == '\\')
            mp_strbuf_addf(buf, "\\%c", *at);
        else if (*at < ' ' || *at > '~' || *at == ',' || *at == '|')
            mp_strbuf_addf(buf, "\\x%02x", (unsigned char)*at);
        else
            mp_strbuf_addch(buf, *at);
    mp_strbuf_addch(buf, '\'');
}

void mp_words_join(const struct mp_words *words, struct mp_strbuf *buf) {
    for (size_t i = 0; i < words->count; i++) {
        mp_strbuf_addstr(buf, i > 0 ? " " : "");
        mp_words_quote(words->word[i], buf);
    }
}
