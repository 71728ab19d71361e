/* Runs the campaign of a request: opens database and runner, runs, reports, and gives the
 * exit code. One per process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/campaign_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/text.h"
#include "harness/supervisor/campaign/plan_record.h"
#include "harness/supervisor/cli/gpu_lock.h"
#include "harness/supervisor/cli/interrupt.h"
#include "harness/supervisor/cli/notify.h"
#include "harness/supervisor/cli/program_section.h"
#include "harness/supervisor/cli/terminal.h"

#define REPORT_TICK_NS (100 * MP_CLOCK_NS_PER_MS)

static void say_absent_devices(const struct mp_campaign_job *job) {
    for (size_t i = 0; i < job->catalog.count; i++) {
        const struct mp_catalog_item *item = &job->catalog.item[i];
        size_t len = strlen(item->name);
        bool is_asked_for = false;
        for (size_t j = 0; j < job->plan.cell_count; j++) {
            const char *device = job->plan.cell[j].spec.device;
            is_asked_for = is_asked_for || (strncmp(device, item->name, len) == 0 &&
                                            (device[len] == '\0' || device[len] == ':'));
        }
        if (item->kind != MP_CATALOG_DEVICE || item->is_present || !is_asked_for)
            continue;
        if (item->is_broken) {
            mp_log(MP_LOG_WARN, "device '%s' %s; one round of each cell is run on it",
                   item->name, item->detail);
        } else {
            mp_log(MP_LOG_WARN,
                   "device '%s' is absent here: %s; its rounds will have no verdict",
                   item->name, item->detail);
        }
    }
}

static void say_left_out(const struct mp_plan *plan) {
    if (plan->left_out != NULL && plan->left_out[0] != '\0')
        mp_log(MP_LOG_INFO, "left out: %s", plan->left_out);
}

static void say_start(const struct mp_campaign_job *job) {
    if (job->resumed.campaign_id != 0)
        mp_log(MP_LOG_INFO, "campaign %" PRId64 " resumes after round %" PRIu64 ": %s",
               job->resumed.campaign_id, job->resumed.rounds, job->resumed.argv);
    uint64_t rounds =
        job->shares_rounds ? job->plan.cell[0].rounds : mp_plan_rounds(&job->plan);
    char planned[64] = "rounds until the time is up";
    if (rounds > 0)
        snprintf(planned, sizeof(planned), "%" PRIu64 " %s", rounds,
                 mp_plural(rounds, "round", "rounds"));
    mp_log(MP_LOG_INFO, "%zu %s, %s, seed 0x%" PRIx64 ", into %s", job->plan.cell_count,
           mp_plural(job->plan.cell_count, "cell", "cells"), planned, job->seed,
           mp_store_path(job->store));
}

/* Better reported now than after a night. */
static void say_reach(const struct mp_campaign_job *job) {
    struct mp_strbuf why;
    mp_strbuf_init(&why);
    if (!mp_until_is_reachable(&job->until, &why))
        mp_log(MP_LOG_WARN, "%s", why.text);
    mp_strbuf_release(&why);
}

static bool is_resumed(const struct mp_campaign_job *job) {
    return job->resumed.campaign_id != 0;
}

static unsigned jobs(const struct mp_campaign_job *job) {
    return is_resumed(job) ? job->resumed.jobs
                           : (unsigned)mp_args_integer(job->args, "jobs", 1);
}

static unsigned reuse(const struct mp_campaign_job *job) {
    return is_resumed(job) ? job->resumed.reuse
                           : (unsigned)mp_args_integer(job->args, "reuse", 1);
}

static bool captures(const struct mp_campaign_job *job) {
    return is_resumed(job) ? job->resumed.captures
                           : mp_args_integer(job->args, "capture", 0) == 0;
}

/* Which rounds keep their detail: the options, else as the plan says. */
static struct mp_retention find_retention(const struct mp_campaign_job *job) {
    struct mp_retention planned = job->plan.retention;
    if (is_resumed(job))
        return job->resumed.retention;
    return (struct mp_retention){
        .first = (unsigned)mp_args_integer(job->args, "keep-first", planned.first),
        .newest = (unsigned)mp_args_integer(job->args, "keep-newest", planned.newest)};
}

