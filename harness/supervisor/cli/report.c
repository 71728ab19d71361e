/* mpstress report: what became of the rounds of a campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/format.h"
#include "harness/supervisor/cli/output.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/report/bucket.h"
#include "results/report/fleet.h"
#include "results/report/nights.h"

static enum mp_status report_nights(const struct mp_args *args, struct mp_store *store,
                                    const struct mp_report_options *shared,
                                    struct mp_strbuf *text, enum mp_verdict *ret_verdict,
                                    struct mp_error *err) {
    struct mp_nights_options options = {.device = mp_args_text(args, "device"),
                                        .arm = mp_args_text(args, "arm"),
                                        .scenario = mp_args_text(args, "scenario"),
                                        .since = mp_args_text(args, "since"),
                                        .across_builds =
                                            mp_args_flag(args, "across-builds"),
                                        .only_new = shared->only_new,
                                        .use_colour = shared->use_colour,
                                        .use_ascii = shared->use_ascii,
                                        .width = shared->width};
    if (mp_format_find(args) == MP_FORMAT_html)
        return mp_nights_html(store, &options, text, ret_verdict, err);
    return mp_format_find(args) == MP_FORMAT_json
               ? mp_nights_json(store, &options, text, ret_verdict, err)
               : mp_nights_text(store, &options, text, ret_verdict, err);
}

static enum mp_status report_fleet(const struct mp_args *args, struct mp_store *store,
                                   const struct mp_report_options *shared,
                                   struct mp_strbuf *text, enum mp_verdict *ret_verdict,
                                   struct mp_error *err) {
    struct mp_fleet_options options = {.all = mp_args_flag(args, "builds"),
                                       .has_ended = mp_args_flag(args, "all-ended"),
                                       .use_colour = shared->use_colour,
                                       .use_ascii = shared->use_ascii,
                                       .width = shared->width};
    return mp_format_find(args) == MP_FORMAT_json
               ? mp_fleet_json(store, &options, text, ret_verdict, err)
               : mp_fleet_text(store, &options, text, ret_verdict, err);
}

static enum mp_status report_signature(const struct mp_args *args, struct mp_store *store,
                                       const struct mp_report_options *shared,
                                       struct mp_strbuf *text,
                                       enum mp_verdict *ret_verdict,
                                       struct mp_error *err) {
    struct mp_bucket_options options = {.signature = mp_args_text(args, "signature"),
                                        .campaign_id = shared->campaign_id,
                                        .width = shared->width};
    *ret_verdict = MP_VERDICT_CLEAN; /* it judges nothing */
    return mp_format_find(args) == MP_FORMAT_json
               ? mp_bucket_json(store, &options, text, err)
               : mp_bucket_text(store, &options, text, err);
}

