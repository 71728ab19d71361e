/* mpstress import: reports of the operating system into the database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/campaign/intake.h"
#include "harness/supervisor/capture/os_report.h"
#include "harness/supervisor/cli/command.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/store/store.h"

enum result {
    NEW,        /* a crash or the finding of a sanitizer, recorded */
    GPU_EVENT,  /* recorded, but no crash of a process */
    KNOWN,      /* recorded before, under whatever name */
    NO_CRASH,   /* something else, not recorded */
    UNREADABLE, /* not a report, or torn before anything useful */
    RESULT_COUNT
};

/* What became of one report. */
struct outcome {
    const char *path;
    unsigned part, parts; /* the which report of how many in the file */
    enum result result;
    struct mp_os_report_place place;
    char what[sizeof(struct mp_error)];
    char incident[40], sha256[MP_SHA256_HEX_SIZE], title[MP_INTAKE_TITLE_MAX];
    const char *why_nameless; /* it has no signature */
    bool is_torn, is_finding;
    size_t bytes_read, bytes_total; /* as in mp_os_report */
};

struct import {
    const char *database;
    struct mp_store_patience patience;
    struct mp_store *store;  /* NULL until the first report that is recorded */
    struct outcome *outcome; /* owned, one per report */
    size_t count;
};

static struct outcome *add_outcome(struct import *import, const char *path,
                                   enum result result, const char *what) {
    if ((import->count & (import->count - 1)) == 0)
        import->outcome =
            mp_memory_resize(import->outcome, import->count > 0 ? 2 * import->count : 1,
                             sizeof(*import->outcome));
    struct outcome *outcome = &import->outcome[import->count++];
    *outcome = (struct outcome){.path = path, .part = 1, .parts = 1, .result = result};
    snprintf(outcome->what, sizeof(outcome->what), "%s", what);
    return outcome;
}

/* Records a crash or a GPU event; the database is made only now, so that bad input leaves
 * none. */
static enum mp_status record(struct import *import, const char *path,
                             const struct mp_os_report *report, struct outcome *outcome,
                             struct mp_error *err) {
    enum mp_status status = MP_OK;
    if (import->store == NULL)
        status = mp_store_open_patiently(import->database, MP_STORE_WRITE,
                                         &import->patience, &import->store, err);
    if (status == MP_OK)
        status = mp_intake_report(import->store, path, report, &outcome->place,
                                  outcome->title, err);
    if (status == MP_OK) {
        bool is_event = report->kind == MP_OS_REPORT_GPU_EVENT;
        outcome->result = outcome->place.is_known ? KNOWN : is_event ? GPU_EVENT : NEW;
    }
    return status;
}

static enum mp_status import_report(struct import *import, const char *path,
                                    const struct mp_os_report *report,
                                    struct outcome *outcome, struct mp_error *err) {
    snprintf(outcome->incident, sizeof(outcome->incident), "%s", report->incident);
    snprintf(outcome->sha256, sizeof(outcome->sha256), "%s", report->sha256);
    bool has_frames = report->crash != NULL && report->crash->thread_count > 0 &&
                      report->crash->thread[0].frame_count > 0;
    outcome->why_nameless =
        has_frames ? "it does not say which thread crashed" : "it has no stack";
    outcome->is_torn = report->is_truncated;
    outcome->bytes_read = report->bytes_read;
    outcome->bytes_total = report->bytes_total;
    outcome->is_finding = report->kind == MP_OS_REPORT_FINDING;
    if (report->kind == MP_OS_REPORT_CRASH || report->kind == MP_OS_REPORT_GPU_EVENT ||
        report->kind == MP_OS_REPORT_FINDING)
        return record(import, path, report, outcome, err);
    outcome->result = NO_CRASH;
    if (report->bug_type[0] != '\0')
        snprintf(outcome->what, sizeof(outcome->what), "%s (bug type %s)", report->what,
                 report->bug_type);
    return MP_OK;
}

