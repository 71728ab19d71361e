/* The name of a bug. Frames of the runtime are skipped, names are freed of what differs between
 * builds and GPU families, and no address enters the key.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/signature.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define KEY_FRAMES 3

/* Modules whose frames say how a process ended, never why. Compared as a prefix. */
static const char *const skipped_modules[] = {
    "libc.so",      "libpthread.so", "ld-linux",   "[vdso",      "libsystem_",
    "libobjc.so",   "libobjc.A",     "libasan.so", "libtsan.so", "libubsan.so",
    "libclang_rt.", "libdispatch",   "dyld",       NULL,
};

/* The same for functions that are linked into other modules. A '*' at the end stands for any rest.
 */
static const char *const skipped_symbols[] = {
    "abort",
    "raise",
    "gsignal",
    "pthread_kill",
    "__pthread_kill*",
    "__abort*",
    "abort_with_*",
    "__assert_*",
    "objc_*",
    "_objc_*",
    "MTLReportFailure*",
    "CF_IS_OBJC",
    "CFRetain",
    "CFRelease",
    "memcpy*",
    "memmove*",
    "memset*",
    "memcmp*",
    "__memcpy*",
    "__memmove*",
    "__memset*",
    "__memcmp*",
    "bcopy",
    "strlen*",
    "strcmp*",
    "strcpy*",
    "malloc",
    "calloc",
    "realloc",
    "free",
    "start_thread",
    "clone",
    "clone3",
    "__clone*",
    "thread_start",
    "_pthread_start",
    "_start",
    "__libc_start*",
    "__interceptor_*",
    "___interceptor_*",
    "__asan_*",
    "__tsan_*",
    "__ubsan_*",
    "__sanitizer_*",
    "_ZN6__asan*",
    "_ZN6__tsan*",
    "_ZN11__sanitizer*",
    NULL,
};

static bool matches(const char *name, const char *pattern) {
    size_t len = strlen(pattern);
    if (len > 0 && pattern[len - 1] == '*')
        return strncmp(name, pattern, len - 1) == 0;
    return strcmp(name, pattern) == 0;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static const char *module_name(const struct mp_crash *crash, const struct mp_crash_frame *frame) {
    if (frame->module < 0 || (size_t)frame->module >= crash->module_count)
        return "";
    return base_name(crash->module[frame->module].path);
}

static bool is_skipped(const struct mp_crash *crash, const struct mp_crash_frame *frame) {
    const char *module = module_name(crash, frame);
    for (size_t i = 0; skipped_modules[i] != NULL; i++) {
        if (strncmp(module, skipped_modules[i], strlen(skipped_modules[i])) == 0)
            return true;
    }
    for (size_t i = 0; skipped_symbols[i] != NULL; i++) {
        if (matches(frame->symbol, skipped_symbols[i]))
            return true;
    }
    return module[0] == '\0' && frame->symbol[0] == '\0';
}

/* Length of the GPU family at `text` ("AGXG16X", "AGXMetalG13X", "HAL200"), 0 if there is none;
 * `ret_stem` is what stays of it. The family letter is not the first of a following word. */
static size_t family_len(const char *text, const char **ret_stem) {
    size_t at = 0;
    if (strncmp(text, "HAL", 3) == 0) {
        *ret_stem = "HAL*";
        at = 3;
    } else if (strncmp(text, "AGX", 3) == 0) {
        *ret_stem = "AGX*";
        at = 3;
        if (strncmp(text + at, "Metal", 5) == 0)
            at += 5;
        if (text[at++] != 'G')
            return 0;
    } else {
        return 0;
    }
    size_t digits = strspn(text + at, "0123456789");
    if (digits == 0)
        return 0;
    at += digits;
    if (isupper((unsigned char)text[at]) && !islower((unsigned char)text[at + 1]))
        at++;
    if (text[at] == '_' && isupper((unsigned char)text[at + 1]) &&
        isdigit((unsigned char)text[at + 2]))
        at += 3;
    return at;
}

/* Copies `text` with its GPU families replaced. */
static void neutralise(const char *text, char *buf, size_t size) {
    size_t out = 0;
    while (*text != '\0' && out + 1 < size) {
        const char *stem = NULL;
        size_t len = family_len(text, &stem);
        if (len > 0) {
            out += (size_t)snprintf(buf + out, size - out, "%s", stem);
            if (out >= size)
                out = size - 1;
            text += len;
        } else {
            buf[out++] = *text++;
        }
    }
    buf[out] = '\0';
}

/* Where "-[Class selector]" begins, also inside "__52-[Class selector]_block_invoke"; or NULL. */
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
    if (*at == ']' && strncmp(at + 1, "_block_invoke", 13) == 0)
        snprintf(buf + out, size - out, "{block}");
}

/* Copies a C or C++ name without arguments and without what the compiler appended. */
static void clean_function(const char *symbol, char *buf, size_t size) {
    snprintf(buf, size, "%s", symbol);
    buf[strcspn(buf, "(")] = '\0';
    char *dot = strchr(buf, '.');
    if (dot != NULL && dot != buf)
        *dot = '\0';
}

