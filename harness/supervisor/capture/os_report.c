/* Takes a report apart into its first line and its body, and finds out what it is a
 * report of.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/os_report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/excerpt.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/json_text.h"
#include "harness/supervisor/capture/os_report_body.h"
#include "harness/supervisor/capture/os_report_text.h"
#include "harness/supervisor/capture/report_line.h"
#include "harness/supervisor/capture/report_split.h"
#include "harness/supervisor/capture/report_text.h"

#define OTHER_KIND   "report of another kind"
#define ABORT_FRAMES 6 /* in which abort and its like stand, innermost first */

static void set_bug_type(struct mp_os_report *report, struct json_object *object) {
    uint64_t number = 0;
    const char *text = mp_json_string(object, "bug_type");
    if (text[0] != '\0')
        mp_excerpt(report->bug_type, sizeof(report->bug_type), text);
    else if (mp_json_member_number(object, "bug_type", &number))
        snprintf(report->bug_type, sizeof(report->bug_type), "%llu",
                 (unsigned long long)number);
}

/* What both objects may say; the second one is asked last and has the last word. */
static void read_identity(struct json_object *object, struct mp_os_report *report) {
    uint64_t simulated = 0;
    struct json_object *mark = mp_json_member(object, "is_simulated", json_type_boolean);
    set_bug_type(report, object);
    mp_os_report_read_incident(mp_json_string(object, "incident_id"), report->incident);
    mp_os_report_read_incident(mp_json_string(object, "incident"), report->incident);
    mp_os_report_build(mp_json_string(object, "os_version"), report->os_build,
                       sizeof(report->os_build));
    const char *name = mp_json_string(object, "app_name");
    if (name[0] == '\0')
        name = mp_json_string(object, "name");
    if (name[0] != '\0')
        mp_excerpt(report->process, sizeof(report->process), name);
    uint64_t written = mp_os_report_time(mp_json_string(object, "timestamp"));
    report->written_wall_ns = written != 0 ? written : report->written_wall_ns;
    if ((mp_json_member_number(object, "is_simulated", &simulated) && simulated != 0) ||
        (mark != NULL && json_object_get_boolean(mark)))
        report->kind = MP_OS_REPORT_SIMULATED;
    struct json_object *survived =
        mp_json_member(object, "isNonFatal", json_type_boolean);
    report->is_survived |=
        (survived != NULL && json_object_get_boolean(survived)) ||
        (mp_json_member_number(object, "isNonFatal", &simulated) && simulated != 0);
}

/* Decides the kind by the bug type; a report without one is what its body looks like. */
static void set_kind(struct mp_os_report *report, bool has_crash) {
    bool is_simulated = report->kind == MP_OS_REPORT_SIMULATED;
    bool is_crash = has_crash && report->bug_type[0] == '\0';
    struct mp_report_kind kind = {is_crash ? MP_OS_REPORT_CRASH : MP_OS_REPORT_OTHER,
                                  is_crash ? "crash of a process" : OTHER_KIND};
    (void)mp_report_kind_of_type(report->bug_type, &kind);
    if (is_simulated)
        kind = (struct mp_report_kind){MP_OS_REPORT_SIMULATED,
                                       "simulated report, the process continued"};
    else if (report->is_survived)
        kind = (struct mp_report_kind){MP_OS_REPORT_OTHER,
                                       "limit or guard that the process survived"};
    report->kind = kind.kind;
    snprintf(report->what, sizeof(report->what), "%s", kind.what);
}

static bool looks_like_crash(struct json_object *body) {
    static const char *const names[] = {"threads", "exception", "termination",
                                        "faultingThread", "lastExceptionBacktrace"};
    struct json_object *member = NULL;
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (json_object_object_get_ex(body, names[i], &member))
            return true;
    return false;
}

