/* Rust's symbols. The grammar of v0 is RFC 2603; the legacy form is C++'s nested name
 * with a hash as its last part and escapes of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/demangle_rust.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"

#define TASKS_MAX 256
#define STEPS_MAX 4096 /* back references can blow up */
#define HASH_LEN  17   /* 'h' and 16 digits */

struct out {
    char *text;
    size_t size, len;
};

static void add(struct out *out, const char *text, size_t len) {
    for (size_t i = 0; i < len && out->len + 1 < out->size; i++)
        out->text[out->len++] = text[i];
    out->text[out->len] = '\0';
}

static void add_text(struct out *out, const char *text) {
    add(out, text, strlen(text));
}

/* -- legacy -- */

static const struct {
    const char *escape, *text;
} escapes[] = {
    {"$SP$", "@"},  {"$BP$", "*"},  {"$RF$", "&"},  {"$LT$", "<"},  {"$GT$", ">"},
    {"$LP$", "("},  {"$RP$", ")"},  {"$C$", ","},   {"..", "::"},   {".", "-"},
    {"$u20$", " "}, {"$u27$", "'"}, {"$u5b$", "["}, {"$u5d$", "]"}, {"$u7b$", "{"},
    {"$u7d$", "}"}, {"$u7e$", "~"}, {"$u3b$", ";"}, {"$u2b$", "+"}, {"$u22$", "\""},
};

/* One part of a legacy path with its escapes resolved. */
static void add_part(struct out *out, const char *part, size_t len) {
    size_t at = len > 1 && part[0] == '_' && part[1] == '$' ? 1 : 0;
    while (at < len) {
        size_t taken = 0;
        for (size_t i = 0; i < MP_COUNT(escapes) && taken == 0; i++) {
            size_t size = strlen(escapes[i].escape);
            if (size <= len - at && memcmp(part + at, escapes[i].escape, size) == 0) {
                add_text(out, escapes[i].text);
                taken = size;
            }
        }
        if (taken == 0)
            add(out, part + at, 1);
        at += taken > 0 ? taken : 1;
    }
}

static bool is_hash(const char *part, size_t len) {
    if (len != HASH_LEN || part[0] != 'h')
        return false;
    for (size_t i = 1; i < len; i++)
        if (!isxdigit((unsigned char)part[i]) || isupper((unsigned char)part[i]))
            return false;
    return true;
}

static bool read_legacy(const char *symbol, struct out *out) {
    const char *at = symbol + 3; /* behind "_ZN" */
    bool has_hash = false;
    for (size_t count = 0; isdigit((unsigned char)*at); count++) {
        size_t len = 0;
        for (; isdigit((unsigned char)*at) && len < 4096; at++)
            len = len * 10 + (size_t)(*at - '0');
        if (len == 0 || strnlen(at, len) < len)
            return false;
        has_hash = is_hash(at, len) && at[len] == 'E';
        if (!has_hash) {
            if (count > 0)
                add_text(out, "::");
            add_part(out, at, len);
        }
        at += len;
    }
    return has_hash && *at == 'E';
}

/* -- v0 -- */

/* What is still to be read and written, the next one on top: the grammar is recursive,
 * the reader is not. */
enum task {
    DO_PATH,
    DO_TYPE,
    DO_CONST,
    DO_NAME,    /* of a namespace: "::name" */
    DO_CLOSURE, /* the same for one that has no name */
    DO_SHIM,
    DO_ARGUMENTS, /* generic ones, up to their E */
    DO_TYPES,     /* up to their E, with commas */
    DO_TRAITS,    /* of dyn, up to their E and a lifetime */
    DO_RETURN,    /* to where a back reference stood */
    DO_TEXT,
    DO_HIDE, /* from here on nothing is written */
    DO_SHOW
};

struct step {
    enum task task;
    const char *text; /* to write, or where to return to */
};

struct v0 {
    const char *start, *at; /* start: behind "_R", where back references count from */
    struct out out;
    struct step todo[TASKS_MAX];
    size_t todo_count;
    unsigned hidden;
    bool is_bad;
};

static void push(struct v0 *v, enum task task, const char *text) {
    if (v->todo_count == TASKS_MAX)
        v->is_bad = true;
    else
        v->todo[v->todo_count++] = (struct step){.task = task, .text = text};
}

static void put(struct v0 *v, const char *text, size_t len) {
    if (v->hidden == 0)
        add(&v->out, text, len);
}

static bool take(struct v0 *v, char c) {
    if (*v->at != c || c == '\0')
        return false;
    v->at++;
    return true;
}

