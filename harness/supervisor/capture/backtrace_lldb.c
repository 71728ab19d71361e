/* Stacks as lldb prints them. Layout: the default thread-format and frame-format of
 * LLDB's documentation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/excerpt.h"
#include "harness/supervisor/capture/apple_exception.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/report_form.h"
#include "harness/supervisor/capture/report_message.h"
#include "harness/supervisor/capture/text_crash.h"

static const char reason_is[] = "stop reason = ";

static const char *thread_number(const char *line) {
    line += strspn(line, "* ");
    return mp_report_begins(line, "thread #") ? line + strlen("thread #") : NULL;
}

static bool begins(const char *line) {
    const char *reason = strstr(line, reason_is);
    if (thread_number(line) == NULL || reason == NULL)
        return false;
    reason += strlen(reason_is);
    return mp_report_begins(reason, "EXC_") || mp_report_begins(reason, "signal ") ||
           mp_report_begins(reason, "hit program assert") ||
           mp_report_begins(reason, "Fatal error");
}

static bool may_begin(const char *line) {
    if (thread_number(line) != NULL)
        return strchr(line, ',') != NULL;
    line += strspn(line, "* ");
    return mp_report_begins(line, "frame #0: 0x") && strchr(line, '`') != NULL;
}

/* "code=1, address=0x5c8": the value behind "NAME=". */
static bool read_field(const char *text, const char *name, uint64_t *ret_value) {
    const char *at = strstr(text, name), *end = NULL;
    if (at == NULL)
        return false;
    at += strlen(name);
    return mp_report_number(at, mp_report_begins(at, "0x") ? 16 : 10, ret_value, &end);
}

/* "EXC_BAD_ACCESS (code=1, address=0x5c8)", "signal SIGABRT", "signal SIGSEGV: invalid
 * address (fault address: 0x0)". */
static void read_reason(const char *reason, struct mp_os_report *report,
                        struct mp_apple_exception *exception) {
    size_t len = strcspn(reason, " (");
    if (mp_report_begins(reason, "signal ")) { /* of Linux, or raised */
        reason += strlen("signal ");
        len = strcspn(reason, " :,");
        snprintf(exception->signal, sizeof(exception->signal), "%.*s", (int)len, reason);
    } else if (!mp_report_begins(reason, "EXC_")) {
        /* Swift's last words end in a trap, assert in abort. */
        bool is_swift = mp_report_begins(reason, "Fatal error");
        snprintf(exception->signal, sizeof(exception->signal), "%s",
                 is_swift ? "SIGTRAP" : "SIGABRT");
        mp_report_message_put(report, reason, strlen(reason));
        return;
    }
    snprintf(exception->type, sizeof(exception->type), "%.*s", (int)len, reason);
    mp_excerpt_start(report->exception_type, sizeof(report->exception_type), reason, len);
    const char *name = strstr(reason, "code=EXC_");
    if (name != NULL)
        mp_apple_exception_read(exception, name + strlen("code="));
    else
        exception->has_code = read_field(reason, "code=", &exception->code);
    exception->has_address = read_field(reason, "address=", &exception->address) ||
                             read_field(reason, "subcode=", &exception->address) ||
                             read_field(reason, "fault address: ", &exception->address);
}

/* "(this=0x0000600001234000, kernel=4)": values are of one run, not of the function. */
static void drop_arguments(struct mp_text_part *symbol) {
    size_t depth = 0;
    bool has_value = false;
    if (symbol->len == 0 || symbol->at[symbol->len - 1] != ')')
        return;
    for (size_t i = symbol->len; i-- > 0;) {
        char c = symbol->at[i];
        has_value |= c == '=';
        depth += c == ')';
        if (c == '(' && --depth == 0) {
            bool is_operator = i >= 8 && memcmp(symbol->at + i - 8, "operator", 8) == 0;
            if (has_value && !is_operator)
                symbol->len = i;
            return;
        }
    }
}

