/* The two forms a report can have behind its first line. For os_report.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_OS_REPORT_BODY_H
#define MP_CAPTURE_OS_REPORT_BODY_H

#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/os_report.h"

/* Facts of the JSON body: process, times, build; and of an event that is no crash its
 * reason. What the body does not say stays. */
void mp_ips_read_facts(struct json_object *body, struct mp_os_report *report);
/* The crash in a JSON body. */
struct mp_crash *mp_ips_read_crash(struct json_object *body);

/* Facts of the text form, and its crash. Gives NULL if it has nothing of a crash
 * report. */
struct mp_crash *mp_crash_text_read(const char *text, size_t len,
                                    struct mp_os_report *report);

/* Keeps an incident only if it is a UUID, so that no two reports are one by a shared
 * nothing. */
void mp_os_report_set_incident(struct mp_os_report *report, const char *text);
/* "2026-08-03 20:36:44.3125 +0900" as nanoseconds since 1970; 0 if it is none or before
 * that. */
uint64_t mp_os_report_time(const char *text);
/* Writes "24G419" of "macOS 15.7.3 (24G419)", or nothing. */
void mp_os_report_build(const char *version, char *ret_build, size_t size);
/* Writes a UUID as plain lower-case hex, as build ids are written; nothing if it has
 * other bytes.
 */
void mp_os_report_module_id(const char *uuid, char *ret_id, size_t size);

#endif
