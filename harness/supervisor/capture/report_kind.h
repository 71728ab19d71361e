/* What a report is a report of, by Apple's bug types or by the words it begins with.
 * Pure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REPORT_KIND_H
#define MP_CAPTURE_REPORT_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum mp_os_report_kind {
    MP_OS_REPORT_CRASH,     /* a process died */
    MP_OS_REPORT_GPU_EVENT, /* the GPU was reset or reported a fault; the process may be
                               well */
    MP_OS_REPORT_SIMULATED, /* written on request of a process that went on */
    MP_OS_REPORT_FINDING,   /* a sanitizer saw an error; the process may have gone on */
    MP_OS_REPORT_OTHER      /* a panic, a lack of memory, a hang: no crash of a process */
};

struct mp_report_kind {
    enum mp_os_report_kind kind;
    const char *what; /* "kernel panic" */
};

/* The kind of a bug type, as Apple's submission settings list them. False if it is
 * unknown. */
bool mp_report_kind_of_type(const char *bug_type, struct mp_report_kind *ret_kind);

/* The kind of a text without a bug type that is not a crash of a process: a panic, a
 * spindump, a sample. False if it is none of those. */
bool mp_report_kind_of_text(const char *text, size_t len,
                            struct mp_report_kind *ret_kind);

#endif
