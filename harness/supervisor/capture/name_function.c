/* Names of functions as the demanglers of C++ print them, and of those that need none:
 * C, Go, assembler.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/frame_language.h"

#define NAME_MAX_BYTES 1024
/* Stands for the blank in a name that holds one. */
#define KEPT_BLANK '\x01'

static bool begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* A name that is built; what is too long is cut. */
struct name {
    char text[NAME_MAX_BYTES];
    size_t len;
};

static void add(struct name *name, const char *text) {
    for (; *text != '\0' && name->len + 1 < sizeof(name->text); text++)
        name->text[name->len++] = *text;
    name->text[name->len] = '\0';
}

static void add_char(struct name *name, char c) {
    const char text[2] = {c, '\0'};
    add(name, text);
}

static bool ends(const struct name *name, const char *end) {
    size_t len = strlen(end);
    return name->len >= len && memcmp(name->text + name->len - len, end, len) == 0;
}

static bool is_name_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

/* Length of the group of brackets at the start of `text`, whole nests of it; all the rest
 * if it is not closed. */
static size_t group_len(const char *text, char open, char close) {
    size_t depth = 0, i = 0;
    for (; text[i] != '\0'; i++)
        if (text[i] == open)
            depth++;
        else if (text[i] == close && !(close == '>' && i > 0 && text[i - 1] == '-') &&
                 --depth == 0)
            return i + 1;
    return i;
}

/* "operator<<", "operator->", "operator()", "operator new[]" at the start of `text`:
 * signs and blanks that are part of the name. 0 if it is not an operator. */
static size_t add_operator(const char *text, bool is_word_start, struct name *name) {
    static const char *const signs[] = {
        "()", "[]", "<=>", "<<=", ">>=", "->*", "<<", ">>", "->", "<=",
        ">=", "==", "!=",  "&&",  "||",  "++",  "--", "+=", "-=", "*=",
        "/=", "%=", "^=",  "&=",  "|=",  "<",   ">",  "=",  "!",  "+",
        "-",  "*",  "/",   "%",   "^",   "&",   "|",  "~",  ",",  "\"\"",
    };
    if (!is_word_start || !begins(text, "operator") || is_name_char(text[8]))
        return 0;
    add(name, "operator");
    for (size_t i = 0; i < MP_COUNT(signs); i++) {
        if (begins(text + 8, signs[i])) {
            size_t len = 8 + strlen(signs[i]);
            add(name, signs[i]);
            return begins(text + len, " <") ? len + 1 : len;
        }
    }
    if (text[8] != ' ')
        return 8;
    /* "operator new", "operator unsigned long": up to the arguments. */
    size_t len = 8;
    for (; text[len] != '\0' && text[len] != '(' && text[len] != '<' && text[len] != '[';
         len++)
        add_char(name, text[len] == ' ' ? KEPT_BLANK : text[len]);
    return len;
}

/* What stands for a function or a scope without a name, at the start of `text`; the
 * compilers write it in different ways. 0 if it is none. */
static size_t add_unnamed(const char *text, struct name *name) {
    if (begins(text, "(anonymous namespace)")) {
        add(name, "(anonymous\x01namespace)");
        return strlen("(anonymous namespace)");
    }
    if (begins(text, "_GLOBAL__N_") && isdigit((unsigned char)text[11])) {
        add(name, "(anonymous\x01namespace)");
        return 11 + strspn(text + 11, "0123456789");
    }
    if (begins(text, "{lambda(")) {
        add(name, "{lambda}");
        return group_len(text, '{', '}');
    }
    if (begins(text, "'lambda")) {
        size_t len = 7 + strspn(text + 7, "0123456789");
        if (text[len] != '\'')
            return 0;
        add(name, "{lambda}");
        len++;
        return text[len] == '(' ? len + group_len(text + len, '(', ')') : len;
    }
    if (begins(text, "$_") && isdigit((unsigned char)text[2])) {
        add(name, "{lambda}");
        return 2 + strspn(text + 2, "0123456789");
    }
    if (begins(text, "{unnamed type#") || begins(text, "{unnamed-type")) {
        add(name, "{unnamed}");
        return group_len(text, '{', '}');
    }
    return 0;
}

/* Type arguments of Go; how they are written depends on who prints them. */
static bool is_go_arguments(const char *text) {
    return begins(text, "[...]") || begins(text, "[go.shape.");
}

/* The receiver of a method of Go: "(*Pool[...])". */
static size_t add_receiver(const char *text, struct name *name) {
    size_t len = group_len(text, '(', ')');
    for (size_t i = 0; i < len; i++) {
        size_t arguments = is_go_arguments(text + i) ? group_len(text + i, '[', ']') : 0;
        i += arguments;
        if (i < len)
            add_char(name, text[i]);
    }
    return len;
}

