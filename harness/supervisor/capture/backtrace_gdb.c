/* Stacks as gdb prints them. Layout: "Backtraces" and "Threads" in GDB's manual.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/capture/report_form.h"
#include "harness/supervisor/capture/text_crash.h"

#define VARIABLES_INDENT 8

static const char received[] = " received signal ";
static const char terminated[] = "terminated with signal ";

static bool begins(const char *line) {
    return mp_report_begins(line, "Program received signal ") ||
           mp_report_begins(line, "Program terminated with signal ") ||
           (mp_report_begins(line, "Thread ") && strstr(line, received) != NULL);
}

static bool may_begin(const char *line) {
    uint64_t number = 0;
    const char *rest = NULL;
    return mp_report_frame_number(line, &number, &rest) && number == 0 &&
           strstr(rest, " (") != NULL && strstr(rest, " pc ") == NULL;
}

static struct mp_text_part part(const char *from, const char *to) {
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    return (struct mp_text_part){.at = from, .len = (size_t)(to - from)};
}

/* The last `words` in the text, or NULL. */
static const char *find_last(struct mp_text_part text, const char *words) {
    size_t len = strlen(words);
    for (size_t i = text.len; i >= len && i > 0; i--)
        if (memcmp(text.at + i - len, words, len) == 0)
            return text.at + i - len;
    return NULL;
}

/* " at file.c:12" or " from /lib/libc.so.6" at the end. */
static struct mp_text_part take_place(struct mp_text_part text,
                                      struct mp_text_frame *frame) {
    const char *at = find_last(text, " at "), *from = find_last(text, " from ");
    const char *end = NULL, *stop = text.at + text.len;
    uint64_t number = 0;
    if (at != NULL) {
        const char *colon = find_last(part(at, stop), ":");
        if (colon != NULL && mp_report_number(colon + 1, 10, &number, &end) &&
            end == stop && number <= INT32_MAX) {
            frame->file = part(at + 4, colon);
            frame->line = (unsigned)number;
            return part(text.at, at);
        }
    }
    if (from != NULL && memchr(from + 6, ' ', (size_t)(stop - from - 6)) == NULL) {
        const char *slash = find_last(part(from, stop), "/");
        frame->module = part(slash != NULL ? slash + 1 : from + 6, stop);
        return part(text.at, from);
    }
    return text;
}

/* The name without its arguments, which are in brackets behind a blank. */
static struct mp_text_part take_name(struct mp_text_part text) {
    size_t depth = 0;
    if (text.len == 0 || text.at[text.len - 1] != ')')
        return text;
    for (size_t i = text.len; i-- > 0;)
        if (text.at[i] == ')')
            depth++;
        else if (text.at[i] == '(' && --depth == 0)
            return i > 0 && text.at[i - 1] == ' ' ? part(text.at, text.at + i) : text;
    return text;
}

/* "0x0000555555555139 in crash (p=0x0) at t.c:3" */
static void add_frame(struct mp_text_crash *text, const char *rest) {
    struct mp_text_frame frame = {.has_pc = false};
    const char *end = NULL;
    if (mp_report_begins(rest, "0x") && mp_report_number(rest, 16, &frame.pc, &end)) {
        frame.has_pc = true;
        rest = end + strspn(end, " ");
        if (mp_report_begins(rest, "in "))
            rest += 3;
    }
    if (mp_report_begins(rest, "<signal handler called>")) {
        static const char trampoline[] = "__restore_rt";
        frame.symbol = part(trampoline, &trampoline[sizeof(trampoline) - 1]);
    } else {
        struct mp_text_part place = part(rest, rest + strlen(rest));
        frame.symbol = take_name(take_place(place, &frame));
        if (frame.symbol.len == 2 && memcmp(frame.symbol.at, "??", 2) == 0)
            frame.symbol.len = 0;
    }
    mp_text_crash_add(text, &frame);
}

