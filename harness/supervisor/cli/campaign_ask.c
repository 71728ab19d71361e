/* The request of a campaign: from its options, or from the interrupted campaign that it
 * resumes, to a checked plan.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/text.h"
#include "harness/supervisor/campaign/plan_make.h"
#include "harness/supervisor/campaign/restore.h"
#include "harness/supervisor/cli/campaign_job.h"
#include "harness/supervisor/cli/idle_arms.h"
#include "harness/supervisor/cli/interrupt.h"
#include "harness/supervisor/cli/program_section.h"
#include "harness/supervisor/cli/seed.h"
#include "harness/wire/device_name.h"

void mp_campaign_job_init(struct mp_campaign_job *job, const char *command,
                          const struct mp_args *args, char *const *argv) {
    memset(job, 0, sizeof(*job));
    job->args = args;
    job->command = command;
    job->code = MP_CODE_USAGE;
    mp_suite_init(&job->suite);
    mp_strbuf_init(&job->command_line);
    mp_strbuf_init(&job->database);
    for (size_t i = 0; argv[i] != NULL; i++) {
        mp_strbuf_addstr(&job->command_line, i > 0 ? " " : "");
        mp_text_quote(&job->command_line, argv[i]);
    }
}

enum mp_status mp_campaign_job_read_seeds(struct mp_campaign_job *job,
                                          struct mp_error *err) {
    job->code = MP_CODE_USAGE;
    job->seed = mp_seed_draw();
    enum mp_status status = mp_seed_read(job->args, "seed", &job->seed, err);
    if (status == MP_OK)
        status = mp_seed_read(job->args, "round-seed", &job->round_seed, err);
    return status;
}

enum mp_status mp_campaign_job_read_catalog(struct mp_campaign_job *job,
                                            struct mp_error *err) {
    job->code = MP_CODE_HARNESS;
    enum mp_status status = mp_source_read(job->program, &job->catalog, err);
    job->has_catalog = status == MP_OK;
    return status;
}

enum mp_status mp_campaign_job_read_suite(struct mp_campaign_job *job,
                                          struct mp_error *err) {
    const char *name = mp_args_text(job->args, "suite");
    char path[MP_SOURCE_PATH_MAX];
    job->code = MP_CODE_USAGE;
    if (name == NULL)
        return MP_OK;
    enum mp_status status = mp_suite_find(name, path, sizeof(path), err);
    if (status == MP_OK)
        status = mp_suite_read(&job->suite, path, err);
    return status;
}

static enum mp_status make_health(struct mp_campaign_job *job, struct mp_error *err) {
    enum mp_health_mode mode =
        (enum mp_health_mode)mp_args_integer(job->args, "canary", MP_HEALTH_AUTO);
    unsigned limit =
        (unsigned)mp_args_integer(job->args, "canary-limit", MP_HEALTH_LIMIT_DEFAULT);
    return mp_health_make(&job->plan, &job->catalog, mode, limit, &job->health, err);
}

enum mp_status mp_campaign_job_renew_health(struct mp_campaign_job *job,
                                            struct mp_error *err) {
    mp_health_release(job->health);
    job->health = NULL;
    return make_health(job, err);
}

/* A missing folder would be waited for in vain at the end of the run. */
static enum mp_status check_reports(const struct mp_args *args, struct mp_error *err) {
    const char *folder = mp_args_text(args, "reports");
    struct stat info;
    if (folder == NULL || strcmp(folder, "off") == 0 ||
        (stat(folder, &info) == 0 && S_ISDIR(info.st_mode)))
        return MP_OK;
    return mp_error_set(
        err, MP_USAGE,
        "command line: --reports '%s' is not a directory; name the one where the system "
        "writes its crash reports, or off",
        folder);
}

/* What runs on the GPU of a virtual machine says nothing about the driver that a claim is
 * made of: Apple's is not in the guest. */
