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
#include "harness/supervisor/capture/report_kind.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/wire/crash.h"
#include "harness/wire/termination.h"

#define MP_OS_REPORT_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* What a report says about itself. Texts are as found, "" if absent. */
struct mp_os_report {
    enum mp_os_report_kind kind;
    char sha256[MP_SHA256_HEX_SIZE];       /* of the content that was read */
    char incident[MP_OS_REPORT_UUID_SIZE]; /* upper case; "" if it is not a UUID */
    char bug_type[16];
    char what[64]; /* "crash of a process", "kernel panic" */
    char form[24]; /* "ips", "text", "gdb" */
    char process[128];
    int64_t pid;               /* 0 unknown */
    uint64_t launched_wall_ns; /* 0 unknown */
    uint64_t captured_wall_ns; /* 0 unknown */
    uint64_t written_wall_ns;  /* by the system; 0 unknown */
    char os_build[64];
    char message[512];        /* of an abort, or why the GPU was reset */
    size_t message_total;     /* its bytes before it was cut, 0 unknown */
    char model[32];           /* "Mac16,5" */
    char exception_type[40];  /* "EXC_BAD_ACCESS" */
    char exception_codes[80]; /* "0x0000000000000001, 0x0000000000000018" */
    char termination[32];     /* namespace: "SIGNAL", "CODESIGNING" */
    bool has_termination_code;
    uint64_t termination_code;
    bool is_survived; /* it says that the process went on */
    bool is_truncated;
    size_t bytes_read;   /* of the file; 0: all of it ... */
    size_t bytes_total;  /* ... of this many, 0 unknown */
    size_t lines_cut;    /* longer ones than MP_REPORT_LINE_MAX */
    bool is_bare;        /* a stack with nothing around it that says what became of it */
    bool is_translation; /* it says that the full report follows */
    /* The file as it was read, perhaps without its end; borrowed from the first
     * report of the list. NULL: it was parsed from memory. */
    const char *file_bytes;
    size_t file_len;
    struct mp_crash *crash;    /* owned; NULL unless `kind` is MP_OS_REPORT_CRASH */
    struct mp_os_report *next; /* owned; the next one of the same file, NULL: none */
    /* Of the first one: the bytes, owned; parts of the file that could not be read ... */
    char *owned_bytes;
    unsigned left_out;
    char left_out_why[128]; /* ... and why not the first of those */
};

/* Reads the bytes of one file, in any of the forms of report_form.h and any wrapping of
 * report_text.h; several reports in one file are a list. MP_USAGE if there is none, or it
 * is torn before anything of use; the error says why. Release with
 * mp_os_report_destroy. */
enum mp_status mp_os_report_parse(const char *bytes, size_t len,
                                  struct mp_os_report **ret_report, struct mp_error *err);
/* The same with a regular file. Of one larger than MP_OS_REPORT_BYTES_MAX the beginning
 * is read, which its last report says. */
enum mp_status mp_os_report_read(const char *path, struct mp_os_report **ret_report,
                                 struct mp_error *err);
/* Releases it and all that follow. NULL is allowed. */
void mp_os_report_destroy(struct mp_os_report *report);

/* What the code of its end means; NULL if it says nothing. */
const struct mp_termination *mp_os_report_termination(const struct mp_os_report *report);

/* The signature that a round with the same stop has. False if the report lacks the
 * stack of the thread that died: then it identifies no bug. */
bool mp_os_report_sign(const struct mp_os_report *report,
                       struct mp_signature *ret_signature);

const char *mp_os_report_kind_name(enum mp_os_report_kind kind);

#endif
