/* Crash reports that the operating system wrote: Apple's .ips (a JSON object on the first
 * line, a second one behind it) and the older .crash texts. Any bytes are safe; what can
 * be read of a torn file is kept.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_OS_REPORT_H
#define MP_CAPTURE_OS_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/sha256.h"
#include "harness/base/status.h"
#include "harness/supervisor/capture/os_report_text.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/wire/crash.h"

#define MP_OS_REPORT_BYTES_MAX ((size_t)16 * 1024 * 1024)

enum mp_os_report_kind {
    MP_OS_REPORT_CRASH,     /* a process died */
    MP_OS_REPORT_GPU_EVENT, /* the GPU was reset or reported a fault */
    MP_OS_REPORT_SIMULATED, /* written on request; the process continued */
    MP_OS_REPORT_OTHER      /* a panic, memory pressure, a hang: not a process crash */
};

/* What a report says about itself. Texts are as found, "" if absent. */
struct mp_os_report {
    enum mp_os_report_kind kind;
    char sha256[MP_SHA256_HEX_SIZE];       /* of the whole content */
    char incident[MP_OS_REPORT_UUID_SIZE]; /* upper case; "" if it is not a UUID */
    char bug_type[16];
    char what[64]; /* "crash of a process", "kernel panic" */
    char process[128];
    int64_t pid;               /* 0 unknown */
    uint64_t launched_wall_ns; /* 0 unknown */
    uint64_t captured_wall_ns; /* 0 unknown */
    char os_build[64];
    char message[512]; /* of an abort, or why the GPU was reset */
    bool is_truncated;
    struct mp_crash *crash; /* owned; NULL unless `kind` is MP_OS_REPORT_CRASH */
};

/* Reads the bytes of one file. MP_USAGE if they are not a report, or torn before
 * anything useful; the error says why. Release with mp_os_report_destroy. */
enum mp_status mp_os_report_parse(const char *bytes, size_t len,
                                  struct mp_os_report **ret_report, struct mp_error *err);
/* The same for a regular file of at most MP_OS_REPORT_BYTES_MAX. */
enum mp_status mp_os_report_read(const char *path, struct mp_os_report **ret_report,
                                 struct mp_error *err);
void mp_os_report_destroy(struct mp_os_report *report);

/* The signature that a round with the same stop has. False if the report lacks the
 * stack of the thread that died: then it identifies no bug. */
bool mp_os_report_sign(const struct mp_os_report *report,
                       struct mp_signature *ret_signature);

const char *mp_os_report_kind_name(enum mp_os_report_kind kind);

#endif
