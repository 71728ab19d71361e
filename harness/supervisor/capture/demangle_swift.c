/* Swift's symbols. A mangled name is a path of contexts, the declaration with its labels,
 * its type, and what kind of function it is. The type is skipped, so what comes behind it
 * is read from the end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/demangle_swift.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/strbuf.h"

#define WORDS_MAX    26
#define CONTEXTS_MAX 16
#define NAME_MAX     128
#define LABELS_MAX   16

struct word {
    const char *text;
    size_t len;
};

struct reader {
    const char *at;
    struct word word[WORDS_MAX]; /* parts of earlier names, which later ones refer to */
    size_t word_count;
    char context[CONTEXTS_MAX]
                [NAME_MAX]; /* module, types and functions, outermost first */
    size_t context_count;
    char name[NAME_MAX]; /* of the declaration, "" it has none: an initializer */
    char label[LABELS_MAX][NAME_MAX];
    size_t label_count;
};

/* Types of the standard library that have letters of their own. */
static const struct {
    const char *mangled, *name;
} known_types[] = {
    {"Sa", "Array"},
    {"Sb", "Bool"},
    {"SD", "Dictionary"},
    {"Sd", "Double"},
    {"Sf", "Float"},
    {"Sh", "Set"},
    {"Si", "Int"},
    {"SJ", "Character"},
    {"SN", "ClosedRange"},
    {"Sn", "Range"},
    {"SO", "ObjectIdentifier"},
    {"SP", "UnsafePointer"},
    {"Sp", "UnsafeMutablePointer"},
    {"SR", "UnsafeBufferPointer"},
    {"Sr", "UnsafeMutableBufferPointer"},
    {"SS", "String"},
    {"Ss", "Substring"},
    {"Su", "UInt"},
    {"SV", "UnsafeRawPointer"},
    {"Sv", "UnsafeMutableRawPointer"},
    {"Sq", "Optional"},
};

static bool begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static bool ends(const char *text, size_t len, const char *end) {
    size_t size = strlen(end);
    return len >= size && memcmp(text + len - size, end, size) == 0;
}

static bool is_word_end(char c, char before) {
    return c == '_' || c == '\0' ||
           (!isupper((unsigned char)before) && isupper((unsigned char)c));
}

/* Notes the words of a name: each begins at a capital letter or behind '_'. */
static void note_words(struct reader *r, const char *text, size_t len) {
    size_t start = len;
    for (size_t i = 0; i <= len; i++) {
        char c = i < len ? text[i] : '\0';
        if (start < i && is_word_end(c, text[i - 1])) {
            if (i - start >= 2 && r->word_count < WORDS_MAX)
                r->word[r->word_count++] = (struct word){text + start, i - start};
            start = len;
        }
        if (start == len && i < len && !isdigit((unsigned char)c) && c != '_')
            start = i;
    }
}

static void append(char name[NAME_MAX], const char *text, size_t len) {
    size_t at = strlen(name);
    for (size_t i = 0; i < len && at + 1 < NAME_MAX; i++)
        name[at++] = text[i];
    name[at] = '\0';
}

/* Adds the words that letters stand for; false if there is no such word. The last letter
 * is a capital. */
static bool add_words(struct reader *r, char name[NAME_MAX], bool *ret_goes_on) {
    while (*ret_goes_on && isalpha((unsigned char)*r->at)) {
        bool is_last = isupper((unsigned char)*r->at) != 0;
        size_t index = (size_t)(*r->at++ - (is_last ? 'A' : 'a'));
        if (index >= r->word_count)
            return false;
        append(name, r->word[index].text, r->word[index].len);
        *ret_goes_on = !is_last;
    }
    return true;
}

static bool read_identifier(struct reader *r, char name[NAME_MAX]) {
    bool has_words = false, is_punycode = false;
    name[0] = '\0';
    if (!isdigit((unsigned char)*r->at))
        return false;
    if (*r->at == '0') {
        r->at++;
        is_punycode = *r->at == '0';
        has_words = !is_punycode;
        r->at += is_punycode;
    }
    do {
        size_t len = 0;
        if (!add_words(r, name, &has_words))
            return false;
        if (*r->at == '0') {
            r->at++;
            break;
        }
        for (; isdigit((unsigned char)*r->at) && len < NAME_MAX * 8; r->at++)
            len = len * 10 + (size_t)(*r->at - '0');
        r->at += is_punycode && *r->at == '_';
        if (len == 0 || strnlen(r->at, len) < len)
            return false;
        append(name, r->at, len);
        if (!is_punycode)
            note_words(r, r->at, len);
        r->at += len;
    } while (has_words);
    return true;
}

