/* Imported reports as text and JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/show_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/wire/termination.h"
#include "results/report/facts.h"
#include "results/report/json.h"
#include "results/report/line.h"

struct report_thread {
    int64_t thread, number, frames; /* frames: in the report, kept or not */
    char *name, *role;
    struct mp_frame_facts *frame;
    size_t frame_count;
};

struct report {
    struct mp_query query;
    int64_t id, pid, round_id, message_bytes, threads_missed, modules_missed;
    int64_t bytes_read, bytes_total, lines_cut;
    bool truncated;
    char *kind, *what, *form, *incident, *sha256, *path, *bug_type, *process;
    char *launched_at, *captured_at, *os_build, *model, *message, *signal_name;
    char *fault_address, *access, *fault_class, *registers, *register_words;
    char *exception_type, *exception_codes, *termination, *termination_code;
    struct mp_signature_facts signature;
    struct report_thread *thread;
    size_t thread_count;
};

/* clang-format off */
#define REPORT(member, kind) MP_FIELD(struct report, member, kind)
static const struct mp_field REPORT_TABLE[] = {
    REPORT(id, INTEGER), REPORT(kind, WORD), REPORT(what, TEXT), REPORT(form, TEXT),
    REPORT(process, TEXT), REPORT(pid, INTEGER), REPORT(model, TEXT),
    REPORT(os_build, TEXT), REPORT(captured_at, TEXT), REPORT(launched_at, TEXT),
    REPORT(bug_type, TEXT), REPORT(incident, TEXT), REPORT(sha256, TEXT),
    REPORT(path, WORD), REPORT(round_id, INTEGER), REPORT(truncated, TRUTH),
    REPORT(exception_type, TEXT), REPORT(exception_codes, TEXT),
    REPORT(termination, TEXT), REPORT(termination_code, TEXT),
    REPORT(signal_name, TEXT), REPORT(fault_address, TEXT), REPORT(access, TEXT),
    REPORT(fault_class, TEXT), REPORT(message, LINES), REPORT(message_bytes, INTEGER),
    REPORT(threads_missed, INTEGER), REPORT(modules_missed, INTEGER),
    REPORT(bytes_read, INTEGER), REPORT(bytes_total, INTEGER),
    REPORT(lines_cut, INTEGER), REPORT(registers, JSON), REPORT(register_words, TEXT),
};

#define THREAD(member, kind) MP_FIELD(struct report_thread, member, kind)
static const struct mp_field THREAD_TABLE[] = {
    THREAD(thread, INTEGER), THREAD(number, INTEGER), THREAD(name, TEXT),
    THREAD(role, WORD), THREAD(frames, INTEGER),
};

struct listed {
    int64_t id, round_id;
    char *kind, *captured_at, *process, *title;
};
#define LISTED(member, kind) MP_FIELD(struct listed, member, kind)
static const struct mp_field LISTED_TABLE[] = {
    LISTED(id, INTEGER), LISTED(kind, WORD), LISTED(captured_at, TEXT),
    LISTED(process, TEXT), LISTED(title, WORD), LISTED(round_id, INTEGER),
};
/* clang-format on */

static const struct mp_fields report_fields = MP_FIELDS(struct report, REPORT_TABLE);
static const struct mp_fields thread_fields =
    MP_FIELDS(struct report_thread, THREAD_TABLE);
static const struct mp_fields listed_fields = MP_FIELDS(struct listed, LISTED_TABLE);

static enum mp_status load(struct report *report, struct mp_store *store, int64_t id,
                           struct mp_error *err) {
    memset(report, 0, sizeof(*report));
    mp_query_begin(&report->query, store);
    bool is_found = mp_fields_find(
        &report_fields, &report->query,
        "SELECT *, (SELECT group_concat(key || '=' || atom, ' ') FROM"
        " json_each(registers)) AS register_words FROM os_report WHERE id = ?1",
        id, 0, report);
    mp_fields_find(&mp_signature_fields, &report->query,
                   "SELECT * FROM signature WHERE id ="
                   " (SELECT signature_id FROM os_report WHERE id = ?1)",
                   id, 0, &report->signature);
    report->thread = mp_fields_list(
        &thread_fields, &report->query,
        "SELECT * FROM os_report_thread WHERE os_report_id = ?1 ORDER BY thread", id, 0,
        &report->thread_count);
    for (size_t i = 0; i < report->thread_count; i++) {
        struct report_thread *thread = &report->thread[i];
        thread->frame =
            mp_fields_list(&mp_frame_fields, &report->query,
                           "SELECT * FROM os_report_frame WHERE os_report_id = ?1"
                           " AND thread = ?2 ORDER BY depth",
                           id, thread->thread, &thread->frame_count);
    }
    enum mp_status status = mp_query_status(&report->query, err);
    if (status == MP_OK && !is_found)
        status = mp_error_set(err, MP_NOT_FOUND,
                              "%s has no report %lld: 'mpstress list reports' shows all",
                              report->query.path, (long long)id);
    return status;
}