enum mp_status mp_campaign_job_open(struct mp_campaign_job *job, struct mp_error *err) {
    char note[512] = "";
    job->code = MP_CODE_USAGE;
    enum mp_status status =
        mp_output_check(job->args, mp_command_database(job->args), err);
    if (status != MP_OK)
        return status;
    job->code = MP_CODE_HARNESS;
    status =
        mp_gpu_lock_take(job->args, &job->plan, job->command_line.text, &job->lock, err);
    if (status == MP_OK)
        status = mp_campaign_job_open_store(job, err);
    if (status == MP_OK && job->has_claim)
        status =
            mp_until_take_earlier(&job->until, job->store, job->resumed.campaign_id, err);
    if (status == MP_OK) {
        char bed[MP_SOURCE_PATH_MAX];
        mp_runner_find_bed_program(job->program, bed, sizeof(bed));
        struct mp_runner_config config = {.round_program = job->program,
                                          .bed_program = bed,
                                          .jobs = jobs(job),
                                          .captures = captures(job)};
        status = mp_runner_open(&config, &job->runner, note, err);
    }
    if (status != MP_OK)
        return status;
    if (note[0] != '\0')
        mp_log(MP_LOG_WARN,
               "%s; the run continues, but its crashes and hangs will have no stacks",
               note);
    say_start(job);
    say_absent_devices(job);
    say_left_out(&job->plan);
    mp_program_section_say(&job->plan, captures(job));
    if (job->has_claim && !is_resumed(job))
        say_reach(job);
    return MP_OK;
}

static enum mp_colour_choice colour_choice(const struct mp_args *args) {
    return (enum mp_colour_choice)mp_option_get(&args->values, "color")->integer;
}

/* The system writes its reports of the last rounds a while later. */
static enum mp_status wait_for_reports(struct mp_campaign_job *job,
                                       struct mp_report_watch *reports,
                                       struct mp_error *err) {
    enum mp_status status = MP_OK;
    uint64_t now_ns = mp_clock_now_ns();
    if (*mp_interrupt_count() > 0 || !mp_report_watch_is_waiting(reports, now_ns))
        return MP_OK;
    mp_log(
        MP_LOG_INFO,
        "all rounds are done; waiting up to %.0f s for the system's reports of %" PRIu64
        " of them (Ctrl-C ends the wait)",
        (double)(reports->until_ns - now_ns) / MP_CLOCK_NS_PER_S, reports->awaited);
    while (status == MP_OK && *mp_interrupt_count() == 0 &&
           mp_report_watch_is_waiting(reports, mp_clock_now_ns())) {
        mp_clock_sleep_ns(REPORT_TICK_NS);
        status = mp_report_watch_poll(reports, job->store, mp_clock_now_ns(), err);
    }
    if (status == MP_OK && reports->awaited > 0)
        mp_log(MP_LOG_INFO,
               "no report appeared for %" PRIu64
               " of them; nothing of the rounds is lost "
               "by that (a system may drop reports if many are of one program or come in "
               "quick succession); 'mpstress import' takes one that comes later",
               reports->awaited);
    return status;
}

/* How the run ended. */
static void say_decision(const struct mp_campaign_job *job) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    const char *other_end = *mp_interrupt_count() > 0 ? "interrupted"
                            : mp_health_has_failed(job->health)
                                ? "the device remains unhealthy"
                                : "the budget is used up";
    mp_until_describe_end(&job->until, other_end, &line);
    mp_log(MP_LOG_INFO, "%s", line.text);
    mp_strbuf_release(&line);
}

/* The date of the evening on which a night began, so that midnight does not split it. */
static void name_night(char *buf, size_t size) {
    time_t evening = time(NULL) - 12 * 3600;
    struct tm date;
    if (localtime_r(&evening, &date) == NULL ||
        strftime(buf, size, "%Y-%m-%d", &date) == 0)
        buf[0] = '\0';
}

/* Of a fleet's run, from "FLEET/MACHINE". */
struct share {
    char fleet[MP_CAMPAIGN_JOB_FLEET_MAX];
    const char *machine;
};

static void name_share(const struct mp_args *args, struct share *ret_share) {
    const char *text = mp_args_text(args, "fleet");
    const char *slash = text != NULL ? strchr(text, '/') : NULL;
    size_t len = slash != NULL ? (size_t)(slash - text) : 0;
    *ret_share = (struct share){.machine = slash != NULL ? slash + 1 : ""};
    snprintf(ret_share->fleet, sizeof(ret_share->fleet), "%.*s", (int)len,
             text != NULL ? text : "");
}

/* As mp_campaign_config.is_decided. */
static bool is_first_failure(void *arg, const struct mp_ended *ended) {
    struct mp_campaign_job *job = arg;
    enum mp_role role = job->plan.cell[ended->cell_index].role;
    job->has_failed |= mp_outcome_class(ended->outcome) == MP_CLASS_FAILURE &&
                       (role == MP_ROLE_SUBJECT || role == MP_ROLE_FINDER);
    return job->has_failed;
}