/* Options for nights are refused without --nights, and vice versa. */
static enum mp_status check(const struct mp_args *args, struct mp_error *err) {
    static const char *const of_nights[] = {"device", "arm", "scenario", "since",
                                            "across-builds"};
    if (args->operand_count > 0)
        return mp_error_set(err, MP_USAGE,
                            "'%s': report takes no operands; name a campaign with "
                            "--campaign ID",
                            args->operand[0]);
    bool has_nights = mp_args_flag(args, "nights"),
         has_fleet = mp_args_flag(args, "fleet") || mp_args_flag(args, "builds");
    const char *shown = mp_args_flag(args, "builds") ? "--builds" : "--fleet";
    if (mp_args_flag(args, "builds") && mp_args_flag(args, "fleet"))
        return mp_error_set(err, MP_USAGE,
                            "--builds shows all campaigns, --fleet those of the newest "
                            "fleet: choose one");
    if (has_fleet && (has_nights || mp_args_is_set(args, "campaign")))
        return mp_error_set(err, MP_USAGE,
                            "%s shows runs of several campaigns and cannot be combined "
                            "with --nights or --campaign",
                            shown);
    if (mp_args_is_set(args, "signature") &&
        (has_fleet || has_nights || mp_args_flag(args, "only-new")))
        return mp_error_set(err, MP_USAGE,
                            "--signature shows rounds and judges nothing: it cannot be "
                            "combined with --nights, --fleet, --builds or --only-new");
    if (mp_args_is_set(args, "signature") && mp_format_find(args) > MP_FORMAT_json)
        return mp_error_set(err, MP_USAGE,
                            "--signature supports text and JSON only; --format %s shows "
                            "one campaign",
                            mp_args_text(args, "format"));
    if (mp_args_flag(args, "all-ended") && !mp_args_flag(args, "fleet"))
        return mp_error_set(err, MP_USAGE, "--all-ended needs --fleet");
    if (has_fleet && mp_format_find(args) > MP_FORMAT_json)
        return mp_error_set(
            err, MP_USAGE,
            "%s supports text and JSON only; --format %s shows one campaign", shown,
            mp_args_text(args, "format"));
    if (has_nights && mp_args_is_set(args, "campaign"))
        return mp_error_set(err, MP_USAGE,
                            "--nights shows the campaigns of all nights and cannot be "
                            "combined with --campaign");
    for (size_t i = 0; i < MP_COUNT(of_nights) && !has_nights; i++)
        if (mp_args_is_set(args, of_nights[i]))
            return mp_error_set(err, MP_USAGE, "--%s needs --nights", of_nights[i]);
    if (has_nights && mp_format_find(args) > MP_FORMAT_json &&
        mp_format_find(args) != MP_FORMAT_html)
        return mp_error_set(
            err, MP_USAGE,
            "--nights supports text, JSON and HTML only; --format %s shows one campaign",
            mp_args_text(args, "format"));
    return MP_OK;
}

static enum mp_status write_report(const struct mp_args *args, struct mp_strbuf *text,
                                   FILE *file, enum mp_verdict *ret_verdict,
                                   struct mp_error *err) {
    struct mp_store *store = NULL;
    enum mp_colour_choice colour =
        (enum mp_colour_choice)mp_option_get(&args->values, "color")->integer;
    bool is_here = file == stdout;
    struct mp_report_options options = {
        .only_new = mp_args_flag(args, "only-new"),
        .use_colour = colour == MP_COLOUR_ALWAYS ||
                      (is_here && mp_terminal_wants_colour(STDOUT_FILENO, colour)),
        .use_ascii = !mp_terminal_is_utf8(),
        .width = is_here ? mp_terminal_width(STDOUT_FILENO) : 0,
        .file = file,
    };
    enum mp_status status =
        mp_store_open(mp_command_database(args), MP_STORE_READ, &store, err);
    if (status == MP_OK && mp_args_is_set(args, "campaign"))
        status = mp_store_campaign_find(store, mp_args_text(args, "campaign"),
                                        &options.campaign_id, err);
    if (status == MP_OK && mp_args_flag(args, "nights"))
        status = report_nights(args, store, &options, text, ret_verdict, err);
    else if (status == MP_OK && mp_args_is_set(args, "signature"))
        status = report_signature(args, store, &options, text, ret_verdict, err);
    else if (status == MP_OK &&
             (mp_args_flag(args, "fleet") || mp_args_flag(args, "builds")))
        status = report_fleet(args, store, &options, text, ret_verdict, err);
    else if (status == MP_OK)
        status = mp_format_write(mp_format_find(args), store, &options, text, ret_verdict,
                                 err);
    if (status == MP_OK)
        status = mp_store_check(store, err);
    mp_store_close(store);
    return status;
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct mp_error err;
    struct mp_strbuf text;
    struct mp_output output;
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    if (check(args, &err) != MP_OK)
        return mp_command_fail(args, MP_CODE_USAGE, &err);
    mp_strbuf_init(&text);
    enum mp_status status =
        mp_output_open(&output, args, mp_format_ending(mp_format_find(args)), &err);
    if (status == MP_OK)
        status = write_report(args, &text, output.file, &verdict, &err);
    status = mp_output_end(&output, status, &text, &err);
    mp_strbuf_release(&text);
    return status == MP_OK ? mp_verdict_code(verdict)
                           : mp_command_fail(args, mp_command_code(status), &err);
}

