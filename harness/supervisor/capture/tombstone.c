/* Android's tombstones. Layout: "Diagnosing native crashes" at source.android.com.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/report_form.h"
#include "harness/supervisor/capture/report_message.h"
#include "harness/supervisor/capture/text_crash.h"

static bool begins(const char *line) {
    return mp_report_begins(line, "*** *** *** *** *** ***");
}

/* "pid: 1, tid: 2, name: worker  >>> com.lab <<<" */
static bool may_begin(const char *line) {
    return mp_report_begins(line, "pid: ") && strstr(line, ", tid: ") != NULL &&
           strstr(line, ">>> ") != NULL;
}

static void read_process(struct mp_text_crash *text, const char *line,
                         struct mp_os_report *report) {
    uint64_t pid = 0, tid = 0;
    const char *end = NULL;
    char thread[64] = "";
    const char *name = strstr(line, "name: "), *process = strstr(line, ">>> ");
    const char *tid_at = strstr(line, "tid: ");
    if (mp_report_number(line + 5, 10, &pid, &end) && pid <= INT32_MAX)
        report->pid = (int64_t)pid;
    if (process != NULL && report->process[0] == '\0')
        mp_excerpt_start(report->process, sizeof(report->process), process + 4,
                         strcspn(process + 4, " <"));
    if (name != NULL && process != NULL && name < process) {
        size_t len = (size_t)(process - name - 6);
        while (len > 0 && isspace((unsigned char)name[6 + len - 1]))
            len--;
        mp_excerpt_start(thread, sizeof(thread), name + 6, len);
    }
    if (tid_at == NULL || !mp_report_number(tid_at + 5, 10, &tid, &end))
        tid = pid;
    mp_text_crash_open(text, tid, thread);
}

/* "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x5c8" */
static void read_signal(struct mp_text_crash *text, const char *line) {
    const char *name = strchr(line, '('), *address = strstr(line, "fault addr ");
    const char *code = strstr(line, "code "), *end = NULL;
    uint64_t value = 0;
    text->crash->signal = name != NULL ? mp_report_signal(name + 1) : 0;
    if (code != NULL && mp_report_number(code + 5, 10, &value, &end) && value < 256)
        text->crash->code = (int)value;
    bool is_access =
        strstr(line, "(SIGSEGV)") != NULL || strstr(line, "(SIGBUS)") != NULL;
    if (address == NULL || !is_access ||
        !mp_report_number(address + 11, 16, &value, &end))
        return;
    /* What the kernel sends without a page fault has no address; it writes 0. */
    if (strstr(line, "(SI_KERNEL)") != NULL && value == 0) {
        text->crash->fault_class = MP_FAULT_NON_CANONICAL;
        return;
    }
    mp_text_crash_fault(text, value, false);
    if (strstr(line, "SEGV_ACCERR") != NULL && text->crash->fault_class == MP_FAULT_WILD)
        text->crash->fault_class = MP_FAULT_PROTECTION;
    if (strstr(line, "BUS_ADRALN") != NULL)
        text->crash->fault_class = MP_FAULT_MISALIGNED;
}

/* "pc 00000000000a1b2c  /system/lib64/libc.so (abort+164) (BuildId: 12ab)" */
static void add_frame(struct mp_text_crash *text, const char *rest) {
    struct mp_text_frame frame = {.has_base = false};
    const char *end = NULL;
    if (!mp_report_begins(rest, "pc ") ||
        !mp_report_number(rest + 3, 16, &frame.offset, &end))
        return;
    rest = end + strspn(end, " \t");
    size_t len = strcspn(rest, " ");
    const char *name = rest;
    for (size_t i = 0; i < len; i++)
        if (rest[i] == '/')
            name = rest + i + 1;
    frame.module = (struct mp_text_part){.at = name, .len = (size_t)(rest + len - name)};
    frame.has_offset = true; /* in the module, unless there is a symbol */
    const char *open = strchr(rest + len, '(');
    if (open != NULL && !mp_report_begins(open, "(BuildId:") &&
        !mp_report_begins(open, "(offset ")) {
        const char *close = strstr(open, ") (BuildId:");
        size_t inside = close != NULL ? (size_t)(close - open - 1) : strlen(open + 1);
        if (close == NULL && inside > 0 && open[inside] == ')')
            inside--;
        size_t plus = inside;
        while (plus > 0 && open[1 + plus - 1] != '+')
            plus--;
        uint64_t offset = 0;
        if (plus > 0 && mp_report_number(open + 1 + plus, 10, &offset, &end)) {
            frame.offset = offset;
            inside = plus - 1;
        }
        frame.symbol = (struct mp_text_part){.at = open + 1, .len = inside};
    }
    mp_text_crash_add(text, &frame);
}

static void read_line(struct mp_text_crash *text, const char *line,
                      struct mp_os_report *report) {
    uint64_t number = 0;
    const char *rest = NULL;
    if (may_begin(line)) {
        read_process(text, line, report);
    } else if (mp_report_begins(line, "signal ") && text->crash->signal == 0) {
        read_signal(text, line);
    } else if (mp_report_begins(line, "Abort message: ")) {
        const char *message = line + strlen("Abort message: ");
        size_t len = strlen(message);
        bool is_quoted = len > 1 && message[0] == '\'' && message[len - 1] == '\'';
        mp_report_message_put(report, message + is_quoted, is_quoted ? len - 2 : len);
    } else if (mp_report_begins(line, "Timestamp: ")) {
        report->captured_wall_ns = mp_os_report_time(line + strlen("Timestamp: "));
    } else if (mp_report_frame_number(line, &number, &rest)) {
        add_frame(text, rest);
    }
}

static struct mp_crash *read_tombstone(const char *bytes, size_t len,
                                       struct mp_os_report *report) {
    struct mp_text_crash text;
    mp_text_crash_begin(&text, bytes, len);
    while (mp_report_lines_next(&text.lines))
        read_line(&text, text.lines.line, report);
    return mp_text_crash_end(&text);
}

const struct mp_report_form mp_report_form_tombstone = {
    .name = "tombstone",
    .what = "crash of a process (Android)",
    .begins = begins,
    .may_begin = may_begin,
    .read = read_tombstone,
};