/* The request: from the options, or from the resumed campaign. */
static void set_order(struct mp_campaign_job *job, struct mp_campaign_config *config) {
    config->plan = &job->plan;
    config->runner = job->runner;
    config->store = job->store;
    config->argv = job->command_line.text;
    config->command = job->command;
    config->jobs = jobs(job);
    config->reuse = reuse(job);
    config->captures = captures(job);
    config->retention = find_retention(job);
    config->seed = job->seed;
    config->has_round_seed = is_resumed(job) ? job->resumed.has_round_seed
                                             : mp_args_is_set(job->args, "round-seed");
    config->round_seed = job->round_seed;
    config->duration_ns = is_resumed(job) ? job->resumed.duration_ns
                          : job->duration_ns != NULL
                              ? *job->duration_ns
                              : (uint64_t)mp_args_integer(job->args, "duration", 0);
    config->resumed = is_resumed(job) ? &job->resumed : NULL;
}

enum mp_status mp_campaign_job_run(struct mp_campaign_job *job,
                                   struct mp_campaign_config *config,
                                   struct mp_campaign_result *ret_result,
                                   struct mp_error *err) {
    bool is_live = mp_terminal_is_live(STDERR_FILENO);
    struct mp_progress progress = {
        .file = stderr,
        .is_live = is_live,
        .is_quiet = mp_log_level() == MP_LOG_ERROR,
        .is_verbose = mp_log_level() == MP_LOG_DEBUG,
        .interrupts = mp_interrupt_count(),
        .describe = job->describe,
        .describe_arg = job->describe_arg,
        .style = {.use_colour = is_live && mp_terminal_wants_colour(
                                               STDERR_FILENO, colour_choice(job->args)),
                  .use_utf8 = mp_terminal_is_utf8()},
    };
    char night[16] = "";
    struct share share;
    if (mp_args_flag(job->args, "night"))
        name_night(night, sizeof(night));
    config->night = night;
    name_share(job->args, &share);
    config->fleet = share.fleet;
    config->machine = share.machine;
    set_order(job, config);
    config->interrupts = mp_interrupt_count();
    config->watch = mp_progress_watch;
    config->watch_arg = &progress;
    if (job->until_failure) {
        config->is_decided = is_first_failure;
        config->decide_arg = job;
    } else if (job->has_claim) {
        progress.until = &job->until;
        config->is_decided = mp_until_is_decided;
        config->decide_arg = &job->until;
    }
    enum mp_status status =
        is_resumed(job)
            ? MP_OK /* it has its plan */
            : mp_plan_record(
                  config, job->plan_kind != NULL ? job->plan_kind : job->command,
                  job->has_claim ? &job->claim : job->plan_claim, job->plan_counts, err);
    if (status == MP_USAGE)
        job->code = MP_CODE_USAGE;
    if (status != MP_OK)
        return status;
    struct mp_report_watch reports;
    mp_report_watch_init(&reports, mp_args_text(job->args, "reports"));
    config->reports = &reports;
    config->health = job->health;
    config->has_said_outside = &job->has_said_outside;
    mp_interrupt_install(job->runner);
    status = mp_campaign_run(config, ret_result, err);
    mp_progress_clear(&progress);
    if (status == MP_OK && job->has_claim)
        say_decision(job);
    if (status == MP_OK)
        status = wait_for_reports(job, &reports, err);
    mp_interrupt_remove();
    mp_report_watch_release(&reports);
    if (status != MP_OK && *mp_interrupt_count() > 1)
        job->code = MP_CODE_SIGNALLED + mp_interrupt_signal();
    if (status == MP_USAGE) { /* it was never started */
        job->code = MP_CODE_USAGE;
    } else if (status != MP_OK && !mp_store_is_lost(job->store)) {
        mp_error_prefix(err,
                        "the run stopped; %" PRIu64 " committed rounds are safe in '%s'",
                        ret_result->tally.done, mp_store_path(job->store));
    }
    return status;
}