static enum mp_status refuse_virtual_claims(const struct mp_campaign_job *job,
                                            struct mp_error *err) {
    char name[MP_SPEC_NAME_MAX];
    const char *settings;
    for (size_t i = 0; i < job->plan.cell_count; i++) {
        const struct mp_cell *cell = &job->plan.cell[i];
        if (cell->role != MP_ROLE_SUBJECT ||
            mp_device_name_split(cell->spec.device, name, &settings, err) != MP_OK)
            continue;
        const struct mp_catalog_item *item =
            mp_catalog_find(&job->catalog, MP_CATALOG_DEVICE, name, err);
        if (item != NULL && item->is_virtual)
            return mp_error_set(
                err, MP_USAGE,
                "device '%s' is virtual (%s): no claim about a driver can "
                "be shown on it; use a machine's own GPU, or run it "
                "without a claim",
                name, item->detail);
    }
    return MP_OK;
}

/* A claim is about subjects; an arm that finds and a control are none. */
static enum mp_status check_subjects(const struct mp_campaign_job *job,
                                     struct mp_error *err) {
    for (size_t i = 0; i < job->plan.cell_count; i++)
        if (job->plan.cell[i].role == MP_ROLE_SUBJECT)
            return MP_OK;
    return mp_error_set(err, MP_USAGE,
                        "--until: a claim is about subjects, and there is none: controls "
                        "and arms that find (such as metal_validation) are in no rate");
}

/* A device that could not be asked is nothing that the user got wrong. */
static int failure_code(const struct mp_campaign_job *job) {
    bool is_unasked = false;
    for (size_t i = 0; i < job->catalog.count; i++)
        is_unasked |= job->catalog.item[i].is_unasked;
    return is_unasked ? MP_CODE_HARNESS : MP_CODE_USAGE;
}

enum mp_status mp_campaign_job_make_plan(struct mp_campaign_job *job,
                                         struct mp_plan_settings *settings,
                                         struct mp_error *err) {
    const struct mp_args *args = job->args;
    job->code = MP_CODE_USAGE;
    settings->has_duration = mp_args_is_set(args, "duration");
    settings->timeout_ns = (uint64_t)mp_args_integer(args, "timeout", 0);
    if (mp_args_is_set(args, "silence"))
        settings->silence_ns = (uint64_t)mp_option_get(&args->values, "silence")->integer;
    settings->recorder = mp_args_integer(args, "recorder", 0) == 0;
    settings->fix = mp_args_text(args, "fix");
    enum mp_status status = check_reports(args, err);
    if (status == MP_OK)
        status = mp_plan_make(&job->suite, settings, &job->catalog, &job->plan, err);
    if (status != MP_OK)
        job->code = failure_code(job);
    if (status == MP_OK)
        status = mp_idle_arms_check(&job->plan, &job->catalog, err);
    if (status == MP_OK)
        status = mp_program_section_check(&job->plan,
                                          mp_args_integer(args, "capture", 0) == 0, err);
    if (status == MP_OK && job->has_claim)
        status = check_subjects(job, err);
    if (status == MP_OK && (job->has_claim || job->plan_claim != NULL))
        status = refuse_virtual_claims(job, err);
    if (status == MP_OK && mp_plan_rounds(&job->plan) == 0 && !settings->has_duration &&
        !job->until_failure)
        status =
            mp_error_set(err, MP_USAGE, "rounds = 0 never ends: give --duration as well");
    if (status == MP_OK && job->has_claim)
        mp_until_init(&job->until, &job->plan, &job->claim);
    if (status == MP_OK)
        status = make_health(job, err);
    return status;
}

/* Reports campaigns that were killed, and what became of their rounds in flight. */
static enum mp_status recover(struct mp_campaign_job *job, struct mp_error *err) {
    struct mp_lost_campaign lost = {0};
    enum mp_status status = MP_OK;
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    mp_text_quote(&path, mp_store_path(job->store));
    do {
        status = mp_store_recover(job->store, &lost, err);
        if (status == MP_OK && lost.campaign_id != 0)
            mp_log(MP_LOG_WARN,
                   "campaign %" PRId64 " was killed: %" PRIu64
                   " %s in flight recorded as lost; 'mpstress run --resume %" PRId64
                   " --db %s' resumes it",
                   lost.campaign_id, lost.rounds,
                   mp_plural(lost.rounds, "round", "rounds"), lost.campaign_id,
                   path.text);
    } while (status == MP_OK && lost.campaign_id != 0);
    mp_strbuf_release(&path);
    return status;
}

