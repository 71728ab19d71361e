/* The text form of Apple's reports: "Key: value" lines, threads, registers, images; what
 * other reporters (PLCrashReporter, KSCrash, Sentry) write in the same form. What does
 * not look as expected is left out. Layout: Apple's page "Examining the fields in a crash
 * report".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/excerpt.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/apple_exception.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/os_report_body.h"
#include "harness/supervisor/capture/os_report_text.h"
#include "harness/supervisor/capture/report_line.h"
#include "harness/supervisor/capture/report_message.h"
#include "harness/supervisor/capture/text_frame.h"

#define NO_THREAD UINT64_MAX

enum section {
    IN_HEAD,
    IN_MESSAGE,
    IN_REGION,
    IN_THREAD,
    IN_EXCEPTION,
    IN_REGISTERS,
    IN_IMAGES,
    IN_NOTHING
};

struct reader {
    struct mp_os_report *report;
    struct mp_crash *crash;
    struct mp_text_images images;
    struct mp_apple_exception exception;
    struct mp_report_message message;
    struct mp_strbuf words, region; /* of the section that is open */
    struct mp_strbuf frame_line;    /* the last one, if it ends behind the address */
    uint64_t faulting; /* number of the thread that died, NO_THREAD unknown */
    size_t facts;      /* lines that only a crash report has */
    bool has_threads;
    bool has_bare_frames; /* under no heading of a thread */
    enum section section;
};

/* "name [455]" */
static void read_process(const char *text, struct mp_os_report *report) {
    const char *open = strrchr(text, '['), *end = NULL;
    uint64_t pid = 0;
    size_t len = open != NULL ? (size_t)(open - text) : strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    mp_excerpt_start(report->process, sizeof(report->process), text, len);
    if (open != NULL && mp_report_number(open + 1, 10, &pid, &end) && *end == ']' &&
        pid <= INT32_MAX)
        report->pid = (int64_t)pid;
}

/* "EXC_BAD_ACCESS (SIGSEGV)", or the signal alone. */
static void read_type(const char *text, struct reader *reader) {
    struct mp_apple_exception *exception = &reader->exception;
    size_t len = strcspn(text, " ");
    const char *open = strchr(text, '(');
    snprintf(exception->type, sizeof(exception->type), "%.*s", (int)len, text);
    mp_excerpt_start(reader->report->exception_type,
                     sizeof(reader->report->exception_type), text, len);
    if (open != NULL)
        snprintf(exception->signal, sizeof(exception->signal), "%.*s",
                 (int)strcspn(open + 1, ")"), open + 1);
    else if (mp_report_begins(text, "SIG"))
        snprintf(exception->signal, sizeof(exception->signal), "%.*s", (int)len, text);
    reader->facts++;
}

static void read_codes(const char *text, struct reader *reader) {
    struct mp_os_report *report = reader->report;
    mp_apple_exception_read(&reader->exception, text);
    /* The numbers say more than the words that stand before them. */
    if (report->exception_codes[0] == '\0' || mp_report_begins(text, "0x"))
        mp_excerpt(report->exception_codes, sizeof(report->exception_codes), text);
}

/* "Namespace SIGNAL, Code 6 Abort trap: 6", "CODESIGNING, Code 0x1",
 * "FRONTBOARD 2343432205". */
static void read_termination(const char *text, struct reader *reader) {
    struct mp_os_report *report = reader->report;
    const char *end = NULL;
    mp_report_message_offer(&reader->message, text);
    if (mp_report_begins(text, "Namespace "))
        text += strlen("Namespace ");
    size_t len = strcspn(text, " ,");
    mp_excerpt_start(report->termination, sizeof(report->termination), text, len);
    text += len + strspn(text + len, " ,");
    if (mp_report_begins(text, "Code "))
        text += strlen("Code ");
    report->has_termination_code = mp_report_number(
        text, mp_report_begins(text, "0x") ? 16 : 10, &report->termination_code, &end);
}

/* Facts about the process. False if the line is none. */
static bool read_identity(struct mp_os_report *report, const char *line) {
    const char *text = NULL;
    if ((text = mp_report_value(line, "Process")) != NULL)
        read_process(text, report);
    else if ((text = mp_report_value(line, "Incident Identifier")) != NULL)
        mp_os_report_read_incident(text, report->incident);
    else if ((text = mp_report_value(line, "OS Version")) != NULL)
        mp_os_report_build(text, report->os_build, sizeof(report->os_build));
    else if ((text = mp_report_value(line, "Hardware Model")) != NULL)
        mp_excerpt(report->model, sizeof(report->model), text);
    else if ((text = mp_report_value(line, "Date/Time")) != NULL)
        report->captured_wall_ns = mp_os_report_time(text);
    else if ((text = mp_report_value(line, "Launch Time")) != NULL)
        report->launched_wall_ns = mp_os_report_time(text);
    return text != NULL;
}

