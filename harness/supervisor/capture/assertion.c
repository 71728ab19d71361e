/* Messages of processes that abort. They come from a broken process through a bounded
 * pipe: the first line may be cut, and any byte may occur anywhere.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/assertion.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/excerpt.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/frame_name.h"

/* A message of Metal's validation spans several lines, up to its closing quote. */
#define LINES_MAX  8
#define RAW_MAX    1024
#define UUID_CHARS 36

static const struct mp_assertion_known known_messages[] = {
#define MP_ASSERTION_KNOWN(name, text, ends_process, meaning, misuse)                    \
    {#name, text, ends_process, meaning, misuse},
#include "harness/supervisor/capture/assertion.def"
#undef MP_ASSERTION_KNOWN
};

/* Phrases that mark a line as the message. */
static const struct {
    const char *words;
    bool at_start;
    bool has_reason; /* the line says why, not only that */
} marks[] = {
    {"failed assertion ", false, true},
    {"Assertion `", false, true},
    {"Assertion failed", false, true},
    {"assertion failed", false, true},
    {"*** Terminating app due to uncaught exception", false, true},
    {"*** error for object", false, true},
    {"Library not loaded: ", false, true},
    {"Fatal glibc error: ", true, true},
    {"SUMMARY: ", true, true},
    {": runtime error: ", false, true},
    {"LLVM ERROR: ", true, true},
    {"free(): ", true, true},
    {"malloc(): ", true, true},
    {"malloc_consolidate(): ", true, true},
    {"realloc(): ", true, true},
    {"munmap_chunk(): ", true, true},
    {"double free or corruption", true, true},
    {"corrupted size vs. prev_size", true, true},
    {"corrupted double-linked list", true, true},
    {"*** stack smashing detected ***", true, true},
    {"*** buffer overflow detected ***", true, true},
    {"terminate called ", true, false},
    {"terminating due to ", false, false},
    {"terminating with ", false, false},
};

struct slice {
    const char *at;
    size_t len;
};

static bool has_at(struct slice line, size_t at, const char *words) {
    size_t len = strlen(words);
    return at <= line.len && line.len - at >= len &&
           memcmp(line.at + at, words, len) == 0;
}

/* The offset of `words` in `line`, or its length. */
static size_t find_words(struct slice line, const char *words) {
    size_t at = 0;
    while (at < line.len && !has_at(line, at, words))
        at++;
    return at;
}

static struct slice next_line(const char *text, size_t len, size_t from) {
    struct slice line = {.at = text + from};
    while (from + line.len < len && line.at[line.len] != '\n')
        line.len++;
    return line;
}

/* Strips a log prefix: date, program, ids in brackets. */
static struct slice drop_prefix(struct slice line) {
    size_t digits = 0;
    while (digits < line.len && digits < 4 && isdigit((unsigned char)line.at[digits]))
        digits++;
    if (digits < 4 || digits == line.len || line.at[digits] != '-')
        return line;
    size_t end = find_words(line, "] ");
    if (end == line.len)
        return line;
    return (struct slice){.at = line.at + end + 2, .len = line.len - end - 2};
}

/* 0: `line` is not a message; 1: it says that the process aborts; 2: it says why. */
static int weigh(struct slice line) {
    int weight = 0;
    for (size_t i = 0; i < MP_COUNT(marks); i++) {
        bool is_marked = marks[i].at_start ? has_at(line, 0, marks[i].words)
                                           : find_words(line, marks[i].words) < line.len;
        if (is_marked && weight < 1 + marks[i].has_reason)
            weight = 1 + marks[i].has_reason;
    }
    for (size_t i = 0; i < MP_COUNT(known_messages); i++)
        if (known_messages[i].ends_process &&
            find_words(line, known_messages[i].text) < line.len)
            weight = 2;
    return weight;
}

/* Metal writes the method before its message; anything else on the line does not
 * matter. */
static struct slice start_at_method(struct slice line) {
    size_t end = find_words(line, "failed assertion ");
    for (size_t i = end; end < line.len && i-- > 0;)
        if (has_at(line, i, "-[") || has_at(line, i, "+["))
            return (struct slice){.at = line.at + i, .len = line.len - i};
    /* Before the word of the allocator stand the process and its ids. */
    end = find_words(line, "*** error for object");
    if (end < line.len)
        return (struct slice){.at = line.at + end, .len = line.len - end};
    return line;
}

/* True while the quote that "failed assertion `" opens is not closed. */
static bool is_open(const char *raw) {
    const char *quote = strstr(raw, "failed assertion `");
    return quote != NULL && strchr(quote + strlen("failed assertion `"), '\'') == NULL;
}

/* Puts the message that begins with `line` into `raw`, with its continuation lines;
 * NUL bytes become spaces. */
static void join_lines(const char *text, size_t len, struct slice line,
                       char raw[RAW_MAX]) {
    size_t out = 0;
    bool is_exception = has_at(line, 0, "terminate called ");
    for (int count = 0; count < LINES_MAX; count++) {
        for (size_t i = 0; i < line.len && out + 2 < RAW_MAX; i++)
            raw[out++] = line.at[i] == '\0' ? ' ' : line.at[i];
        raw[out] = '\0';
        size_t from = (size_t)(line.at - text) + line.len + 1;
        if (from >= len)
            break;
        line = next_line(text, len, from);
        bool is_what = is_exception && find_words(line, "what(): ") < line.len;
        if (!is_what && !is_open(raw))
            break;
        is_exception = false;
        if (out + 2 < RAW_MAX)
            raw[out++] = ' ';
    }
}

static void cut_escaped(const char *raw, char *buf, size_t size) {
    struct mp_strbuf escaped;
    mp_strbuf_init(&escaped);
    mp_strbuf_add_escaped(&escaped, raw, strlen(raw), 0);
    mp_excerpt_start(buf, size, escaped.text, escaped.len);
    size_t len = strlen(buf);
    while (len > 0 && buf[len - 1] == ' ')
        len--;
    buf[len] = '\0';
    mp_strbuf_release(&escaped);
}

const struct mp_assertion_known *mp_assertion_recognise(const char *text) {
    for (size_t i = 0; i < MP_COUNT(known_messages); i++)
        if (strstr(text, known_messages[i].text) != NULL)
            return &known_messages[i];
    return NULL;
}

int mp_assertion_weigh(const char *text, size_t len) {
    int best = 0;
    for (size_t from = 0; from < len;) {
        struct slice line = next_line(text, len, from);
        int weight = weigh(drop_prefix(line));
        from += line.len + 1;
        best = weight > best ? weight : best;
    }
    return best;
}

bool mp_assertion_find(const char *text, size_t len, struct mp_assertion *ret_assertion) {
    struct slice best = {0};
    int best_weight = 0;
    for (size_t from = 0; from < len;) {
        struct slice line = next_line(text, len, from);
        from += line.len + 1;
        line = drop_prefix(line);
        int weight = weigh(line);
        if (weight > 0 && weight >= best_weight) {
            best = line;
            best_weight = weight;
        }
    }
    if (best_weight == 0)
        return false;
    char raw[RAW_MAX] = "";
    join_lines(text, len, start_at_method(best), raw);
    struct mp_assertion found = {.known = mp_assertion_recognise(raw)};
    cut_escaped(raw, found.text, sizeof(found.text));
    /* A report of the system and stderr wrap the same message in different words. */
    if (found.known != NULL)
        snprintf(found.key, sizeof(found.key), "%s", found.known->name);
    else
        mp_assertion_normalise(raw, strlen(raw), found.key, sizeof(found.key));
    *ret_assertion = found;
    return true;
}

/* A key being built, up to its size. */
struct key {
    char *text;
    size_t size, len;
};

static void add_char(struct key *key, char c) {
    bool is_second_space = c == ' ' && (key->len == 0 || key->text[key->len - 1] == ' ');
    if (!is_second_space && key->len + 1 < key->size)
        key->text[key->len++] = c;
}

static void add_word(struct key *key, const char *word) {
    for (; *word != '\0'; word++)
        add_char(key, *word);
}

static bool is_word_char(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Length of the UUID at the start of `text`, or 0. */
static size_t uuid_len(struct slice text) {
    if (text.len < UUID_CHARS ||
        (text.len > UUID_CHARS && is_word_char(text.at[UUID_CHARS])))
        return 0;
    for (size_t i = 0; i < UUID_CHARS; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text.at[i] != '-' : !isxdigit((unsigned char)text.at[i]))
            return 0;
    }
    return UUID_CHARS;
}

/* Length of the folders before the file name at the start of `text`, or 0. */
static size_t folder_len(struct slice text) {
    size_t end = 0;
    for (size_t i = 0;
         i < text.len &&
         (is_word_char(text.at[i]) || strchr("/.+-~@", text.at[i]) != NULL) &&
         text.at[i] != '\0';
         i++)
        if (text.at[i] == '/')
            end = i + 1;
    return text.at[0] == '/' ? end : 0;
}

/* Adds the word of `len` bytes at the start of `text`: a number, an address, or a
 * name. */
static void add_token(struct key *key, const char *text, size_t len) {
    size_t digits = 0, hex = 0;
    while (digits < len && isdigit((unsigned char)text[digits]))
        digits++;
    bool has_digit = false;
    while (hex < len && isxdigit((unsigned char)text[hex]))
        has_digit |= isdigit((unsigned char)text[hex++]) != 0;
    bool is_prefixed = len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (digits == len) {
        add_word(key, "NUM");
    } else if (is_prefixed || (hex == len && len >= 4 && has_digit)) {
        add_word(key, "ADDR");
    } else {
        size_t i = 0;
        if (digits > 0) {
            add_word(key, "NUM");
            i = digits;
        }
        for (; i < len; i++)
            add_char(key, text[i]);
    }
}

/* Bytes of a typographic quote in UTF-8 at the start of `text`, or 0. */
static size_t quote_len(struct slice text) {
    bool is_one = text.len >= 3 && memcmp(text.at, "\xe2\x80", 2) == 0 &&
                  strchr("\x98\x99\x9c\x9d", text.at[2]) != NULL && text.at[2] != '\0';
    return is_one ? 3 : 0;
}

/* Adds the start of `rest`, normalised, and returns how many bytes it consumed.
 */
static size_t add_piece(struct key *key, struct slice rest, bool is_word_start) {
    size_t taken = 0;
    char c = rest.at[0];
    if (is_word_start && (taken = uuid_len(rest)) > 0) {
        add_word(key, "UUID");
        return taken;
    }
    if (is_word_start && (taken = folder_len(rest)) > 0)
        return taken; /* the name after the folders is kept */
    if (is_word_char(c)) {
        while (taken < rest.len && is_word_char(rest.at[taken]))
            taken++;
        add_token(key, rest.at, taken);
        return taken;
    }
    taken = quote_len(rest);
    if (taken > 0 || c == '`' || c == '"') {
        add_char(key, '\'');
        return taken > 0 ? taken : 1;
    }
    add_char(key, isspace((unsigned char)c) ? ' ' : isprint((unsigned char)c) ? c : '?');
    return 1;
}

void mp_assertion_normalise(const char *text, size_t len, char *buf, size_t size) {
    char raw[RAW_MAX], neutral[RAW_MAX] = "";
    size_t kept = len < sizeof(raw) - 1 ? len : sizeof(raw) - 1;
    for (size_t i = 0; i < kept; i++)
        raw[i] = text[i] == '\0' ? ' ' : text[i];
    raw[kept] = '\0';
    mp_frame_normalise(raw, neutral, sizeof(neutral));

    struct key key = {.text = buf, .size = size};
    struct slice rest = {.at = neutral, .len = strlen(neutral)};
    bool is_word_start = true;
    while (rest.len > 0) {
        size_t taken = add_piece(&key, rest, is_word_start);
        is_word_start = !is_word_char(rest.at[taken - 1]);
        rest.at += taken;
        rest.len -= taken;
    }
    while (key.len > 0 && buf[key.len - 1] == ' ')
        key.len--;
    buf[key.len] = '\0';
}