/* "_" is 0, "0_" is 1, "a_" is 11. */
static uint64_t read_base62(struct v0 *v) {
    uint64_t value = 0;
    if (take(v, '_'))
        return 0;
    for (; isalnum((unsigned char)*v->at); v->at++) {
        unsigned char c = (unsigned char)*v->at;
        unsigned letter = islower(c) ? 10u + c - 'a' : 36u + c - 'A';
        /* Those of crates have more digits than fit; nobody asks for their value. */
        value = value * 62 + (isdigit(c) ? (unsigned)c - '0' : letter);
    }
    v->is_bad |= !take(v, '_');
    return value + 1;
}

/* Writes a name, behind `before` if it is not empty. */
static void read_identifier(struct v0 *v, const char *before) {
    size_t len = 0;
    if (take(v, 's'))
        (void)read_base62(v);
    (void)take(v, 'u');
    if (!isdigit((unsigned char)*v->at)) {
        v->is_bad = true;
        return;
    }
    if (!take(v, '0'))
        for (; isdigit((unsigned char)*v->at) && len < 4096; v->at++)
            len = len * 10 + (size_t)(*v->at - '0');
    (void)take(v, '_');
    if (strnlen(v->at, len) < len) {
        v->is_bad = true;
        return;
    }
    if (len > 0) {
        put(v, before, strlen(before));
        put(v, v->at, len);
    }
    v->at += len;
}

/* `from` is where its B stands: only what stands before it can be meant. */
static void read_back(struct v0 *v, const char *from, enum task task) {
    uint64_t target = read_base62(v);
    if (target >= (uint64_t)(from - v->start)) {
        v->is_bad = true;
        return;
    }
    push(v, DO_RETURN, v->at);
    push(v, task, NULL);
    v->at = v->start + target;
}

/* "<type as trait>" */
static void push_qualified(struct v0 *v) {
    push(v, DO_TEXT, ">");
    push(v, DO_PATH, NULL);
    push(v, DO_TEXT, " as ");
    push(v, DO_TYPE, NULL);
    push(v, DO_TEXT, "<");
}

static void push_impl_path(struct v0 *v) {
    if (take(v, 's'))
        (void)read_base62(v);
    push(v, DO_SHOW, NULL);
    push(v, DO_PATH, NULL);
    push(v, DO_HIDE, NULL);
}

static void read_path(struct v0 *v) {
    const char *from = v->at;
    char space = '\0';
    switch (*v->at != '\0' ? *v->at++ : '\0') {
    case 'C':
        read_identifier(v, "");
        break;
    case 'M':
        push(v, DO_TYPE, NULL);
        push_impl_path(v);
        break;
    case 'X':
        push_qualified(v);
        push_impl_path(v);
        break;
    case 'Y':
        push_qualified(v);
        break;
    case 'N':
        space = *v->at;
        v->at += space != '\0';
        push(v, space == 'C' ? DO_CLOSURE : space == 'S' ? DO_SHIM : DO_NAME, NULL);
        push(v, DO_PATH, NULL);
        break;
    case 'I':
        push(v, DO_SHOW, NULL);
        push(v, DO_ARGUMENTS, NULL);
        push(v, DO_HIDE, NULL);
        push(v, DO_PATH, NULL);
        break;
    case 'B':
        read_back(v, from, DO_PATH);
        break;
    default:
        v->is_bad = true;
        break;
    }
}

static const char *basic_type(char c) {
    static const struct {
        char letter;
        const char *name;
    } types[] = {
        {'a', "i8"},  {'b', "bool"}, {'c', "char"},  {'d', "f64"},   {'e', "str"},
        {'f', "f32"}, {'h', "u8"},   {'i', "isize"}, {'j', "usize"}, {'l', "i32"},
        {'m', "u32"}, {'n', "i128"}, {'o', "u128"},  {'s', "i16"},   {'t', "u16"},
        {'u', "()"},  {'v', "..."},  {'x', "i64"},   {'y', "u64"},   {'z', "!"},
        {'p', "_"},
    };
    for (size_t i = 0; i < MP_COUNT(types); i++)
        if (types[i].letter == c)
            return types[i].name;
    return NULL;
}

/* Of a function's type its arguments and result are read and not written. */
static void read_function_type(struct v0 *v) {
    if (take(v, 'G'))
        (void)read_base62(v);
    (void)take(v, 'U');
    put(v, "fn", 2);
    push(v, DO_SHOW, NULL);
    push(v, DO_TYPE, NULL);
    push(v, DO_TYPES, NULL);
    push(v, DO_HIDE, NULL);
    if (take(v, 'K') && !take(v, 'C')) {
        v->hidden++;
        read_identifier(v, "");
        v->hidden--;
    }
}

static void read_pointer(struct v0 *v, const char *sign) {
    if (take(v, 'L'))
        (void)read_base62(v);
    put(v, sign, strlen(sign));
    push(v, DO_TYPE, NULL);
}

