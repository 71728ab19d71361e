/* Demangles by the runtime of C++ and by our own readers of Rust and Swift, for which no
 * system has a C library.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/symbol.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/demangle_rust.h"
#include "harness/supervisor/capture/demangle_swift.h"

/* Brackets of a name that nothing closes: more are not a name, and each costs a look
 * at all that follows. */
#define UNCLOSED_MAX 32

/* Itanium C++ ABI 3.4; the header that declares it is C++. NULL: not a mangled name. */
char *__cxa_demangle(const char *mangled, char *buf, size_t *len, int *ret_status);

static bool begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Symbols of Mach-O have one underscore more. */
static const char *skip_underscore(const char *symbol) {
    static const char *const starts[] = {"__Z", "__R", "_$s", "_$S", "_$e", "__T0"};
    for (size_t i = 0; i < MP_COUNT(starts); i++)
        if (begins(symbol, starts[i]))
            return symbol + 1;
    return symbol;
}

void mp_symbol_cut_middle(const char *text, char *buf, size_t size) {
    size_t len = strlen(text);
    if (len < size) {
        memcpy(buf, text, len + 1);
        return;
    }
    if (size < 8) {
        snprintf(buf, size, "%s", text);
        return;
    }
    /* Its end is more telling than its beginning. */
    size_t head = size / 3, tail = size - 1 - 2 - head;
    memcpy(buf, text, head);
    memcpy(buf + head, "..", 2);
    memcpy(buf + head + 2, text + len - tail, tail);
    buf[size - 1] = '\0';
}

/* Length of the group that `open` begins at the start of `text`, 0 if it is not closed.
 * A '>' of "->" closes nothing. */
static size_t group_len(const char *text, char open, char close) {
    size_t depth = 0;
    for (size_t i = 0; text[i] != '\0'; i++)
        if (text[i] == open)
            depth++;
        else if (text[i] == close && !(close == '>' && i > 0 && text[i - 1] == '-') &&
                 --depth == 0)
            return i + 1;
    return 0;
}

/* Copies with what stands between `open` and `close` as "...", unless it is a name: that
 * of an anonymous namespace, of an operator, of a category. Returns whether it did so. */
static bool empty_groups(const char *text, char open, char close, char *copy) {
    bool is_emptied = false;
    unsigned unclosed = 0;
    const char *start = text;
    while (*text != '\0') {
        bool is_name = begins(text, "(anonymous namespace)") ||
                       (text - start >= 8 && memcmp(text - 8, "operator", 8) == 0);
        bool is_group = *text == open && !is_name && unclosed < UNCLOSED_MAX;
        size_t len = is_group ? group_len(text, open, close) : 0;
        unclosed += is_group && len == 0;
        if (len > 5) {
            *copy++ = open;
            memcpy(copy, "...", 3);
            copy += 3;
            *copy++ = close;
            text += len;
            is_emptied = true;
        } else {
            *copy++ = *text++;
        }
    }
    *copy = '\0';
    return is_emptied;
}

static void shorten(const char *symbol, char *buf, size_t size) {
    size_t len = strlen(symbol) + 1;
    char *first = mp_memory_zeroed(2, len);
    char *second = first + len;
    empty_groups(symbol, '<', '>', first);
    if (strlen(first) >= size && symbol[0] != '-' && symbol[0] != '+') {
        empty_groups(first, '(', ')', second);
        mp_symbol_cut_middle(second, buf, size);
    } else {
        mp_symbol_cut_middle(first, buf, size);
    }
    free(first);
}

static void fit(const char *symbol, char *buf, size_t size) {
    if (strlen(symbol) < size)
        snprintf(buf, size, "%s", symbol);
    else
        shorten(symbol, buf, size);
}

static bool demangle_cxx(const char *symbol, char *buf, size_t size, size_t *ret_bytes) {
    int status = -1;
    char *text = __cxa_demangle(symbol, NULL, NULL, &status);
    bool is_known = status == 0 && text != NULL && text[0] != '\0';
    if (is_known) {
        fit(text, buf, size);
        *ret_bytes = strlen(text);
    }
    free(text);
    return is_known;
}

bool mp_symbol_demangle(const char *symbol, char *buf, size_t size, size_t *ret_bytes) {
    char text[1024];
    symbol = skip_underscore(symbol);
    bool is_cxx = begins(symbol, "_Z");
    if ((!is_cxx && !begins(symbol, "_R") && !begins(symbol, "$") &&
         !begins(symbol, "_T0")) ||
        strnlen(symbol, MP_SYMBOL_MANGLED_MAX + 1) > MP_SYMBOL_MANGLED_MAX)
        return false;
    if (mp_demangle_rust(symbol, text, sizeof(text)) ||
        mp_demangle_swift(symbol, text, sizeof(text))) {
        mp_symbol_cut_middle(text, buf, size);
        *ret_bytes = strlen(text);
        return true;
    }
    return is_cxx && demangle_cxx(symbol, buf, size, ret_bytes);
}

size_t mp_symbol_copy(const char *symbol, char *buf, size_t size) {
    size_t bytes = 0;
    if (!mp_symbol_demangle(symbol, buf, size, &bytes)) {
        fit(symbol, buf, size);
        bytes = strlen(symbol);
    }
    return bytes >= size ? bytes : 0;
}

bool mp_symbol_is_merged(const char *symbol) {
    return strstr(symbol, "deduplicated_symbol") != NULL ||
           strstr(symbol, "OUTLINED_FUNCTION_") != NULL;
}

bool mp_symbol_says_nothing(const char *symbol) {
    static const char *const words[] = {
        "???",
        "??",
        "?",
        "(null)",
        "<null>",
        "n/a",
        "-",
        "<redacted>",
        "<unknown>",
        "<unknown symbol>",
        "unknown",
        "<stripped>",
        "<compiler-generated>",
        "<translation info unavailable>",
    };
    /* Behind these comes a number. */
    static const char *const starts[] = {
        "0x",
        "___lldb_unnamed_symbol",
        "__lldb_unnamed_symbol",
        "sub_",
        "loc_",
        "fcn.",
        "Ltmp",
        ".L",
        "L",
        "lCPI",
        "LBB",
        "__hidden#",
        "_hidden#",
        "func_0x",
        "FUN_",
        "JIT_0x",
        "anon.",
    };
    if (symbol[0] == '\0' || mp_symbol_is_merged(symbol) ||
        (isdigit((unsigned char)symbol[0]) &&
         symbol[strspn(symbol, "0123456789abcdefABCDEFx")] == '\0'))
        return true;
    for (size_t i = 0; i < MP_COUNT(words); i++)
        if (strcmp(symbol, words[i]) == 0)
            return true;
    for (size_t i = 0; i < MP_COUNT(starts); i++) {
        if (!begins(symbol, starts[i]))
            continue;
        const char *rest = symbol + strlen(starts[i]);
        if (isxdigit((unsigned char)*rest) &&
            rest[strspn(rest, "0123456789abcdefABCDEFx_$")] == '\0' &&
            strpbrk(rest, "0123456789") != NULL)
            return true;
    }
    return false;
}