/* Only what the database refuses ends the command; what a file holds is a result. */
static enum mp_status import_file(struct import *import, const char *path,
                                  struct mp_error *err) {
    struct mp_os_report *list = NULL;
    struct mp_error why;
    enum mp_status status = MP_OK;
    unsigned part = 0, parts = 0;
    if (mp_os_report_read(path, &list, &why) != MP_OK) {
        add_outcome(import, path, UNREADABLE, why.text);
        return MP_OK;
    }
    for (const struct mp_os_report *at = list; at != NULL; at = at->next)
        parts++;
    unsigned left_out = list != NULL ? list->left_out : 0;
    parts += left_out;
    for (const struct mp_os_report *at = list; at != NULL && status == MP_OK;
         at = at->next) {
        struct outcome *outcome = add_outcome(import, path, NEW, at->what);
        outcome->part = ++part;
        outcome->parts = parts;
        status = import_report(import, path, at, outcome, err);
    }
    if (left_out > 0) {
        struct outcome *outcome =
            add_outcome(import, path, UNREADABLE, list->left_out_why);
        outcome->part = part + 1;
        outcome->parts = parts;
    }
    mp_os_report_destroy(list);
    return status;
}

static void add_line(const struct outcome *outcome, struct mp_strbuf *line) {
    mp_strbuf_addstr(line, outcome->path);
    if (outcome->parts > 1)
        mp_strbuf_addf(line, " (%u of %u)", outcome->part, outcome->parts);
    mp_strbuf_addstr(line, ": ");
    switch (outcome->result) {
    case NEW:
        mp_strbuf_addf(line, "new %s: %s", outcome->is_finding ? "finding" : "crash",
                       outcome->title[0] != '\0' ? outcome->title
                                                 : outcome->why_nameless);
        break;
    case GPU_EVENT:
        mp_strbuf_addf(line, "not a process crash, recorded separately: %s%s%s",
                       outcome->what, outcome->title[0] != '\0' ? ": " : "",
                       outcome->title);
        break;
    case KNOWN:
        mp_strbuf_addf(line, "already known as report %" PRId64, outcome->place.id);
        break;
    case NO_CRASH:
        mp_strbuf_addf(line, "not a process crash: %s", outcome->what);
        break;
    case UNREADABLE:
        mp_strbuf_addf(line, "unreadable: %s", outcome->what);
        break;
    case RESULT_COUNT:
        break;
    }
    if (outcome->bytes_read > 0 && outcome->bytes_total > 0)
        mp_strbuf_addf(line, " (only the first %zu of the file's %zu MiB were read)",
                       outcome->bytes_read >> 20, outcome->bytes_total >> 20);
    else if (outcome->bytes_read > 0)
        mp_strbuf_addf(line, " (only the first %zu MiB of the file were read)",
                       outcome->bytes_read >> 20);
    else if (outcome->is_torn)
        mp_strbuf_addstr(line, " (the file is truncated; the intact part was kept)");
    if (outcome->place.round_id != 0)
        mp_strbuf_addf(line, ", of round %" PRId64, outcome->place.round_id);
}

static void print_text(const struct mp_args *args, const struct import *import) {
    size_t count[RESULT_COUNT] = {0};
    struct mp_strbuf line, safe;
    mp_strbuf_init(&line);
    mp_strbuf_init(&safe);
    for (size_t i = 0; i < import->count; i++) {
        mp_strbuf_clear(&line);
        add_line(&import->outcome[i], &line);
        mp_strbuf_add_escaped(&safe, line.text, line.len, 0);
        mp_strbuf_addch(&safe, '\n');
        count[import->outcome[i].result]++;
    }
    mp_strbuf_addf(
        &safe,
        "%zu %s: %zu new %s, %zu GPU %s, %zu already known, %zu %s, %zu"
        " unreadable\n",
        args->operand_count, mp_plural(args->operand_count, "file", "files"), count[NEW],
        mp_plural(count[NEW], "crash", "crashes"), count[GPU_EVENT],
        mp_plural(count[GPU_EVENT], "event", "events"), count[KNOWN], count[NO_CRASH],
        mp_plural(count[NO_CRASH], "not a process crash", "not process crashes"),
        count[UNREADABLE]);
    fwrite(safe.text, 1, safe.len, stdout);
    mp_strbuf_release(&line);
    mp_strbuf_release(&safe);
}

static const char *result_name(enum result result) {
    static const char *const names[RESULT_COUNT] = {
        [NEW] = "new",           [GPU_EVENT] = "gpu_event",   [KNOWN] = "known",
        [NO_CRASH] = "no_crash", [UNREADABLE] = "unreadable",
    };
    return names[result];
}

static void add_id(struct json_object *to, const char *name, int64_t id) {
    if (id == 0)
        mp_json_add_null(to, name);
    else
        mp_json_add_integer(to, name, id);
}