static void release(struct report *report) {
    mp_query_end(&report->query);
    for (size_t i = 0; i < report->thread_count; i++) {
        struct report_thread *thread = &report->thread[i];
        mp_fields_release(&mp_frame_fields, thread->frame, thread->frame_count);
        free(thread->frame);
    }
    mp_fields_release(&thread_fields, report->thread, report->thread_count);
    free(report->thread);
    mp_fields_release(&mp_signature_fields, &report->signature, 1);
    mp_fields_release(&report_fields, report, 1);
}

static const char *text_or(const char *text, const char *other) {
    return text != NULL && text[0] != '\0' ? text : other;
}

/* Adds a line with the label unless `line` is empty, and empties it. */
static void add_line(struct mp_text *text, const char *label, struct mp_strbuf *line) {
    if (line->len > 0)
        mp_line_add(text, label, MP_PLAIN, line->text);
    mp_strbuf_clear(line);
}

static void add_word(struct mp_strbuf *line, const char *before, const char *word) {
    if (word != NULL && word[0] != '\0')
        mp_strbuf_addf(line, "%s%s%s", line->len > 0 ? ", " : "", before, word);
}

static void add_identity(const struct report *report, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addstr(&line, text_or(report->process, "unknown"));
    if (report->pid != MP_FIELD_NULL)
        mp_strbuf_addf(&line, " [%lld]", (long long)report->pid);
    add_word(&line, "on ", report->model);
    add_word(&line, "system build ", report->os_build);
    add_line(text, "process", &line);
    add_word(&line, "", report->captured_at);
    add_word(&line, "process started ", report->launched_at);
    add_line(text, "captured", &line);
    mp_strbuf_addstr(&line, text_or(report->what, report->kind));
    add_word(&line, "bug type ", report->bug_type);
    add_word(&line, "form ", report->form);
    add_word(&line, "incident ", report->incident);
    add_line(text, "report", &line);
    if (report->round_id != MP_FIELD_NULL)
        mp_strbuf_addf(&line, "round %lld", (long long)report->round_id);
    add_line(text, "about", &line);
    mp_line_add(text, "file", MP_PLAIN, report->path);
    mp_strbuf_release(&line);
}

static const char *access_words(const char *access) {
    static const char *const known[] = {"read ", "write ", "execute "};
    for (size_t i = 0; i < MP_COUNT(known) && access != NULL; i++)
        if (strncmp(known[i], access, strlen(access)) == 0)
            return known[i];
    return "";
}

static const struct mp_termination *find_termination(const struct report *report) {
    const char *codes = text_or(report->exception_codes, "");
    const struct mp_termination *end = NULL;
    if (report->termination_code != NULL)
        end = mp_termination_find(strtoull(report->termination_code, NULL, 10));
    if (end == NULL && strncmp(codes, "0x", 2) == 0)
        end = mp_termination_find(strtoull(codes, NULL, 16));
    return end;
}

/* Small codes are numbers of signals or errors, large ones are read as hex. */
static void add_code(const struct report *report, struct mp_strbuf *line) {
    const struct mp_termination *end = find_termination(report);
    if (report->termination_code != NULL) {
        uint64_t code = strtoull(report->termination_code, NULL, 10);
        if (code > 0xffff)
            mp_strbuf_addf(line, " 0x%" PRIx64, code);
        else
            mp_strbuf_addf(line, " %" PRIu64, code);
    }
    if (end != NULL)
        mp_strbuf_addf(line, "%s%s: %s", line->len > 0 ? ", " : "", end->name,
                       end->words);
}

