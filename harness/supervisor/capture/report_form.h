/* The forms in which people have stacks of a process that died, besides Apple's own:
 * each knows the line that it begins with and reads what follows. Any bytes are safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REPORT_FORM_H
#define MP_CAPTURE_REPORT_FORM_H

#include <stdbool.h>
#include <stddef.h>

struct mp_crash;
struct mp_os_report;

struct mp_report_form {
    const char *name; /* "gdb" */
    const char *what; /* "crash of a process, as gdb shows it" */
    /* Whether a report of this form begins with `line`, which has no blanks around. */
    bool (*begins)(const char *line);
    /* Whether one may begin there if nothing else has begun: an excerpt. NULL: never. */
    bool (*may_begin)(const char *line);
    /* Reads facts into `report` and returns the crash; NULL if there is none. */
    struct mp_crash *(*read)(const char *text, size_t len, struct mp_os_report *report);
};

extern const struct mp_report_form mp_report_form_gdb;
extern const struct mp_report_form mp_report_form_lldb;
extern const struct mp_report_form mp_report_form_sanitizer;
extern const struct mp_report_form mp_report_form_tombstone;
extern const struct mp_report_form mp_report_form_coredumpctl;

#endif
