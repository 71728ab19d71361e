/* mpstress list: what can be run here. Has each device that it shows opened in a process
 * of its own; names open none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/supervisor/campaign/suite.h"
#include "harness/supervisor/cli/candidates.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/guide.h"
#include "harness/supervisor/cli/inventory.h"
#include "harness/supervisor/cli/lookup.h"
#include "harness/supervisor/cli/source.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/report/bucket.h"
#include "results/report/show_report.h"

typedef enum mp_status mp_list_text(struct mp_store *store, unsigned width,
                                    struct mp_strbuf *buf, struct mp_error *err);
typedef enum mp_status mp_list_json(struct mp_store *store, struct mp_strbuf *buf,
                                    struct mp_error *err);

/* In the order of the choices of --names; topics are what help takes, those after them
 * are of a database. */
static const char name_kinds[] =
    "scenarios|devices|arms|suites|commands|topics|round|crash|signature|report|campaign";
enum name_kind {
    NAMES_SCENARIOS,
    NAMES_DEVICES,
    NAMES_ARMS,
    NAMES_SUITES,
    NAMES_COMMANDS,
    NAMES_TOPICS
};

static void add_catalog_names(enum name_kind kind, const char *word,
                              struct mp_strbuf *text) {
    static const enum mp_catalog_kind kinds[] = {MP_CATALOG_SCENARIO, MP_CATALOG_DEVICE,
                                                 MP_CATALOG_ARM};
    char program[MP_SOURCE_PATH_MAX];
    struct mp_catalog catalog = {.count = 0};
    struct mp_error err;
    if (mp_source_read(program, &catalog, &err) == MP_OK)
        mp_candidates_of_catalog(&catalog, kinds[kind], word, text);
    mp_catalog_release(&catalog);
}

/* For completions: a word that is being typed may be the operand. Says nothing of what
 * cannot be read, since it would be said in the middle of a line. */
