/* Values common to both forms of a report: times, builds, UUIDs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_OS_REPORT_TEXT_H
#define MP_CAPTURE_OS_REPORT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define MP_OS_REPORT_UUID_SIZE 37 /* with its NUL */

/* "2026-08-03 20:36:44.3125 +0900" as nanoseconds since 1970; 0 if it is not a time, or
 * one before that. */
uint64_t mp_os_report_time(const char *text);
/* Writes "24G419" of "macOS 15.7.3 (24G419)", or nothing. */
void mp_os_report_build(const char *version, char *ret_build, size_t size);
/* Writes a UUID as plain lower-case hex, as build ids are written; nothing if it has
 * other bytes. */
void mp_os_report_module_id(const char *uuid, char *ret_id, size_t size);
/* Writes an incident in upper case if it is a UUID and not all zeros, else nothing, so
 * that reports without an incident never match each other. */
void mp_os_report_read_incident(const char *text,
                                char ret_incident[MP_OS_REPORT_UUID_SIZE]);

#endif
