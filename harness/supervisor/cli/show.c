/* mpstress show: one round, crash, signature or imported report in full.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/bucket.h"
#include "results/report/show_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/output.h"
#include "harness/supervisor/cli/terminal.h"

/* "round 17", or "17" for short. */
static enum mp_status read_operands(const struct mp_args *args,
                                    struct mp_show_options *options,
                                    struct mp_error *err) {
    const char *words[MP_SHOW_COUNT + 1] = {NULL};
    size_t kind = MP_SHOW_ROUND;
    if (args->operand_count < 1 || args->operand_count > 2)
        return mp_error_set(
            err, MP_USAGE,
            "say what to show: round N, crash N, signature ID or KEY, or report N");
    for (size_t i = 0; i < MP_SHOW_COUNT; i++)
        words[i] = mp_show_kind_name((enum mp_show_kind)i);
    const char *number = args->operand[args->operand_count - 1];
    if (args->operand_count == 2) {
        while (kind < MP_SHOW_COUNT && strcmp(words[kind], args->operand[0]) != 0)
            kind++;
        if (kind == MP_SHOW_COUNT)
            return mp_option_unknown(err, "kind of thing to show", args->operand[0],
                                     words);
    }
    char *end = NULL;
    options->kind = (enum mp_show_kind)kind;
    options->id = 0;
    errno = 0;
    long long id = strtoll(number, &end, 10);
    bool is_number = errno == 0 && *end == '\0' && number[0] >= '0' && number[0] <= '9';
    if (!is_number && kind == MP_SHOW_SIGNATURE)
        return MP_OK; /* a key: the database knows which */
    if (!is_number)
        return mp_error_set(
            err, MP_USAGE,
            "'%s' is not a %s number: show round N, crash N, signature ID or KEY, or "
            "report N",
            number, words[kind]);
    options->id = id;
    return MP_OK;
}

static enum mp_status write_file(const char *path, const struct mp_strbuf *text,
                                 struct mp_error *err) {
    if (strcmp(path, "-") == 0) {
        fwrite(text->text, 1, text->len, stdout);
        return MP_OK;
    }
    enum mp_status status =
        mp_output_write_own(path, "{\"displayTimeUnit\":", "trace", text, err);
    if (status == MP_OK)
        mp_log(MP_LOG_INFO, "the trace is in %s; open it in a browser at ui.perfetto.dev",
               path);
    return status;
}

static bool is_json(const struct mp_args *args) {
    return mp_args_flag(args, "json") || mp_args_integer(args, "format", 0) == 1;
}

static bool is_page(const struct mp_args *args) {
    return !is_json(args) && mp_args_integer(args, "format", 0) == 2;
}

