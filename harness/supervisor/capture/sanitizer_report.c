/* Reports of AddressSanitizer, ThreadSanitizer, UndefinedBehaviorSanitizer and their
 * like. Layout: compiler-rt's sanitizer_stacktrace_printer.cpp and the manuals of Clang.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/excerpt.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/report_form.h"
#include "harness/supervisor/capture/report_message.h"
#include "harness/supervisor/capture/text_crash.h"

static const char runtime_error[] = ": runtime error: ";

/* "==123==ERROR: AddressSanitizer: ..." without "==123==". */
static const char *skip_pid(const char *line, uint64_t *ret_pid) {
    const char *end = NULL;
    if (mp_report_begins(line, "==") && mp_report_number(line + 2, 10, ret_pid, &end) &&
        mp_report_begins(end, "=="))
        return end + 2;
    return line;
}

static bool begins(const char *line) {
    uint64_t pid = 0;
    const char *rest = skip_pid(line, &pid);
    bool is_header =
        mp_report_begins(rest, "ERROR: ") || mp_report_begins(rest, "WARNING: ");
    /* "canvas.c:21:9: runtime error: ..."; Go says so too, without a place. */
    const char *error = strstr(line, runtime_error);
    return (is_header && strstr(rest, "Sanitizer: ") != NULL) ||
           (error != NULL && error > line && isdigit((unsigned char)error[-1]) &&
            !mp_report_begins(line, "#"));
}

static struct mp_text_part part(const char *from, const char *to) {
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return (struct mp_text_part){.at = from, .len = (size_t)(to - from)};
}

/* Where the last bracket opens, if the text ends in one; else NULL. */
static const char *last_group(struct mp_text_part text) {
    if (text.len == 0 || text.at[text.len - 1] != ')')
        return NULL;
    for (size_t i = text.len; i-- > 0;)
        if (text.at[i] == '(')
            return text.at + i;
    return NULL;
}

/* "(/opt/lab/workbench+0x123)" and "(BuildId: ...)" at the end. */
static struct mp_text_part take_module(struct mp_text_part text,
                                       struct mp_text_frame *frame) {
    const char *open = last_group(text), *end = NULL;
    if (open != NULL && mp_report_begins(open, "(BuildId: ")) {
        text = part(text.at, open);
        open = last_group(text);
    }
    const char *stop = text.at + text.len;
    const char *plus = open != NULL ? memchr(open, '+', (size_t)(stop - open)) : NULL;
    if (plus == NULL || !mp_report_begins(plus, "+0x") ||
        (open > text.at && open[-1] != ' '))
        return text;
    const char *name = open + 1;
    for (const char *at = name; at < plus; at++)
        if (*at == '/')
            name = at + 1;
    frame->module = part(name, plus);
    uint64_t offset = 0;
    if (mp_report_number(plus + 1, 16, &offset, &end) && frame->pc >= offset) {
        frame->has_base = frame->has_pc && frame->pc > offset;
        frame->base = frame->pc - offset;
        if (!frame->has_pc) {
            frame->has_offset = true;
            frame->offset = offset;
        }
    }
    return part(text.at, open);
}

/* "draw(int) /opt/lab/canvas.cpp:12:5" */
static void take_symbol(struct mp_text_part text, struct mp_text_frame *frame) {
    const char *file = text.at + text.len, *end = NULL;
    uint64_t number = 0;
    while (file > text.at && !isspace((unsigned char)file[-1]))
        file--;
    const char *colon = memchr(file, ':', (size_t)(text.at + text.len - file));
    if (file > text.at && colon != NULL && colon > file &&
        mp_report_number(colon + 1, 10, &number, &end) && number <= INT32_MAX) {
        frame->file = part(file, colon);
        frame->line = (unsigned)number;
        text = part(text.at, file);
    }
    if (!(text.len == 6 && memcmp(text.at, "<null>", 6) == 0))
        frame->symbol = text;
}

static void add_frame(struct mp_text_crash *text, const char *rest) {
    struct mp_text_frame frame = {.has_pc = false};
    const char *end = NULL;
    if (mp_report_begins(rest, "0x") && mp_report_number(rest, 16, &frame.pc, &end)) {
        frame.has_pc = true;
        rest = end + strspn(end, " ");
    }
    if (mp_report_begins(rest, "in "))
        rest += 3;
    struct mp_text_part place = part(rest, rest + strlen(rest));
    place = take_module(place, &frame);
    if (place.len > 0)
        take_symbol(place, &frame);
    mp_text_crash_add(text, &frame);
}

