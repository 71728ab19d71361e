/* mpstress run: checks everything that was asked for, then runs, records and reports.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/supervisor/campaign/loop.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/interrupt.h"
#include "harness/supervisor/cli/progress.h"
#include "harness/supervisor/cli/source.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/report/report.h"

#define RUN_LIST_MAX 64

/* One `mpstress run`, from the options to the exit code. */
struct job {
    const struct mp_args *args;
    char program[MP_SOURCE_PATH_MAX];
    struct mp_catalog catalog;
    bool has_catalog;
    struct mp_suite suite;
    struct mp_plan plan;
    struct mp_store *store;
    struct mp_runner *runner;
    struct mp_strbuf command_line;
    uint64_t seed, round_seed;
    int code;
};

/* Reads a seed as this program writes it (0x...), or decimal. */
static enum mp_status parse_seed(const struct mp_args *args, const char *name, uint64_t *ret_seed,
                                 struct mp_error *err) {
    const char *text = mp_args_text(args, name);
    if (text == NULL) {
        return MP_OK;
    }
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    const char *allowed = is_hex ? "0123456789abcdefABCDEF" : "0123456789";
    errno = 0;
    uint64_t seed = strtoull(text, NULL, is_hex ? 16 : 10);
    if (*digits == '\0' || strspn(digits, allowed) != strlen(digits) || errno != 0) {
        return mp_error_set(err, MP_USAGE,
                            "command line: --%s '%s' is no number of at most 64 bits, decimal or "
                            "0x...",
                            name, text);
    }
    *ret_seed = seed;
    return MP_OK;
}

static uint64_t entropy(void) {
    uint64_t seed = 0;
    FILE *file = fopen("/dev/urandom", "re");
    if (file == NULL || fread(&seed, sizeof seed, 1, file) != 1) {
        seed = mp_clock_wall_ns() ^ (uint64_t)getpid();
    }
    if (file != NULL) {
        fclose(file);
    }
    return seed;
}

/* Adds `text` so that a shell reads it as one word. */
static void add_shell_word(struct mp_strbuf *buf, const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=:,./@%";
    mp_strbuf_addstr(buf, buf->len > 0 ? " " : "");
    if (*text != '\0' && strspn(text, plain) == strlen(text)) {
        mp_strbuf_addstr(buf, text);
        return;
    }
    mp_strbuf_addch(buf, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            mp_strbuf_addstr(buf, "'\\''");
        } else {
            mp_strbuf_addch(buf, *text);
        }
    }
    mp_strbuf_addch(buf, '\'');
}

static enum mp_status read_suite(struct job *job, struct mp_error *err) {
    const char *name = mp_args_text(job->args, "suite");
    char path[MP_SOURCE_PATH_MAX];
    enum mp_status status = MP_OK;
    if (name == NULL && job->args->operand_count == 0) {
        return mp_error_set(err, MP_USAGE,
                            "nothing to run: name a scenario or a suite, as in 'mpstress run mm' "
                            "or 'mpstress run --suite smoke'; 'mpstress list' shows both");
    }
    if (name != NULL) {
        status = mp_suite_find(name, path, sizeof path, err);
        status = status == MP_OK ? mp_suite_read(&job->suite, path, err) : status;
    }
    for (size_t i = 0; status == MP_OK && i < job->args->operand_count; i++) {
        status = mp_suite_add_scenario(&job->suite, job->args->operand[i], err);
    }
    return status;
}

