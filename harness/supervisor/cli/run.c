/* mpstress run: checks everything that was asked for, then runs, records and reports.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "harness/supervisor/campaign/variables.h"
#include "harness/supervisor/cli/fix_arms.h"
#include "harness/supervisor/cli/legality.h"
#include "harness/supervisor/cli/program_section.h"
#include "harness/supervisor/cli/replay.h"
#include "harness/supervisor/cli/scaling.h"
#include "harness/wire/finder.h"
#include "harness/wire/program.h"
#include "results/stats/sequential.h"

/* The sections of the suite, followed by the scenarios of the command line. */
static enum mp_status read_sections(struct mp_campaign_job *job, struct mp_error *err) {
    const struct mp_args *args = job->args;
    if (!mp_args_is_set(args, "suite") && !mp_args_is_set(args, "exec") &&
        args->operand_count == 0)
        return mp_error_set(
            err, MP_USAGE,
            "nothing to run: name a scenario or a suite, as in 'mpstress run mm' or "
            "'mpstress run --suite smoke' ('mpstress list' shows both), or your own "
            "program, as in 'mpstress run --exec ./a.out'");
    enum mp_status status = mp_campaign_job_read_suite(job, err);
    for (size_t i = 0; status == MP_OK && i < args->operands_before; i++)
        status = mp_suite_add_scenario(&job->suite, args->operand[i], err);
    if (status == MP_OK)
        status = mp_program_sections_add(&job->suite, args, err);
    return status;
}

/* The claim of --until, if it is given. */
static enum mp_status read_claim(struct mp_campaign_job *job, struct mp_error *err) {
    const char *text = mp_args_text(job->args, "until");
    job->code = MP_CODE_USAGE;
    if (text == NULL)
        return MP_OK;
    if (strcmp(text, "failure") == 0) {
        job->until_failure = true;
        job->plan_kind = MP_CAMPAIGN_JOB_UNTIL_FAILURE;
        return MP_OK;
    }
    enum mp_status status = mp_claim_parse(text, &job->claim, err);
    if (status != MP_OK) {
        mp_error_prefix(err, "--until takes 'failure' or a claim");
    } else if (mp_args_is_set(job->args, "round-seed")) {
        status = mp_error_set(
            err, MP_USAGE,
            "--until and --round-seed cannot be combined: rounds of one seed say nothing "
            "about a rate");
    }
    job->has_claim = status == MP_OK;
    return status;
}

/* Rounds of one process may depend on each other: whoever counts on them must say so. */
static enum mp_status check_reuse(const struct mp_campaign_job *job,
                                  struct mp_error *err) {
    const struct mp_args *args = job->args;
    bool has_reuse = mp_args_integer(args, "reuse", 1) > 1;
    const char *why = NULL;
    if (mp_args_flag(args, "reuse-claim") && !(has_reuse && job->has_claim))
        why = "--reuse-claim is for --reuse together with --until RATE";
    else if (has_reuse && job->has_claim && !mp_args_flag(args, "reuse-claim"))
        why = "--reuse and --until RATE: rounds of one process may depend on each other, "
              "and a claim takes them as independent; leave out --reuse, or add "
              "--reuse-claim if that is what you want";
    else if (has_reuse && mp_args_flag(args, "night"))
        why = "--reuse and --night do not go together: nights are compared by rates of "
              "independent rounds, each with its own process";
    else if (has_reuse && mp_args_is_set(args, "round-seed"))
        why =
            "--reuse and --round-seed do not go together: a round is repeated alone, in "
            "a fresh process";
    for (size_t i = 0; has_reuse && why == NULL && i < job->plan.cell_count; i++)
        if (mp_program_is_spec(&job->plan.cell[i].spec))
            why = "--reuse is for scenarios: a program of yours is a process of its own";
    return why != NULL ? mp_error_set(err, MP_USAGE, "%s", why) : MP_OK;
}

/* Rounds of an otherwise unlimited cell, 0: the default. */
static uint64_t default_rounds(const struct mp_campaign_job *job) {
    if (!job->has_claim)
        return 0;
    uint64_t budget = mp_stopping_default_budget(&job->claim);
    return budget < MP_PLAN_ROUNDS_MAX ? budget : MP_PLAN_ROUNDS_MAX;
}

