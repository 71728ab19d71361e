/* Finds parts by their first lines. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/report_split.h"

#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/report_line.h"
#include "harness/supervisor/capture/text_frame.h"

#define LOOK_BYTES 4096

static const struct mp_report_form *const forms[] = {
    &mp_report_form_lldb,        &mp_report_form_sanitizer, &mp_report_form_tombstone,
    &mp_report_form_coredumpctl, &mp_report_form_gdb,
};

/* Keys that stand at the head of Apple's text form, before anything else. */
static const char *const head_keys[] = {
    "Incident Identifier",
    "CrashReporter Key",
    "Hardware Model",
    "Process",
};

/* The others, with which an excerpt may begin. */
static const char *const crash_keys[] = {
    "Exception Type",     "Crashed Thread",           "Triggered by Thread",
    "Highlighted Thread", "Last Exception Backtrace",
};

struct splitter {
    const char *text;
    size_t len;
    struct mp_report_part *part;
    size_t count;
    bool is_open;    /* in a part of Apple's text form ... */
    bool is_in_body; /* ... behind its head */
    bool is_in_form; /* in a part of another one */
    /* that may have begun; its first line may follow */
    const struct mp_report_form *maybe;
    size_t line_before;  /* where the last line began */
    uint64_t next_frame; /* number of the frame that would follow the last line */
};

static bool contains(const char *text, size_t len, const char *word) {
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= len; i++) {
        const char *at = memchr(text + i, word[0], len - i);
        if (at == NULL)
            return false;
        i = (size_t)(at - text);
        if (i + size <= len && memcmp(at, word, size) == 0)
            return true;
    }
    return false;
}

static bool has_crash_members(const char *text, size_t len) {
    return contains(text, len, "\"threads\"") || contains(text, len, "\"exception\"") ||
           contains(text, len, "\"faultingThread\"") ||
           contains(text, len, "\"termination\"");
}

static bool is_json_start(const char *text, size_t len) {
    size_t seen = len < LOOK_BYTES ? len : LOOK_BYTES;
    return text[0] == '{' &&
           (contains(text, seen, "\"bug_type\"") || contains(text, seen, "\"incident") ||
            contains(text, seen, "\"app_name\"") ||
            contains(text, seen, "\"procName\"") ||
            contains(text, seen, "\"event_id\"") || contains(text, seen, "\"eventID\"") ||
            contains(text, seen, "\"binary_images\"") || has_crash_members(text, seen));
}

static size_t skip_blank(const char *text, size_t len, size_t at) {
    while (at < len && text[at] != '\0' && strchr(" \t\n", text[at]) != NULL)
        at++;
    return at;
}

static void end_part(struct splitter *splitter, size_t at) {
    if (splitter->count > 0 && splitter->count <= MP_REPORT_PARTS_MAX) {
        struct mp_report_part *last = &splitter->part[splitter->count - 1];
        if (last->at + last->len > at || last->len == 0)
            last->len = at - last->at;
    }
}

static void begin_part(struct splitter *splitter, enum mp_report_part_kind kind,
                       const struct mp_report_form *form, size_t at) {
    end_part(splitter, at);
    if (splitter->count < MP_REPORT_PARTS_MAX)
        splitter->part[splitter->count] =
            (struct mp_report_part){.kind = kind, .form = form, .at = at};
    splitter->count++;
    splitter->is_open = kind == MP_PART_TEXT;
    splitter->is_in_body = false;
    splitter->is_in_form = kind == MP_PART_FORM;
    splitter->maybe = NULL;
}

/* The objects that begin at `at`; returns where they end. A first line without a crash
 * has its body behind it: an object, or a text, which stays open. */