static void add_end(const struct report *report, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    add_word(&line, "", report->exception_type);
    add_word(&line, "", report->signal_name);
    if (report->fault_address != NULL)
        mp_strbuf_addf(&line, ", %sat %s", access_words(report->access),
                       report->fault_address);
    if (report->fault_class != NULL && strcmp(report->fault_class, "none") != 0)
        mp_strbuf_addf(&line, " (%s)", report->fault_class);
    add_word(&line, "codes ", report->exception_codes);
    add_line(text, "stopped by", &line);
    add_word(&line, "", report->termination);
    add_code(report, &line);
    add_line(text, "ended by", &line);
    if (report->message != NULL)
        mp_line_add(text, "message", MP_PLAIN, report->message);
    if (report->signature.id != 0) {
        mp_strbuf_addf(&line, "signature %lld, family %s: %s",
                       (long long)report->signature.id, report->signature.family,
                       report->signature.key);
        add_line(text, "named", &line);
    }
    mp_strbuf_release(&line);
}

static size_t count_threads(const struct report *report) {
    size_t count = 0;
    for (size_t i = 0; i < report->thread_count; i++)
        count += strcmp(report->thread[i].role, "exception") != 0;
    return count;
}

/* What the report had and the database does not. */
static void add_cuts(const struct report *report, struct mp_text *text) {
    struct mp_strbuf line;
    size_t threads = count_threads(report);
    mp_strbuf_init(&line);
    mp_line_write_cut((uint64_t)report->bytes_read, report->bytes_total,
                      "bytes of the file", &line);
    if (report->bytes_read != MP_FIELD_NULL && report->bytes_total == MP_FIELD_NULL)
        add_word(&line, "", "the beginning of a longer file");
    else if (report->truncated && report->bytes_read == MP_FIELD_NULL)
        add_word(&line, "", "the intact part of a torn file, or an excerpt");
    mp_line_write_cut(threads, (int64_t)threads + report->threads_missed, "threads",
                      &line);
    if (report->modules_missed > 0)
        mp_strbuf_addf(&line, "%s%lld frames in modules beyond the limit",
                       line.len > 0 ? ", " : "", (long long)report->modules_missed);
    if (report->lines_cut > 0)
        mp_strbuf_addf(&line, "%sthe beginning of %lld overlong lines",
                       line.len > 0 ? ", " : "", (long long)report->lines_cut);
    if (report->message_bytes != MP_FIELD_NULL)
        mp_strbuf_addf(&line, "%sthe beginning of a message of %lld bytes",
                       line.len > 0 ? ", " : "", (long long)report->message_bytes);
    add_line(text, "kept", &line);
    mp_strbuf_release(&line);
}

static void add_thread(const struct report_thread *thread, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    bool is_faulting = strcmp(thread->role, "faulting") == 0;
    if (strcmp(thread->role, "exception") == 0)
        mp_strbuf_addstr(&line, "where the exception was thrown");
    else
        mp_strbuf_addf(&line, "thread %lld", (long long)thread->number);
    if (thread->name != NULL && strcmp(thread->role, "exception") != 0)
        mp_strbuf_addf(&line, " '%s'", thread->name);
    if (is_faulting)
        mp_strbuf_addstr(&line, ", faulting");
    mp_line_write_cut(thread->frame_count, thread->frames, "frames", &line);
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, is_faulting ? MP_BAD : MP_BOLD, 2, line.text);
    for (size_t i = 0; i < thread->frame_count; i++)
        mp_frame_facts_add(&thread->frame[i], i == 0, text);
    mp_strbuf_release(&line);
}

static const char *title_of(const struct report *report) {
    if (report->signature.id != 0)
        return report->signature.title;
    return text_or(report->message, text_or(report->signal_name, report->kind));
}

enum mp_status mp_show_report_text(struct mp_store *store,
                                   const struct mp_show_options *options,
                                   struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .width = options->width == 0 ? 100 : options->width};
    struct report report;
    enum mp_status status = load(&report, store, options->id, err);
    if (status == MP_OK) {
        bool is_crash = strcmp(report.kind, "crash") == 0;
        mp_text_add(&text, is_crash ? MP_BAD : MP_BOLD, "%s  report %lld", report.kind,
                    (long long)report.id);
        mp_text_end(&text);
        mp_line_add(&text, "", MP_BOLD, title_of(&report));
        mp_text_end(&text);
        add_identity(&report, &text);
        add_end(&report, &text);
        add_cuts(&report, &text);
        mp_line_add(&text, "database", MP_PLAIN, report.query.path);
        if (report.thread_count > 0)
            mp_line_title(&text, "Threads");
        for (size_t i = 0; i < report.thread_count; i++)
            add_thread(&report.thread[i], &text);
        if (report.register_words != NULL)
            mp_line_item(&text, "registers", MP_DIM, report.register_words);
    }
    release(&report);
    return status;
}