/* "module`symbol + 12 at file.c:3:5 [opt]" */
static void read_place(const char *text, struct mp_text_frame *frame) {
    static const char *const notes[] = {" [opt]", " [inlined]", " [artificial]"};
    const char *tick = strchr(text, '`'), *end = text + strlen(text);
    const char *stop = NULL;
    if (tick == NULL) {
        frame->module = (struct mp_text_part){.at = text, .len = strcspn(text, " ")};
        return;
    }
    frame->module = (struct mp_text_part){.at = text, .len = (size_t)(tick - text)};
    const char *at = NULL;
    for (const char *next = strstr(tick, " at "); next != NULL;
         next = strstr(at + 1, " at "))
        at = next;
    const char *colon = at != NULL ? strchr(at, ':') : NULL;
    uint64_t number = 0;
    if (colon != NULL && mp_report_number(colon + 1, 10, &number, &stop) &&
        number <= INT32_MAX) {
        frame->file =
            (struct mp_text_part){.at = at + 4, .len = (size_t)(colon - at - 4)};
        frame->line = (unsigned)number;
        end = at;
    }
    struct mp_text_part symbol = {.at = tick + 1, .len = (size_t)(end - tick - 1)};
    for (size_t i = 0; i < MP_COUNT(notes); i++) {
        size_t len = strlen(notes[i]);
        if (symbol.len > len && memcmp(symbol.at + symbol.len - len, notes[i], len) == 0)
            symbol.len -= len;
    }
    /* The last " + 12". */
    for (size_t i = symbol.len; i-- > 3;) {
        if (memcmp(symbol.at + i - 3, " + ", 3) == 0 &&
            isdigit((unsigned char)symbol.at[i])) {
            frame->has_offset =
                mp_report_number(symbol.at + i, 10, &frame->offset, &stop);
            symbol.len = i - 3;
            break;
        }
    }
    drop_arguments(&symbol);
    frame->symbol = symbol;
}

static void read_frame(struct mp_text_crash *text, const char *line) {
    struct mp_text_frame frame = {.has_pc = false};
    uint64_t number = 0;
    const char *end = NULL;
    line += strspn(line, "* ");
    if (!mp_report_begins(line, "frame #") ||
        !mp_report_number(line + 7, 10, &number, &end) || *end != ':')
        return;
    end += 1 + strspn(end + 1, " ");
    if (mp_report_begins(end, "0x"))
        frame.has_pc = mp_report_number(end, 16, &frame.pc, &end);
    read_place(end + strspn(end, " "), &frame);
    if (text->crash->thread_count == 0)
        mp_text_crash_open(text, 1, "");
    mp_text_crash_add(text, &frame);
}

/* "thread #2, name = 'worker', queue = 'q', stop reason = ..." */
static bool read_thread(struct mp_text_crash *text, const char *line,
                        struct mp_os_report *report,
                        struct mp_apple_exception *exception) {
    const char *at = thread_number(line), *end = NULL;
    const char *reason = strstr(line, reason_is);
    uint64_t number = 0;
    char name[64] = "";
    if (at == NULL || !mp_report_number(at, 10, &number, &end))
        return false;
    const char *open = strstr(end, "name = '");
    if (open == NULL)
        open = strstr(end, "queue = '");
    if (open != NULL) {
        open = strchr(open, '\'') + 1;
        mp_excerpt_start(name, sizeof(name), open, strcspn(open, "'"));
    }
    mp_text_crash_open(text, number, name);
    if (reason != NULL && begins(line) && exception->signal[0] == '\0' &&
        exception->type[0] == '\0') {
        text->faulting = number;
        text->has_faulting = true;
        read_reason(reason + strlen(reason_is), report, exception);
    }
    return true;
}

static struct mp_crash *read_lldb(const char *bytes, size_t len,
                                  struct mp_os_report *report) {
    struct mp_text_crash text;
    struct mp_apple_exception exception = {0};
    mp_text_crash_begin(&text, bytes, len);
    while (mp_report_lines_next(&text.lines))
        if (!read_thread(&text, text.lines.line, report, &exception))
            read_frame(&text, text.lines.line);
    mp_apple_exception_apply(&exception, text.crash);
    return mp_text_crash_end(&text);
}

const struct mp_report_form mp_report_form_lldb = {
    .name = "lldb",
    .what = "stack that lldb printed",
    .begins = begins,
    .may_begin = may_begin,
    .read = read_lldb,
};
