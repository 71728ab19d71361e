/* Names of Rust's functions, as its demanglers print them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/frame_language.h"

#define HASH_LEN 19 /* "::h" and 16 digits */

static bool begins(const char *text, size_t len, const char *start) {
    size_t size = strlen(start);
    return len >= size && memcmp(text, start, size) == 0;
}

static bool ends_in_hash(const char *text, size_t len) {
    if (len <= HASH_LEN || !begins(text + len - HASH_LEN, HASH_LEN, "::h"))
        return false;
    for (size_t i = len - 16; i < len; i++)
        if (!isdigit((unsigned char)text[i]) && !(text[i] >= 'a' && text[i] <= 'f'))
            return false;
    return true;
}

size_t mp_name_rust_len(const char *symbol) {
    size_t len = strlen(symbol);
    return ends_in_hash(symbol, len) ? len - HASH_LEN : len;
}

/* Length of the group in pointed brackets at the start of `text`, 0 if it is not
 * closed. */
static size_t group_len(const char *text, size_t len) {
    size_t depth = 0;
    for (size_t i = 0; i < len; i++)
        if (text[i] == '<')
            depth++;
        else if (text[i] == '>' && i > 0 && text[i - 1] != '-' && --depth == 0)
            return i + 1;
    return 0;
}

/* Adds a path without generic arguments and the ids of crates; every closure is
 * {closure}. */
static void add_path(struct mp_strbuf *name, const char *text, size_t len) {
    for (size_t i = 0; i < len;) {
        size_t group = text[i] == '<' ? group_len(text + i, len - i) : 0;
        if (group > 0) {
            i += group;
            if (name->len >= 2 && memcmp(name->text + name->len - 2, "::", 2) == 0 &&
                i == len)
                name->text[name->len -= 2] = '\0';
            else if (begins(text + i, len - i, "::") && name->len >= 2 &&
                     memcmp(name->text + name->len - 2, "::", 2) == 0)
                i += 2;
        } else if (text[i] == '[' && i > 0 && isalnum((unsigned char)text[i - 1]) &&
                   memchr(text + i, ']', len - i) != NULL) {
            i = (size_t)((const char *)memchr(text + i, ']', len - i) - text) + 1;
        } else if (begins(text + i, len - i, "{{closure}}")) {
            mp_strbuf_addstr(name, "{closure}");
            i += strlen("{{closure}}");
        } else if (begins(text + i, len - i, "{closure#") &&
                   memchr(text + i, '}', len - i) != NULL) {
            mp_strbuf_addstr(name, "{closure}");
            i = (size_t)((const char *)memchr(text + i, '}', len - i) - text) + 1;
        } else {
            mp_strbuf_addch(name, text[i++]);
        }
    }
}

/* Where " as " stands outside of brackets, or `len`. */
static size_t find_as(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        size_t group = text[i] == '<' ? group_len(text + i, len - i) : 0;
        if (group > 0)
            i += group - 1;
        else if (begins(text + i, len - i, " as "))
            return i;
    }
    return len;
}

bool mp_name_rust(const char *symbol, char *buf, size_t size) {
    size_t len = strlen(symbol);
    bool has_hash = ends_in_hash(symbol, len);
    size_t group = symbol[0] == '<' ? group_len(symbol, len) : 0;
    bool is_qualified = group > 2 && begins(symbol + group, len - group, "::");
    if (!has_hash && !is_qualified && strstr(symbol, "{closure#") == NULL &&
        strstr(symbol, "{{closure}}") == NULL && strstr(symbol, "::{closure}") == NULL)
        return false;
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    if (has_hash)
        len -= HASH_LEN;
    if (is_qualified) {
        size_t as = find_as(symbol + 1, group - 2);
        bool has_trait = as < group - 2;
        if (has_trait)
            mp_strbuf_addch(&name, '<');
        add_path(&name, symbol + 1, as);
        if (has_trait) {
            mp_strbuf_addstr(&name, " as ");
            add_path(&name, symbol + 1 + as + 4, group - 2 - as - 4);
            mp_strbuf_addch(&name, '>');
        }
    } else {
        group = 0;
    }
    add_path(&name, symbol + group, len - group);
    size_t kept = name.len < size ? name.len : size - 1;
    memcpy(buf, name.text, kept);
    buf[kept] = '\0';
    mp_strbuf_release(&name);
    return true;
}
