/* Normalises frame names. Compilers, linkers, GPU families and systems each decorate the
 * name of the same function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/frame_name.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const skipped_modules[] = {
#define MP_SKIP_MODULE(start) start,
#include "harness/base/array.h"
#include "harness/supervisor/capture/skip.def"
#undef MP_SKIP_MODULE
};

static const struct {
    const char *pattern, *kind;
} skipped_symbols[] = {
#define MP_SKIP_SYMBOL(pattern, kind) {pattern, kind},
#include "harness/supervisor/capture/skip.def"
#undef MP_SKIP_SYMBOL
};

static bool matches(const char *name, const char *pattern) {
    size_t len = strlen(pattern);
    if (len > 0 && pattern[len - 1] == '*')
        return strncmp(name, pattern, len - 1) == 0;
    return strcmp(name, pattern) == 0;
}

const char *mp_frame_module(const struct mp_crash *crash,
                            const struct mp_crash_frame *frame) {
    if (frame->module < 0 || (size_t)frame->module >= crash->module_count)
        return "";
    const char *path = crash->module[frame->module].path;
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

bool mp_frame_is_runtime(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                         const char **ret_kind) {
    const char *module = mp_frame_module(crash, frame);
    const char *kind = "";
    bool is_runtime = module[0] == '\0' && frame->symbol[0] == '\0';
    for (size_t i = 0; i < MP_COUNT(skipped_modules) && !is_runtime; i++)
        is_runtime = strncmp(module, skipped_modules[i], strlen(skipped_modules[i])) == 0;
    for (size_t i = 0; i < MP_COUNT(skipped_symbols); i++) {
        if (matches(frame->symbol, skipped_symbols[i].pattern)) {
            is_runtime = true;
            kind = skipped_symbols[i].kind;
            break;
        }
    }
    if (ret_kind != NULL)
        *ret_kind = kind;
    return is_runtime;
}

/* Length of "16X", "13X_B0" or "200" at `text`; 0 if there is none. The family's letter
 * is not the first of a following word. */
static size_t generation_len(const char *text) {
    size_t at = strspn(text, "0123456789");
    if (at == 0)
        return 0;
    if (isupper((unsigned char)text[at]) && !islower((unsigned char)text[at + 1]))
        at++;
    if (text[at] == '_' && isupper((unsigned char)text[at + 1]) &&
        isdigit((unsigned char)text[at + 2]))
        at += 3;
    return at;
}