enum mp_status mp_campaign_job_open_store(struct mp_campaign_job *job,
                                          struct mp_error *err) {
    job->code = MP_CODE_HARNESS;
    if (job->store != NULL)
        return MP_OK;
    const char *path =
        job->database.len > 0 ? job->database.text : mp_command_database(job->args);
    struct mp_store_patience patience = {.limit_ns = mp_command_db_wait_ns(job->args),
                                         .interrupts = mp_interrupt_count()};
    enum mp_status status =
        mp_store_open_patiently(path, MP_STORE_WRITE, &patience, &job->store, err);
    if (status == MP_OK)
        status = recover(job, err);
    return status;
}

enum mp_status mp_campaign_job_resume(struct mp_campaign_job *job, const char *campaign,
                                      struct mp_error *err) {
    const char *path = mp_command_database(job->args);
    int64_t id = 0;
    job->code = MP_CODE_USAGE;
    if (access(path, F_OK) != 0)
        return mp_error_set(err, MP_NOT_FOUND,
                            "there is no database at %s, so there is nothing to resume",
                            path);
    enum mp_status status = mp_campaign_job_read_catalog(job, err);
    if (status == MP_OK)
        status = mp_campaign_job_open_store(job, err);
    if (status != MP_OK)
        return status;
    job->code = MP_CODE_USAGE;
    if (campaign != NULL)
        status = mp_store_campaign_find(job->store, campaign, &id, err);
    if (status == MP_OK)
        status = mp_store_request_load(job->store, id, job->command, &job->resumed, err);
    if (status == MP_OK)
        status = mp_plan_restore(&job->resumed, &job->catalog, &job->plan, err);
    if (status == MP_OK && job->resumed.claim[0] != '\0')
        status = refuse_virtual_claims(job, err);
    bool is_share =
        status == MP_OK && strcmp(job->resumed.kind, MP_CAMPAIGN_JOB_FLEET) == 0;
    if (status == MP_OK && job->plan_kind == NULL && !is_share &&
        job->resumed.claim[0] != '\0') {
        status = mp_claim_parse(job->resumed.claim, &job->claim, err);
        job->has_claim = status == MP_OK;
    }
    if (status == MP_OK)
        job->until_failure =
            strcmp(job->resumed.kind, MP_CAMPAIGN_JOB_UNTIL_FAILURE) == 0;
    if (job->has_claim) {
        mp_until_init(&job->until, &job->plan, &job->claim);
        mp_until_restore(&job->until, &job->resumed);
    }
    if (status == MP_OK)
        status = make_health(job, err);
    job->seed = job->resumed.seed;
    job->round_seed = job->resumed.round_seed;
    return status;
}

enum mp_status mp_campaign_job_prepare_resume(struct mp_campaign_job *job,
                                              struct mp_error *err) {
    static const char *const allowed[] = {
        "resume", "db",           "json", "color",    "quiet",  "verbose", "reports",
        "canary", "canary-limit", "lock", "only-new", "notify", NULL};
    const struct mp_args *args = job->args;
    for (size_t i = 0; i < args->given_count; i++) {
        size_t word = 0;
        while (allowed[word] != NULL &&
               strcmp(args->given[i].row->name, allowed[word]) != 0)
            word++;
        if (allowed[word] == NULL)
            return mp_error_set(
                err, MP_USAGE,
                "--resume uses the options of the interrupted campaign: leave out --%s",
                args->given[i].row->name);
    }
    if (args->operand_count > 1)
        return mp_error_set(
            err, MP_USAGE,
            "--resume takes one campaign, by its number or uuid, not '%s' as well",
            args->operand[1]);
    return mp_campaign_job_resume(job, args->operand_count == 1 ? args->operand[0] : NULL,
                                  err);
}
