/* mpstress plan: how many rounds a claim needs, and what those that ran show. Runs none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/report/rounds_needed.h"

/* The request from the operands of the command line. */
struct question {
    struct mp_rounds_needed_options options;
    struct mp_claim claim;
};

static enum mp_status parse_margin(const struct mp_args *args,
                                   struct mp_rounds_needed_options *options,
                                   struct mp_error *err) {
    const char *excess = mp_args_text(args, "no-worse-than");
    const char *either = mp_args_text(args, "same-within");
    if (excess == NULL && either == NULL)
        return MP_OK;
    if (excess != NULL && either != NULL)
        return mp_error_set(err, MP_USAGE,
                            "give one of --no-worse-than and --same-within");
    if (!mp_args_is_set(args, "from"))
        return mp_error_set(err, MP_USAGE,
                            "a margin needs --from, the rate of the control: how many "
                            "rounds it takes depends on it");
    options->is_two_sided = either != NULL;
    return mp_claim_parse_margin(either != NULL ? either : excess,
                                 either != NULL ? "--same-within" : "--no-worse-than",
                                 &options->margin, err);
}

static enum mp_status parse_contrast(const struct mp_args *args,
                                     struct mp_rounds_needed_options *options,
                                     struct mp_error *err) {
    const char *from = mp_args_text(args, "from"), *to = mp_args_text(args, "to");
    enum mp_status status = parse_margin(args, options, err);
    if (status != MP_OK)
        return status;
    if (options->margin > 0 && to == NULL)
        to = from; /* both fail equally often */
    options->has_contrast = from != NULL && to != NULL;
    if ((from != NULL) != (to != NULL))
        return mp_error_set(err, MP_USAGE,
                            "--from and --to must be given together: two rates to tell "
                            "apart");
    if (!options->has_contrast)
        return mp_args_is_set(args, "power")
                   ? mp_error_set(err, MP_USAGE, "--power needs --from and --to")
                   : MP_OK;
    status = mp_claim_parse_rate(from, "--from", &options->from, err);
    if (status == MP_OK)
        status = mp_claim_parse_rate(to, "--to", &options->to, err);
    if (status == MP_OK) {
        const char *power = mp_option_get(&args->values, "power")->text;
        status = mp_claim_parse_rate(power, "--power", &options->power, err);
    }
    if (status == MP_OK && !(options->power >= 0.5 && options->power <= 0.999))
        status = mp_error_set(err, MP_USAGE, "--power must be between 50%% and 99.9%%");
    return status;
}

static enum mp_status parse(const struct mp_args *args, struct question *ask,
                            struct mp_error *err) {
    struct mp_rounds_needed_options *options = &ask->options;
    options->has_rounds = mp_args_is_set(args, "rounds");
    options->rounds = (uint64_t)mp_option_get(&args->values, "rounds")->integer;
    options->failures = (uint64_t)mp_option_get(&args->values, "failures")->integer;
    options->night_ns = (uint64_t)mp_option_get(&args->values, "night")->integer;
    if (args->operand_count > 1)
        return mp_error_set(err, MP_USAGE, "plan takes one claim: '%s' is one too many",
                            args->operand[1]);
    if (args->operand_count == 1) {
        enum mp_status status = mp_claim_parse(args->operand[0], &ask->claim, err);
        if (status != MP_OK)
            return status;
        options->claim = &ask->claim;
    }
    if (mp_args_is_set(args, "failures") && !options->has_rounds)
        return mp_error_set(err, MP_USAGE, "--failures needs --rounds");
    if (options->failures > options->rounds)
        return mp_error_set(err, MP_USAGE, "--failures is larger than --rounds");
    enum mp_status status = parse_contrast(args, options, err);
    if (status == MP_OK && options->claim == NULL && !options->has_rounds &&
        !options->has_contrast)
        status = mp_error_set(
            err, MP_USAGE,
            "name a claim, as in mpstress plan '%s', or --rounds, or --from and"
            " --to",
            MP_CLAIM_FORM);
    return status;
}

/* The database, if there is one: without it, speed and counts are unknown. */
static enum mp_status open_database(const struct mp_args *args,
                                    struct mp_store **ret_store, struct mp_error *err) {
    struct stat info;
    const char *path = mp_command_database(args);
    if (stat(path, &info) != 0 && !mp_args_is_set(args, "db") &&
        !mp_args_is_set(args, "campaign"))
        return MP_OK;
    return mp_store_open(path, MP_STORE_READ, ret_store, err);
}

