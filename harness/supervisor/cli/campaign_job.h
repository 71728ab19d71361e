/* The steps of every command that runs rounds: read the command line, make the plan, open
 * database and runner, run the campaign, print the report. Knows no option that only one
 * command has.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_CAMPAIGN_JOB_H
#define MP_CLI_CAMPAIGN_JOB_H

#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/campaign/suite.h"
#include "harness/supervisor/campaign/until.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/format.h"
#include "harness/supervisor/cli/output.h"
#include "harness/supervisor/cli/progress.h"
#include "harness/supervisor/cli/source.h"
#include "harness/supervisor/process/host_lock.h"
#include "results/report/report.h"

/* Option rows that these commands share. */
/* clang-format off */
#define MP_ROW_DURATION \
    {.name = "duration", .type = MP_OPTION_DURATION, .metavar = "T", \
     .help = "start no round after this time, such as 90s, 10m or 8h"}
#define MP_ROW_TIMEOUT \
    {.name = "timeout", .type = MP_OPTION_DURATION, .metavar = "T", \
     .help = "deadline of a round, after which it is killed and counts as a hang; " \
             "default: the suite's, else 10s"}
#define MP_ROW_SILENCE \
    {.name = "silence", .type = MP_OPTION_DURATION, .metavar = "T", \
     .help = "a round that makes no progress for T (no op or device call begins or " \
             "ends) is sampled, killed and counted as a hang before its deadline; " \
             "default: the suite's, else no limit"}
#define MP_ROW_SEED \
    {.name = "seed", .type = MP_OPTION_TEXT, .metavar = "S", \
     .help = "seed of the campaign, from which the order and the seeds of all " \
             "rounds follow; default: a new one, which is shown"}
#define MP_ROW_RESUME \
    {.name = "resume", .type = MP_OPTION_FLAG, \
     .help = "resume an interrupted run exactly where it stopped: same plan, order " \
             "and seeds; the operand is the campaign, by default the newest that " \
             "was interrupted"}
#define MP_ROW_EXEC \
    {.name = "exec", .type = MP_OPTION_TEXT, .metavar = "COMMAND", .is_repeatable = true, \
     .help = "run your own program once per round: the command with its arguments, " \
             "quoted as for a shell, though no shell is started; {seed} and {round} " \
             "are replaced, and are also in MPSTRESS_SEED and MPSTRESS_ROUND"}
#define MP_ROW_WATCH \
    {.name = "watch", .type = MP_OPTION_TEXT, .metavar = "FILE", .is_repeatable = true, \
     .help = "a file, such as a script or library: if it changes, the program counts " \
             "as another build; the program's own file is always watched"}
#define MP_ROW_BUILD \
    {.name = "build", .type = MP_OPTION_TEXT, .metavar = "DIGITS", \
     .help = "run the program only if it is this build, as named in a report"}
#define MP_ROW_OK_CODES \
    {.name = "ok-codes", .type = MP_OPTION_TEXT, .metavar = "CODES", \
     .help = "exit codes of the program that count as a pass, such as 0,3,5-7; " \
             "default: 0"}
#define MP_ROW_SKIP_CODES \
    {.name = "skip-codes", .type = MP_OPTION_TEXT, .metavar = "CODES", \
     .help = "exit codes that mean the program cannot run here, such as 77"}
#define MP_ROW_FAIL_OUTPUT \
    {.name = "fail-output", .type = MP_OPTION_TEXT, .metavar = "REGEX", \
     .help = "a round fails if the program prints a line that matches this (POSIX " \
             "extended), whatever its exit code"}
#define MP_ROW_DELAY \
    {.name = "delay", .type = MP_OPTION_DURATION, .metavar = "T", \
     .help = "longest random pause, drawn from the seed, at each point where the program " \
             "allows one (mpstress.h, mpstress.py); default: none"}
#define MP_ROW_JOBS \
    {.name = "jobs", .type = MP_OPTION_INT, .metavar = "N", .fallback = "1", .min = 1, \
     .max = MP_RUNNER_JOBS_MAX, \
     .help = "rounds that run at the same time"}
#define MP_ROW_CAPTURE \
    {.name = "capture", .type = MP_OPTION_CHOICE, .metavar = "WHETHER", \
     .fallback = "on", .choices = "on|off", \
     .help = "trace the rounds, so that a crash has an address and a stack"}
#define MP_ROW_RECORDER \
    {.name = "recorder", .type = MP_OPTION_CHOICE, .metavar = "WHETHER", \
     .fallback = "on", .choices = "on|off", \
     .help = "count and record the device calls of a round"}
/* What every command that runs a campaign takes, in the order of its help. */
#define MP_ROWS_OF_CAMPAIGNS \
    MP_ROW_KEEP_FIRST, MP_ROW_KEEP_NEWEST, MP_ROW_CANARY, MP_ROW_CANARY_LIMIT, \
    MP_ROW_LOCK, MP_ROW_REPORTS, MP_ROW_DB, MP_ROW_DB_WAIT, MP_ROW_FORMAT, \
    MP_ROW_OUTPUT, MP_ROW_OPEN, MP_ROW_JSON, MP_ROW_COLOR, \
    MP_ROW_QUIET, MP_ROW_VERBOSE, MP_ROW_HELP
