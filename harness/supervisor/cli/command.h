/* The commands of `mpstress`. One table row and one file per command; parser, help, man
 * page and completions are made from the rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_COMMAND_H
#define MP_CLI_COMMAND_H

#include "harness/base/args.h"
#include "harness/base/option.h"

/* The exit codes of every command; those of a campaign's end are enum mp_verdict. */
enum mp_command_code {
    MP_CODE_OK = 0,
    MP_CODE_USAGE = 2,
    MP_CODE_HARNESS = 6,
    MP_CODE_SIGNALLED = 128 /* plus the signal number */
};

struct mp_example {
    const char *line;
    const char *words; /* summary, without a full stop */
};

struct mp_command {
    const char *name;
    const char *summary;            /* one line, no full stop */
    const char *operands;           /* as in the synopsis, NULL: none */
    const char *operand_names;      /* completion: a choice of `list --names`, "files",
                                     * "a|b", or NULL */
    const char *number_names;       /* completion of the operand after a word of these: a
                                     * choice of `list --names`, "": that word */
    const char *const *description; /* paragraphs, NULL-ended */
    const struct mp_option *options;
    const struct mp_example *examples; /* ended by a row without a line */
    /* Returns the exit code. `argv` is the whole command line, for the record. */
    int (*run)(const struct mp_args *args, char *const *argv);
};

#define MP_COMMAND(name) extern const struct mp_command mp_command_##name;
#include "harness/supervisor/cli/commands.def"
#undef MP_COMMAND

/* All commands, NULL-ended, in the order the help shows them. */
const struct mp_command *const *mp_command_list_all(void);
/* The command called `name`, or NULL with an error that names the nearest. */
const struct mp_command *mp_command_find(const char *name, struct mp_error *err);

/* Says that a command failed, on stderr; returns `code`, its exit code. With --json also
 * as one document on stdout: {"schema":1,"command":...,"verdict":...,"exit_code":...,
 * "error":{"what":...,"hint":...}}, where the verdict is "usage", "harness_failed",
 * "nothing_ran" or "interrupted", and hint the command that helps, or null. Nothing else
 * may have been written to stdout. */
int mp_command_fail(const struct mp_args *args, int code, const struct mp_error *err);
/* The same for a command line that could not be read. `rest` is what follows the
 * command. */
int mp_command_refuse(const char *command, char *const *rest, const struct mp_error *err);
/* The document alone, with --json; for what has been said already. */
void mp_command_print_failure(const struct mp_args *args, int code, const char *what);
/* The exit code of a command that only reads: what was asked for does not exist or is
 * invalid (2), or could not be read (6). */
int mp_command_code(enum mp_status status);

/* Option rows that several commands share. */
/* clang-format off */
#define MP_ROW_HELP \
    {.name = "help", .letter = 'h', .type = MP_OPTION_FLAG, \
     .help = "show this help and exit"}
#define MP_ROW_DB \
    {.name = "db", .type = MP_OPTION_TEXT, .metavar = "FILE", \
     .help = "the database of rounds; default: $MPSTRESS_DB, else ./mpstress.db"}
#define MP_ROW_DB_WAIT \
    {.name = "db-wait", .type = MP_OPTION_DURATION, .metavar = "T", .fallback = "10m", \
     .help = "if another program holds the database, wait up to T for it each time " \
             "something is to be recorded"}
#define MP_ROW_FIX \
    {.name = "fix", .type = MP_OPTION_TEXT, .metavar = "FILE", .is_repeatable = true, \
     .help = "the library that arm fix injects into its rounds; a round that does " \
             "not map it is broken; several make an arm each"}
#define MP_ROW_JSON \
    {.name = "json", .type = MP_OPTION_FLAG, \
     .help = "write one JSON document, and nothing else, to stdout; if the command " \
             "fails, one with error.what and error.hint"}
#define MP_ROW_COLOR \
    {.name = "color", .type = MP_OPTION_CHOICE, .metavar = "WHEN", .fallback = "auto", \
     .choices = "auto|always|never", \
     .help = "colour in the report and the live line"}
#define MP_ROW_CANARY \
    {.name = "canary", .type = MP_OPTION_CHOICE, .metavar = "WHEN", \
     .fallback = "auto", .choices = "auto|on|off", \
     .help = "after a failed round, run a known-good round on the device; until it " \
             "passes, rounds on the device have no verdict; auto: on for real " \
             "drivers"}
#define MP_ROW_CANARY_LIMIT \
    {.name = "canary-limit", .type = MP_OPTION_INT, .metavar = "N", .fallback = "10", \
     .min = 1, .max = 1000000, \
     .help = "end the run after N failed canaries in a row"}
#define MP_ROW_KEEP_FIRST \
    {.name = "keep-first", .type = MP_OPTION_INT, .metavar = "K", .min = 0, \
     .max = MP_PLAN_KEEP_MAX, \
     .help = "keep stacks, calls and stderr of the first K rounds that did not pass, " \
             "per signature, or per outcome where there is none; default: the " \
             "suite's, else 20"}
#define MP_ROW_KEEP_NEWEST \
    {.name = "keep-newest", .type = MP_OPTION_INT, .metavar = "N", .min = 1, \
     .max = MP_PLAN_KEEP_MAX, \
     .help = "the same for the newest N rounds that did not pass; default: the " \
             "suite's, else 20"}
#define MP_ROW_LOCK \
    {.name = "lock", .type = MP_OPTION_CHOICE, .metavar = "HOW", .fallback = "auto", \
     .choices = "auto|refuse|wait|off", \
     .help = "if another run is using the GPU of this host: refuse to run, wait up " \
             "to 24h, or (off) run anyway with a warning; auto: refuse if the device " \
             "is a real driver"}
#define MP_ROW_REPORTS \
    {.name = "reports", .type = MP_OPTION_TEXT, .metavar = "FOLDER", \
     .help = "record the system's crash reports of these rounds as they appear in " \
             "FOLDER, for 90 s after each crash; off: do not; default: the usual " \
             "folders on macOS, none elsewhere"}
#define MP_ROW_ONLY_NEW \
    {.name = "only-new", .type = MP_OPTION_FLAG, \
     .help = "the exit code leaves known failures out (mpstress known): their rounds " \
             "neither failed nor passed; a claim and a comparison count them all the same"}
#define MP_ROW_QUIET \
    {.name = "quiet", .letter = 'q', .type = MP_OPTION_FLAG, \
     .help = "print only errors on stderr"}
#define MP_ROW_VERBOSE \
    {.name = "verbose", .letter = 'v', .type = MP_OPTION_FLAG, \
     .help = "print every round on stderr"}
/* clang-format on */

/* --db, else $MPSTRESS_DB, else ./mpstress.db. Borrowed. */
const char *mp_command_database(const struct mp_args *args);
/* --db-wait. */
uint64_t mp_command_db_wait_ns(const struct mp_args *args);

#endif