/* A frame may continue over several lines, which are indented. */
static void flush(struct mp_text_crash *text, struct mp_strbuf *pending) {
    uint64_t number = 0;
    const char *rest = NULL;
    if (mp_report_frame_number(pending->text, &number, &rest)) {
        bool has_frames = text->thread != NULL && text->thread->frame_count > 0;
        if (text->crash->thread_count == 0)
            mp_text_crash_open(text, text->has_faulting ? text->faulting : 1, "");
        else if (number == 0 && has_frames)
            mp_text_crash_open(text, text->thread->tid, "");
        add_frame(text, rest);
    }
    mp_strbuf_clear(pending);
}

static void read_signal(struct mp_text_crash *text, const char *line) {
    uint64_t number = 0;
    const char *end = NULL;
    const char *word = strstr(line, received);
    const char *signal = word != NULL ? word + strlen(received)
                                      : strstr(line, terminated) + strlen(terminated);
    text->crash->signal = mp_report_signal(signal);
    if (mp_report_begins(line, "Thread ") &&
        mp_report_number(line + 7, 10, &number, &end)) {
        text->faulting = number;
        text->has_faulting = true;
    }
}

/* "Thread 2 (Thread 0x7ffff7d8a6c0 (LWP 12) "worker"):" */
static bool read_thread(struct mp_text_crash *text, const char *line) {
    uint64_t number = 0;
    const char *end = NULL;
    char name[64] = "";
    if (!mp_report_begins(line, "Thread ") ||
        !mp_report_number(line + 7, 10, &number, &end) || !mp_report_begins(end, " (") ||
        line[strlen(line) - 1] != ':')
        return false;
    const char *open = strchr(end, '"'),
               *close = open != NULL ? strchr(open + 1, '"') : NULL;
    if (close != NULL)
        mp_excerpt_start(name, sizeof(name), open + 1, (size_t)(close - open - 1));
    mp_text_crash_open(text, number, name);
    return true;
}

/* "Core was generated by `/opt/lab/workbench --fast'." */
static void read_program(const char *line, struct mp_os_report *report) {
    const char *open = strchr(line, '`');
    if (open == NULL)
        return;
    size_t len = strcspn(open + 1, " '");
    const char *name = open + 1;
    for (size_t i = 0; i < len; i++)
        if (open[1 + i] == '/')
            name = open + 1 + i + 1;
    mp_excerpt_start(report->process, sizeof(report->process), name,
                     (size_t)(open + 1 + len - name));
}

static void read_line(struct mp_text_crash *text, const char *line,
                      struct mp_strbuf *pending, size_t *indent,
                      struct mp_os_report *report) {
    uint64_t number = 0;
    const char *rest = NULL;
    if (mp_report_frame_number(line, &number, &rest)) {
        flush(text, pending);
        mp_strbuf_addstr(pending, line);
        *indent = text->lines.indent;
        return;
    }
    /* What is indented more are the variables of the frame ("bt full"). */
    bool goes_on =
        text->lines.indent > *indent && text->lines.indent < *indent + VARIABLES_INDENT;
    if (pending->len > 0 && goes_on && line[0] != '\0') {
        mp_strbuf_addf(pending, " %s", line);
        return;
    }
    flush(text, pending);
    if (begins(line))
        read_signal(text, line);
    else if (mp_report_begins(line, "Core was generated by "))
        read_program(line, report);
    else if (mp_report_begins(line, "[Current thread is ") &&
             mp_report_number(line + 19, 10, &number, &rest)) {
        text->faulting = number;
        text->has_faulting = true;
    } else {
        (void)read_thread(text, line);
    }
}

static struct mp_crash *read_gdb(const char *bytes, size_t len,
                                 struct mp_os_report *report) {
    struct mp_text_crash text;
    struct mp_strbuf pending;
    size_t indent = 0; /* of the frame that is pending */
    mp_strbuf_init(&pending);
    mp_text_crash_begin(&text, bytes, len);
    while (mp_report_lines_next(&text.lines))
        read_line(&text, text.lines.line, &pending, &indent, report);
    flush(&text, &pending);
    mp_strbuf_release(&pending);
    return mp_text_crash_end(&text);
}

const struct mp_report_form mp_report_form_gdb = {
    .name = "gdb",
    .what = "stack that gdb printed",
    .begins = begins,
    .may_begin = may_begin,
    .read = read_gdb,
};
