/* The text form of a report: "Key: value" lines, threads, registers, images. Long lines
 * are cut; unexpected lines are skipped. Layout: Apple's page "Examining the fields in a
 * crash report".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/supervisor/capture/apple_exception.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/os_report_body.h"
#include "harness/supervisor/capture/os_report_text.h"

#define LINE_MAX_BYTES 1024
#define NO_THREAD      UINT64_MAX

enum section { IN_HEAD, IN_MESSAGE, IN_THREAD, IN_REGISTERS, IN_NOTHING };

struct reader {
    struct mp_os_report *report;
    struct mp_crash *crash;
    struct mp_apple_exception exception;
    uint64_t faulting; /* number of the thread that died, NO_THREAD unknown */
    size_t facts;      /* lines that only a crash report has */
    enum section section;
};

/* Copies the next line without its end, cut to the buffer. False at the end of the
 * text. */
static bool next_line(const char **at, const char *end, char line[LINE_MAX_BYTES]) {
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    size_t len = (size_t)((stop != NULL ? stop : end) - *at);
    size_t kept = len < LINE_MAX_BYTES - 1 ? len : LINE_MAX_BYTES - 1;
    memcpy(line, *at, kept);
    line[kept] = '\0';
    while (kept > 0 && strchr(" \t\r", line[kept - 1]) != NULL)
        line[--kept] = '\0';
    *at += stop != NULL ? len + 1 : len;
    return true;
}

/* The text behind "KEY:" and its blanks, or NULL. */
static const char *value_of(const char *line, const char *key) {
    size_t len = strlen(key);
    if (strncmp(line, key, len) != 0 || line[len] != ':')
        return NULL;
    return line + len + 1 + strspn(line + len + 1, " \t");
}

static bool read_number(const char *text, int base, uint64_t *ret_value,
                        const char **ret_end) {
    char *end = NULL;
    if (!isxdigit((unsigned char)text[0]))
        return false;
    uint64_t value = strtoull(text, &end, base);
    if (end == text)
        return false;
    *ret_value = value;
    *ret_end = end;
    return true;
}

/* "name [455]" */
static void read_process(const char *text, struct mp_os_report *report) {
    const char *open = strrchr(text, '['), *end = NULL;
    uint64_t pid = 0;
    size_t len = open != NULL ? (size_t)(open - text) : strlen(text);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    snprintf(report->process, sizeof(report->process), "%.*s", (int)len, text);
    if (open != NULL && read_number(open + 1, 10, &pid, &end) && *end == ']' &&
        pid <= INT32_MAX)
        report->pid = (int64_t)pid;
}

/* "EXC_BAD_ACCESS (SIGSEGV)" */
static void read_type(const char *text, struct mp_apple_exception *exception) {
    size_t len = strcspn(text, " ");
    const char *open = strchr(text, '(');
    snprintf(exception->type, sizeof(exception->type), "%.*s", (int)len, text);
    if (open != NULL)
        snprintf(exception->signal, sizeof(exception->signal), "%.*s",
                 (int)strcspn(open + 1, ")"), open + 1);
}

static void read_fact(struct reader *reader, const char *line) {
    struct mp_os_report *report = reader->report;
    const char *text = NULL, *end = NULL;
    if ((text = value_of(line, "Process")) != NULL) {
        read_process(text, report);
    } else if ((text = value_of(line, "Incident Identifier")) != NULL) {
        mp_os_report_read_incident(text, report->incident);
    } else if ((text = value_of(line, "OS Version")) != NULL) {
        mp_os_report_build(text, report->os_build, sizeof(report->os_build));
    } else if ((text = value_of(line, "Date/Time")) != NULL) {
        report->captured_wall_ns = mp_os_report_time(text);
    } else if ((text = value_of(line, "Launch Time")) != NULL) {
        report->launched_wall_ns = mp_os_report_time(text);
    } else if ((text = value_of(line, "Exception Type")) != NULL) {
        read_type(text, &reader->exception);
        reader->facts++;
    } else if ((text = value_of(line, "Exception Codes")) != NULL ||
               (text = value_of(line, "Exception Subtype")) != NULL) {
        mp_apple_exception_read(&reader->exception, text);
    } else if ((text = value_of(line, "Crashed Thread")) != NULL ||
               (text = value_of(line, "Triggered by Thread")) != NULL) {
        if (read_number(text, 10, &reader->faulting, &end))
            reader->facts++;
    } else if ((text = value_of(line, "Termination Reason")) != NULL &&
               report->message[0] == '\0') {
        snprintf(report->message, sizeof(report->message), "%s", text);
    } else if (value_of(line, "Application Specific Information") != NULL) {
        reader->section = IN_MESSAGE;
    }
}

