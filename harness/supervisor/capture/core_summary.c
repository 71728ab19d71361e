/* Core dumps as `coredumpctl info` shows them. Layout: coredumpctl(1) of systemd.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/report_form.h"
#include "harness/supervisor/capture/text_crash.h"

static const char stack_of[] = "Stack trace of thread ";

/* "PID: 1234 (workbench)" */
static bool begins(const char *line) {
    uint64_t pid = 0;
    const char *end = NULL;
    return mp_report_begins(line, "PID: ") &&
           mp_report_number(line + 5, 10, &pid, &end) && mp_report_begins(end, " (");
}

/* "systemd-coredump[99]: Process 6200 (workbench) of user 1000 dumped core.", in the
 * journal. */
static const char *process_of(const char *line) {
    static const char process[] = "Process ";
    uint64_t pid = 0;
    const char *at = strstr(line, process), *end = NULL;
    if (at == NULL || strstr(at, ") of user ") == NULL ||
        !mp_report_number(at + sizeof(process) - 1, 10, &pid, &end) ||
        !mp_report_begins(end, " ("))
        return NULL;
    return at + sizeof(process) - 1;
}

static bool may_begin(const char *line) {
    return mp_report_begins(line, stack_of) ||
           (process_of(line) != NULL && strstr(line, "dumped core") != NULL);
}

/* "1234 (workbench)" */
static void read_process(const char *line, struct mp_os_report *report) {
    uint64_t pid = 0;
    const char *end = NULL;
    if (!mp_report_number(line, 10, &pid, &end))
        return;
    if (pid <= INT32_MAX)
        report->pid = (int64_t)pid;
    mp_excerpt_start(report->process, sizeof(report->process), end + 2,
                     strcspn(end + 2, ")"));
}

/* "0x00007f12ab raise (libc.so.6 + 0x3c8c)"; "n/a" where there is no symbol. The offset
 * is the module's. */
static void add_frame(struct mp_text_crash *text, const char *rest) {
    struct mp_text_frame frame = {.has_pc = false};
    const char *end = NULL;
    uint64_t offset = 0;
    frame.has_pc =
        mp_report_begins(rest, "0x") && mp_report_number(rest, 16, &frame.pc, &end);
    if (!frame.has_pc)
        return;
    rest = end + strspn(end, " ");
    const char *open = NULL;
    for (const char *at = strstr(rest, " ("); at != NULL; at = strstr(at + 1, " ("))
        open = at;
    size_t name = open != NULL ? (size_t)(open - rest) : strlen(rest);
    if (!(name == 3 && memcmp(rest, "n/a", 3) == 0))
        frame.symbol = (struct mp_text_part){.at = rest, .len = name};
    const char *plus = open != NULL ? strstr(open, " + 0x") : NULL;
    if (plus != NULL && mp_report_number(plus + 3, 16, &offset, &end) &&
        frame.pc >= offset) {
        frame.module =
            (struct mp_text_part){.at = open + 2, .len = (size_t)(plus - open - 2)};
        frame.has_base = frame.pc > offset;
        frame.base = frame.pc - offset;
    }
    mp_text_crash_add(text, &frame);
}

static void read_line(struct mp_text_crash *text, const char *line,
                      struct mp_os_report *report) {
    uint64_t number = 0;
    const char *rest = NULL;
    if (begins(line)) {
        read_process(line + strlen("PID: "), report);
    } else if (process_of(line) != NULL && report->pid == 0) {
        read_process(process_of(line), report);
    } else if (mp_report_begins(line, "Signal: ")) {
        const char *open = strchr(line, '(');
        text->crash->signal = open != NULL ? mp_report_signal(open + 1) : 0;
    } else if (mp_report_begins(line, "Timestamp: ")) {
        rest = line + strlen("Timestamp: ");
        rest += strcspn(rest, " "); /* the day of the week */
        report->captured_wall_ns = mp_os_report_time(rest + strspn(rest, " "));
    } else if (mp_report_begins(line, stack_of) &&
               mp_report_number(line + strlen(stack_of), 10, &number, &rest)) {
        mp_text_crash_open(text, number, "");
    } else if (mp_report_frame_number(line, &number, &rest)) {
        add_frame(text, rest);
    }
}

static struct mp_crash *read_core(const char *bytes, size_t len,
                                  struct mp_os_report *report) {
    struct mp_text_crash text;
    mp_text_crash_begin(&text, bytes, len);
    while (mp_report_lines_next(&text.lines))
        read_line(&text, text.lines.line, report);
    return mp_text_crash_end(&text);
}

const struct mp_report_form mp_report_form_coredumpctl = {
    .name = "coredumpctl",
    .what = "crash of a process (core dump)",
    .begins = begins,
    .may_begin = may_begin,
    .read = read_core,
};