/* A line that opens a part of its own. False if it does not. */
static bool open_section(struct reader *reader, const char *line) {
    static const struct {
        const char *key;
        enum section section;
    } keys[] = {
        {"Application Specific Information", IN_MESSAGE},
        {"Application Specific Signatures", IN_NOTHING},
        {"Dyld Error Message", IN_MESSAGE},
        {"VM Region Info", IN_REGION},
        {"Last Exception Backtrace", IN_EXCEPTION},
        {"Binary Images", IN_IMAGES},
        {"Binary Images Description", IN_IMAGES},
    };
    const char *text = NULL;
    for (size_t i = 0; i < MP_COUNT(keys) && text == NULL; i++) {
        text = mp_report_value(line, keys[i].key);
        if (text != NULL)
            reader->section = keys[i].section;
    }
    if (text == NULL && mp_report_begins(line, "VM Regions Near ")) {
        reader->section = IN_REGION;
        text = "";
    }
    if (text == NULL && mp_report_begins(line, "Application Specific Backtrace ")) {
        reader->section = IN_EXCEPTION;
        text = "";
    }
    if (text == NULL)
        return false;
    if (reader->section == IN_MESSAGE && *text != '\0')
        mp_strbuf_addf(&reader->words, "%s\n", text);
    if (reader->section == IN_REGION)
        mp_strbuf_addf(&reader->region, "%s\n", text);
    return true;
}

/* Of x86: the registers that the table does not hold. */
static void add_register(struct reader *reader, const char *name, const char *text,
                         int base) {
    struct mp_crash *crash = reader->crash;
    uint64_t number = reader->faulting != NO_THREAD ? reader->faulting : 0;
    struct mp_crash_thread *thread = mp_text_thread(crash, number, number);
    const char *end = NULL;
    uint64_t value = 0;
    if (thread == NULL || thread->register_count == MP_CRASH_REGISTERS_MAX ||
        !mp_report_number(text, base, &value, &end))
        return;
    struct mp_crash_register *reg = &thread->reg[thread->register_count++];
    snprintf(reg->name, sizeof(reg->name), "%s", name);
    reg->value = value;
}

static void read_fact(struct reader *reader, const char *line) {
    const char *text = NULL, *end = NULL;
    if (read_identity(reader->report, line))
        return;
    if ((text = mp_report_value(line, "Exception Type")) != NULL)
        read_type(text, reader);
    else if ((text = mp_report_value(line, "Exception Codes")) != NULL ||
             (text = mp_report_value(line, "Exception Subtype")) != NULL)
        read_codes(text, reader);
    else if ((text = mp_report_value(line, "Crashed Thread")) != NULL ||
             (text = mp_report_value(line, "Triggered by Thread")) != NULL ||
             (text = mp_report_value(line, "Highlighted Thread")) != NULL)
        reader->facts += mp_report_number(text, 10, &reader->faulting, &end);
    else if ((text = mp_report_value(line, "Termination Reason")) != NULL)
        read_termination(text, reader);
    else if ((text = mp_report_value(line, "Termination Description")) != NULL ||
             (text = mp_report_value(line, "Exception Message")) != NULL)
        mp_report_message_offer(&reader->message, text);
    else if ((text = mp_report_value(line, "Exception Note")) != NULL)
        reader->report->is_survived |= mp_report_begins(text, "NON-FATAL");
    else if ((text = mp_report_value(line, "Error Code")) != NULL)
        add_register(reader, "err", text, 16);
    else if ((text = mp_report_value(line, "Trap Number")) != NULL)
        add_register(reader, "trap", text, 10);
}

/* "Thread 0 name:  Dispatch queue: x", "Thread 0 Crashed:: worker", "Thread 0 crashed
 * with ARM Thread State (64-bit):". False if the line begins no part about a thread. */