/* The thread with this number, added if new; NULL if there is no room. One place is
 * reserved for the thread that died. */
static struct mp_crash_thread *thread_at(struct reader *reader, uint64_t number) {
    struct mp_crash *crash = reader->crash;
    for (size_t i = 0; i < crash->thread_count; i++)
        if (crash->thread[i].tid == number)
            return &crash->thread[i];
    if (crash->thread_count + 1 >= MP_CRASH_THREADS_MAX && number != reader->faulting)
        return NULL;
    struct mp_crash_thread *thread = mp_crash_add_thread(crash);
    if (thread != NULL)
        thread->tid = number;
    return thread;
}

/* "Thread 0 name:  Dispatch queue: x", "Thread 0 Crashed:: worker", "Thread 0 crashed
 * with ARM Thread State (64-bit):". False if the line does not begin a thread section. */
static bool read_thread_line(struct reader *reader, const char *line,
                             struct mp_crash_thread **ret_thread) {
    uint64_t number = 0;
    const char *rest = NULL;
    if (strncmp(line, "Thread ", 7) != 0 || !read_number(line + 7, 10, &number, &rest))
        return false;
    bool is_registers = strncmp(rest, " crashed with ", 14) == 0;
    bool is_name = strncmp(rest, " name:", 6) == 0;
    if (strncmp(rest, " Crashed:", 9) == 0)
        reader->faulting = number;
    const char *name = is_name ? rest + 6 : strstr(rest, "::");
    struct mp_crash_thread *thread = thread_at(reader, number);
    if (thread != NULL && name != NULL && !is_registers) {
        name += strspn(name, ": ");
        if (strncmp(name, "Dispatch queue: ", 16) == 0)
            name += 16;
        if (*name != '\0')
            snprintf(thread->name, sizeof(thread->name), "%s", name);
    }
    reader->section = is_registers ? IN_REGISTERS : is_name ? IN_NOTHING : IN_THREAD;
    *ret_thread = thread;
    return true;
}

/* "  x0: 0x0000000000000000   x1: 0x..."; stops at the first thing that is not a
 * register. */
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
        if (strncmp(line, "0x", 2) != 0 || !read_number(line + 2, 16, &reg.value, &end))
            return;
        thread->reg[thread->register_count++] = reg;
        line = end;
    }
}

static int find_module(const struct mp_crash *crash, uint64_t pc) {
    for (size_t i = 0; i < crash->module_count; i++)
        if (pc >= crash->module[i].base &&
            pc - crash->module[i].base < crash->module[i].size)
            return (int)i;
    return -1;
}

/* "symbol + 12" or "0x102230000 + 25788", with or without " (file.c:12)" behind.
 * Symbols contain blanks, plus signs and brackets: the last " + " followed by a number
 * counts. */
static void read_place(const char *text, struct mp_crash_frame *frame) {
    const char *plus = NULL, *end = NULL;
    for (const char *at = strstr(text, " + "); at != NULL; at = strstr(at + 1, " + "))
        if (isdigit((unsigned char)at[3]))
            plus = at;
    uint64_t offset = 0;
    if (plus == NULL || !read_number(plus + 3, 10, &offset, &end))
        return;
    frame->offset = offset;
    if (strncmp(text, "0x", 2) != 0)
        snprintf(frame->symbol, sizeof(frame->symbol), "%.*s", (int)(plus - text), text);
    const char *colon = strrchr(end, ':');
    uint64_t number = 0;
    if (strncmp(end, " (", 2) != 0 || colon == NULL || colon < end + 2 ||
        !read_number(colon + 1, 10, &number, &text) || *text != ')' || number > INT32_MAX)
        return;
    snprintf(frame->file, sizeof(frame->file), "%.*s", (int)(colon - end - 2), end + 2);
    frame->line = (unsigned)number;
}

/* "3   Some Image     0x0000000102236384 symbol + 12". Image names contain blanks: the
 * address is the first 0x after a blank. */
static bool read_frame(struct reader *reader, const char *line,
                       struct mp_crash_thread *thread) {
    uint64_t index = 0, pc = 0;
    const char *rest = NULL;
    if (!isdigit((unsigned char)line[0]) || !read_number(line, 10, &index, &rest))
        return false;
    const char *at = rest;
    while ((at = strstr(at, "0x")) != NULL &&
           !(at > rest && isspace((unsigned char)at[-1])))
        at += 2;
    if (at == NULL || !read_number(at + 2, 16, &pc, &at))
        return false;
    struct mp_crash_frame *frame = thread != NULL ? mp_crash_add_frame(thread) : NULL;
    if (frame == NULL)
        return true;
    frame->pc = pc;
    frame->module = find_module(reader->crash, pc);
    if (frame->module >= 0)
        frame->offset = pc - reader->crash->module[frame->module].base;
    read_place(at + strspn(at, " \t"), frame);
    return true;
}