static void print_json(const struct import *import) {
    uint64_t count[RESULT_COUNT] = {0};
    struct mp_strbuf text;
    for (size_t i = 0; i < import->count; i++)
        count[import->outcome[i].result]++;
    bool has_unreadable = count[UNREADABLE] > 0;
    struct json_object *document =
        mp_json_document("import", has_unreadable ? "unreadable" : "ok",
                         has_unreadable ? MP_CODE_USAGE : MP_CODE_OK);
    struct json_object *files = mp_json_add_array(document, "files");
    for (size_t i = 0; i < import->count; i++) {
        const struct outcome *outcome = &import->outcome[i];
        struct json_object *file = mp_json_add_object(files, NULL);
        mp_json_add_text(file, "file", outcome->path);
        mp_json_add_count(file, "part", outcome->part);
        mp_json_add_count(file, "parts", outcome->parts);
        mp_json_add_text(file, "result", result_name(outcome->result));
        mp_json_add_text_or_null(file, "what", outcome->what);
        mp_json_add_text_or_null(file, "incident", outcome->incident);
        mp_json_add_text_or_null(file, "sha256", outcome->sha256);
        mp_json_add_text_or_null(file, "title", outcome->title);
        mp_json_add_bool(file, "truncated", outcome->is_torn);
        add_id(file, "bytes_read", (int64_t)outcome->bytes_read);
        add_id(file, "bytes_total", (int64_t)outcome->bytes_total);
        add_id(file, "os_report", outcome->place.id);
        add_id(file, "round", outcome->place.round_id);
    }
    struct json_object *counts = mp_json_add_object(document, "counts");
    for (int i = 0; i < RESULT_COUNT; i++)
        mp_json_add_count(counts, result_name((enum result)i), count[i]);
    mp_strbuf_init(&text);
    mp_json_print(document, &text);
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct mp_error err;
    enum mp_status status = MP_OK;
    bool has_unreadable = false;
    if (args->operand_count == 0) {
        mp_error_set(&err, MP_USAGE,
                     "import needs the files to import, for example"
                     " ~/Library/Logs/DiagnosticReports/*.ips");
        return mp_command_fail(args, MP_CODE_USAGE, &err);
    }
    struct import import = {.database = mp_command_database(args),
                            .patience = {.limit_ns = mp_command_db_wait_ns(args)}};
    for (size_t i = 0; i < args->operand_count && status == MP_OK; i++)
        status = import_file(&import, args->operand[i], &err);
    for (size_t i = 0; i < import.count; i++)
        has_unreadable |= import.outcome[i].result == UNREADABLE;
    if (status == MP_OK && mp_args_flag(args, "json"))
        print_json(&import);
    else if (status == MP_OK)
        print_text(args, &import);
    mp_store_close(import.store);
    free(import.outcome);
    if (status != MP_OK)
        return mp_command_fail(args, MP_CODE_HARNESS, &err);
    return has_unreadable ? MP_CODE_USAGE : MP_CODE_OK;
}

static const struct mp_option options[] = {
    MP_ROW_DB, MP_ROW_DB_WAIT, MP_ROW_JSON, MP_ROW_QUIET, MP_ROW_HELP, {0},
};

static const char *const description[] = {
    "Reads crash reports: Apple's .ips files, the older .crash texts and what "
    "PLCrashReporter, KSCrash and Sentry write in that form, the JSON of KSCrash and "
    "Sentry, stacks printed by lldb or gdb, sanitizer reports, Android's "
    "tombstones and 'coredumpctl info'. A file may hold several, may be an excerpt or "
    "torn off, gzipped or in UTF-16, and may be quoted in Markdown, mail or HTML.",
    "Each report is recorded once. The same report under another name or in another "
    "form is recognised by its incident id, else by process id and time, else by its "
    "content. A crash gets the signature of a round that stopped at the same place, "
    "and is linked to the round with the same process id and start time, if there is "
    "one. GPU events are recorded separately. Reports of panics, hangs, low memory and "
    "simulated crashes are listed, but not recorded.",
    "Exits with 0 if every file could be read, whatever it held; 2 if one, or a part "
    "of one, could not (the others are recorded); 6 if the database could not be "
    "written.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress import report.ips", "one report into ./mpstress.db"},
    {"mpstress import *.ips --json", "all of them, as JSON"},
    {0},
};

const struct mp_command mp_command_import = {
    .name = "import",
    .summary = "import crash reports of the operating system",
    .operands = "FILE...",
    .operand_names = "files",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
