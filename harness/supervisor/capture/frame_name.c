/* What of a frame's name stays. Compilers, linkers, GPU families and systems each add
 * something of their own to the name of one and the same function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/frame_name.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/frame_language.h"
#include "harness/supervisor/capture/symbol.h"

static const char *const skipped_modules[] = {
#define MP_SKIP_MODULE(start) start,
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

/* The skipped symbol that `name` is, or the length of the table. */
static size_t find_skipped(const char *name) {
    size_t i = 0;
    while (i < MP_COUNT(skipped_symbols) && !matches(name, skipped_symbols[i].pattern))
        i++;
    return i;
}

bool mp_frame_is_runtime(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                         const char **ret_kind) {
    char symbol[MP_CRASH_SYMBOL_MAX], clean[MP_CRASH_SYMBOL_MAX];
    const char *module = mp_frame_module(crash, frame);
    bool is_nameless = mp_symbol_says_nothing(frame->symbol);
    bool is_runtime =
        (module[0] == '\0' && is_nameless) || mp_symbol_is_merged(frame->symbol);
    for (size_t i = 0; i < MP_COUNT(skipped_modules) && !is_runtime; i++)
        is_runtime = strncmp(module, skipped_modules[i], strlen(skipped_modules[i])) == 0;
    mp_symbol_copy(frame->symbol, symbol, sizeof(symbol));
    size_t found = find_skipped(symbol);
    /* "closure #1 in _assertionFailure(_:_:file:line:flags:)" is the runtime's too. */
    if (found == MP_COUNT(skipped_symbols) &&
        mp_name_swift(symbol, "", clean, sizeof(clean)))
        found = find_skipped(clean);
    bool is_skipped = found < MP_COUNT(skipped_symbols);
    if (ret_kind != NULL)
        *ret_kind = is_skipped ? skipped_symbols[found].kind : "";
    return is_runtime || is_skipped;
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

/* Length of the GPU family at `text`, 0 if there is none; `ret_stem` is what stays of
 * it. */
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

/* The place in its module of a frame whose symbol says nothing. Where the base of the
 * module is not known, an offset from such a symbol is none from the module. */
static void name_place(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                       char *buf, size_t size) {
    const char *module = mp_frame_module(crash, frame);
    bool has_module = frame->module >= 0 && (size_t)frame->module < crash->module_count;
    uint64_t base = has_module ? crash->module[frame->module].base : 0;
    bool has_base = base != 0 && frame->pc >= base;
    if (frame->symbol[0] != '\0' && !has_base)
        snprintf(buf, size, "%s!%s", module, frame->symbol);
    else
        snprintf(buf, size, "%s!+0x%" PRIx64, module,
                 frame->symbol[0] != '\0' ? frame->pc - base : frame->offset);
}

/* The name of a readable symbol, whatever its language. */
static void clean_symbol(const char *symbol, const char *module, char *buf, size_t size) {
    if (!mp_name_objc(symbol, buf, size) && !mp_name_swift(symbol, module, buf, size) &&
        !mp_name_rust(symbol, buf, size))
        mp_name_function(symbol, buf, size);
}

/* Writes the whole name; returns whether it is a place and no symbol. */
static bool write_name(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                       char *buf, size_t size) {
    char clean[MP_CRASH_PATH_MAX + MP_CRASH_SYMBOL_MAX] = "", neutral[sizeof(clean)];
    char symbol[MP_CRASH_SYMBOL_MAX];
    const char *module = mp_frame_module(crash, frame);
    mp_symbol_copy(frame->symbol, symbol, sizeof(symbol));
    if (!mp_symbol_says_nothing(symbol))
        clean_symbol(symbol, module, clean, sizeof(clean));
    bool is_place = clean[0] == '\0' && module[0] != '\0';
    if (is_place)
        name_place(crash, frame, clean, sizeof(clean));
    mp_frame_normalise(clean[0] != '\0' ? clean : "?", neutral, sizeof(neutral));
    mp_symbol_cut_middle(neutral, buf, size);
    return is_place;
}

void mp_frame_name(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                   char *buf, size_t size) {
    (void)write_name(crash, frame, buf, size);
}

void mp_frame_name_in_build(const struct mp_crash *crash,
                            const struct mp_crash_frame *frame, char *buf, size_t size) {
    char build[MP_FRAME_BUILD_MAX];
    mp_frame_build(crash, frame, build);
    bool is_place = write_name(crash, frame, buf, size);
    if (!is_place || build[0] == '\0' || size <= sizeof(build))
        return;
    (void)write_name(crash, frame, buf, size - sizeof(build));
    size_t len = strlen(buf);
    snprintf(buf + len, size - len, "@%s", build);
}

void mp_frame_build(const struct mp_crash *crash, const struct mp_crash_frame *frame,
                    char buf[MP_FRAME_BUILD_MAX]) {
    bool has_module = frame->module >= 0 && (size_t)frame->module < crash->module_count;
    const char *id = has_module ? crash->module[frame->module].id : "";
    size_t len = 0;
    for (; *id != '\0' && len + 1 < MP_FRAME_BUILD_MAX; id++)
        if (isxdigit((unsigned char)*id))
            buf[len++] = (char)tolower((unsigned char)*id);
    buf[len] = '\0';
}