/* clang-format on */

#define MP_CAMPAIGN_JOB_LIST_MAX 64 /* values of a repeatable option */

/* The plan kind of a run that ends at the first failure. */
#define MP_CAMPAIGN_JOB_UNTIL_FAILURE "run until failure"
/* That of a fleet's share, whose claim is judged over the whole fleet. */
#define MP_CAMPAIGN_JOB_FLEET "run of a fleet"

#define MP_CAMPAIGN_JOB_FLEET_MAX 65 /* of a name in --fleet, with its end */

/* One call, from the options to the exit code. */
struct mp_campaign_job {
    const struct mp_args *args;
    const char *command; /* the JSON `command` */
    char program[MP_SOURCE_PATH_MAX];
    struct mp_catalog catalog;
    bool has_catalog;
    struct mp_suite suite;
    struct mp_plan plan;
    struct mp_store *store;
    struct mp_runner *runner;
    struct mp_health *health;
    struct mp_host_lock *lock; /* NULL: none is needed */
    struct mp_strbuf command_line;
    struct mp_strbuf database;       /* the database written to; "": the one of --db */
    struct mp_saved_request resumed; /* campaign_id 0: a new campaign */
    uint64_t seed, round_seed;
    bool has_claim; /* what the campaign shows; it ends once this is decided */
    struct mp_claim claim;
    struct mp_until until; /* of a claim, once the plan is made */
    bool until_failure;    /* ends at the first failure of a subject */
    bool has_failed;       /* and it occurred */
    /* What a command that judges by itself writes into its plan; NULL: the command and
     * `claim`. */
    const char *plan_kind;
    const struct mp_claim *plan_claim;
    const char *plan_counts; /* as in struct mp_plan_row */
    /* Of a command that runs several campaigns: the limit of this one's time, in the
     * place of --duration; NULL: that. */
    const uint64_t *duration_ns;
    bool shares_rounds;    /* as mp_campaign_config.choose does */
    bool has_said_outside; /* as in mp_campaign_config */
    /* As in struct mp_progress. */
    void (*describe)(void *describe_arg, bool is_short, struct mp_strbuf *buf);
    void *describe_arg;
    int code; /* exit code of the end, or of the failure */
};

void mp_campaign_job_init(struct mp_campaign_job *job, const char *command,
                          const struct mp_args *args, char *const *argv);

/* The steps that check the request. They run no round and create no file; on failure
 * they set job->code. */
enum mp_status mp_campaign_job_read_seeds(struct mp_campaign_job *job,
                                          struct mp_error *err);
enum mp_status mp_campaign_job_read_catalog(struct mp_campaign_job *job,
                                            struct mp_error *err);
/* The suite of --suite, if it is given. */
enum mp_status mp_campaign_job_read_suite(struct mp_campaign_job *job,
                                          struct mp_error *err);
/* Makes the plan of job->suite; `settings` needs only what is not the same for all
 * commands: devices, arms and rounds. */
enum mp_status mp_campaign_job_make_plan(struct mp_campaign_job *job,
                                         struct mp_plan_settings *settings,
                                         struct mp_error *err);

/* For --resume: refuses incompatible options, then mp_campaign_job_resume with the
 * operand.
 */
enum mp_status mp_campaign_job_prepare_resume(struct mp_campaign_job *job,
                                              struct mp_error *err);
/* Instead of the steps above: opens the database and makes the plan of its interrupted
 * campaign `campaign`, as given by the user; NULL: the newest one. */
enum mp_status mp_campaign_job_resume(struct mp_campaign_job *job, const char *campaign,
                                      struct mp_error *err);

/* Opens the database, once. Campaigns in it whose supervisor died are marked as
 * interrupted. */
enum mp_status mp_campaign_job_open_store(struct mp_campaign_job *job,
                                          struct mp_error *err);

/* After a change of job->plan: its devices are healthy again until shown otherwise. */
enum mp_status mp_campaign_job_renew_health(struct mp_campaign_job *job,
                                            struct mp_error *err);

/* Opens database and runner and announces the run. */
enum mp_status mp_campaign_job_open(struct mp_campaign_job *job, struct mp_error *err);
/* Runs the plan. `config` holds what is specific to the command; the rest is filled in
 * here. Clears the live line afterwards. */
enum mp_status mp_campaign_job_run(struct mp_campaign_job *job,
                                   struct mp_campaign_config *config,
                                   struct mp_campaign_result *ret_result,
                                   struct mp_error *err);
/* The end: the report, unless the user interrupted twice or there is nothing to
 * report. Sets job->code. */
enum mp_status mp_campaign_job_conclude(struct mp_campaign_job *job,
                                        const struct mp_campaign_result *result,
                                        struct mp_error *err);
/* Reports `err` if `status` is a failure, releases everything and returns the exit
 * code. */
int mp_campaign_job_end(struct mp_campaign_job *job, enum mp_status status,
                        const struct mp_error *err);

#endif