static enum mp_status make_plan(struct job *job, struct mp_error *err) {
    const char *device[RUN_LIST_MAX], *arm[RUN_LIST_MAX];
    const struct mp_args *args = job->args;
    bool repeats_round = mp_args_is_set(args, "round-seed");
    struct mp_plan_settings settings = {
        .device = device,
        .device_count = mp_args_texts(args, "device", device, RUN_LIST_MAX),
        .arm = arm,
        .arm_count = mp_args_texts(args, "arm", arm, RUN_LIST_MAX),
        .has_rounds = repeats_round || mp_args_is_set(args, "rounds"),
        .rounds = repeats_round ? 1 : (uint64_t)mp_option_get(&args->values, "rounds")->integer,
        .has_duration = mp_args_is_set(args, "duration"),
        .timeout_ns = (uint64_t)mp_option_get(&args->values, "timeout")->integer,
        .recorder = mp_option_get(&args->values, "recorder")->integer == 0,
    };
    enum mp_status status = mp_plan_make(&job->suite, &settings, &job->catalog, &job->plan, err);
    if (status == MP_OK && mp_plan_rounds(&job->plan) == 0 && !settings.has_duration) {
        status = mp_error_set(err, MP_USAGE, "rounds = 0 has no end: give --duration as well");
    }
    return status;
}

/* Everything that can be wrong with what was asked for. Runs no round, makes no file. */
static bool prepare(struct job *job, struct mp_error *err) {
    enum mp_status status = read_suite(job, err);
    job->code = MP_CODE_USAGE;
    job->seed = entropy();
    if (status == MP_OK) {
        status = parse_seed(job->args, "seed", &job->seed, err);
    }
    if (status == MP_OK) {
        status = parse_seed(job->args, "round-seed", &job->round_seed, err);
    }
    if (status == MP_OK) {
        job->code = MP_CODE_HARNESS;
        status = mp_source_read(job->program, &job->catalog, err);
        job->has_catalog = status == MP_OK;
    }
    if (status == MP_OK) {
        job->code = MP_CODE_USAGE;
        status = make_plan(job, err);
    }
    return status == MP_OK;
}

static void say_absent_devices(const struct job *job) {
    for (size_t i = 0; i < job->catalog.count; i++) {
        const struct mp_catalog_item *item = &job->catalog.item[i];
        size_t len = strlen(item->name);
        bool is_asked_for = false;
        for (size_t j = 0; j < job->plan.cell_count; j++) {
            const char *device = job->plan.cell[j].spec.device;
            is_asked_for = is_asked_for || (strncmp(device, item->name, len) == 0 &&
                                            (device[len] == '\0' || device[len] == ':'));
        }
        if (item->kind == MP_CATALOG_DEVICE && !item->is_present && is_asked_for) {
            mp_log(MP_LOG_WARN, "device '%s' is absent here: %s; its rounds will have no verdict",
                   item->name, item->detail);
        }
    }
}

static void say_start(const struct job *job) {
    uint64_t rounds = mp_plan_rounds(&job->plan);
    char planned[64] = "rounds until the time is over";
    if (rounds > 0) {
        snprintf(planned, sizeof planned, "%" PRIu64 " round%s", rounds, rounds == 1 ? "" : "s");
    }
    mp_log(MP_LOG_INFO, "%zu cell%s, %s, seed 0x%" PRIx64 ", into %s", job->plan.cell_count,
           job->plan.cell_count == 1 ? "" : "s", planned, job->seed, mp_store_path(job->store));
}

static bool open_all(struct job *job, struct mp_error *err) {
    char note[512] = "";
    job->code = MP_CODE_HARNESS;
    enum mp_status status =
        mp_store_open(mp_command_database(job->args), MP_STORE_WRITE, &job->store, err);
    if (status == MP_OK) {
        struct mp_runner_config config = {
            .round_program = job->program,
            .jobs = (unsigned)mp_option_get(&job->args->values, "jobs")->integer,
            .captures = mp_option_get(&job->args->values, "capture")->integer == 0,
        };
        status = mp_runner_open(&config, &job->runner, note, err);
    }
    if (status == MP_OK && note[0] != '\0') {
        mp_log(MP_LOG_WARN, "%s", note);
    }
    return status == MP_OK;
}

static enum mp_colour_choice colour_choice(const struct mp_args *args) {
    return (enum mp_colour_choice)mp_option_get(&args->values, "color")->integer;
}