static enum mp_status make_plan(struct mp_campaign_job *job, struct mp_error *err) {
    const char *device[MP_CAMPAIGN_JOB_LIST_MAX], *arm[MP_CAMPAIGN_JOB_LIST_MAX];
    const struct mp_args *args = job->args;
    bool has_rounds = mp_args_is_set(args, "rounds");
    bool repeats_once = mp_args_is_set(args, "round-seed") && !has_rounds;
    struct mp_plan_settings settings = {
        .device = device,
        .device_count = mp_args_texts(args, "device", device, MP_CAMPAIGN_JOB_LIST_MAX),
        .arm = arm,
        .arm_count = mp_args_texts(args, "arm", arm, MP_CAMPAIGN_JOB_LIST_MAX),
        .has_no_end = job->until_failure && !mp_args_is_set(args, "duration"),
        .has_rounds = repeats_once || has_rounds,
        .rounds =
            repeats_once ? 1 : (uint64_t)mp_option_get(&args->values, "rounds")->integer,
        .default_rounds = default_rounds(job),
    };
    struct mp_fix_arms fixes = {0};
    enum mp_status status = mp_fix_arms_read(args, &fixes, err);
    if (status == MP_OK)
        status = mp_fix_arms_expand(&fixes, arm, &settings.arm_count,
                                    MP_CAMPAIGN_JOB_LIST_MAX, err);
    if (status == MP_OK)
        status = mp_campaign_job_make_plan(job, &settings, err);
    for (size_t i = 0; i < job->plan.cell_count; i++)
        if (mp_program_is_spec(&job->plan.cell[i].spec))
            job->plan.cell[i].spec.number =
                (uint64_t)mp_args_integer(args, "round-number", 0);
    return status;
}

/* Whether every cell has an arm that sets the variable of `entry`: what the shell has is
 * in no round then. */
static bool is_named_by_arms(const struct mp_plan *plan, const char *entry) {
    size_t named = 0;
    for (size_t i = 0; i < plan->cell_count; i++)
        named += mp_program_arm_sets(plan->cell[i].spec.arm, entry);
    return named == plan->cell_count;
}

/* Nights are held against each other: all of them run what the build does by itself. */
static enum mp_status check_night(const struct mp_campaign_job *job,
                                  struct mp_error *err) {
    if (!mp_args_flag(job->args, "night"))
        return MP_OK;
    for (const char *entry = mp_variables_next(NULL); entry != NULL;
         entry = mp_variables_next(entry)) {
        const struct mp_finder *finder = mp_finder_of(entry);
        if (!is_named_by_arms(&job->plan, entry))
            return mp_error_set(
                err, MP_USAGE,
                "--night: %.*s is set and changes how rounds behave, so that this night "
                "could not be compared with others; unset it%s%s",
                (int)strcspn(entry, "="), entry,
                finder != NULL ? ", and see beside the night what it finds: --arm " : "",
                finder != NULL ? finder->name : "");
    }
    for (size_t i = 0; i < job->plan.cell_count; i++)
        if (mp_round_spec_param(&job->plan.cell[i].spec, "perturb") != NULL)
            return mp_error_set(
                err, MP_USAGE,
                "--night: '%s' is perturbed, and a night is what the build does by "
                "itself: leave out perturb, or run it without --night",
                job->plan.cell[i].title);
    for (size_t i = 0; i < job->plan.cell_count; i++)
        if (mp_finder_find(job->plan.cell[i].spec.arm) != NULL)
            return mp_error_set(
                err, MP_USAGE,
                "--night: arm %s changes what is tested and is in no night: run it "
                "without --night",
                job->plan.cell[i].spec.arm);
    return MP_OK;
}

/* The two names of --fleet. They stand in tables and in file names. */
static enum mp_status check_fleet(struct mp_campaign_job *job, struct mp_error *err) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    const char *text = mp_args_text(job->args, "fleet");
    if (text == NULL)
        return MP_OK;
    size_t fleet = strspn(text, letters);
    size_t machine = text[fleet] == '/' ? strspn(text + fleet + 1, letters) : 0;
    if (fleet == 0 || machine == 0 || fleet >= MP_CAMPAIGN_JOB_FLEET_MAX ||
        machine >= MP_CAMPAIGN_JOB_FLEET_MAX || text[fleet + 1 + machine] != '\0')
        return mp_error_set(err, MP_USAGE,
                            "--fleet takes two names of letters, digits, '.', '_' and "
                            "'-', as in nightly7/mac-3, and not '%s'",
                            text);
    if (job->until_failure || mp_args_is_set(job->args, "round-seed"))
        return mp_error_set(err, MP_USAGE,
                            "--fleet goes with a claim such as 'rate<0.1%%@95%%' or "
                            "none, not with --until failure or --round-seed");
    if (job->has_claim) {
        job->plan_claim = &job->claim;
        job->plan_kind = MP_CAMPAIGN_JOB_FLEET;
        job->has_claim = false;
    }
    return MP_OK;
}