static enum mp_status print_report(struct mp_campaign_job *job, int64_t campaign_id,
                                   struct mp_error *err) {
    enum mp_verdict verdict = MP_VERDICT_HARNESS;
    enum mp_format format = mp_format_find(job->args);
    struct mp_strbuf text;
    struct mp_output output;
    mp_strbuf_init(&text);
    enum mp_status status =
        mp_output_open(&output, job->args, mp_format_ending(format), err);
    bool is_here = output.file == stdout;
    enum mp_colour_choice colour = colour_choice(job->args);
    struct mp_report_options options = {
        .campaign_id = campaign_id,
        .command = job->command,
        .only_new =
            mp_args_is_set(job->args, "only-new") && mp_args_flag(job->args, "only-new"),
        .use_colour = colour == MP_COLOUR_ALWAYS ||
                      (is_here && mp_terminal_wants_colour(STDOUT_FILENO, colour)),
        .use_ascii = !mp_terminal_is_utf8(),
        .width = is_here ? mp_terminal_width(STDOUT_FILENO) : 0,
        .file = output.file,
    };
    if (status == MP_OK)
        status = mp_format_write(format, job->store, &options, &text, &verdict, err);
    status = mp_output_end(&output, status, &text, err);
    if (status == MP_OK)
        job->code = mp_verdict_code(verdict);
    mp_strbuf_release(&text);
    return status;
}

/* Says how to view and resume an interrupted run; nothing if it had ended anyway. */
static void say_way_on(const struct mp_campaign_job *job,
                       const struct mp_campaign_result *result, bool has_report) {
    const struct mp_tally *tally = &result->tally;
    bool is_resumable =
        strcmp(job->command, "run") == 0 || strcmp(job->command, "compare") == 0;
    struct mp_strbuf path;
    if (tally->planned > 0 && tally->done >= tally->planned)
        return;
    mp_strbuf_init(&path);
    mp_text_quote(&path, mp_store_path(job->store));
    if (!has_report)
        mp_log(MP_LOG_INFO, "'mpstress report --db %s' shows what there is", path.text);
    if (is_resumable)
        mp_log(MP_LOG_INFO, "'mpstress %s --resume --db %s' resumes it", job->command,
               path.text);
    mp_strbuf_release(&path);
}

enum mp_status mp_campaign_job_conclude(struct mp_campaign_job *job,
                                        const struct mp_campaign_result *result,
                                        struct mp_error *err) {
    bool was_hurried = *mp_interrupt_count() > 1;
    enum mp_status status = MP_OK;
    if (result->is_hopeless)
        mp_log(MP_LOG_WARN,
               "a device remains unhealthy: its canary, a known-good round, failed too "
               "many times in a row, so the run ended; restart the machine before the "
               "next run");
    if (result->rebuilt[0] != '\0')
        mp_log(MP_LOG_WARN,
               "%s; the run ended there, and no round of the other build counts: run it "
               "anew for that build, or bring the old one back and resume",
               result->rebuilt);
    struct mp_error why = {""}; /* there is no report */
    if (was_hurried) {
        mp_error_set(&why, MP_OK,
                     "stopped at once: %" PRIu64 " %s in '%s', %" PRIu64 " of them lost",
                     result->tally.done,
                     mp_plural(result->tally.done, "round is", "rounds are"),
                     mp_store_path(job->store), result->tally.outcome[MP_OUTCOME_LOST]);
        mp_log(MP_LOG_INFO, "%s", why.text);
    } else if (result->tally.done > 0) {
        status = print_report(job, result->campaign_id, err);
    } else {
        mp_error_set(&why, MP_OK, "no round ended, nothing was recorded");
        mp_log(MP_LOG_WARN, "%s", why.text);
        job->code = MP_VERDICT_NOTHING_RAN;
    }
    if (status == MP_OK && mp_interrupt_signal() == 0 && result->tally.done > 0)
        mp_notify_of_campaign(job->args, job->store, result->campaign_id);
    if (status == MP_OK && mp_interrupt_signal() != 0 && result->tally.done > 0)
        say_way_on(job, result, !was_hurried);
    if (status == MP_OK && mp_interrupt_signal() != 0)
        job->code = MP_CODE_SIGNALLED + mp_interrupt_signal();
    if (why.text[0] != '\0')
        mp_command_print_failure(job->args, job->code, why.text);
    return status;
}

int mp_campaign_job_end(struct mp_campaign_job *job, enum mp_status status,
                        const struct mp_error *err) {
    if (status != MP_OK)
        mp_command_fail(job->args, job->code, err);
    if (status != MP_OK && job->code == MP_CODE_HARNESS)
        mp_notify_of_failure(job->args, job->code, err->text);
    if (job->runner != NULL)
        mp_runner_close(job->runner);
    mp_saved_request_release(&job->resumed);
    mp_store_close(job->store);
    mp_host_lock_release(job->lock);
    mp_until_release(&job->until);
    mp_health_release(job->health);
    mp_plan_release(&job->plan);
    if (job->has_catalog)
        mp_catalog_release(&job->catalog);
    mp_suite_release(&job->suite);
    mp_strbuf_release(&job->command_line);
    mp_strbuf_release(&job->database);
    return job->code;
}