static bool read_thread_line(struct reader *reader, const char *line,
                             struct mp_crash_thread **ret_thread) {
    uint64_t number = 0;
    const char *rest = NULL;
    if (!mp_report_begins(line, "Thread ") ||
        !mp_report_number(line + 7, 10, &number, &rest) || number > UINT32_MAX ||
        (*rest != ' ' && *rest != ':' && *rest != '\0'))
        return false;
    bool is_registers = mp_report_begins(rest, " crashed with ");
    bool is_name = mp_report_begins(rest, " name:");
    if (mp_report_begins(rest, " Crashed") || mp_report_begins(rest, " crashed")) {
        if (reader->faulting == NO_THREAD) /* else the head has said it */
            reader->faulting = number;
        reader->facts++;
    }
    const char *name = is_name ? rest + 6 : strstr(rest, "::");
    struct mp_crash_thread *thread =
        mp_text_thread(reader->crash, number, reader->faulting);
    if (thread != NULL && name != NULL && !is_registers) {
        name += strspn(name, ": ");
        if (mp_report_begins(name, "Dispatch queue: "))
            name += strlen("Dispatch queue: ");
        if (*name != '\0')
            mp_excerpt(thread->name, sizeof(thread->name), name);
    }
    reader->crash->threads_missed += thread == NULL && !is_name && !is_registers;
    reader->has_threads = true;
    reader->section = is_registers ? IN_REGISTERS : is_name ? IN_NOTHING : IN_THREAD;
    *ret_thread = thread;
    return true;
}

/* "  x0: 0x0000000000000000   x1: 0x..."; stops at the first thing that is none. */
static void read_registers(const char *line, struct mp_crash_thread *thread) {
    while (thread != NULL && thread->register_count < MP_CRASH_REGISTERS_MAX) {
        line += strspn(line, " \t");
        size_t len = strcspn(line, ": \t");
        struct mp_crash_register reg = {0};
        const char *end = NULL;
        if (len == 0 || len >= sizeof(reg.name) || line[len] != ':')
            return;
        snprintf(reg.name, sizeof(reg.name), "%.*s", (int)len, line);
        line += len + 1;
        line += strspn(line, " ");
        if (!mp_report_begins(line, "0x") ||
            !mp_report_number(line, 16, &reg.value, &end))
            return;
        thread->reg[thread->register_count++] = reg;
        line = end;
    }
}

/* The stack of the exception; made once: of several the first is the one. */
static struct mp_crash_thread *exception_stack(struct mp_crash *crash) {
    for (size_t i = 0; i < crash->thread_count; i++)
        if (crash->thread[i].is_exception)
            return &crash->thread[i];
    struct mp_crash_thread *stack = mp_crash_add_thread(crash);
    if (stack != NULL) {
        stack->is_exception = true;
        snprintf(stack->name, sizeof(stack->name), "last exception");
    }
    return stack;
}

/* "(0x1a2b3c 0x1a2b3d ...)": only addresses. */
static void read_addresses(struct reader *reader, const char *line,
                           struct mp_crash_thread *thread) {
    const char *end = NULL;
    for (const char *at = strchr(line, '0'); at != NULL; at = strchr(end, '0')) {
        struct mp_text_frame frame = {.has_pc = true};
        if (!mp_report_begins(at, "0x") || !mp_report_number(at, 16, &frame.pc, &end))
            return;
        mp_text_frame_add(&frame, &reader->images, reader->crash, thread);
    }
}

/* Mail programs wrap lines: a frame without a symbol that is followed by one goes on. */
static void read_wrapped(struct reader *reader, const char *line,
                         struct mp_crash_thread *thread) {
    struct mp_text_frame frame;
    mp_strbuf_addf(&reader->frame_line, " %s", line);
    if (mp_text_frame_read(reader->frame_line.text, &frame) && frame.symbol.len > 0) {
        thread->frame_count--;
        thread->frames_total--;
        mp_text_frame_add(&frame, &reader->images, reader->crash, thread);
    }
    mp_strbuf_clear(&reader->frame_line);
}

static void read_frame_line(struct reader *reader, const char *line,
                            struct mp_crash_thread *thread) {
    struct mp_text_frame frame;
    bool is_frame = mp_text_frame_read(line, &frame);
    bool has_room = thread != NULL && thread->frame_count > 0 &&
                    thread->frame_count == thread->frames_total;
    if (!is_frame && reader->frame_line.len > 0 && has_room) {
        read_wrapped(reader, line, thread);
        return;
    }
    mp_strbuf_clear(&reader->frame_line);
    if (is_frame)
        mp_text_frame_add(&frame, &reader->images, reader->crash, thread);
    else if (line[0] == '(' && line[1] == '0')
        read_addresses(reader, line, thread);
    if (is_frame && frame.symbol.len == 0 && !frame.has_offset)
        mp_strbuf_addstr(&reader->frame_line, line);
}

/* An excerpt may show the frames alone. False if the line is none. */
static bool read_bare_frame(struct reader *reader, const char *line,
                            struct mp_crash_thread **ret_thread) {
    struct mp_text_frame frame;
    uint64_t number = reader->faulting != NO_THREAD ? reader->faulting : 0;
    if (reader->has_threads || !mp_text_frame_read(line, &frame))
        return false;
    *ret_thread = mp_text_thread(reader->crash, number, number);
    mp_text_frame_add(&frame, &reader->images, reader->crash, *ret_thread);
    reader->faulting = number;
    reader->has_threads = true;
    reader->has_bare_frames = true;
    reader->section = IN_THREAD;
    return true;
}

