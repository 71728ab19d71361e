/* What a function that can fail returns, and the sentence that says why. A crash,
 * mismatch or skip of a round is a result, never an error.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_STATUS_H
#define MP_BASE_STATUS_H

enum mp_status {
#define MP_STATUS(name, text) MP_##name,
#include "harness/base/status.def"
#undef MP_STATUS
    MP_STATUS_COUNT
};

/* The reason for a failure. Fixed size, no allocation; owned by the caller. */
struct mp_error {
    char text[512];
};

#define MP_PRINTF(fmt_index, arg_index)                                                  \
    __attribute__((format(printf, fmt_index, arg_index)))

/* Short text of `status`; never NULL. */
const char *mp_status_text(enum mp_status status);

/* Writes the reason (what was tried, on what, why, what to do) into `err` and returns
 * `status`, so that a failing function can end with `return mp_error_set(err, MP_SYSTEM,
 * ...)`. Text too long is cut. `err` is never NULL. */
enum mp_status mp_error_set(struct mp_error *err, enum mp_status status, const char *fmt,
                            ...) MP_PRINTF(3, 4);

/* The same, with ": " and the text of `system_error` (an errno value) at the end. */
enum mp_status mp_error_set_errno(struct mp_error *err, enum mp_status status,
                                  int system_error, const char *fmt, ...) MP_PRINTF(4, 5);

/* Puts "prefix: " before the text that is already in `err`. */
void mp_error_prefix(struct mp_error *err, const char *fmt, ...) MP_PRINTF(2, 3);

#endif