enum mp_status mp_show_report_json(struct mp_store *store,
                                   const struct mp_show_options *options,
                                   struct mp_strbuf *buf, struct mp_error *err) {
    struct report report;
    enum mp_status status = load(&report, store, options->id, err);
    if (status == MP_OK) {
        struct json_object *document = mp_json_document("show", "ok", 0);
        mp_json_add_text(document, "kind", "report");
        struct json_object *object = mp_json_add_object(document, "report");
        mp_fields_add(&report_fields, &report,
                      "id kind what form process pid model os_build captured_at"
                      " launched_at bug_type incident sha256 path round_id truncated"
                      " exception_type exception_codes termination termination_code"
                      " signal_name fault_address access fault_class message"
                      " message_bytes bytes_read bytes_total lines_cut threads_missed"
                      " modules_missed registers",
                      object);
        const struct mp_termination *end = find_termination(&report);
        mp_json_add_text_or_null(object, "termination_name",
                                 end != NULL ? end->name : NULL);
        mp_json_add_text_or_null(object, "termination_words",
                                 end != NULL ? end->words : NULL);
        if (report.signature.id != 0)
            mp_fields_add(&mp_signature_fields, &report.signature, NULL,
                          mp_json_add_object(object, "signature"));
        else
            mp_json_add_null(object, "signature");
        struct json_object *threads = mp_json_add_array(object, "threads");
        for (size_t i = 0; i < report.thread_count; i++) {
            const struct report_thread *thread = &report.thread[i];
            struct json_object *row = mp_json_add_object(threads, NULL);
            mp_fields_add(&thread_fields, thread, "number name role", row);
            if (thread->frames == MP_FIELD_NULL)
                mp_json_add_null(row, "frames_total");
            else
                mp_json_add_integer(row, "frames_total", thread->frames);
            mp_fields_add_list(&mp_frame_fields, thread->frame, thread->frame_count, NULL,
                               row, "frames");
        }
        mp_json_print(document, buf);
    }
    release(&report);
    return status;
}

/* -- the list -- */

static struct listed *load_list(struct mp_query *query, struct mp_store *store,
                                size_t *ret_count) {
    mp_query_begin(query, store);
    return mp_fields_list(
        &listed_fields, query,
        "SELECT o.id, o.kind, captured_at, process, round_id,"
        " coalesce(s.title, message, signal_name, what, o.kind) AS title"
        " FROM os_report AS o LEFT JOIN signature AS s ON s.id = signature_id"
        " ORDER BY o.id DESC",
        0, 0, ret_count);
}

static enum mp_status end_list(struct mp_query *query, struct listed *list, size_t count,
                               struct mp_error *err) {
    enum mp_status status = mp_query_status(query, err);
    mp_query_end(query);
    mp_fields_release(&listed_fields, list, count);
    free(list);
    return status;
}

enum mp_status mp_report_list_text(struct mp_store *store, unsigned width,
                                   struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_text text = {.buf = buf, .width = width == 0 ? 100 : width};
    struct mp_query query;
    size_t count = 0;
    struct listed *list = load_list(&query, store, &count);
    for (size_t i = 0; i < count; i++) {
        const struct listed *row = &list[i];
        mp_text_add(&text, MP_PLAIN, "%6lld  ", (long long)row->id);
        mp_text_left(&text, MP_PLAIN, 24, text_or(row->captured_at, "time unknown"));
        mp_text_add(&text, MP_PLAIN, "  ");
        mp_text_left(&text, MP_PLAIN, 16, text_or(row->process, "unknown"));
        mp_text_add(&text, MP_PLAIN, "  ");
        mp_text_wrap(&text, MP_PLAIN, 52, row->title);
    }
    if (count > 0)
        mp_text_add(&text, MP_PLAIN, "mpstress show report %lld: one of them in full",
                    (long long)list[0].id);
    else
        mp_text_add(&text, MP_PLAIN,
                    "%s has no imported reports: mpstress import FILE...", query.path);
    mp_text_end(&text);
    return end_list(&query, list, count, err);
}

enum mp_status mp_report_list_json(struct mp_store *store, struct mp_strbuf *buf,
                                   struct mp_error *err) {
    struct mp_query query;
    size_t count = 0;
    struct listed *list = load_list(&query, store, &count);
    struct json_object *document = mp_json_document("list", "ok", 0);
    mp_fields_add_list(&listed_fields, list, count, NULL, document, "reports");
    mp_json_print(document, buf);
    return end_list(&query, list, count, err);
}
