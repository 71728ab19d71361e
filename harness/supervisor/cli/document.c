/* The help as plain text, and the tables shared by all documents.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/document.h"

#include <inttypes.h>
#include <string.h>

#include "harness/base/text.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/cli/guide.h"

#define HELP_WIDTH  80
#define HELP_COLUMN 26 /* where the help of an option begins */

/* clang-format off */
const struct mp_document_row mp_document_environment[] = {
    {"MPSTRESS_DB",     "the database, if --db is not given"},
    {"MPSTRESS_SUITES", "a directory that is searched for suites before the installed "
                        "one"},
    {"MPSTRESS_LOCK",   "the lock file of this host's GPU, if it is not "
                        "/tmp/mpstress-gpu.lock"},
    {"MPSTRESS_ROUND",  "the program that runs one round, if it is not the mpstress-round "
                        "beside mpstress"},
    {"MPSTRESS_MODEL",  "the library of the model driver, if it is not the one beside "
                        "mpstress-round"},
    {"MPMODEL",         "settings of the model driver for programs that load it themselves; "
                        "rounds have those of their device"},
    {"MPSTRESS_OPEN_TIMEOUT", "how long a device may take to open, if not 30s"},
    {"NO_COLOR",        "if set and not empty: no colour unless --color=always"},
    {"TERM",            "if unset or dumb: plain lines instead of the live line"},
    {NULL, NULL},
};

const struct mp_document_row mp_document_exit_codes[] = {
    {"0",        "clean: rounds ran, no subject failed, the controls behaved; claim_met: "
                 "the claim of --until is shown; an arm is fixed, better, no worse, the "
                 "same; clean_no_control, claim_met_no_control: no control that must "
                 "fail was run"},
    {"1",        "failures: a subject or a negative control failed; regression: the claim "
                 "is refuted; an arm is worse"},
    {"2",        "usage: bad input; no round ran"},
    {"3",        "inconclusive: rounds ran, but some subject has no counted round, or a "
                 "claim or difference is not shown; interrupted, unfinished: planned "
                 "rounds are missing"},
    {"4",        "nothing_ran: no round could run, for example because the device is absent"},
    {"5",        "no_power: a positive control never failed, so clean subjects mean "
                 "nothing"},
    {"6",        "harness_failed: the harness, the environment or the disk failed"},
    {"130, 143", "interrupted by SIGINT or SIGTERM"},
    {NULL, NULL},
};
/* clang-format on */

const char *const mp_document_description[] = {
    "mpstress stresses a GPU driver from many threads and finds out how each round "
    "really ended. A round is one process. It crashes, hangs, computes wrong numbers or "
    "passes, and is never retried. Every round is recorded in a database.",
    "Every result names its device. A result from the model of a driver says nothing "
    "about the real driver.",
    NULL,
};

/* Adds words at `column`, where continuation lines also begin. */
static void add_wrapped(struct mp_strbuf *buf, const char *words, size_t column) {
    struct mp_text text = {.buf = buf, .width = HELP_WIDTH};
    mp_text_wrap_at(&text, MP_PLAIN, column, column, "", words);
}

static void add_paragraphs(struct mp_strbuf *buf, const char *const *paragraph) {
    for (; *paragraph != NULL; paragraph++) {
        mp_strbuf_addch(buf, '\n');
        add_wrapped(buf, *paragraph, 0);
    }
}

/* Adds "  left   words", with the words wrapped in their column. */
static void add_entry(struct mp_strbuf *buf, const char *left, const char *words) {
    size_t len = strlen(left);
    mp_strbuf_addf(buf, "  %s", left);
    if (len + 4 > HELP_COLUMN) {
        mp_strbuf_addch(buf, '\n');
        mp_strbuf_pad(buf, ' ', HELP_COLUMN);
    } else {
        mp_strbuf_pad(buf, ' ', HELP_COLUMN - 2 - len);
    }
    add_wrapped(buf, words, HELP_COLUMN);
}

static void add_choices(struct mp_strbuf *buf, const char *choices) {
    for (; *choices != '\0'; choices++)
        if (*choices == '|')
            mp_strbuf_addstr(buf, ", ");
        else
            mp_strbuf_addch(buf, *choices);
}

void mp_document_row_words(const struct mp_option *row, struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, row->help);
    if (row->choices != NULL) {
        mp_strbuf_addstr(buf, row->type == MP_OPTION_SET ? "; words of " : "; ");
        add_choices(buf, row->choices);
    }
    if (row->fallback != NULL && row->type != MP_OPTION_FLAG)
        mp_strbuf_addf(buf, " (default %s)", row->fallback);
    if (row->is_repeatable)
        mp_strbuf_addstr(buf, " (may be repeated)");
}

