/* Names of Swift's functions as its demanglers print them: the short form of crash
 * reports and debuggers, "Canvas.draw(in:)", and the full one,
 * "workbench.Canvas.draw(in: __C.CGRect) -> ()".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/frame_language.h"

#define UNWRAPS_MAX 16

struct slice {
    const char *at;
    size_t len;
};

/* What the compiler says of a function that it made of another one, whose name follows,
 * behind `up_to` if there is one. */
static const struct {
    const char *words, *up_to;
    bool is_closure;
} wrappers[] = {
    {"closure #", " in ", true},
    {"implicit closure #", " in ", true},
    {"autoclosure #", " in ", true},
    {"partial apply forwarder for ", NULL, false},
    {"partial apply for ", NULL, false},
    {"specialized ", NULL, false},
    {"generic specialization <", "> of ", false},
    {"generic not re-abstracted specialization <", "> of ", false},
    {"function signature specialization <", "> of ", false},
    {"merged ", NULL, false},
    {"static ", NULL, false},
    {"class ", NULL, false},
    {"@objc ", NULL, false},
    {"@nonobjc ", NULL, false},
    {"dispatch thunk of ", NULL, false},
    {"curry thunk of ", NULL, false},
    {"vtable thunk for ", NULL, false},
    {"default argument ", " of ", false},
    {"key path getter for ", NULL, false},
    {"key path setter for ", NULL, false},
    {"one-time initialization function for ", NULL, false},
    {"variable initialization expression of ", NULL, false},
    {"property wrapper backing initializer of ", NULL, false},
    {"async function pointer to ", NULL, false},
    {"defer #", " in ", false},
    {"defer in ", NULL, false},
    {"inlined ", NULL, false},
    {"(extension in ", "):", false},
};

static bool begins(struct slice text, const char *start) {
    size_t len = strlen(start);
    return text.len >= len && memcmp(text.at, start, len) == 0;
}

static struct slice skip(struct slice text, size_t len) {
    return (struct slice){.at = text.at + len, .len = text.len - len};
}

/* Where `words` stand outside of brackets, or the length of `text`. */
static size_t find(struct slice text, const char *words) {
    int depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (depth <= 0 && begins(skip(text, i), words))
            return i;
        depth += (c == '(' || c == '<' || c == '[');
        depth -= (c == ')' || c == ']' || (c == '>' && i > 0 && text.at[i - 1] != '-'));
    }
    return text.len;
}

/* "(3) suspend resume partial function for f": a part of an asynchronous function. */
static struct slice skip_part(struct slice text) {
    size_t at = 1;
    while (at < text.len && isdigit((unsigned char)text.at[at]))
        at++;
    struct slice rest = skip(text, text.len > at ? at : 0);
    if (text.len < 4 || text.at[0] != '(' || at == 1 || !begins(rest, ") "))
        return text;
    size_t end = find(rest, " partial function for ");
    return end < rest.len ? skip(rest, end + strlen(" partial function for ")) : text;
}

/* Skips one wrapper; false if there is none. */
static bool unwrap(struct slice *text, bool *ret_is_closure) {
    struct slice part = skip_part(*text);
    if (part.len < text->len) {
        *text = part;
        return true;
    }
    for (size_t i = 0; i < MP_COUNT(wrappers); i++) {
        if (!begins(*text, wrappers[i].words))
            continue;
        struct slice rest = skip(*text, strlen(wrappers[i].words));
        size_t end = wrappers[i].up_to != NULL ? find(rest, wrappers[i].up_to) : 0;
        if (end == rest.len)
            return false;
        if (wrappers[i].up_to != NULL)
            end += strlen(wrappers[i].up_to);
        *ret_is_closure |= wrappers[i].is_closure;
        *text = skip(rest, end);
        return true;
    }
    return false;
}

/* Adds a path without generic arguments and the discriminators of private names,
 * "(secret in _12AB)". */
static void add_path(struct slice path, struct mp_strbuf *name) {
    int depth = 0;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.at[i];
        struct slice rest = skip(path, i);
        if (depth == 0 && begins(rest, " in _")) {
            const char *end = memchr(rest.at, ')', rest.len);
            i = end != NULL ? (size_t)(end - path.at) : path.len - 1;
        } else if (c == '<') {
            depth++;
        } else if (c == '>' && depth > 0) {
            depth--;
        } else if (depth == 0 && c != '(' && c != ')') {
            mp_strbuf_addch(name, c);
        }
    }
}

/* Adds the labels of "in:_:" or of "in: __C.CGRect, _: Swift.Int"; those without a name
 * tell nothing: the full form does not always have them. */
static void add_labels(struct slice arguments, struct mp_strbuf *name) {
    while (arguments.len > 0) {
        size_t len = 0;
        while (len < arguments.len &&
               (isalnum((unsigned char)arguments.at[len]) || arguments.at[len] == '_' ||
                (unsigned char)arguments.at[len] >= 0x80))
            len++;
        bool is_label = len > 0 && len < arguments.len && arguments.at[len] == ':';
        bool is_short =
            is_label && (len + 1 == arguments.len || arguments.at[len + 1] != ' ');
        if (is_label && !(len == 1 && arguments.at[0] == '_')) {
            mp_strbuf_add(name, arguments.at, len);
            mp_strbuf_addch(name, ':');
        }
        size_t end = is_short ? len + 1 : find(arguments, ", ") + 2;
        arguments = skip(arguments, end < arguments.len ? end : arguments.len);
    }
}