static const struct mp_option options[] = {
    {.name = "campaign",
     .type = MP_OPTION_TEXT,
     .metavar = "ID",
     .help = "number or uuid of the campaign; default: the newest"},
    {.name = "nights",
     .type = MP_OPTION_FLAG,
     .help = "all nights together: rates and whether they differ, changes, drift, new "
             "failures; the verdict is that of the newest night"},
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .help = "with --nights: only subjects on this device, with or without its settings"},
    {.name = "arm",
     .type = MP_OPTION_TEXT,
     .metavar = "ARM",
     .help = "with --nights: only subjects under this arm"},
    {.name = "scenario",
     .type = MP_OPTION_TEXT,
     .metavar = "NAME",
     .help = "with --nights: only subjects of this scenario"},
    {.name = "since",
     .type = MP_OPTION_TEXT,
     .metavar = "DATE",
     .help = "with --nights: only nights from this date on, such as 2026-11-20"},
    {.name = "across-builds",
     .type = MP_OPTION_FLAG,
     .help = "with --nights: pool nights on different builds of system and driver; the "
             "report says so"},
    {.name = "signature",
     .type = MP_OPTION_TEXT,
     .metavar = "KEY",
     .help = "only the rounds that failed in this way, in all campaigns or that of "
             "--campaign: the cells in which they were, and each of them; a key, a "
             "beginning of one, or a number of 'mpstress list signatures'"},
    {.name = "fleet",
     .type = MP_OPTION_FLAG,
     .help = "the runs of the newest fleet, by machine and build; the verdict is that of "
             "all together"},
    {.name = "all-ended",
     .type = MP_OPTION_FLAG,
     .help = "with --fleet: no run of it goes on, whatever the database says of machines "
             "that are gone; what they had in flight counts as failed"},
    {.name = "builds",
     .type = MP_OPTION_FLAG,
     .help = "all campaigns of the database, by cell: how it fared on each build of "
             "system, GPU and driver, and on each machine"},
    MP_ROW_FORMAT,
    MP_ROW_OUTPUT,
    MP_ROW_OPEN,
    MP_ROW_ONLY_NEW,
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_COLOR,
    MP_ROW_QUIET,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Shows the cells of a campaign with their failures by kind and their rates with 95 "
    "% limits, the controls, the newest crash of each kind, and how to repeat it. A "
    "zero is shown as an upper limit, never as 0 %. The exit code is that of the run "
    "itself; of one that was interrupted or is still running it is 3, unless something "
    "failed.",
    "With --nights, shows every night that was run with --night, with a row for each "
    "build of system and driver. Nights on different builds are not pooled. A night "
    "whose positive control did not fail counts in no figure over several nights.",
    "With --fleet, shows what the machines of a fleet did together (run --fleet, "
    "scripts/fleet), a row for each machine and build. Builds are not pooled: a claim must "
    "be met on each. While a run still goes on, no claim is met.",
    "With --builds, shows each cell of all campaigns on each build of system, GPU and "
    "driver, such as several databases that were merged: the table of hardware and "
    "systems. Replays and rounds in one process are left out.",
    "With --signature, shows what happened under one signature, and judges nothing: the "
    "exit code is 0.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress report  # exits 1",
     "the newest campaign of ./mpstress.db, which had failures"},
    {"mpstress report --db mpstress.db --campaign 1 --json",
     "the first campaign, as JSON"},
    {"mpstress report --signature 1", "the rounds that failed in one way"},
    {"mpstress report --nights --arm none  # exits 4",
     "all nights, of subjects without a mitigation"},
    {"mpstress report --fleet --db fleet.db",
     "what the machines of a fleet have shown together"},
    {"mpstress report --db mpstress.db --campaign 1 --format junit > report.xml",
     "for a CI system that shows tests"},
    {"mpstress report --format html --output report.html  # exits 1",
     "a page for a browser: --open opens it"},
    {0},
};

const struct mp_command mp_command_report = {
    .name = "report",
    .summary = "report a campaign from the database",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