void mp_document_row_range(const struct mp_option *row, struct mp_strbuf *buf) {
    switch (row->type) {
    case MP_OPTION_FLAG:
        mp_strbuf_addstr(buf, "on|off");
        break;
    case MP_OPTION_INT:
        mp_strbuf_addf(buf, "%" PRId64 "..%" PRId64, row->min, row->max);
        break;
    case MP_OPTION_REAL:
        mp_strbuf_addf(buf, "%g..%g", row->real_min, row->real_max);
        break;
    case MP_OPTION_DURATION:
        mp_strbuf_addstr(buf, "duration");
        break;
    case MP_OPTION_CHOICE:
        mp_strbuf_addstr(buf, row->choices);
        break;
    case MP_OPTION_SET:
        for (const char *at = row->choices; *at != '\0'; at++)
            mp_strbuf_addch(buf, *at == '|' ? '+' : *at);
        break;
    case MP_OPTION_TEXT:
        mp_strbuf_addstr(buf, "text");
        break;
    }
}

const char *mp_document_value_names(const struct mp_option *row) {
    static const struct mp_document_row kinds[] = {
        {"FILE", "files"},   {"DEVICE", "devices"},     {"ARM", "arms"},
        {"SUITE", "suites"}, {"SCENARIO", "scenarios"}, {"ID", "campaign"},
        {NULL, NULL},
    };
    for (const struct mp_document_row *kind = kinds; kind->name != NULL; kind++)
        if (row->metavar != NULL && strcmp(row->metavar, kind->name) == 0)
            return kind->words;
    return NULL;
}

static void add_option(struct mp_strbuf *buf, const struct mp_option *row) {
    struct mp_strbuf left, words;
    mp_strbuf_init(&left);
    mp_strbuf_init(&words);
    if (row->letter != 0)
        mp_strbuf_addf(&left, "-%c, ", row->letter);
    else
        mp_strbuf_addstr(&left, "    ");
    mp_strbuf_addf(&left, "--%s", row->name);
    if (row->metavar != NULL)
        mp_strbuf_addf(&left, " %s", row->metavar);
    mp_document_row_words(row, &words);
    add_entry(buf, left.text, words.text);
    mp_strbuf_release(&left);
    mp_strbuf_release(&words);
}

void mp_document_overview(struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, "Usage: mpstress COMMAND [OPTION]...\n\nCommands:\n");
    for (const struct mp_command *const *at = mp_command_list_all(); *at != NULL; at++)
        add_entry(buf, (*at)->name, (*at)->summary);
    mp_strbuf_addstr(buf, "\nGuides (mpstress help GUIDE, man mpstress-GUIDE):\n");
    mp_guide_add_list(buf);
    mp_strbuf_addstr(buf, "\n"
                          "Getting started:\n"
                          "  mpstress run --suite smoke    run the smoke suite\n"
                          "  mpstress list                 what can be run here\n"
                          "  mpstress help run             the options of a command\n");
}

/* The operands continue below the options where the line is full. */
static void add_usage(struct mp_strbuf *buf, const struct mp_command *command) {
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_strbuf_addstr(&words, "[OPTION]...");
    if (command->operands != NULL)
        mp_strbuf_addf(&words, " %s", command->operands);
    mp_strbuf_addf(buf, "Usage: mpstress %s ", command->name);
    add_wrapped(buf, words.text, strlen("Usage: mpstress  ") + strlen(command->name));
    mp_strbuf_release(&words);
}

void mp_document_command(const struct mp_command *command, struct mp_strbuf *buf) {
    add_usage(buf, command);
    add_paragraphs(buf, command->description);
    mp_strbuf_addstr(buf, "\nOptions:\n");
    for (const struct mp_option *row = command->options; row->name != NULL; row++)
        add_option(buf, row);
    if (command->examples->line != NULL)
        mp_strbuf_addstr(buf, "\nExamples:\n");
    for (const struct mp_example *example = command->examples; example->line != NULL;
         example++) {
        mp_strbuf_addf(buf, "  %s\n      ", example->line);
        add_wrapped(buf, example->words, 6);
    }
}

void mp_document_print_overview(FILE *file) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_document_overview(&buf);
    fputs(buf.text, file);
    mp_strbuf_release(&buf);
}

void mp_document_print_command(const struct mp_command *command) {
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_document_command(command, &buf);
    fputs(buf.text, stdout);
    mp_strbuf_release(&buf);
}