/* Copies `text` without what stands in brackets: arguments, template arguments. */
static void drop_groups(const char *text, struct name *name, bool *ret_has_arguments) {
    const char *start = text;
    while (*text != '\0') {
        bool is_word_start = text == start || !is_name_char(text[-1]);
        size_t len = add_operator(text, is_word_start, name);
        if (len == 0)
            len = add_unnamed(text, name);
        if (len == 0 && *text == '<') {
            add(name, "<T>");
            len = group_len(text, '<', '>');
        } else if (len == 0 && begins(text, "(*") && ends(name, ".")) {
            len = add_receiver(text, name);
        } else if (len == 0 && *text == '(') {
            *ret_has_arguments = true;
            len = group_len(text, '(', ')');
        } else if (len == 0 && (begins(text, "[abi:") || is_go_arguments(text))) {
            len = group_len(text, '[', ']');
        } else if (len == 0 && *text == '[' && begins(text, "[clone ")) {
            len = strlen(text);
        }
        if (len == 0) {
            add_char(name, *text);
            len = 1;
        }
        text += len;
    }
}

/* Cuts what follows the name of a function: " const", " &". */
static void cut_qualifiers(struct name *name) {
    static const char *const words[] = {" const", " volatile", " &&",
                                        " &",     " noexcept", " "};
    for (bool is_cut = true; is_cut;) {
        is_cut = false;
        for (size_t i = 0; i < MP_COUNT(words) && !is_cut; i++) {
            if (name->len > strlen(words[i]) && ends(name, words[i])) {
                name->text[name->len -= strlen(words[i])] = '\0';
                is_cut = true;
            }
        }
    }
}

/* Length of the name before what compilers, linkers and Go's assembler append: ".cold.1",
 * ".llvm.812", ".abi0". Names of Go and Swift have dots of their own. */
static size_t len_without_suffix(const char *name) {
    static const struct {
        const char *word;
        bool has_number; /* without a number it is a name of somebody's */
    } suffixes[] = {
        {"cold", false},        {"llvm", true},      {"lto_priv", true},
        {"localalias", false},  {"constprop", true}, {"isra", true},
        {"part", true},         {"clone", true},     {"abi0", false},
        {"abiinternal", false},
    };
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        const char *word = dot + 1;
        size_t len = strcspn(word, ".");
        bool has_number = word[len] == '.' && isdigit((unsigned char)word[len + 1]);
        bool is_suffix = len > 0 && strspn(word, "0123456789") == len;
        for (size_t i = 0; i < MP_COUNT(suffixes); i++)
            is_suffix |= strlen(suffixes[i].word) == len &&
                         memcmp(suffixes[i].word, word, len) == 0 &&
                         (has_number || !suffixes[i].has_number);
        if (is_suffix && dot > name)
            return (size_t)(dot - name);
    }
    return strlen(name);
}

/* Skips what a compiler says of a function that it made of another one. */
static const char *skip_words(const char *symbol, bool *ret_is_block) {
    static const char *const words[] = {
        "non-virtual thunk to ", "virtual thunk to ", "covariant return thunk to ",
        "guard variable for ",   "initializer for ",  "clone of ",
    };
    static const char block_in[] = "invocation function for block in ";
    for (size_t i = 0; i < MP_COUNT(words); i++)
        if (begins(symbol, words[i]))
            return symbol + strlen(words[i]);
    if (!begins(symbol, block_in))
        return symbol;
    *ret_is_block = true;
    return symbol + sizeof(block_in) - 1;
}

/* A call of a lambda is the lambda. */
static void cut_call(struct name *name) {
    static const char call[] = "{lambda}::operator()";
    if (ends(name, call))
        name->text[name->len -= strlen("::operator()")] = '\0';
}

void mp_name_function(const char *symbol, char *buf, size_t size) {
    struct name name = {.len = 0};
    bool is_block = false, has_arguments = false;
    drop_groups(skip_words(symbol, &is_block), &name, &has_arguments);
    cut_qualifiers(&name);
    name.text[name.len = len_without_suffix(name.text)] = '\0';
    cut_call(&name);
    char *end = strstr(name.text, "_block_invoke");
    if (end != NULL) {
        *end = '\0';
        is_block = true;
    }
    /* Templates are demangled with their return type. */
    const char *space = has_arguments ? strrchr(name.text, ' ') : NULL;
    const char *start = space != NULL ? space + 1 : name.text;
    if (is_block && begins(start, "__"))
        start += 2;
    start += strspn(start, "*&");
    for (char *at = name.text; *at != '\0'; at++)
        if (*at == KEPT_BLANK)
            *at = ' ';
    snprintf(buf, size, "%s%s", start, is_block ? "{block}" : "");
}