static void add_context(struct reader *r, const char *name) {
    if (r->context_count < CONTEXTS_MAX)
        snprintf(r->context[r->context_count++], NAME_MAX, "%s", name);
}

/* A module or a type that the path begins with. False if there is none: what follows is
 * no declaration. */
static bool read_first_context(struct reader *r) {
    char name[NAME_MAX];
    if (*r->at == 's' && !isdigit((unsigned char)r->at[1])) {
        r->at++;
        return false;
    }
    if (*r->at == 's' || begins(r->at, "So") || begins(r->at, "SC")) {
        add_context(r, *r->at == 's' ? "Swift" : "__C");
        r->at += *r->at == 's' ? 1 : 2;
        return true;
    }
    for (size_t i = 0; i < MP_COUNT(known_types); i++) {
        if (begins(r->at, known_types[i].mangled)) {
            add_context(r, "Swift");
            add_context(r, known_types[i].name);
            r->at += 2;
            return true;
        }
    }
    if (!read_identifier(r, name))
        return false;
    add_context(r, name);
    return true;
}

/* A private name has a discriminator behind it, another identifier and "LL"; a local one
 * has "L" and a number. Returns what stands behind. */
static const char *skip_discriminator(struct reader *r) {
    struct reader ahead = *r;
    char other[NAME_MAX];
    if (read_identifier(&ahead, other) && begins(ahead.at, "LL"))
        return ahead.at + 2;
    if (*r->at == 'L') {
        const char *at = r->at + 1;
        at += strspn(at, "0123456789");
        if (*at == '_')
            return at + 1;
    }
    return r->at;
}

/* A module behind a type, and E: the declaration stands in an extension. */
static bool skip_extension(struct reader *r) {
    struct reader ahead = *r;
    char module[NAME_MAX];
    if (begins(r->at, "AA") && r->at[2] == 'E') {
        r->at += 3;
        return true;
    }
    if (!read_identifier(&ahead, module) || *ahead.at != 'E')
        return false;
    *r = ahead;
    r->at++;
    return true;
}

/* Reads types of the path up to the name of the declaration. */
static void read_contexts(struct reader *r) {
    char name[NAME_MAX];
    for (;;) {
        struct reader ahead = *r;
        if (skip_extension(r))
            continue;
        if (!read_identifier(&ahead, name))
            return;
        ahead.at = skip_discriminator(&ahead);
        if (*ahead.at == '\0' || strchr("CVOPa", *ahead.at) == NULL)
            return;
        ahead.at++;
        *r = ahead;
        add_context(r, name);
    }
}

static void read_labels(struct reader *r) {
    while (r->label_count < LABELS_MAX) {
        char *label = r->label[r->label_count];
        if (*r->at == '_') {
            r->at++;
            snprintf(label, NAME_MAX, "_");
        } else if (!read_identifier(r, label)) {
            return;
        }
        r->label_count++;
    }
}

/* What thunks and copies of a function add to its name, at its end. Returns the length
 * without them. */
static size_t without_thunks(const char *text, size_t len) {
    for (;;) {
        size_t at = len;
        if (at > 0 && text[at - 1] == '_')
            at--;
        while (at > 0 && isdigit((unsigned char)text[at - 1]))
            at--;
        if (at < 2 || text[at - 2] != 'T' ||
            strchr("AmOodDWRrYQykKuXEjqgGsSpPB", text[at - 1]) == NULL)
            return len;
        len = at - 2;
    }
}

/* "U_" and "U0_" behind "f": closures, one in another. */
static unsigned count_closures(const char *text, size_t len) {
    unsigned count = 0;
    for (size_t i = 0; i + 2 < len; i++) {
        size_t at = i + 2;
        if (text[i] != 'f' || (text[i + 1] != 'U' && text[i + 1] != 'u'))
            continue;
        while (at < len && isdigit((unsigned char)text[at]))
            at++;
        count += at < len && text[at] == '_';
    }
    return count;
}

struct ending {
    const char *end, *before, *after;
    bool is_init; /* what looks like a name is a label */
    bool has_labels;
};

static const struct ending endings[] = {
    {"fC", "", "init", true, true},
    {"fc", "", "init", true, true},
    {"fD", "", "deinit", true, false},
    {"fd", "", "deinit", true, false},
    {"fZ", "", "deinit", true, false},
    {"vg", "", ".getter", false, false},
    {"vs", "", ".setter", false, false},
    {"vM", "", ".modify", false, false},
    {"vr", "", ".read", false, false},
    {"vw", "", ".willset", false, false},
    {"vW", "", ".didset", false, false},
    {"vgZ", "", ".getter", false, false},
    {"vsZ", "", ".setter", false, false},
    {"vMZ", "", ".modify", false, false},
    {"vp", "", "", false, false},
    {"vpfi", "variable initialization expression of ", "", false, false},
    {"ig", "", "subscript.getter", true, false},
    {"is", "", "subscript.setter", true, false},
    {"iM", "", "subscript.modify", true, false},
    {"F", "", "", false, true},
    {"FZ", "", "", false, true},
};

