/* What events of Sentry and reports of KSCrash, both JSON, have in common. Layouts:
 * develop.sentry.dev, "Event payloads"; KSCrash's KSCrashReportFields.h. Any JSON is
 * safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REPORTER_JSON_H
#define MP_CAPTURE_REPORTER_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/capture/apple_exception.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/report_message.h"
#include "harness/supervisor/capture/text_frame.h"

struct json_object;

/* Names of one member: reporters, and versions of one, call it differently. */
struct mp_reporter_names {
    const char *name[4]; /* the first one that is there counts */
};

struct mp_reporter_layout {
    struct mp_reporter_names image_path, image_base, image_size, image_id;
    struct mp_reporter_names symbol, pc, symbol_start, module, module_base, file, line;
    bool is_oldest_first;
};

struct mp_reporter {
    const struct mp_reporter_layout *layout;
    struct mp_crash *crash;
    struct mp_text_images images;
    struct mp_apple_exception exception;
    struct mp_report_message message;
};

void mp_reporter_begin(struct mp_reporter *reporter,
                       const struct mp_reporter_layout *layout);
void mp_reporter_add_images(struct mp_reporter *reporter, struct json_object *list);
void mp_reporter_add_frames(struct mp_reporter *reporter, struct json_object *list,
                            struct mp_crash_thread *thread);
/* Members that are numbers, or texts of one: "0x1a2b". */
void mp_reporter_add_registers(struct json_object *registers,
                               struct mp_crash_thread *thread);
/* "*** Terminating app due to uncaught exception 'NSRangeException', reason: '...'", as
 * Apple's reports have it. */
void mp_reporter_offer_exception(struct mp_reporter *reporter, const char *name,
                                 const char *reason);
/* Moves the crash, complete, and the message to `report`. */
void mp_reporter_end(struct mp_reporter *reporter, struct mp_os_report *report);

/* A text "2026-03-01T08:00:00Z", or a number of seconds or microseconds; 0 unknown. */
uint64_t mp_reporter_time(struct json_object *value);
/* The member at the end of the path "a/b/c" of objects, or NULL. */
struct json_object *mp_reporter_at(struct json_object *object, const char *path);
const char *mp_reporter_text(struct json_object *object, const char *path);
/* A number, or a text of one. */
bool mp_reporter_number(struct json_object *object, const struct mp_reporter_names *names,
                        uint64_t *ret_number);

#endif