/* The name of a frame that is the same in every round: no address, no build, no GPU family. */
static void frame_name(const struct mp_crash *crash, const struct mp_crash_frame *frame, char *buf,
                       size_t size) {
    char clean[MP_CRASH_PATH_MAX] = "";
    const char *method = find_method(frame->symbol);
    if (frame->symbol[0] == '\0')
        snprintf(clean, sizeof(clean), "%s", module_name(crash, frame));
    else if (method != NULL)
        clean_method(method, clean, sizeof(clean));
    else
        clean_function(frame->symbol, clean, sizeof(clean));
    neutralise(clean[0] != '\0' ? clean : "?", buf, size);
}

/* The frames that name the bug, newest first. If only frames of the runtime are there, they must
 * do. */
static size_t choose_frames(const struct mp_crash *crash,
                            const struct mp_crash_frame *ret_frame[KEY_FRAMES]) {
    if (crash->thread_count == 0)
        return 0;
    const struct mp_crash_thread *thread = &crash->thread[0];
    size_t count = 0;
    for (size_t i = 0; i < thread->frame_count && count < KEY_FRAMES; i++) {
        if (!is_skipped(crash, &thread->frame[i]))
            ret_frame[count++] = &thread->frame[i];
    }
    bool has_some = count > 0;
    for (size_t i = 0; !has_some && i < thread->frame_count && count < KEY_FRAMES; i++)
        ret_frame[count++] = &thread->frame[i];
    return count;
}

/* "at NULL+0x5c8", "jump to 0x...": words for the place of the fault. */
static void place_words(const struct mp_crash *crash, char *buf, size_t size) {
    const char *verb = crash->access == MP_ACCESS_EXECUTE ? "jumping to" : "at";
    char address[40];
    if (!crash->has_address)
        snprintf(address, sizeof(address), "%s", "");
    else if (crash->fault_class == MP_FAULT_NULL || crash->fault_class == MP_FAULT_JUMP_NULL)
        snprintf(address, sizeof(address), "NULL+0x%" PRIx64, crash->address);
    else
        snprintf(address, sizeof(address), "0x%016" PRIx64, crash->address);
    switch (crash->fault_class) {
    case MP_FAULT_NONE:
    case MP_FAULT_ARITHMETIC:
    case MP_FAULT_INSTRUCTION:
        buf[0] = '\0';
        return;
    case MP_FAULT_NON_CANONICAL:
        if (!crash->has_address) {
            snprintf(buf, size, " at a non-canonical address");
            return;
        }
        break;
    case MP_FAULT_STACK_OVERFLOW:
        snprintf(buf, size, " by stack overflow");
        return;
    default:
        break;
    }
    if (crash->has_address)
        snprintf(buf, size, " %s %s", verb, address);
    else
        buf[0] = '\0';
}

static void make_title(const struct mp_crash *crash, const struct mp_crash_frame *const *frame,
                       size_t count, struct mp_signature *signature) {
    char number[16];
    char place[64];
    const char *name = mp_crash_signal_name(crash->signal, number, sizeof(number));
    place_words(crash, place, sizeof(place));
    int at = snprintf(signature->title, sizeof(signature->title), "%s%s", name, place);
    if (count == 0 || at < 0 || (size_t)at >= sizeof(signature->title))
        return;
    const char *symbol = frame[0]->symbol;
    if (symbol[0] == '\0')
        symbol = module_name(crash, frame[0]);
    if (symbol[0] == '\0')
        return;
    snprintf(signature->title + at, sizeof(signature->title) - (size_t)at, " in %.160s + %" PRIu64,
             symbol, frame[0]->offset);
}

/* "AGX*ComputeContext" of "-[AGX*FamilyComputeContext setComputePipelineState:]"; a function as it
 * is. */
static void make_family(const struct mp_crash *crash, const char *first,
                        struct mp_signature *signature) {
    const char *start = strchr(first, '[') != NULL ? strchr(first, '[') + 1 : first;
    int len = (int)strcspn(start, " ]");
    const char *stem = "";
    if (strncmp(start, "AGX*Family", 10) == 0) {
        stem = "AGX*";
        start += 10;
        len -= 10;
    }
    snprintf(signature->family, sizeof(signature->family), "%s%s:%s%.*s",
             mp_fault_class_name(crash->fault_class),
             crash->fault_class == MP_FAULT_NULL ? "-offset" : "", stem, len, start);
}

void mp_signature_make(const struct mp_crash *crash, struct mp_signature *ret_signature) {
    struct mp_signature signature = {0};
    const struct mp_crash_frame *frame[KEY_FRAMES];
    size_t count = choose_frames(crash, frame);
    char number[16];
    char name[128];
    int at = snprintf(signature.key, sizeof(signature.key), "%s/%s",
                      mp_crash_signal_name(crash->signal, number, sizeof(number)),
                      mp_fault_class_name(crash->fault_class));
    make_title(crash, frame, count, &signature);
    make_family(crash, "?", &signature);
    for (size_t i = 0; i < count; i++) {
        frame_name(crash, frame[i], name, sizeof(name));
        if (i == 0)
            make_family(crash, name, &signature);
        at += snprintf(signature.key + at, sizeof(signature.key) - (size_t)at, "%c%s",
                       i == 0 ? '/' : '|', name);
    }
    *ret_signature = signature;
}