static int run(const struct mp_args *args, char *const *argv) {
    (void)argv;
    struct question ask = {0};
    struct mp_store *store = NULL;
    struct mp_rounds_needed needed = {0};
    struct mp_strbuf text;
    struct mp_error err;
    int code = MP_CODE_USAGE;
    mp_strbuf_init(&text);
    enum mp_status status = parse(args, &ask, &err);
    if (status == MP_OK) {
        code = MP_CODE_HARNESS;
        status = open_database(args, &store, &err);
    }
    if (status == MP_OK && mp_args_is_set(args, "campaign")) {
        code = MP_CODE_USAGE;
        status = mp_store_campaign_find(store, mp_args_text(args, "campaign"),
                                        &ask.options.campaign_id, &err);
    }
    if (status == MP_OK) {
        code = MP_CODE_HARNESS;
        status = mp_rounds_needed_make(&ask.options, store, &needed, &err);
    }
    if (status == MP_OK && store != NULL)
        status = mp_store_check(store, &err);
    if (status == MP_OK && mp_args_flag(args, "json"))
        mp_rounds_needed_json(&needed, &text);
    else if (status == MP_OK)
        mp_rounds_needed_text(&needed, mp_terminal_width(STDOUT_FILENO), &text);
    if (status == MP_OK) {
        fwrite(text.text, 1, text.len, stdout);
        code = MP_CODE_OK;
    } else {
        code = mp_command_fail(args, status == MP_NOT_FOUND ? MP_CODE_USAGE : code, &err);
    }
    mp_rounds_needed_release(&needed);
    mp_strbuf_release(&text);
    mp_store_close(store);
    return code;
}

static const struct mp_option options[] = {
    {.name = "rounds",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 1,
     .max = INT64_C(1000000000),
     .help = "say what N rounds show; default: the recorded ones"},
    {.name = "failures",
     .type = MP_OPTION_INT,
     .metavar = "X",
     .fallback = "0",
     .min = 0,
     .max = INT64_C(1000000000),
     .help = "how many of --rounds failed"},
    {.name = "from",
     .type = MP_OPTION_TEXT,
     .metavar = "RATE",
     .help = "with --to: say how many rounds of each of two arms tell these failure "
             "rates apart"},
    {.name = "to", .type = MP_OPTION_TEXT, .metavar = "RATE", .help = "the other rate"},
    {.name = "no-worse-than",
     .type = MP_OPTION_TEXT,
     .metavar = "MARGIN",
     .help = "with --from, and --to if the rates differ: say how many rounds of each "
             "arm 'mpstress compare --no-worse-than' needs"},
    {.name = "same-within",
     .type = MP_OPTION_TEXT,
     .metavar = "MARGIN",
     .help = "the same for 'mpstress compare --same-within'"},
    {.name = "power",
     .type = MP_OPTION_TEXT,
     .metavar = "SHARE",
     .fallback = "90%",
     .help = "the chance of detecting the difference if it exists"},
    {.name = "night",
     .type = MP_OPTION_DURATION,
     .metavar = "T",
     .fallback = "8h",
     .help = "length of one more night"},
    {.name = "campaign",
     .type = MP_OPTION_TEXT,
     .metavar = "ID",
     .help =
         "number or uuid of the campaign whose cells and speed are used; default: the "
         "newest"},
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_QUIET,
    MP_ROW_HELP,
    {0},
};

static const char *const description[] = {
    "Says how many rounds a claim such as 'rate<0.1%@95%' needs: with a number fixed "
    "in advance, for zero to three allowed failures, with the chance of passing; and with "
    "a look after every round, as in 'mpstress run --until'. Also says what the "
    "rounds so far show, how the limit moves with more of them, and how long they take "
    "at the recorded speed.",
    "The rounds so far are those of the newest campaign's subjects, with those of the "
    "same cells in other campaigns of the same environment. Nothing is run and nothing "
    "is written.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress plan 'rate<0.1%@95%'",
     "how many rounds the claim needs, and what the recorded ones show"},
    {"mpstress plan 'rate<0.1%@95%' --rounds 2966 --night 8h",
     "what 2966 clean rounds show, and what one more night adds"},
    {"mpstress plan --from 10% --to 1% --power 90%",
     "how many rounds of each arm tell 10 % from 1 %"},
    {"mpstress plan --no-worse-than 1% --from 0.5%",
     "how many rounds show that a fix is less than 1 point worse"},
    {0},
};

const struct mp_command mp_command_plan = {
    .name = "plan",
    .summary = "say how many rounds a claim needs, and what the recorded ones show",
    .operands = "[CLAIM]",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