/* The first words of AddressSanitizer's message that are a signal's. */
static const struct {
    const char *words;
    int signal;
} signals[] = {
    {"SEGV on ", SIGSEGV},
    {"BUS on ", SIGBUS},
    {"FPE on ", SIGFPE},
    {"ILL on ", SIGILL},
    {"ABRT on ", SIGABRT},
    {"TRAP on ", SIGTRAP},
    {"stack-overflow on ", SIGSEGV},
};

/* "AddressSanitizer: SEGV on unknown address 0x0000000005c8 (pc 0x... bp ...)" */
static void read_header(struct mp_text_crash *text, const char *rest,
                        struct mp_os_report *report) {
    struct mp_crash *crash = text->crash;
    const char *what = strstr(rest, "Sanitizer: ");
    const char *end = NULL;
    uint64_t address = 0, pc = 0;
    report->kind = MP_OS_REPORT_FINDING;
    crash->signal = SIGABRT;
    if (what == NULL)
        return;
    struct mp_strbuf summary;
    mp_strbuf_init(&summary);
    mp_strbuf_addf(&summary, "SUMMARY: %s", rest + strcspn(rest, " ") + 1);
    mp_report_message_put(report, summary.text, summary.len);
    mp_strbuf_release(&summary);
    what += strlen("Sanitizer: ");
    for (size_t i = 0; i < MP_COUNT(signals); i++) {
        if (!mp_report_begins(what, signals[i].words))
            continue;
        crash->signal = signals[i].signal;
        report->kind = MP_OS_REPORT_CRASH;
    }
    const char *at = strstr(what, "address 0x");
    const char *pc_at = strstr(what, "(pc 0x");
    if (report->kind != MP_OS_REPORT_CRASH)
        return;
    mp_report_message_put(report, "", 0);
    if (crash->signal != SIGSEGV && crash->signal != SIGBUS)
        return;
    if (pc_at != NULL)
        (void)mp_report_number(pc_at + 4, 16, &pc, &end);
    if (at != NULL && mp_report_number(at + 8, 16, &address, &end))
        mp_text_crash_fault(text, address, pc_at != NULL && pc == address);
    else if (crash->signal == SIGSEGV)
        crash->fault_class = MP_FAULT_NON_CANONICAL;
    if (mp_report_begins(what, "stack-overflow"))
        crash->fault_class = MP_FAULT_STACK_OVERFLOW;
}

/* "canvas.c:3:5: runtime error: load of null pointer of type 'int'" */
static void read_undefined(struct mp_text_crash *text, const char *line,
                           struct mp_os_report *report) {
    report->kind = MP_OS_REPORT_FINDING;
    text->crash->signal = SIGABRT;
    if (report->message[0] == '\0')
        mp_report_message_put(report, line, strlen(line));
}

static void read_line(struct mp_text_crash *text, const char *line,
                      struct mp_os_report *report, char *title, size_t title_size) {
    uint64_t number = 0, pid = 0;
    const char *rest = skip_pid(line, &pid);
    if (pid != 0 && pid <= INT32_MAX)
        report->pid = (int64_t)pid;
    if (mp_report_frame_number(line, &number, &rest)) {
        if (number == 0) {
            mp_text_crash_open_next(text, title);
            title[0] = '\0';
        }
        add_frame(text, rest);
    } else if (text->crash->signal == 0 && begins(line)) {
        if (strstr(line, runtime_error) != NULL)
            read_undefined(text, line, report);
        else
            read_header(text, rest, report);
    } else if (mp_report_begins(line, "SUMMARY: ")) {
        if (report->kind == MP_OS_REPORT_FINDING)
            mp_report_message_put(report, line, strlen(line));
    } else if (strstr(rest, "caused by a READ memory access") != NULL) {
        text->crash->access = MP_ACCESS_READ;
    } else if (strstr(rest, "caused by a WRITE memory access") != NULL) {
        text->crash->access = MP_ACCESS_WRITE;
    } else if (line[0] != '\0' && line[strlen(line) - 1] == ':') {
        mp_excerpt(title, title_size, line);
    }
}

static struct mp_crash *read_sanitizer(const char *bytes, size_t len,
                                       struct mp_os_report *report) {
    struct mp_text_crash text;
    char title[64] = "";
    mp_text_crash_begin(&text, bytes, len);
    while (mp_report_lines_next(&text.lines))
        read_line(&text, text.lines.line, report, title, sizeof(title));
    return mp_text_crash_end(&text);
}

const struct mp_report_form mp_report_form_sanitizer = {
    .name = "sanitizer",
    .what = "finding of a sanitizer",
    .begins = begins,
    .read = read_sanitizer,
};