/* A JSON body; without one the first line is all there is. */
static enum mp_status read_json(struct json_object *body, struct mp_os_report *report,
                                struct mp_error *err) {
    bool has_crash = looks_like_crash(body);
    read_identity(body, report);
    mp_ips_read_facts(body, report);
    set_kind(report, has_crash);
    if (report->kind == MP_OS_REPORT_GPU_EVENT && report->captured_wall_ns == 0)
        report->captured_wall_ns = report->written_wall_ns;
    if (report->kind == MP_OS_REPORT_OTHER && report->bug_type[0] == '\0')
        return mp_error_set(err, MP_USAGE, "it is JSON, but not a crash report");
    if (report->kind != MP_OS_REPORT_CRASH)
        return MP_OK;
    if (!has_crash)
        return mp_error_set(err, MP_USAGE,
                            report->is_truncated
                                ? "it ends before saying how the process died"
                                : "it does not say how the process died");
    report->crash = mp_ips_read_crash(body);
    return MP_OK;
}

static enum mp_status read_text(const char *text, size_t len, struct mp_os_report *report,
                                struct mp_error *err) {
    struct mp_crash *crash = mp_crash_text_read(text, len, report);
    report->lines_cut = mp_report_lines_cut(text, len);
    set_kind(report, crash != NULL);
    if (report->kind == MP_OS_REPORT_CRASH) {
        report->crash = crash;
        return crash != NULL
                   ? MP_OK
                   : mp_error_set(err, MP_USAGE, "it does not say how the process died");
    }
    mp_crash_destroy(crash);
    return MP_OK;
}

