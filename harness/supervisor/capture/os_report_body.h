/* The two forms a report can have behind its first line: JSON (ips.c) and lines of text
 * (crash_text.c); and JSON of others than Apple.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_OS_REPORT_BODY_H
#define MP_CAPTURE_OS_REPORT_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;
struct mp_crash;
struct mp_os_report;

/* Facts of the JSON body: process, times, build; for an event other than a crash its
 * reason. Facts that the body lacks are unchanged. */
void mp_ips_read_facts(struct json_object *body, struct mp_os_report *report);
/* The crash in a JSON body. */
struct mp_crash *mp_ips_read_crash(struct json_object *body);

/* Fill `report` with facts, kind, form and crash; false, and nothing is changed, if
 * `object` is neither an event of Sentry nor a report of KSCrash. */
bool mp_sentry_read(struct json_object *object, struct mp_os_report *report);
bool mp_kscrash_read(struct json_object *object, struct mp_os_report *report);

/* Facts of the text form, and its crash. NULL if it is not a crash report. */
struct mp_crash *mp_crash_text_read(const char *text, size_t len,
                                    struct mp_os_report *report);

#endif
