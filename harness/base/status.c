/* Status codes and the sentence that explains a failure. Allocates nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const status_text[MP_STATUS_COUNT] = {
#define MP_STATUS(name, text) [MP_##name] = (text),
#include "harness/base/status.def"
#undef MP_STATUS
};

const char *mp_status_text(enum mp_status status) {
    if ((unsigned)status >= MP_STATUS_COUNT)
        return "unknown status";
    return status_text[status];
}

/* Adds `text` at the end, cut where the space ends. */
static void append(struct mp_error *err, const char *text) {
    size_t len = strlen(err->text);
    size_t more = strlen(text);
    if (more > sizeof(err->text) - 1 - len)
        more = sizeof(err->text) - 1 - len;
    memcpy(err->text + len, text, more);
    err->text[len + more] = '\0';
}

enum mp_status mp_error_set(struct mp_error *err, enum mp_status status, const char *fmt,
                            ...) {
    /* Uses a second buffer because the arguments may point into err->text. */
    struct mp_error next;
    va_list args;
    va_start(args, fmt);
    vsnprintf(next.text, sizeof(next.text), fmt, args);
    va_end(args);
    *err = next;
    return status;
}

enum mp_status mp_error_set_errno(struct mp_error *err, enum mp_status status,
                                  int system_error, const char *fmt, ...) {
    struct mp_error next;
    va_list args;
    va_start(args, fmt);
    vsnprintf(next.text, sizeof(next.text), fmt, args);
    va_end(args);

    char reason[128];
    if (strerror_r(system_error, reason, sizeof(reason)) != 0)
        snprintf(reason, sizeof(reason), "error %d", system_error);
    /* The reason matters more than the end of a long sentence. */
    size_t len = strlen(next.text);
    size_t need = strlen(": ") + strlen(reason) + 1;
    if (len + need > sizeof(next.text))
        next.text[sizeof(next.text) - need] = '\0';
    append(&next, ": ");
    append(&next, reason);
    *err = next;
    return status;
}

void mp_error_prefix(struct mp_error *err, const char *fmt, ...) {
    struct mp_error next;
    va_list args;
    va_start(args, fmt);
    vsnprintf(next.text, sizeof(next.text), fmt, args);
    va_end(args);
    append(&next, ": ");
    append(&next, err->text);
    *err = next;
}