static enum mp_status campaign(struct job *job, struct mp_campaign_result *ret_result,
                               struct mp_error *err) {
    bool is_live = mp_terminal_is_live(STDERR_FILENO);
    struct mp_progress progress = {
        .file = stderr,
        .is_live = is_live,
        .is_quiet = mp_log_level() == MP_LOG_ERROR,
        .is_verbose = mp_log_level() == MP_LOG_DEBUG,
        .interrupts = mp_interrupt_count(),
        .style = {.use_colour =
                      is_live && mp_terminal_wants_colour(STDERR_FILENO, colour_choice(job->args)),
                  .use_utf8 = mp_terminal_is_utf8()},
    };
    struct mp_campaign_config config = {
        .plan = &job->plan,
        .runner = job->runner,
        .store = job->store,
        .argv = job->command_line.text,
        .seed = job->seed,
        .has_round_seed = mp_args_is_set(job->args, "round-seed"),
        .round_seed = job->round_seed,
        .duration_ns = (uint64_t)mp_option_get(&job->args->values, "duration")->integer,
        .interrupts = mp_interrupt_count(),
        .watch = mp_progress_watch,
        .watch_arg = &progress,
    };
    mp_interrupt_install(job->runner);
    enum mp_status status = mp_campaign_run(&config, ret_result, err);
    mp_interrupt_remove();
    mp_progress_clear(&progress);
    if (status != MP_OK) {
        mp_error_prefix(err, "the run stopped; %" PRIu64 " committed rounds are safe in '%s'",
                        ret_result->tally.done, mp_store_path(job->store));
    }
    return status;
}

static enum mp_status print_report(struct job *job, int64_t campaign_id, struct mp_error *err) {
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    struct mp_strbuf text;
    struct mp_report_options options = {
        .campaign_id = campaign_id,
        .command = "run",
        .use_colour = mp_terminal_wants_colour(STDOUT_FILENO, colour_choice(job->args)),
        .width = mp_terminal_width(STDOUT_FILENO),
    };
    mp_strbuf_init(&text);
    enum mp_status status = mp_args_flag(job->args, "json")
                                ? mp_report_json(job->store, &options, &text, &verdict, err)
                                : mp_report_text(job->store, &options, &text, &verdict, err);
    if (status == MP_OK) {
        fwrite(text.text, 1, text.len, stdout);
        job->code = (int)verdict;
    }
    mp_strbuf_release(&text);
    return status;
}

/* The end: the report, unless the person was in a hurry or there is nothing to report. */
static bool conclude(struct job *job, const struct mp_campaign_result *result,
                     struct mp_error *err) {
    bool was_hurried = *mp_interrupt_count() > 1;
    enum mp_status status = MP_OK;
    if (was_hurried) {
        mp_log(MP_LOG_INFO,
               "stopped at once: %" PRIu64 " rounds are in '%s', %" PRIu64
               " of them lost; 'mpstress report' shows them",
               result->tally.done, mp_store_path(job->store),
               result->tally.outcome[MP_OUTCOME_LOST]);
    } else if (result->campaign_id != 0) {
        status = print_report(job, result->campaign_id, err);
    } else {
        mp_log(MP_LOG_WARN, "no round ended, nothing was recorded");
        job->code = MP_VERDICT_NOTHING_RAN;
    }
    if (status == MP_OK && mp_interrupt_signal() != 0) {
        job->code = MP_CODE_SIGNALLED + mp_interrupt_signal();
    }
    return status == MP_OK;
}