/* Checks the whole request. Runs no round, creates no file. */
static enum mp_status prepare(struct mp_campaign_job *job, struct mp_error *err) {
    if (mp_args_flag(job->args, "resume"))
        return mp_campaign_job_prepare_resume(job, err);
    enum mp_status status = mp_replay_prepare(job, err);
    if (status == MP_OK)
        status = read_sections(job, err);
    if (status == MP_OK)
        status = read_claim(job, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_seeds(job, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_catalog(job, err);
    if (status == MP_OK && mp_args_flag(job->args, "legality"))
        status = mp_legality_expand(job, err);
    if (status == MP_OK && mp_args_flag(job->args, "scaling"))
        status = mp_scaling_prepare(job, err);
    if (status == MP_OK)
        status = make_plan(job, err);
    if (status == MP_OK)
        status = check_night(job, err);
    if (status == MP_OK)
        status = check_reuse(job, err);
    if (status == MP_OK)
        status = mp_replay_find(job, err);
    if (status == MP_OK)
        status = check_fleet(job, err);
    return status;
}

static int run(const struct mp_args *args, char *const *argv) {
    struct mp_campaign_job job;
    struct mp_campaign_config config = {0};
    struct mp_campaign_result result;
    struct mp_error err;
    mp_campaign_job_init(&job, "run", args, argv);
    enum mp_status status = prepare(&job, &err);
    if (status == MP_OK)
        status = mp_campaign_job_open(&job, &err);
    if (status == MP_OK)
        status = mp_campaign_job_run(&job, &config, &result, &err);
    if (status == MP_OK)
        status = mp_campaign_job_conclude(&job, &result, &err);
    return mp_campaign_job_end(&job, status, &err);
}

static const struct mp_option options[] = {
    {.name = "suite",
     .type = MP_OPTION_TEXT,
     .metavar = "SUITE",
     .help = "run the sections of a suite: a name that 'mpstress list' shows, or a file"},
    {.name = "rounds",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 0,
     .max = MP_PLAN_ROUNDS_MAX,
     .help = "rounds of each cell, overriding the suite; 0: until --duration is up; "
             "default: the suite's, else 20, or with --duration until it is up"},
    {.name = "until",
     .type = MP_OPTION_TEXT,
     .metavar = "CLAIM",
     .help =
         "stop at the first failure of a subject (failure), or once a claim such as "
         "'rate<0.1%@95%' is decided for every subject; the run ends no later than "
         "--rounds, --duration or the suite says, and without any of them a claim gets "
         "as many rounds as decide it with a probability of 80 % if the true rate is "
         "half of the claimed one"},
    MP_ROW_DURATION,
    MP_ROW_TIMEOUT,
    MP_ROW_SILENCE,
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .is_repeatable = true,
     .help = "device with settings, such as metal@model:defects=destroy_race,reader=U; "
             "default: a real device where one opens, else the software model"},
    {.name = "arm",
     .type = MP_OPTION_TEXT,
     .metavar = "ARM",
     .is_repeatable = true,
     .help = "mitigation under test; default: none"},
    MP_ROW_FIX,
    MP_ROW_EXEC,
    MP_ROW_WATCH,
    MP_ROW_BUILD,
    MP_ROW_OK_CODES,
    MP_ROW_SKIP_CODES,
    MP_ROW_FAIL_OUTPUT,
    MP_ROW_DELAY,
    MP_ROW_SEED,
    {.name = "round-seed",
     .type = MP_OPTION_TEXT,
     .metavar = "S",
     .help = "repeat a round: run one round of each cell, or --rounds, with exactly "
             "this seed; such rounds are marked as replays and count in no rate and no "
             "night"},
    {.name = "round-number",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 1,
     .max = INT64_MAX,
     .help = "with --round-seed: the number of the repeated round, which a program "
             "finds in MPSTRESS_ROUND and {round}"},
    {.name = "replay",
     .type = MP_OPTION_FLAG,
     .help = "record the rounds of --round-seed into replay.db beside the database, "
             "which is only read, and say how many of them ended like the original"},
    {.name = "legality",
     .type = MP_OPTION_FLAG,
     .help =
         "run each cell beside its lawful twin (share=thread, sync=on_queue) and both "
         "under the validation layer of the device, and say whether failures are the "
         "fault of the driver or of the caller"},
    {.name = "scaling",
     .type = MP_OPTION_FLAG,
     .help = "measure speed: each scenario has a list of thread counts, as in "
             "'mm:threads=1|2|4|8', and warms up before the time is taken; the report "
             "has ops a second, speed-up, efficiency and saturation"},
    MP_ROW_RESUME,
    MP_ROW_JOBS,
    {.name = "reuse",
     .type = MP_OPTION_INT,
     .metavar = "K",
     .fallback = "1",
     .min = 1,
     .max = 10000,
     .help = "run up to K rounds of a cell in one process, one after the other, until "
             "one does not pass: faster, but a round may leave something behind for "
             "the next; such rounds are in no night, plan or claim"},
    {.name = "reuse-claim",
     .type = MP_OPTION_FLAG,
     .help = "judge --until RATE on rounds of --reuse anyway, as if they were "
             "independent"},
    MP_ROW_CAPTURE,
    MP_ROW_RECORDER,
    {.name = "fleet",
     .type = MP_OPTION_TEXT,
     .metavar = "FLEET/MACHINE",
     .help = "this run is the share of one machine in the run of a fleet, both named as "
             "you like: --until is recorded, is judged over all machines by 'mpstress "
             "report --fleet', and does not end this run (see scripts/fleet)"},
    {.name = "night",
     .type = MP_OPTION_FLAG,
     .help = "mark this run as tonight's verification, for 'mpstress report --nights'"},
    MP_ROW_ONLY_NEW,
    {.name = "notify",
     .type = MP_OPTION_TEXT,
     .metavar = "COMMAND",
     .help = "run this by the shell, with the verdict as JSON on its stdin, if the "
             "verdict is not that of the newest earlier run of the same cells in the "
             "database (without one: if the exit code is not 0), or if the harness "
             "failed; it has 30 s, and its failure is said and changes nothing"},
    MP_ROWS_OF_CAMPAIGNS,
    {0},
};

static const char *const description[] = {
    "Runs rounds, records each in the database, and reports. A scenario is written "
    "name:param=value,param=value; a list such as threads=2|4|8 (quote it for the shell) "
    "spans a matrix. The words role, arm, if_present, rounds, timeout and silence may "
    "be used like parameters, as in a section of a suite.",
    "The whole request is checked before the first round runs. The rounds of all cells "
    "are interleaved in an order drawn from the seed, so that cells can be compared. The "
    "device, arm, timeout and silence of a section override these options; --rounds "
    "overrides the section.",
    "On a terminal, a live line shows progress. Its rate is that of the subjects so "
    "far, without the controls; the limits are in the report. The first SIGINT "
    "(Ctrl-C) lets the running rounds finish and then reports. A second one kills "
    "them, and they are recorded as lost.",
    "With --until, the run ends as soon as its claim is decided, and says how: success "
    "(every subject fails less often than claimed, and every positive control has "
    "failed; exit 0), regression (a subject fails more often; exit 1), no power (a "
    "positive control has not failed by the end, or in its first 66 rounds: one that "
    "fails in 10 % of its rounds would have failed by then with a probability of 99.9 "
    "%; exit 5), or out of rounds or time (exit 3). A failure by itself does not end "
    "the run. The claim is checked after every round, and its error rate allows for "
    "that. 'mpstress plan' says how many rounds a claim needs.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress run --suite smoke", "run the smoke suite into ./mpstress.db"},
    {"mpstress run 'mm:threads=2|8,n=64' --arm none --arm encode_mutex --rounds 10",
     "two arms and two thread counts, interleaved"},
    {"mpstress run destroy_impl --device metal@model:defects=destroy_race,reader=U  # "
     "exits 1",
     "make the planted race of the model crash"},
    {"mpstress run noop --device null --until 'rate<5%@95%'",
     "show whether fewer than 5 % of rounds fail"},
    {"mpstress run noop --device null:fault=segv_null,p=0.3 --until failure --seed 7  # "
     "exits 1",
     "run until something fails, and name the round that did"},
    {"mpstress run mm --device null:fault=segv_null --round-seed 0x2a  # exits 1",
     "repeat one round of a device that crashes on request"},
    {"mpstress run mm --device null:fault=segv_null --round-seed 0x2a --rounds 20 "
     "--replay  # exits 1",
     "the same twenty times, into ./replay.db"},
    {"mpstress run destroy_impl --legality --rounds 5 --device "
     "metal@model:defects=destroy_race,reader=U  # exits 1",
     "say whose fault the crash is"},
    {"mpstress run --scaling 'mm:threads=1|2|4' --device metal@model --rounds 6",
     "speed against threads, with limits"},
    {"mpstress run --resume  # exits 2", "resume the newest interrupted run"},
    {"mpstress run --exec false --rounds 2  # exits 1", "your own program as a round"},
    {"mpstress run noop --device null --rounds 20 --fleet lab/mac1 --db fleet.db",
     "the rounds of one machine of a fleet"},
    {0},
};

const struct mp_command mp_command_run = {
    .name = "run",
    .summary = "run scenarios or a suite, record every round, and report",
    .operands = "[SCENARIO[:PARAM=VALUE,...]]... [-- COMMAND ARG...]",
    .operand_names = "scenarios",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