static size_t take_objects(struct splitter *splitter, size_t at) {
    const char *text = splitter->text;
    begin_part(splitter, MP_PART_JSON, NULL, at);
    size_t first = mp_json_len(text + at, splitter->len - at);
    size_t end = at + first;
    if (has_crash_members(text + at, first)) {
        end_part(splitter, end);
        return end;
    }
    size_t next = skip_blank(text, splitter->len, end);
    if (next < splitter->len && text[next] == '{') {
        end = next + mp_json_len(text + next, splitter->len - next);
        end_part(splitter, end);
        return end;
    }
    splitter->is_open = true; /* of a text behind it the head belongs to this one */
    return end;
}

static bool is_key(const char *line, const char *const *keys, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (mp_report_value(line, keys[i]) != NULL)
            return true;
    return false;
}

/* "Thread 3 Crashed:" */
static bool is_crashed_thread(const char *line) {
    uint64_t number = 0;
    const char *rest = NULL;
    return mp_report_begins(line, "Thread ") &&
           mp_report_number(line + 7, 10, &number, &rest) &&
           mp_report_begins(rest, " Crashed");
}

static void take_form(struct splitter *splitter, const char *line, size_t at) {
    for (size_t i = 0; i < MP_COUNT(forms); i++) {
        if (!forms[i]->begins(line))
            continue;
        if (splitter->maybe != forms[i]) /* else it was an excerpt only so far */
            begin_part(splitter, MP_PART_FORM, forms[i], at);
        splitter->maybe = NULL;
        return;
    }
    for (size_t i = 0; i < MP_COUNT(forms) && !splitter->is_in_form; i++) {
        if (forms[i]->may_begin != NULL && forms[i]->may_begin(line)) {
            begin_part(splitter, MP_PART_FORM, forms[i], at);
            splitter->maybe = forms[i];
        }
    }
}

/* Whether the line is a frame of Apple's text form, and the one before it was its
 * predecessor: a stack without anything around it. */
static bool is_bare_stack(struct splitter *splitter, const char *line) {
    struct mp_text_frame frame;
    uint64_t number = 0;
    const char *end = NULL;
    bool is_frame = mp_text_frame_read(line, &frame) && frame.has_pc &&
                    frame.module.len > 0 && frame.symbol.len > 0 &&
                    mp_report_number(line, 10, &number, &end);
    bool is_next = is_frame && splitter->next_frame > 0 && number == splitter->next_frame;
    splitter->next_frame = is_frame ? number + 1 : 0;
    return is_next;
}

static void take_line(struct splitter *splitter, const char *line, size_t at) {
    bool is_head = is_key(line, head_keys, MP_COUNT(head_keys));
    bool is_crash =
        is_key(line, crash_keys, MP_COUNT(crash_keys)) || is_crashed_thread(line);
    if ((is_head && (!splitter->is_open || splitter->is_in_body)) ||
        (is_crash && !splitter->is_open)) {
        begin_part(splitter, MP_PART_TEXT, NULL, at);
    } else if (!splitter->is_open) { /* messages in Apple's look like the others */
        take_form(splitter, line, at);
        if (!splitter->is_in_form && is_bare_stack(splitter, line))
            begin_part(splitter, MP_PART_TEXT, NULL, splitter->line_before);
    }
    splitter->line_before = at;
    splitter->is_in_body |= is_crash || mp_report_begins(line, "Binary Images");
}

size_t mp_report_split(const char *text, size_t len,
                       struct mp_report_part ret_part[MP_REPORT_PARTS_MAX]) {
    struct splitter splitter = {.text = text, .len = len, .part = ret_part};
    struct mp_report_lines lines;
    size_t first = skip_blank(text, len, 0);
    mp_report_lines_init(&lines, text, len);
    for (size_t at = 0; mp_report_lines_next(&lines); at = (size_t)(lines.at - text)) {
        size_t start = at + lines.indent;
        /* A file that begins with an object is one, whatever it holds. */
        if (lines.line[0] == '\0')
            continue;
        if (lines.line[0] == '{' &&
            (start == first || is_json_start(text + start, len - start)))
            lines.at = text + take_objects(&splitter, start);
        else
            take_line(&splitter, lines.line, at);
    }
    mp_report_lines_release(&lines);
    end_part(&splitter, len);
    return splitter.count;
}