static bool begins(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* Length of the GPU family at `text`, 0 if there is none; `ret_stem` is what is kept
 * of it. */
static size_t family_len(const char *text, bool is_word_start, const char **ret_stem) {
    size_t at = 0;
    if (begins(text, "HAL")) {
        *ret_stem = "HAL*";
        at = 3;
    } else if (begins(text, "AGXMetalG")) {
        *ret_stem = "AGX*";
        at = 9;
    } else if (begins(text, "AGXG")) {
        *ret_stem = "AGX*";
        at = 4;
    } else if (is_word_start && text[0] == 'G' && isdigit((unsigned char)text[1]) &&
               isdigit((unsigned char)text[2]) && isupper((unsigned char)text[3])) {
        *ret_stem = "G*";
        at = 1;
    } else {
        return 0;
    }
    size_t len = generation_len(text + at);
    return len > 0 ? at + len : 0;
}

void mp_frame_normalise(const char *text, char *buf, size_t size) {
    size_t out = 0;
    bool is_word_start = true;
    while (*text != '\0' && out + 1 < size) {
        const char *stem = "";
        size_t len = family_len(text, is_word_start, &stem);
        is_word_start = !isalnum((unsigned char)*text);
        if (len == 0) {
            buf[out++] = *text++;
            continue;
        }
        text += len;
        while (*stem != '\0' && out + 1 < size)
            buf[out++] = *stem++;
    }
    buf[out] = '\0';
}

/* Start of "-[Class selector]", also inside "__52-[Class selector]_block_invoke"; or
 * NULL. */
static const char *find_method(const char *symbol) {
    const char *open = strchr(symbol, '[');
    if (open == NULL || open == symbol || (open[-1] != '-' && open[-1] != '+'))
        return NULL;
    return strchr(open, ']') != NULL ? open - 1 : NULL;
}

/* Copies the method without its category; a block of it is marked. */
static void clean_method(const char *method, char *buf, size_t size) {
    size_t out = 0;
    bool in_category = false;
    const char *at = method;
    for (; *at != '\0' && out + 1 < size; at++) {
        if (*at == '(')
            in_category = true;
        if (!in_category)
            buf[out++] = *at;
        if (*at == ')')
            in_category = false;
        if (*at == ']')
            break;
    }
    buf[out] = '\0';
    if (*at == ']' && begins(at + 1, "_block_invoke"))
        snprintf(buf + out, size - out, "{block}");
}

/* Copies a C++ name with every <...> as <T>; operators are kept. */
static void drop_templates(const char *name, char *buf, size_t size) {
    size_t out = 0;
    int depth = 0;
    for (const char *at = name; *at != '\0' && out + 4 < size; at++) {
        bool is_sign = at - name >= 8 && memcmp(at - 8, "operator", 8) == 0;
        is_sign |= at > name && at[-1] == '-';
        is_sign |=
            at - name >= 9 && memcmp(at - 9, "operator", 8) == 0 && at[-1] == at[0];
        if (*at == '<' && !is_sign) {
            if (depth++ == 0) {
                memcpy(buf + out, "<T>", 3);
                out += 3;
            }
        } else if (*at == '>' && !is_sign && depth > 0) {
            depth--;
        } else if (depth == 0) {
            buf[out++] = *at;
        }
    }
    buf[out] = '\0';
}

/* Copies a C or C++ name without return type, arguments and what the compiler
 * appended. */
static void clean_function(const char *symbol, char *buf, size_t size) {
    static const char anonymous[] = "(anonymous namespace)";
    static const char block_in[] = "invocation function for block in ";
    char name[MP_CRASH_SYMBOL_MAX] = "";
    bool is_block = begins(symbol, block_in);
    drop_templates(is_block ? symbol + sizeof(block_in) - 1 : symbol, name, sizeof(name));

    char *end = name;
    while (*end != '\0' && (*end != '(' || begins(end, anonymous)))
        end += *end == '(' ? sizeof(anonymous) - 1 : 1;
    bool has_arguments = *end == '(';
    *end = '\0';
    end = strstr(name, "[abi:");
    if (end != NULL)
        *end = '\0';
    end = strchr(name, '.');
    if (end != NULL && end != name)
        *end = '\0';
    end = strstr(name, "_block_invoke");
    if (end != NULL) {
        *end = '\0';
        is_block = true;
    }
    /* Templates are demangled with their return type. */
    const char *start = name;
    if (has_arguments && strstr(name, "operator") == NULL &&
        strstr(name, anonymous) == NULL) {
        const char *space = strrchr(name, ' ');
        start = space != NULL ? space + 1 : name;
    }
    if (is_block && begins(start, "__"))
        start += 2;
    snprintf(buf, size, "%s%s", start, is_block ? "{block}" : "");
}

void mp_frame_name(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                   char *buf, size_t size) {
    char clean[MP_CRASH_PATH_MAX + 32];
    const char *method = find_method(frame->symbol);
    if (frame->symbol[0] == '\0')
        snprintf(clean, sizeof(clean), "%s!+0x%" PRIx64, mp_frame_module(crash, frame),
                 frame->offset);
    else if (method != NULL)
        clean_method(method, clean, sizeof(clean));
    else
        clean_function(frame->symbol, clean, sizeof(clean));
    mp_frame_normalise(clean[0] != '\0' ? clean : "?", buf, size);
}