static enum mp_status show(const struct mp_args *args, struct mp_show_options *options,
                           struct mp_strbuf *text, struct mp_error *err) {
    struct mp_store *store = NULL;
    const char *trace = mp_args_text(args, "trace");
    enum mp_status status =
        mp_store_open(mp_command_database(args), MP_STORE_READ, &store, err);
    bool is_report = options->kind == MP_SHOW_REPORT;
    if (status == MP_OK && options->kind == MP_SHOW_SIGNATURE && options->id == 0)
        status = mp_bucket_find(store, args->operand[1], &options->id, err);
    if (status == MP_OK && is_report && is_page(args)) {
        status = mp_error_set(err, MP_USAGE,
                              "a report of the system has no page: show the round that "
                              "it is about, if there is one");
    } else if (status == MP_OK && is_report &&
               (trace != NULL || mp_args_flag(args, "spec"))) {
        status = mp_error_set(err, MP_USAGE,
                              "a report of the system has no trace and no spec: show "
                              "the round that it is about, if there is one");
    } else if (status == MP_OK && is_report) {
        status = is_json(args) ? mp_show_report_json(store, options, text, err)
                               : mp_show_report_text(store, options, text, err);
    } else if (status == MP_OK && trace != NULL) {
        status = mp_show_trace(store, options, text, err);
    } else if (status == MP_OK && mp_args_flag(args, "spec")) {
        status = mp_show_spec(store, options, text, err);
    } else if (status == MP_OK && is_page(args)) {
        status = mp_show_html(store, options, text, err);
    } else if (status == MP_OK) {
        status = is_json(args) ? mp_show_json(store, options, text, err)
                               : mp_show_text(store, options, text, err);
    }
    if (status == MP_OK)
        status = mp_store_check(store, err);
    if (status == MP_OK && trace != NULL)
        status = write_file(trace, text, err);
    mp_store_close(store);
    return status;
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct mp_error err;
    struct mp_strbuf text;
    enum mp_colour_choice colour =
        (enum mp_colour_choice)mp_option_get(&args->values, "color")->integer;
    struct mp_show_options options = {
        .use_colour = mp_terminal_wants_colour(STDOUT_FILENO, colour),
        .width = mp_terminal_width(STDOUT_FILENO),
        .has_all_modules = mp_args_flag(args, "modules"),
    };
    mp_strbuf_init(&text);
    enum mp_status status = read_operands(args, &options, &err);
    int forms = mp_args_is_set(args, "trace") + mp_args_flag(args, "json") +
                mp_args_flag(args, "spec");
    if (status == MP_OK && forms > 1)
        status =
            mp_error_set(&err, MP_USAGE, "--trace, --json and --spec cannot be combined");
    if (status == MP_OK && mp_args_is_set(args, "trace") &&
        (mp_args_is_set(args, "output") || mp_args_flag(args, "open")))
        status = mp_error_set(&err, MP_USAGE,
                              "--trace names its file itself: leave out --output and "
                              "--open");
    if (status == MP_OK) {
        struct mp_output output = {.file = stdout};
        status = mp_output_open(&output, args, is_page(args) ? "html" : "txt", &err);
        if (status == MP_OK)
            status = show(args, &options, &text, &err);
        if (mp_args_is_set(args, "trace"))
            mp_strbuf_clear(&text); /* is in its own file */
        status = mp_output_end(&output, status, &text, &err);
    }
    mp_strbuf_release(&text);
    if (status == MP_OK)
        return MP_CODE_OK;
    return mp_command_fail(args, mp_command_code(status), &err);
}

static const struct mp_option options[] = {
    {.name = "trace",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help =
         "write the last events of the round as Chrome trace JSON for Perfetto instead; "
         "- is stdout"},
    {.name = "spec",
     .type = MP_OPTION_FLAG,
     .help =
         "write only the spec of the round, as 'mpstress-round --spec FILE' reads it, "
         "to run it standalone, under a debugger"},
    {.name = "modules",
     .type = MP_OPTION_FLAG,
     .help = "list every module loaded in the round, not only driver and injected "
             "libraries"},
    {.name = "format",
     .type = MP_OPTION_CHOICE,
     .metavar = "FORMAT",
     .fallback = "text",
     .choices = "text|json|html",
     .help = "how it is written; json: the same as --json; html: one page for a "
             "browser, with the last calls as lanes, without scripts, that loads "
             "nothing"},
    MP_ROW_OUTPUT,
    MP_ROW_OPEN,
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_COLOR,
    MP_ROW_QUIET,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Shows everything known about one round, one crash, one signature or one imported "
    "report: what it ran, how it ended, where it stopped and what other threads were "
    "doing, every captured thread with stack and registers, the modules, the last device "
    "calls of all threads in the order they were made, with the call each thread was in "
    "at the end, the end of its stderr, and how to repeat it. A signature shows how "
    "often and where it occurs, and its newest crash as an example. A report shows what "
    "its file says: process, times, exception and termination codes, message, threads, "
    "and what was cut.",
    "Numbers are ids in the database; 'mpstress report' shows those of the newest "
    "crashes, 'mpstress list signatures' those of signatures, 'mpstress list reports' "
    "those of imported reports. A signature may also be named by its key, or by a "
    "beginning of it that no other one has. A number alone is a round.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress show crash 1", "the first crash in ./mpstress.db"},
    {"mpstress show report 1  # exits 2", "the first imported report"},
    {"mpstress show signature 1 --json", "everything known about a signature, as JSON"},
    {"mpstress show crash 1 --format html --output crash.html",
     "a page for a browser: --open opens it"},
    {"mpstress show crash 1 --trace crash.json", "its last events, for Perfetto"},
    {"mpstress show crash 1 --spec > round.spec",
     "its round, for mpstress-round --spec round.spec"},
    {0},
};

const struct mp_command mp_command_show = {
    .name = "show",
    .summary = "show one round, crash, signature or imported report in full",
    .operands = "round N | crash N | signature ID|KEY | report N",
    .operand_names = "round|crash|signature|report",
    .number_names = "",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