/* Where the arguments open: the first bracket that belongs to no private name. */
static size_t find_arguments(struct slice text) {
    int depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        depth += c == '<';
        depth -= c == '>' && depth > 0;
        if (c != '(' || depth > 0)
            continue;
        const char *close = memchr(text.at + i, ')', text.len - i);
        struct slice inside = skip(text, i + 1);
        inside.len = close != NULL ? (size_t)(close - inside.at) : inside.len;
        if (find(inside, " in _") == inside.len)
            return i;
    }
    return text.len;
}

/* The path, its labels. `ret_rest` is what stands behind. */
static void add_declaration(struct slice text, struct mp_strbuf *name,
                            struct slice *ret_rest) {
    size_t open = find_arguments(text);
    size_t colon = find(text, " : "); /* the type of a variable */
    size_t path = open < colon ? open : colon;
    add_path((struct slice){.at = text.at, .len = path}, name);
    while (name->len > 0 && name->text[name->len - 1] == ' ')
        name->text[--name->len] = '\0';
    *ret_rest = (struct slice){.at = text.at + text.len, .len = 0};
    if (open >= colon)
        return;
    struct slice inside = skip(text, open + 1);
    size_t len = find(inside, ")");
    mp_strbuf_addch(name, '(');
    add_labels((struct slice){.at = inside.at, .len = len}, name);
    mp_strbuf_addch(name, ')');
    *ret_rest = skip(inside, len < inside.len ? len + 1 : inside.len);
}

/* The witness of a protocol's method is that method of the type. */
static void add_witness(struct slice text, struct mp_strbuf *name) {
    static const char in[] = " in conformance ";
    struct slice rest;
    size_t end = find(text, in);
    struct slice type = skip(text, end < text.len ? end + strlen(in) : text.len);
    type.len = find(type, " : ");
    struct mp_strbuf method;
    mp_strbuf_init(&method);
    add_declaration((struct slice){.at = text.at, .len = end}, &method, &rest);
    const char *open = memchr(method.text, '(', method.len);
    size_t dot = open != NULL ? (size_t)(open - method.text) : method.len;
    while (dot > 0 && method.text[dot - 1] != '.')
        dot--;
    add_path(type, name);
    if (type.len > 0)
        mp_strbuf_addch(name, '.');
    mp_strbuf_addstr(name, method.text + dot);
    mp_strbuf_release(&method);
}

/* Length of the module in front, which the short form leaves out. */
static size_t module_len(const char *name, const char *module) {
    size_t len = strcspn(name, ".(");
    if (name[len] != '.')
        return 0;
    bool is_module = len > 0 && strlen(module) >= len;
    for (size_t i = 0; i < len && is_module; i++)
        is_module = name[i] == module[i] || (name[i] == '_' && !isalnum(module[i]));
    is_module = is_module && (module[len] == '\0' || module[len] == '.');
    return is_module || (len == 5 && memcmp(name, "Swift", 5) == 0) ||
                   (len == 3 && memcmp(name, "__C", 3) == 0)
               ? len + 1
               : 0;
}

/* Whether a name without a wrapper is one of Swift's: dots before its arguments, or
 * labels. Go's have no arguments, C++'s have colons in pairs. */
static bool looks_like_swift(struct slice text) {
    size_t open = find_arguments(text);
    struct slice path = {.at = text.at, .len = open};
    if (find(text, "::") < text.len || begins(text, "operator") ||
        (open > 0 && path.at[open - 1] == '.'))
        return false;
    const char *dot = memchr(path.at, '.', path.len);
    struct slice inside = skip(text, open < text.len ? open + 1 : text.len);
    size_t len = find(inside, ")");
    bool has_labels = len > 1 && len < inside.len && inside.at[len - 1] == ':';
    if (has_labels)
        return true;
    if (dot == NULL || memchr(path.at, ' ', path.len) != NULL ||
        memchr(path.at, '/', path.len) != NULL)
        return false;
    static const char *const accessors[] = {".getter", ".setter", ".modify", ".deinit",
                                            ".__deallocating_deinit"};
    for (size_t i = 0; i < MP_COUNT(accessors); i++) {
        size_t size = strlen(accessors[i]);
        if (path.len > size && memcmp(path.at + path.len - size, accessors[i], size) == 0)
            return true;
    }
    return open < text.len;
}

/* " in workbench.Canvas.draw(in:)": the function around a local one. */
static void add_outer(struct slice rest, struct mp_strbuf *name) {
    static const char in[] = " in ";
    size_t at = find(rest, in);
    if (at == rest.len)
        return;
    mp_strbuf_addstr(name, " in ");
    struct slice outer = skip(rest, at + strlen(in)), none;
    add_declaration(outer, name, &none);
}

bool mp_name_swift(const char *symbol, const char *module, char *buf, size_t size) {
    static const char witness[] = "protocol witness for ";
    struct slice text = {.at = symbol, .len = strlen(symbol)},
                 rest = {.at = "", .len = 0};
    bool is_closure = false, is_wrapped = false;
    for (int i = 0; i < UNWRAPS_MAX && unwrap(&text, &is_closure); i++)
        is_wrapped = true;
    bool is_witness = begins(text, witness);
    if (text.len == 0 || (!is_wrapped && !is_witness && !looks_like_swift(text)))
        return false;
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    if (is_witness) {
        add_witness(skip(text, strlen(witness)), &name);
    } else {
        add_declaration(text, &name, &rest);
        add_outer(rest, &name);
    }
    snprintf(buf, size, "%s%s", name.text + module_len(name.text, module),
             is_closure ? "{closure}" : "");
    mp_strbuf_release(&name);
    return buf[0] != '\0';
}