static int run(const struct mp_args *args, char *const *argv) {
    struct job job = {.args = args};
    struct mp_error err;
    struct mp_campaign_result result;
    mp_suite_init(&job.suite);
    mp_strbuf_init(&job.command_line);
    for (size_t i = 0; argv[i] != NULL; i++) {
        add_shell_word(&job.command_line, argv[i]);
    }
    bool is_fine = prepare(&job, &err) && open_all(&job, &err);
    if (is_fine) {
        say_start(&job);
        say_absent_devices(&job);
        is_fine = campaign(&job, &result, &err) == MP_OK && conclude(&job, &result, &err);
    }
    if (!is_fine) {
        mp_command_fail(job.code, &err);
    }
    if (job.runner != NULL) {
        mp_runner_close(job.runner);
    }
    mp_store_close(job.store);
    mp_plan_release(&job.plan);
    if (job.has_catalog) {
        mp_catalog_release(&job.catalog);
    }
    mp_suite_release(&job.suite);
    mp_strbuf_release(&job.command_line);
    return job.code;
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
     .help = "rounds of each cell, whatever a suite says; 0: until --duration is over; without it "
             "the suite's, else 20, else until --duration is over"},
    {.name = "duration",
     .type = MP_OPTION_DURATION,
     .metavar = "T",
     .help = "begin no round after this time, such as 90s, 10m or 8h"},
    {.name = "timeout",
     .type = MP_OPTION_DURATION,
     .metavar = "T",
     .help = "deadline of a round, after which it is killed and counts as a hang; without it the "
             "suite's, else 10s"},
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .is_repeatable = true,
     .help = "device with settings, such as metal@model:defects=destroy_race,reader=U; without it "
             "metal where it opens, else metal@model"},
    {.name = "arm",
     .type = MP_OPTION_TEXT,
     .metavar = "ARM",
     .is_repeatable = true,
     .help = "mitigation under test; without it none"},
    {.name = "seed",
     .type = MP_OPTION_TEXT,
     .metavar = "S",
     .help = "seed of the campaign, from which the order and all seeds of rounds follow; without "
             "it a new one, which is shown"},
    {.name = "round-seed",
     .type = MP_OPTION_TEXT,
     .metavar = "S",
     .help = "run one round of each cell with exactly this seed: how a round is repeated"},
    {.name = "jobs",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "1",
     .min = 1,
     .max = MP_RUNNER_JOBS_MAX,
     .help = "rounds that run at the same time"},
    {.name = "capture",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHETHER",
     .fallback = "on",
     .choices = "on|off",
     .help = "trace the rounds, so that a crash has an address and a stack"},
    {.name = "recorder",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHETHER",
     .fallback = "on",
     .choices = "on|off",
     .help = "count and record the device calls of a round"},
    MP_ROW_DB,
    MP_ROW_JSON,
    MP_ROW_COLOR,
    MP_ROW_QUIET,
    MP_ROW_VERBOSE,
    MP_ROW_HELP,
    {0                                             },
};

static const char *const description[] = {
    "Runs rounds, records each in the database, and reports. A scenario is written "
    "name:param=value,param=value; a list such as threads=2|4|8 (quote it for the shell) spans a "
    "matrix. The words role, arm, rounds and timeout may be used like parameters, as in a section "
    "of a suite.",
    "Everything that was asked for is checked before the first round runs. The rounds of all cells "
    "are interleaved in an order drawn from the seed, so that cells can be compared. What a "
    "section says about its device, arm and timeout beats these options; --rounds beats the "
    "section.",
    "On a terminal a live line shows the state. Its rate is that of the subjects so far; controls "
    "stand apart; the limits of the record are those of the report. The first SIGINT (Ctrl-C) lets "
    "the running rounds end and reports, the second kills them, and they are recorded as lost.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress run --suite smoke",                                                              "run the smoke suite into ./mpstress.db"},
    {"mpstress run 'mm:threads=2|8,n=64' --arm none --arm encode_mutex --rounds 10",
     "two arms and two numbers of threads, interleaved"},
    {"mpstress run destroy_impl --device metal@model:defects=destroy_race,reader=U  # exits 1",
     "let the planted race of the model crash"},
    {"mpstress run mm --device null:fault=segv_null --round-seed 0x2a  # exits 1",
     "repeat one round of a device that crashes on request"},
    {0                                                                                        },
};

const struct mp_command mp_command_run = {
    .name = "run",
    .summary = "run scenarios or a suite, record every round, and report",
    .operands = "[SCENARIO[:PARAM=VALUE,...]]...",
    .operand_names = "scenarios",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