static int print_names(const struct mp_args *args) {
    const struct mp_option_value *value = mp_option_get(&args->values, "names");
    enum name_kind kind = (enum name_kind)value->integer;
    const char *word = args->operand_count > 0 ? args->operand[0] : "";
    char suites[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    if (kind < NAMES_SUITES)
        add_catalog_names(kind, word, &text);
    else if (kind > NAMES_TOPICS)
        mp_candidates_of_database(mp_command_database(args), value->text, &text);
    size_t suite_count =
        kind == NAMES_SUITES ? mp_suite_names(suites, MP_SUITE_NAMES_MAX) : 0;
    for (size_t i = 0; i < suite_count; i++)
        mp_strbuf_addf(&text, "%s\n", suites[i]);
    for (const struct mp_command *const *at = mp_command_list_all();
         (kind == NAMES_COMMANDS || kind == NAMES_TOPICS) && *at != NULL; at++)
        mp_strbuf_addf(&text, "%s\n", (*at)->name);
    for (const struct mp_guide *at = mp_guide_list_all();
         kind == NAMES_TOPICS && at->name != NULL; at++)
        mp_strbuf_addf(&text, "%s\n", at->name);
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
    return MP_CODE_OK;
}

/* Adds each named item in full; after an error, only those before it. */
static bool add_items(const struct mp_catalog *catalog, const struct mp_args *args,
                      struct mp_strbuf *text, struct mp_error *err) {
    for (size_t i = 0; i < args->operand_count; i++)
        if (mp_lookup_add(catalog, args->operand[i], text, err) != MP_OK)
            return false;
    return true;
}

static void add_json(const struct mp_catalog *catalog, struct mp_strbuf *text) {
    char name[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    const char *suite[MP_SUITE_NAMES_MAX + 1] = {NULL};
    size_t count = mp_suite_names(name, MP_SUITE_NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        suite[i] = name[i];
    mp_inventory_json(catalog, suite, text);
}

/* What a database has: the reports that were imported into it, or its signatures. */
static int list_recorded(const struct mp_args *args, mp_list_text *write_text,
                         mp_list_json *write_json) {
    struct mp_store *store = NULL;
    struct mp_error err;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    enum mp_status status =
        mp_store_open(mp_command_database(args), MP_STORE_READ, &store, &err);
    if (status == MP_OK && mp_args_flag(args, "json"))
        status = write_json(store, &text, &err);
    else if (status == MP_OK)
        status = write_text(store, mp_terminal_width(STDOUT_FILENO), &text, &err);
    if (status == MP_OK)
        status = mp_store_check(store, &err);
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
    mp_store_close(store);
    return status == MP_OK ? MP_CODE_OK
                           : mp_command_fail(args, mp_command_code(status), &err);
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    if (mp_args_is_set(args, "names"))
        return print_names(args);
    if (args->operand_count == 1 && strcmp(args->operand[0], "reports") == 0)
        return list_recorded(args, mp_report_list_text, mp_report_list_json);
    if (args->operand_count == 1 && strcmp(args->operand[0], "signatures") == 0)
        return list_recorded(args, mp_bucket_list_text, mp_bucket_list_json);
    char program[MP_SOURCE_PATH_MAX];
    struct mp_catalog catalog = {.count = 0};
    struct mp_error err;
    struct mp_strbuf text;
    int code = MP_CODE_OK;
    if (mp_source_read(program, &catalog, &err) != MP_OK)
        return mp_command_fail(args, MP_CODE_HARNESS, &err);
    mp_strbuf_init(&text);
    if (mp_args_flag(args, "json") || args->operand_count == 0 ||
        strcmp(args->operand[0], "devices") == 0)
        mp_source_open_devices(&catalog);
    bool is_known = args->operand_count == 0 || add_items(&catalog, args, &text, &err);
    if (is_known && mp_args_flag(args, "json")) {
        mp_strbuf_clear(&text);
        add_json(&catalog, &text);
    } else if (is_known && args->operand_count == 0) {
        mp_inventory_text(&catalog, &text);
    } else if (!is_known) {
        if (mp_args_flag(args, "json"))
            mp_strbuf_clear(&text); /* of the failure alone */
        code = mp_command_fail(args, MP_CODE_USAGE, &err);
    }
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
    mp_catalog_release(&catalog);
    return code;
}

static const struct mp_option options[] = {
    {.name = "names",
     .type = MP_OPTION_CHOICE,
     .metavar = "KIND",
     .choices = name_kinds,
     .help = "names only, one per line, or numbers in the database; with NAME, how that "
             "word may go on: parameters and their values"},
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_QUIET,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Shows the devices and whether they open here, the scenarios with their "
    "parameters, ranges and defaults, the arms, and the suites; 'list devices', 'list "
    "scenarios', 'list arms' and 'list suites' show these alone, 'list settings' those "
    "of the devices and 'list parameters' those of the scenarios. With names, shows only "
    "these, in full: what a scenario hunts, how, and what a hit looks like; the "
    "sections of a suite; what a setting, a parameter or one of their choices means, "
    "such as a planted defect. A word by which a test, a workaround or a fault is known "
    "elsewhere, such as MPSStreamPool, tells what it is called here, and so does the "
    "number of a public issue, such as 197805. A part of a name finds every device, "
    "scenario and arm whose name contains it, and a phrase what its parts are known for.",
    "'list reports' shows the crash reports that 'mpstress import' has recorded in the "
    "database, the newest first; 'list signatures' its ways to fail, the most frequent "
    "first, each with its number, rounds and outcomes.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress list", "what can be run here"},
    {"mpstress list mm metal@model", "one scenario and one device in full"},
    {"mpstress list smoke", "what a suite runs"},
    {"mpstress list reports", "the imported crash reports of ./mpstress.db"},
    {"mpstress list signatures", "the ways to fail in ./mpstress.db"},
    {"mpstress list destroy_race reader", "what a planted defect and a setting mean"},
    {"mpstress list nn.MultiheadAttention",
     "what runs the operations of that layer here"},
    {"mpstress list 197805", "the cells of a public issue, each with its command"},
    {0},
};

const struct mp_command mp_command_list = {
    .name = "list",
    .summary = "show devices, scenarios, arms, suites, imported reports, signatures",
    .operands = "[NAME]... | reports | signatures",
    .operand_names = "scenarios",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