/* "0x102230000 - 0x102237fff name arch (1.2) <uuid> /path/of it"; the end is
 * inclusive. */
static void read_image(struct mp_crash *crash, const char *line) {
    uint64_t first = 0, last = 0;
    const char *at = line + strspn(line, " \t"), *end = NULL;
    if (strncmp(at, "0x", 2) != 0 || !read_number(at + 2, 16, &first, &end))
        return;
    at = end + strspn(end, " -\t");
    if (strncmp(at, "0x", 2) != 0 || !read_number(at + 2, 16, &last, &end) ||
        last < first)
        return;
    const char *name = end + strspn(end, " \t+");
    const char *open = strchr(name, '<');
    const char *close = open != NULL ? strchr(open, '>') : NULL;
    const char *path = close != NULL ? close + 1 + strspn(close + 1, " ") : "";
    struct mp_crash_module *module = name[0] != '\0' ? mp_crash_add_module(crash) : NULL;
    if (module == NULL)
        return;
    module->base = first;
    module->size = last - first + 1;
    if (close != NULL) {
        char uuid[MP_CRASH_ID_MAX];
        snprintf(uuid, sizeof(uuid), "%.*s", (int)(close - open - 1), open + 1);
        mp_os_report_module_id(uuid, module->id, sizeof(module->id));
    }
    if (path[0] != '\0')
        snprintf(module->path, sizeof(module->path), "%s", path);
    else
        snprintf(module->path, sizeof(module->path), "%.*s", (int)strcspn(name, " <"),
                 name);
}

/* They come last and are needed first. False if they are missing: the text was torn. */
static bool read_images(const char *text, const char *end, struct mp_crash *crash) {
    char line[LINE_MAX_BYTES];
    bool is_inside = false;
    while (next_line(&text, end, line)) {
        if (is_inside && line[0] == '\0')
            break;
        if (is_inside)
            read_image(crash, line);
        is_inside = is_inside || value_of(line, "Binary Images") != NULL;
    }
    return is_inside;
}

static void read_lines(struct reader *reader, const char *text, const char *end) {
    char line[LINE_MAX_BYTES];
    struct mp_crash_thread *thread = NULL;
    while (next_line(&text, end, line)) {
        if (value_of(line, "Binary Images") != NULL)
            break;
        if (read_thread_line(reader, line, &thread))
            continue;
        if (reader->section == IN_THREAD && line[0] != '\0') {
            read_frame(reader, line, thread);
        } else if (reader->section == IN_REGISTERS && line[0] != '\0') {
            read_registers(line, thread);
        } else if (reader->section == IN_MESSAGE && line[0] != '\0') {
            snprintf(reader->report->message, sizeof(reader->report->message), "%.*s",
                     (int)sizeof(reader->report->message) - 1, line);
            reader->section = IN_HEAD;
        } else if (reader->section == IN_HEAD) {
            read_fact(reader, line);
        } else if (line[0] == '\0' && reader->section != IN_MESSAGE) {
            reader->section = IN_NOTHING;
        }
    }
}

static void put_faulting_first(struct mp_crash *crash, uint64_t faulting) {
    for (size_t i = 0; i < crash->thread_count; i++) {
        if (crash->thread[i].tid == faulting) {
            struct mp_crash_thread first = crash->thread[i];
            crash->thread[i] = crash->thread[0];
            crash->thread[0] = first;
            crash->thread[0].is_faulting = true;
            return;
        }
    }
}

struct mp_crash *mp_crash_text_read(const char *text, size_t len,
                                    struct mp_os_report *report) {
    const char *end = text + len;
    struct reader reader = {.report = report,
                            .crash = mp_crash_create(),
                            .faulting = NO_THREAD,
                            .section = IN_HEAD};
    report->is_truncated = !read_images(text, end, reader.crash);
    read_lines(&reader, text, end);
    if (reader.facts == 0) {
        mp_crash_destroy(reader.crash);
        return NULL;
    }
    put_faulting_first(reader.crash, reader.faulting);
    mp_apple_exception_apply(&reader.exception, reader.crash);
    return reader.crash;
}
