/* mpstress report: what became of the rounds of a campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/report.h"

#include <stdio.h>
#include <unistd.h>

#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/terminal.h"

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct mp_store *store = NULL;
    struct mp_error err;
    struct mp_strbuf text;
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    enum mp_colour_choice colour =
        (enum mp_colour_choice)mp_option_get(&args->values, "color")->integer;
    struct mp_report_options options = {
        .use_colour = mp_terminal_wants_colour(STDOUT_FILENO, colour),
        .width = mp_terminal_width(STDOUT_FILENO),
    };
    mp_strbuf_init(&text);
    if (args->operand_count > 0) {
        mp_error_set(&err, MP_USAGE, "'%s': report takes no operands; a campaign is --campaign ID",
                     args->operand[0]);
        return mp_command_fail(MP_CODE_USAGE, &err);
    }
    enum mp_status status = mp_store_open(mp_command_database(args), MP_STORE_READ, &store, &err);
    if (status == MP_OK && mp_args_is_set(args, "campaign")) {
        status = mp_store_campaign_find(store, mp_args_text(args, "campaign"), &options.campaign_id,
                                        &err);
    }
    if (status == MP_OK) {
        status = mp_args_flag(args, "json")
                     ? mp_report_json(store, &options, &text, &verdict, &err)
                     : mp_report_text(store, &options, &text, &verdict, &err);
    }
    int code = mp_verdict_code(verdict);
    if (status == MP_OK) {
        fwrite(text.text, 1, text.len, stdout);
    } else {
        code = mp_command_fail(status == MP_NOT_FOUND ? MP_CODE_USAGE : MP_CODE_HARNESS, &err);
    }
    mp_strbuf_release(&text);
    mp_store_close(store);
    return code;
}

static const struct mp_option options[] = {
    {.name = "campaign",
     .type = MP_OPTION_TEXT,
     .metavar = "ID",
     .help = "number or uuid of the campaign; without it the newest"},
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_COLOR,
    MP_ROW_QUIET,
    MP_ROW_HELP,
    {0   },
};

static const char *const description[] = {
    "Shows the cells of a campaign with their failures by kind and their rates with 95 % limits, "
    "the controls, the newest crash of each kind, and how to repeat it. A zero is shown as an "
    "upper limit, never as 0 %. The exit code is that of the run itself, except that a run that "
    "was interrupted is judged by the rounds it had.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress report  # exits 1",    "the newest campaign of ./mpstress.db, which had failures"},
    {"mpstress report --db mpstress.db --campaign 1 --json",                               "the first one, for a program"},
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