static void read_type(struct v0 *v) {
    const char *from = v->at;
    const char *basic = basic_type(*v->at);
    if (basic != NULL) {
        v->at++;
        put(v, basic, strlen(basic));
        return;
    }
    switch (*v->at != '\0' ? *v->at++ : '\0') {
    case 'A':
    case 'S':
        push(v, DO_TEXT, "]");
        if (*from == 'A')
            push(v, DO_CONST, NULL);
        push(v, DO_TYPE, NULL);
        put(v, "[", 1);
        break;
    case 'T':
        push(v, DO_TEXT, ")");
        push(v, DO_TYPES, NULL);
        put(v, "(", 1);
        break;
    case 'R':
        read_pointer(v, "&");
        break;
    case 'Q':
        read_pointer(v, "&mut ");
        break;
    case 'P':
        read_pointer(v, "*const ");
        break;
    case 'O':
        read_pointer(v, "*mut ");
        break;
    case 'F':
        read_function_type(v);
        break;
    case 'D':
        if (take(v, 'G'))
            (void)read_base62(v);
        put(v, "dyn ", 4);
        push(v, DO_TRAITS, NULL);
        break;
    case 'B':
        read_back(v, from, DO_TYPE);
        break;
    default:
        v->at = from;
        push(v, DO_PATH, NULL);
        break;
    }
}

/* A type letter and hexadecimal digits up to '_', or a placeholder. */
static void read_const(struct v0 *v) {
    const char *from = v->at;
    if (take(v, 'B')) {
        v->hidden++; /* one level deep, and of no interest */
        (void)read_base62(v);
        v->hidden--;
        v->is_bad |= from == v->start;
        return;
    }
    if (take(v, 'p'))
        return;
    v->at += *v->at != '\0';
    v->at += strspn(v->at, "n0123456789abcdef");
    v->is_bad |= !take(v, '_');
}

static void read_arguments(struct v0 *v) {
    if (take(v, 'E'))
        return;
    push(v, DO_ARGUMENTS, NULL);
    if (take(v, 'L'))
        (void)read_base62(v);
    else
        push(v, take(v, 'K') ? DO_CONST : DO_TYPE, NULL);
}

static void read_types(struct v0 *v) {
    if (take(v, 'E'))
        return;
    push(v, DO_TYPES, NULL);
    if (*v->at != 'E')
        push(v, DO_TYPE, NULL);
}

/* Traits with their bound types, "p" a name and a type. */
static void read_traits(struct v0 *v) {
    if (take(v, 'E')) {
        if (take(v, 'L'))
            (void)read_base62(v);
        return;
    }
    push(v, DO_TRAITS, NULL);
    if (take(v, 'p')) {
        v->hidden++;
        read_identifier(v, "");
        v->hidden--;
        push(v, DO_SHOW, NULL);
        push(v, DO_TYPE, NULL);
        push(v, DO_HIDE, NULL);
    } else {
        push(v, DO_PATH, NULL);
    }
}

static void do_step(struct v0 *v, const struct step *step) {
    switch (step->task) {
    case DO_PATH:
        read_path(v);
        break;
    case DO_TYPE:
        read_type(v);
        break;
    case DO_CONST:
        read_const(v);
        break;
    case DO_NAME:
        read_identifier(v, "::");
        break;
    case DO_CLOSURE:
    case DO_SHIM:
        read_identifier(v, "::");
        put(v, step->task == DO_SHIM ? "::{shim}" : "::{closure}",
            step->task == DO_SHIM ? 8 : 11);
        break;
    case DO_ARGUMENTS:
        read_arguments(v);
        break;
    case DO_TYPES:
        read_types(v);
        break;
    case DO_TRAITS:
        read_traits(v);
        break;
    case DO_RETURN:
        v->at = step->text;
        break;
    case DO_TEXT:
        put(v, step->text, strlen(step->text));
        break;
    case DO_HIDE:
        v->hidden++;
        break;
    case DO_SHOW:
        v->hidden--;
        break;
    }
}

static bool read_v0(const char *symbol, struct out *out) {
    struct v0 v = {.start = symbol + 2, .at = symbol + 2, .out = *out};
    push(&v, DO_PATH, NULL);
    for (unsigned steps = 0; v.todo_count > 0 && !v.is_bad && steps < STEPS_MAX;
         steps++) {
        struct step next = v.todo[--v.todo_count];
        do_step(&v, &next);
    }
    *out = v.out;
    return v.todo_count == 0 && !v.is_bad && out->len > 0;
}

bool mp_demangle_rust(const char *symbol, char *buf, size_t size) {
    struct out out = {.text = buf, .size = size};
    buf[0] = '\0';
    bool is_known = false;
    if (strncmp(symbol, "_R", 2) == 0)
        is_known = read_v0(symbol, &out);
    else if (strncmp(symbol, "_ZN", 3) == 0)
        is_known = read_legacy(symbol, &out);
    if (!is_known)
        buf[0] = '\0';
    return is_known;
}