static size_t skip_blank(const char *text, size_t len, size_t at) {
    while (at < len && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
        at++;
    return at;
}

/* Two objects, or one and a text, or one that is all. */
static enum mp_status read_objects(const char *text, size_t len,
                                   struct mp_os_report *report, struct mp_error *err) {
    struct json_object *first = NULL, *second = NULL;
    size_t used = 0, taken = 0;
    enum mp_status status =
        mp_json_parse(text, len, &first, &used, &report->is_truncated, err);
    if (status != MP_OK)
        return status;
    if (mp_kscrash_read(first, report) || mp_sentry_read(first, report)) {
        json_object_put(first);
        return MP_OK;
    }
    read_identity(first, report);
    size_t at = skip_blank(text, len, used);
    struct mp_report_kind kind;
    if (!looks_like_crash(first) && mp_report_kind_of_type(report->bug_type, &kind) &&
        kind.kind == MP_OS_REPORT_OTHER) {
        set_kind(report, false); /* its body may be of any size, and says no more */
    } else if (report->is_truncated && !looks_like_crash(first)) {
        status = mp_error_set(err, MP_USAGE, "it ends within its first line");
    } else if (at == len || looks_like_crash(first)) {
        status = read_json(first, report, err);
    } else if (text[at] != '{') {
        status = read_text(text + at, len - at, report, err);
    } else {
        status = mp_json_parse(text + at, len - at, &second, &taken,
                               &report->is_truncated, err);
        if (status == MP_OK)
            status = read_json(second, report, err);
    }
    json_object_put(first);
    json_object_put(second);
    return status;
}

const struct mp_termination *mp_os_report_termination(const struct mp_os_report *report) {
    const struct mp_termination *end = NULL;
    if (report->has_termination_code)
        end = mp_termination_find(report->termination_code);
    /* iOS up to 9 gave it as the code of the exception. */
    if (end == NULL && strncmp(report->exception_codes, "0x", 2) == 0)
        end = mp_termination_find(strtoull(report->exception_codes, NULL, 16));
    return end;
}

/* Whether the symbol is `name`, or "name(...)". */
static bool is_call_of(const char *symbol, const char *name) {
    size_t len = strlen(name);
    return strncmp(symbol, name, len) == 0 && (symbol[len] == '(' || symbol[len] == '\0');
}

/* Whether the thread that died raised a signal itself, as abort does. */
static bool calls_abort(const struct mp_crash *crash) {
    static const char *const names[] = {
        "abort",           "__GI_abort",     "__pthread_kill",   "pthread_kill", "raise",
        "_objc_terminate", "std::terminate", "std::__terminate", "abort_message"};
    const struct mp_crash_thread *thread = crash->thread;
    bool is_known = crash->thread_count > 0 && thread->is_faulting;
    for (size_t i = 0; is_known && i < thread->frame_count && i < ABORT_FRAMES; i++)
        for (size_t k = 0; k < MP_COUNT(names); k++)
            if (is_call_of(thread->frame[i].symbol, names[k]))
                return true;
    return false;
}

/* An excerpt need not name the signal. */
static void settle_signal(struct mp_os_report *report) {
    struct mp_crash *crash = report->crash;
    if (crash != NULL && report->kind == MP_OS_REPORT_CRASH && crash->signal == 0 &&
        calls_abort(crash)) {
        crash->signal = SIGABRT;
        crash->thread[0].signal = SIGABRT;
    }
}

/* A process that the system ended need not have an exception. */
static void settle_end(struct mp_os_report *report) {
    const struct mp_termination *end = mp_os_report_termination(report);
    if (end == NULL || report->crash == NULL)
        return;
    if (end->is_sample) {
        report->kind = MP_OS_REPORT_OTHER;
        snprintf(report->what, sizeof(report->what), "sample of all stacks (%s)",
                 end->name);
        mp_crash_destroy(report->crash);
        report->crash = NULL;
    } else if (report->crash->signal == 0) {
        report->crash->signal = SIGKILL;
        if (report->crash->thread_count > 0 && report->crash->thread[0].is_faulting)
            report->crash->thread[0].signal = SIGKILL;
    }
}

static enum mp_status read_part(const char *text, const struct mp_report_part *part,
                                struct mp_os_report *report, struct mp_error *err) {
    const char *start = text + part->at;
    const char *form = "text";
    enum mp_status status = MP_OK;
    switch (part->kind) {
    case MP_PART_JSON:
        form = "ips";
        status = read_objects(start, part->len, report, err);
        break;
    case MP_PART_TEXT:
        status = read_text(start, part->len, report, err);
        break;
    case MP_PART_FORM:
        form = part->form->name;
        report->crash = part->form->read(start, part->len, report);
        report->lines_cut = mp_report_lines_cut(start, part->len);
        snprintf(report->what, sizeof(report->what), "%s", part->form->what);
        if (report->crash == NULL)
            status = mp_error_set(err, MP_USAGE, "it does not say how the process died");
        break;
    }
    if (status == MP_OK)
        settle_end(report);
    settle_signal(report);
    if (report->form[0] == '\0')
        snprintf(report->form, sizeof(report->form), "%s", form);
    return status;
}

static bool has_stack(const struct mp_os_report *report) {
    const struct mp_crash *crash = report->crash;
    return crash != NULL && crash->thread_count > 0 && crash->thread[0].is_faulting &&
           crash->thread[0].frame_count > 0;
}

static size_t stack_len(const struct mp_os_report *report) {
    return has_stack(report) ? report->crash->thread[0].frame_count : 0;
}

/* Whether the stacks of the two begin alike, as far as both have one. */
static bool is_same_top(const struct mp_os_report *first,
                        const struct mp_os_report *second) {
    return !has_stack(first) || !has_stack(second) ||
           strcmp(first->crash->thread[0].frame[0].symbol,
                  second->crash->thread[0].frame[0].symbol) == 0;
}

/* Whether two neighbours in a file are one report in two forms: the translation says so,
 * or both are of one process at one time. */
static bool is_other_half(const struct mp_os_report *first,
                          const struct mp_os_report *second) {
    bool is_crash =
        first->kind == MP_OS_REPORT_CRASH && second->kind == MP_OS_REPORT_CRASH;
    bool is_two_forms =
        strcmp(first->form, "text") == 0 && strcmp(second->form, "ips") == 0;
    bool is_same_time = first->pid != 0 && first->pid == second->pid &&
                        first->captured_wall_ns == second->captured_wall_ns;
    bool is_same_incident =
        first->incident[0] != '\0' && strcmp(first->incident, second->incident) == 0;
    bool is_half =
        first->is_translation || (first->is_bare && is_same_top(first, second));
    return is_crash && is_two_forms && (is_half || is_same_time || is_same_incident);
}

/* The second half says everything, unless it was torn: then the first one's stack does
 * for it. */
static void unite(struct mp_os_report *first, struct mp_os_report *second) {
    bool is_cut = second->is_truncated && stack_len(first) > stack_len(second);
    if (!has_stack(first) || (has_stack(second) && !is_cut))
        return;
    mp_crash_destroy(second->crash);
    second->crash = first->crash;
    first->crash = NULL;
    if (second->message[0] == '\0') {
        memcpy(second->message, first->message, sizeof(second->message));
        second->message_total = first->message_total;
    }
}

/* The list of what could be read. */
struct list {
    struct mp_os_report *first, *last;
    unsigned left_out;
    struct mp_error why; /* of the first one left out */
};

static void add_report(struct list *list, struct mp_os_report *report) {
    if (list->last != NULL && is_other_half(list->last, report)) {
        unite(list->last, report);
        struct mp_os_report **at = &list->first;
        while (*at != list->last)
            at = &(*at)->next;
        mp_os_report_destroy(list->last);
        *at = report;
    } else if (list->last != NULL) {
        list->last->next = report;
    } else {
        list->first = report;
    }
    list->last = report;
}

static bool says_translation(const char *text, size_t len) {
    struct mp_report_lines lines;
    bool says = false;
    mp_report_lines_init(&lines, text, len);
    while (!says && mp_report_lines_next(&lines))
        says = strcmp(lines.line, "Full Report") == 0 ||
               mp_report_begins(lines.line, "Translated Report");
    mp_report_lines_release(&lines);
    return says;
}

/* What was read of a file: of `total` bytes, 0 unknown, the first `read`, 0: all. */
struct extent {
    size_t read, total;
    bool is_cut; /* or it is torn */
};

static void read_parts(const struct mp_strbuf *text, const struct mp_report_part *parts,
                       size_t count, const struct extent *extent, struct list *list) {
    size_t kept = count < MP_REPORT_PARTS_MAX ? count : MP_REPORT_PARTS_MAX;
    for (size_t i = 0; i < kept; i++) {
        struct mp_os_report *report = mp_memory_zeroed(1, sizeof(*report));
        struct mp_error why;
        /* What stands before the first part may announce the other half. */
        size_t from = i > 0 ? parts[i].at : 0;
        report->is_translation =
            parts[i].kind == MP_PART_TEXT &&
            says_translation(text->text + from, parts[i].at + parts[i].len - from);
        mp_sha256_hex(text->text + parts[i].at, parts[i].len, report->sha256);
        if (read_part(text->text, &parts[i], report, &why) == MP_OK) {
            report->is_truncated |= extent->is_cut && i + 1 == kept;
            add_report(list, report);
            continue;
        }
        mp_os_report_destroy(report);
        if (list->left_out++ == 0)
            list->why = why;
    }
    if (count > kept && list->left_out == 0)
        mp_error_set(&list->why, MP_USAGE, "it holds more than %d reports",
                     MP_REPORT_PARTS_MAX);
    list->left_out += (unsigned)(count - kept);
}

/* What no part was found in is something else, or nothing. */
static enum mp_status read_other(const struct mp_strbuf *text,
                                 struct mp_os_report **ret_report, struct mp_error *err) {
    struct mp_report_kind kind;
    if (!mp_report_kind_of_text(text->text, text->len, &kind))
        return mp_error_set(err, MP_USAGE, "it is not a crash report");
    struct mp_os_report *report = mp_memory_zeroed(1, sizeof(*report));
    report->kind = kind.kind;
    snprintf(report->what, sizeof(report->what), "%s", kind.what);
    *ret_report = report;
    return MP_OK;
}

/* A sample or a spindump has lines of a crash report: what stands before them says what
 * it is. */
static void name_other(const struct mp_strbuf *text, struct mp_os_report *report) {
    struct mp_report_kind kind;
    if (report->kind != MP_OS_REPORT_OTHER || report->bug_type[0] != '\0' ||
        report->next != NULL || strcmp(report->what, OTHER_KIND) != 0)
        return;
    report->is_truncated = false;
    if (mp_report_kind_of_text(text->text, text->len, &kind))
        snprintf(report->what, sizeof(report->what), "%s", kind.what);
}

static enum mp_status read_all(const struct mp_strbuf *text, const struct extent *extent,
                               struct mp_os_report **ret_report, struct mp_error *err) {
    struct mp_report_part parts[MP_REPORT_PARTS_MAX];
    struct list list = {.first = NULL};
    size_t count = mp_report_split(text->text, text->len, parts);
    read_parts(text, parts, count, extent, &list);
    if (list.first == NULL) {
        if (read_other(text, ret_report, err) == MP_OK)
            return MP_OK;
        if (count > 0)
            *err = list.why;
        return MP_USAGE;
    }
    name_other(text, list.first);
    list.last->bytes_read = extent->read;
    list.last->bytes_total = extent->total;
    list.first->left_out = list.left_out;
    if (list.left_out > 0)
        mp_excerpt(list.first->left_out_why, sizeof(list.first->left_out_why),
                   list.why.text);
    *ret_report = list.first;
    return MP_OK;
}

/* What is not in the part that was read may be in the other. */
static enum mp_status blame_extent(const struct extent *extent, enum mp_status status,
                                   struct mp_error *err) {
    struct mp_error why = *err;
    if (extent->read == 0)
        return status;
    if (extent->total == 0)
        return mp_error_set(err, status, "%s (only its first %zu MiB were read)",
                            why.text, extent->read >> 20);
    return mp_error_set(err, status, "%s (only the first %zu of its %zu MiB were read)",
                        why.text, extent->read >> 20, extent->total >> 20);
}

/* `bytes` are the first `len` of `total`. */
static enum mp_status parse(const char *bytes, size_t len, size_t total,
                            struct mp_os_report **ret_report, struct mp_error *err) {
    struct extent extent = {.is_cut = len < total};
    struct mp_strbuf text;
    struct mp_os_report *report = NULL;
    mp_strbuf_init(&text);
    enum mp_status status = mp_report_text_decode(bytes, len, MP_OS_REPORT_BYTES_MAX,
                                                  &text, &extent.is_cut, err);
    bool is_packed_more = extent.is_cut && text.len >= MP_OS_REPORT_BYTES_MAX;
    if (len < total || is_packed_more)
        extent.read = MP_OS_REPORT_BYTES_MAX;
    if (len < total)
        extent.total = total;
    if (status == MP_OK && skip_blank(text.text, text.len, 0) == text.len)
        status = mp_error_set(err, MP_USAGE, "it is empty");
    if (status == MP_OK) {
        mp_report_text_unwrap(&text);
        status = read_all(&text, &extent, &report, err);
    }
    mp_strbuf_release(&text);
    if (report == NULL)
        return blame_extent(&extent, status, err);
    if (report->next == NULL) /* the only one of the file is the file */
        mp_sha256_hex(bytes, len, report->sha256);
    *ret_report = report;
    return MP_OK;
}

enum mp_status mp_os_report_parse(const char *bytes, size_t len,
                                  struct mp_os_report **ret_report,
                                  struct mp_error *err) {
    size_t kept = len < MP_OS_REPORT_BYTES_MAX ? len : MP_OS_REPORT_BYTES_MAX;
    return parse(bytes, kept, len, ret_report, err);
}

/* Reads what is there and not what stat promised: the file may still be growing. */
static enum mp_status read_bytes(int fd, char *bytes, size_t size, size_t *ret_len,
                                 struct mp_error *err) {
    size_t len = 0;
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read it");
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *ret_len = len;
    return MP_OK;
}

/* Gives the bytes to the first report of the list, and shows them to all. */
static void hand_over(char *bytes, size_t len, struct mp_os_report *list) {
    list->owned_bytes = bytes;
    for (struct mp_os_report *at = list; at != NULL; at = at->next) {
        at->file_bytes = bytes;
        at->file_len = len;
    }
}

enum mp_status mp_os_report_read(const char *path, struct mp_os_report **ret_report,
                                 struct mp_error *err) {
    enum mp_status status = MP_OK;
    struct stat info;
    char *bytes = NULL;
    size_t len = 0, size = 0;
    bool is_large = false;
    /* Without waiting for a writer: the path may be a fifo. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot open it");
    if (fstat(fd, &info) != 0) {
        status = mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read it");
    } else if (!S_ISREG(info.st_mode)) {
        status = mp_error_set(err, MP_USAGE, "it is not a regular file");
    } else {
        is_large = (uint64_t)info.st_size > MP_OS_REPORT_BYTES_MAX;
        size = is_large ? MP_OS_REPORT_BYTES_MAX : (size_t)info.st_size + 1;
        bytes = mp_memory_zeroed(size, 1);
        status = read_bytes(fd, bytes, size, &len, err);
    }
    if (status == MP_OK)
        status =
            parse(bytes, len, is_large ? (size_t)info.st_size : len, ret_report, err);
    if (status == MP_OK)
        hand_over(bytes, len, *ret_report);
    else
        free(bytes);
    close(fd);
    return status;
}

void mp_os_report_destroy(struct mp_os_report *report) {
    while (report != NULL) {
        struct mp_os_report *next = report->next;
        mp_crash_destroy(report->crash);
        free(report->owned_bytes);
        free(report);
        report = next;
    }
}

/* Puts `with` in the place of what `text` begins with. */
static void replace_start(char *text, size_t size, const char *start, const char *with) {
    struct mp_strbuf whole;
    mp_strbuf_init(&whole);
    if (strncmp(text, start, strlen(start)) == 0) {
        mp_strbuf_addf(&whole, "%s%s", with, text + strlen(start));
        snprintf(text, size, "%s", whole.text);
    }
    mp_strbuf_release(&whole);
}

/* A finding ends no process: its key and its title have no signal. */
static void name_finding(struct mp_signature *signature) {
    replace_start(signature->key, sizeof(signature->key), "SIGABRT", "sanitizer");
    replace_start(signature->title, sizeof(signature->title), "SIGABRT", "sanitizer");
}

/* An excerpt may show the stack alone. */
static void name_unknown(struct mp_signature *signature) {
    replace_start(signature->key, sizeof(signature->key), "signal 0", "unknown");
    replace_start(signature->title, sizeof(signature->title), "signal 0",
                  "unknown signal");
}

/* Why the system ended the process, in a word; NULL if it did not. */
static const char *end_name(const struct mp_os_report *report) {
    const struct mp_termination *end = mp_os_report_termination(report);
    if (end != NULL)
        return end->name;
    if (strcmp(report->exception_type, "EXC_GUARD") == 0)
        return "guard";
    return strcmp(report->exception_type, "EXC_RESOURCE") == 0 ? "resource" : NULL;
}

/* Killed for one reason is another bug than killed for another, on the same stack. */
static void name_end(const char *name, struct mp_signature *signature) {
    char with[64];
    snprintf(with, sizeof(with), "SIGKILL/%s", name);
    replace_start(signature->key, sizeof(signature->key), "SIGKILL/none", with);
    snprintf(with, sizeof(with), "SIGKILL (%s)", name);
    replace_start(signature->title, sizeof(signature->title), "SIGKILL", with);
}

bool mp_os_report_sign(const struct mp_os_report *report,
                       struct mp_signature *ret_signature) {
    const struct mp_crash *crash = report->crash;
    struct mp_signature signature;
    struct mp_assertion said;
    if (crash == NULL)
        return false;
    bool has_said = mp_assertion_find(report->message, strlen(report->message), &said);
    bool is_finding = report->kind == MP_OS_REPORT_FINDING;
    if (!has_stack(report) && !(is_finding && has_said))
        return false;
    mp_signature_make_assertion(crash, has_said ? &said : NULL, NULL, &signature);
    if (signature.is_incomplete)
        return false;
    if (is_finding)
        name_finding(&signature);
    else if (crash->signal == 0)
        name_unknown(&signature);
    else if (end_name(report) != NULL)
        name_end(end_name(report), &signature);
    *ret_signature = signature;
    return true;
}

const char *mp_os_report_kind_name(enum mp_os_report_kind kind) {
    switch (kind) {
    case MP_OS_REPORT_CRASH:
        return "crash";
    case MP_OS_REPORT_GPU_EVENT:
        return "gpu_event";
    case MP_OS_REPORT_SIMULATED:
        return "simulated";
    case MP_OS_REPORT_FINDING:
        return "finding";
    case MP_OS_REPORT_OTHER:
        break;
    }
    return "other";
}