/* An empty line ends most parts. */
static void close_section(struct reader *reader) {
    bool is_kept =
        reader->section == IN_HEAD ||
        (reader->section == IN_MESSAGE && reader->words.len == 0) ||
        (reader->section == IN_IMAGES && reader->images.count == 0) ||
        (reader->section == IN_EXCEPTION && exception_stack(reader->crash) != NULL &&
         exception_stack(reader->crash)->frame_count == 0);
    if (reader->section == IN_MESSAGE && reader->words.len > 0) {
        mp_report_message_offer(&reader->message, reader->words.text);
        mp_strbuf_clear(&reader->words);
    }
    if (!is_kept)
        reader->section = IN_HEAD;
}

static void read_line(struct reader *reader, const char *line,
                      struct mp_crash_thread **thread) {
    if (line[0] == '\0') {
        close_section(reader);
        return;
    }
    if (read_thread_line(reader, line, thread) || open_section(reader, line))
        return;
    switch (reader->section) {
    case IN_THREAD:
        read_frame_line(reader, line, *thread);
        break;
    case IN_EXCEPTION:
        read_frame_line(reader, line, exception_stack(reader->crash));
        break;
    case IN_REGISTERS:
        read_registers(line, *thread);
        break;
    case IN_MESSAGE:
        mp_strbuf_addf(&reader->words, "%s\n", line);
        break;
    case IN_REGION:
        mp_strbuf_addf(&reader->region, "%s\n", line);
        break;
    case IN_IMAGES:
        break;
    case IN_HEAD:
    case IN_NOTHING:
        if (!read_bare_frame(reader, line, thread))
            read_fact(reader, line);
        break;
    }
}

/* Images stand last and are needed first. False if they are not there: the text was
 * torn, or is an excerpt. */
static bool read_images(const char *text, size_t len, struct mp_text_images *images) {
    struct mp_report_lines lines;
    bool is_inside = false;
    mp_report_lines_init(&lines, text, len);
    while (mp_report_lines_next(&lines)) {
        if (is_inside && lines.line[0] == '\0' && images->count > 0)
            break;
        if (is_inside)
            mp_text_images_read(images, lines.line);
        is_inside = is_inside || mp_report_value(lines.line, "Binary Images") != NULL;
    }
    mp_report_lines_release(&lines);
    return is_inside;
}

/* Which thread died is not always said: then it is the only one. */
static void place_faulting(struct reader *reader) {
    struct mp_crash *crash = reader->crash;
    size_t count = 0, only = 0;
    for (size_t i = 0; i < crash->thread_count; i++) {
        if (!crash->thread[i].is_exception) {
            only = i;
            count++;
        }
    }
    if (reader->faulting == NO_THREAD && count == 1)
        reader->faulting = crash->thread[only].tid;
    if (reader->faulting != NO_THREAD)
        mp_text_put_faulting_first(crash, reader->faulting);
}

/* Whether there is a stack without anything around it. */
static bool is_stack(const struct reader *reader) {
    return reader->has_bare_frames && reader->crash->thread_count == 1 &&
           reader->crash->thread[0].frame_count > 1;
}

struct mp_crash *mp_crash_text_read(const char *text, size_t len,
                                    struct mp_os_report *report) {
    struct reader reader = {.report = report,
                            .crash = mp_crash_create(),
                            .faulting = NO_THREAD,
                            .section = IN_HEAD};
    struct mp_report_lines lines;
    struct mp_crash_thread *thread = NULL;
    mp_strbuf_init(&reader.words);
    mp_strbuf_init(&reader.region);
    mp_strbuf_init(&reader.frame_line);
    report->is_truncated |= !read_images(text, len, &reader.images);
    mp_report_lines_init(&lines, text, len);
    while (mp_report_lines_next(&lines))
        read_line(&reader, lines.line, &thread);
    mp_report_lines_release(&lines);
    mp_report_message_offer(&reader.message, reader.words.text);
    mp_report_message_settle(&reader.message, report);
    mp_apple_exception_read_region(&reader.exception, reader.region.text);
    mp_strbuf_release(&reader.words);
    mp_strbuf_release(&reader.region);
    mp_strbuf_release(&reader.frame_line);
    mp_text_images_release(&reader.images);
    report->is_bare = reader.facts == 0;
    if (report->is_bare && !is_stack(&reader)) {
        mp_crash_destroy(reader.crash);
        return NULL;
    }
    place_faulting(&reader);
    mp_apple_exception_apply(&reader.exception, reader.crash);
    return reader.crash;
}