static const struct ending *find_ending(const char *rest, size_t len) {
    const struct ending *best = NULL;
    for (size_t i = 0; i < MP_COUNT(endings); i++)
        if (ends(rest, len, endings[i].end) &&
            (best == NULL || strlen(endings[i].end) > strlen(best->end)))
            best = &endings[i];
    return best;
}

/* Moves what was read as a name to the labels: an initializer has none. */
static void make_name_a_label(struct reader *r) {
    if (r->name[0] == '\0')
        return;
    size_t count = r->label_count < LABELS_MAX ? r->label_count : LABELS_MAX - 1;
    memmove(r->label[1], r->label[0], count * sizeof(r->label[0]));
    memcpy(r->label[0], r->name, sizeof(r->name));
    r->label_count = count + 1;
    r->name[0] = '\0';
}

/* The method that a witness stands for: the name behind the protocol's P. */
static void find_witness_method(struct reader *r) {
    struct reader ahead = *r;
    char name[NAME_MAX];
    while (*ahead.at != '\0') {
        if (*ahead.at == 'P') {
            struct reader method = ahead;
            method.at++;
            if (read_identifier(&method, r->name)) {
                method.label_count = 0;
                snprintf(method.name, sizeof(method.name), "%s", r->name);
                read_labels(&method);
                *r = method;
                return;
            }
        }
        if (!read_identifier(&ahead, name))
            ahead.at++;
    }
}

static void write_name(const struct reader *r, unsigned closures,
                       const struct ending *ending, char *buf, size_t size) {
    struct mp_strbuf text;
    const char *dot = "";
    mp_strbuf_init(&text);
    for (unsigned i = 0; i < closures && i < CONTEXTS_MAX; i++)
        mp_strbuf_addstr(&text, "closure #1 in ");
    if (ending != NULL)
        mp_strbuf_addstr(&text, ending->before);
    for (size_t i = 0; i < r->context_count; i++) {
        mp_strbuf_addf(&text, "%s%s", dot, r->context[i]);
        dot = ".";
    }
    if (r->name[0] != '\0')
        mp_strbuf_addf(&text, "%s%s", dot, r->name);
    if (ending != NULL && ending->after[0] != '\0')
        mp_strbuf_addf(&text, "%s%s", ending->after[0] == '.' ? "" : dot, ending->after);
    if (ending != NULL && ending->has_labels) {
        mp_strbuf_addch(&text, '(');
        for (size_t i = 0; i < r->label_count; i++)
            mp_strbuf_addf(&text, "%s:", r->label[i]);
        mp_strbuf_addch(&text, ')');
    }
    snprintf(buf, size, "%s", text.text);
    mp_strbuf_release(&text);
}

static const char *skip_prefix(const char *symbol) {
    static const char *const prefixes[] = {"$s", "$S", "$e", "_T0"};
    for (size_t i = 0; i < MP_COUNT(prefixes); i++)
        if (begins(symbol, prefixes[i]))
            return symbol + strlen(prefixes[i]);
    return NULL;
}

bool mp_demangle_swift(const char *symbol, char *buf, size_t size) {
    struct reader r = {.at = skip_prefix(symbol)};
    if (r.at == NULL)
        return false;
    size_t whole = strlen(r.at);
    if (!read_first_context(&r)) {
        /* A type alone with a thunk at its end has no declaration. */
        if (!ends(r.at, strlen(r.at), "TR") && !ends(r.at, strlen(r.at), "Tr") &&
            !ends(r.at, strlen(r.at), "TRTA"))
            return false;
        snprintf(buf, size, "thunk for closure");
        return whole > 0;
    }
    read_contexts(&r);
    if (read_identifier(&r, r.name)) {
        r.at = skip_discriminator(&r);
        read_labels(&r);
    }
    if (ends(r.at, strlen(r.at), "TW"))
        find_witness_method(&r);
    size_t len = without_thunks(r.at, strlen(r.at));
    unsigned closures = count_closures(r.at, len);
    const char *function = closures > 0 ? strstr(r.at, "F") : NULL;
    const struct ending *ending =
        find_ending(r.at, function != NULL ? (size_t)(function - r.at) + 1 : len);
    if (ending != NULL && ending->is_init)
        make_name_a_label(&r);
    write_name(&r, closures, ending, buf, size);
    return true;
}
