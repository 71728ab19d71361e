/* mpstress repro: looks for a failure with a portfolio of perturbations, then measures
 * the best of them on fresh rounds against the plain loop. Two campaigns: the search, and
 * the fresh one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/base/words.h"
#include "harness/supervisor/campaign/hunt.h"
#include "harness/supervisor/cli/bundle.h"
#include "harness/supervisor/cli/campaign_job.h"
#include "harness/supervisor/cli/interrupt.h"
#include "harness/supervisor/cli/minimize.h"
#include "harness/supervisor/cli/notify.h"
#include "harness/supervisor/cli/output.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/report/hunt.h"
#include "results/report/json.h"

#define WAYS         "none|gate|delay|pair|freeze|priority|load"
#define WAYS_NO_GATE "none|delay|pair|freeze|priority|load"
#define FRESH_SEED                                                                       \
    UINT64_C(0xf4e54) /* so that the fresh rounds have seeds of their own */
#define CERTIFICATE_START "{\"minimized\":{\"format\":"
#define CERTIFICATE_WORDS "certificate"
#define SEARCH_TENTHS     6 /* of --duration */
#define FRESH_MAX         1000000

struct repro {
    struct mp_campaign_job job;
    const struct mp_args *shown; /* how to report: of this call, also when it resumes */
    struct mp_args saved;        /* of the interrupted call */
    struct mp_words words;       /* its command line */
    char **argv;                 /* that, without program and command */
    bool has_saved;
    struct mp_hunt hunt;
    uint64_t part_ns;
    int64_t search_id, fresh_id;
    bool is_measured;       /* an earlier call has completed the fresh part */
    struct mp_cell leading; /* the cell that the fresh part measures */
    bool has_leading, has_minimized, has_bundle;
    struct mp_minimize minimize;
    struct mp_bundle bundle;
    struct mp_error no_bundle; /* why there is none, though it was asked for */
};

static bool was_stopped(const struct repro *repro) {
    return *mp_interrupt_count() > 0 || mp_health_has_failed(repro->job.health);
}

/* The value of a scenario's parameter: as written, else its default. */
static const char *value_of(const struct mp_suite_section *section,
                            const struct mp_catalog_item *scenario, const char *name) {
    const struct mp_suite_key *key = mp_suite_key(section, name);
    for (const struct mp_option *row = scenario->rows; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return key != NULL ? key->value : row->fallback != NULL ? row->fallback : "";
    return "";
}

/* The hostile gate acts only where a synchronization may be beside its queue. */
static bool has_gate(const struct mp_suite_section *section,
                     const struct mp_catalog_item *scenario) {
    return value_of(section, scenario, "q")[0] != '\0' &&
           (strcmp(value_of(section, scenario, "sync"), "off_queue") == 0 ||
            strcmp(value_of(section, scenario, "stream"), "pytorch_2_9") == 0);
}

/* Whether the scenario has that parameter. */
static bool has_param(const struct mp_catalog_item *scenario, const char *name) {
    for (const struct mp_option *row = scenario->rows; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return true;
    return false;
}

/* Adds the ways to the section: those of the user behind the plain one, or all. */
static enum mp_status add_ways(struct mp_campaign_job *job, struct mp_error *err) {
    struct mp_suite_section *section = &job->suite.section[0];
    const struct mp_catalog_item *scenario =
        mp_catalog_find(&job->catalog, MP_CATALOG_SCENARIO, section->scenario, err);
    if (scenario == NULL)
        return mp_suite_error(section, section->line, MP_NOT_FOUND, err);
    if (!has_param(scenario, "perturb"))
        return mp_error_set(err, MP_USAGE,
                            "%s cannot be perturbed: repro stands at the calls that a "
                            "scenario makes to its device, and a program makes its own; "
                            "'mpstress run --until failure' runs it until it fails",
                            section->scenario);
    if (mp_suite_key(section, "perturb") != NULL)
        return mp_error_set(err, MP_USAGE,
                            "'%s': repro chooses the perturbation itself; leave out "
                            "perturb, or use 'mpstress run' for a certain one",
                            job->args->operand[0]);
    enum mp_status status = mp_suite_add_key(
        section, "perturb", has_gate(section, scenario) ? WAYS : WAYS_NO_GATE, err);
    /* Rounds that go where failures are, are no sample: they are in no rate. */
    if (status == MP_OK)
        status = mp_suite_add_key(section, "role", "finder", err);
    return status;
}

static enum mp_status make_plan(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    const struct mp_args *args = job->args;
    const char *device = mp_args_text(args, "device"), *arm = mp_args_text(args, "arm");
    bool has_time = mp_args_is_set(args, "duration");
    struct mp_plan_settings settings = {
        .device = &device,
        .device_count = device != NULL,
        .arm = &arm,
        .arm_count = arm != NULL,
        .fix = mp_args_text(args, "fix"),
        .has_rounds = true,
        .rounds = (uint64_t)mp_args_integer(args, "rounds",
                                            has_time ? MP_PLAN_ROUNDS_MAX : 200)};
    enum mp_status status = mp_campaign_job_make_plan(job, &settings, err);
    if (status == MP_OK && job->plan.cell_count > MP_HUNT_WAYS_MAX)
        status = mp_error_set(err, MP_USAGE, "'%s' spans several cells: repro takes one",
                              args->operand[0]);
    for (size_t i = 1; status == MP_OK && i < job->plan.cell_count; i++)
        if (mp_round_spec_param(&job->plan.cell[i].spec, "perturb") == NULL)
            status =
                mp_error_set(err, MP_USAGE, "'%s' spans several cells: repro takes one",
                             args->operand[0]);
    return status;
}

/* The plan of the search, in the place of whatever plan there is. */
static enum mp_status plan_ways(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    mp_plan_release(&job->plan);
    memset(&job->plan, 0, sizeof(job->plan));
    mp_health_release(job->health);
    job->health = NULL;
    mp_suite_release(&job->suite);
    mp_suite_init(&job->suite);
    job->code = MP_CODE_USAGE;
    enum mp_status status =
        mp_suite_add_scenario(&job->suite, job->args->operand[0], err);
    if (status == MP_OK)
        status = add_ways(job, err);
    if (status == MP_OK)
        status = make_plan(repro, err);
    return status;
}

/* Where --bundle writes: as this call says, else as the one that it resumes. */
static const char *bundle_folder(const struct repro *repro) {
    const char *folder = mp_args_text(repro->shown, "bundle");
    return folder != NULL ? folder : mp_args_text(repro->job.args, "bundle");
}

/* Beside the database, or where --certificate says. */
static void certificate_path(const struct repro *repro, const char *database,
                             struct mp_strbuf *path) {
    const char *named = mp_args_text(repro->job.args, "certificate");
    if (named != NULL)
        mp_strbuf_addstr(path, named);
    else
        mp_bundle_write_certificate_path(database, path);
}

/* A folder that cannot be used, and a file that is no certificate and would be written
 * over, are told before the hunt. */
static enum mp_status check_places(const struct repro *repro, struct mp_error *err) {
    const struct mp_campaign_job *job = &repro->job;
    const char *folder = bundle_folder(repro);
    enum mp_status status = folder != NULL ? mp_bundle_check(folder, err) : MP_OK;
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    certificate_path(repro,
                     job->store != NULL ? mp_store_path(job->store)
                                        : mp_command_database(job->args),
                     &path);
    if (status == MP_OK && mp_args_flag(job->args, "minimize"))
        status =
            mp_output_check_own(path.text, CERTIFICATE_START, CERTIFICATE_WORDS, err);
    mp_strbuf_release(&path);
    return status;
}

/* Checks the whole request. Runs no round, creates no file. */
static enum mp_status prepare(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    const struct mp_args *args = job->args;
    job->code = MP_CODE_USAGE;
    if (args->operand_count != 1)
        return mp_error_set(err, MP_USAGE,
                            "name one scenario, as in 'mpstress repro destroy_impl'; "
                            "'mpstress list' shows them, and a program of your own is "
                            "run until it fails by 'mpstress run --until failure -- "
                            "COMMAND'");
    bool needs_signature = mp_args_is_set(args, "signature") ||
                           mp_args_flag(args, "minimize") ||
                           mp_args_is_set(args, "bundle");
    if (needs_signature && mp_args_integer(args, "capture", 0) != 0)
        return mp_error_set(err, MP_USAGE,
                            "--signature, --minimize and --bundle need --capture on: "
                            "without it no crash has a signature");
    enum mp_status status = check_places(repro, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_seeds(job, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_catalog(job, err);
    return status == MP_OK ? plan_ways(repro, err) : status;
}

/* Reads the command line of the interrupted call, which has the options that count. */
static enum mp_status read_saved(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    enum mp_status status = mp_words_split(job->resumed.argv, &repro->words, err);
    size_t count = 0;
    repro->argv = mp_memory_zeroed(repro->words.count + 1, sizeof(*repro->argv));
    for (size_t i = 2; status == MP_OK && i < repro->words.count; i++)
        repro->argv[count++] = repro->words.word[i];
    repro->has_saved = status == MP_OK;
    if (status == MP_OK)
        status = mp_args_parse(mp_command_repro.options, repro->argv, &repro->saved, err);
    if (status != MP_OK)
        return status;
    job->args = &repro->saved;
    mp_strbuf_clear(&job->command_line);
    mp_strbuf_addstr(&job->command_line, job->resumed.argv);
    return MP_OK;
}

static enum mp_status prepare_resume(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    bool is_complete = false;
    int64_t id = 0;
    enum mp_status status = mp_campaign_job_prepare_resume(job, err);
    if (status == MP_OK)
        status = read_saved(repro, err);
    if (status == MP_OK)
        status = check_places(repro, err);
    if (status != MP_OK)
        return status;
    id = job->resumed.campaign_id;
    if (strcmp(job->resumed.kind, MP_HUNT_KIND_SEARCH) == 0) {
        repro->search_id = id;
        return MP_OK;
    }
    status = mp_hunt_find(job->store, id, MP_HUNT_KIND_SEARCH, NULL, &repro->search_id,
                          &is_complete, err);
    if (status == MP_OK)
        status = mp_hunt_find(job->store, id, MP_HUNT_KIND_FRESH, NULL, &repro->fresh_id,
                              &is_complete, err);
    repro->is_measured = is_complete;
    return status;
}

/* Takes up what the search has recorded. */
static enum mp_status restore_search(struct repro *repro, struct mp_error *err) {
    struct mp_hunt_report report;
    enum mp_status status = mp_hunt_load(repro->job.store, repro->search_id, 0,
                                         repro->hunt.wanted, &report, err);
    for (size_t i = 0; status == MP_OK && i < report.search.count; i++) {
        const struct mp_hunt_way *way = &report.search.way[i];
        const struct mp_portfolio_way recorded = {.rounds = way->rounds + way->no_verdict,
                                                  .failures = way->wanted,
                                                  .seconds = way->seconds};
        mp_hunt_restore(&repro->hunt, i, &recorded);
    }
    mp_hunt_release(&report);
    return status;
}

static void init_hunt(struct repro *repro) {
    const struct mp_campaign_job *job = &repro->job;
    mp_hunt_init(&repro->hunt, job->plan.cell_count, mp_args_text(job->args, "signature"),
                 job->seed, job->plan.cell[0].rounds);
}

static enum mp_status run_search(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    struct mp_campaign_result result = {0};
    struct mp_campaign_config config = {.choose = mp_hunt_choose,
                                        .is_decided = mp_hunt_is_decided,
                                        .is_wanted = mp_hunt_is_wanted,
                                        .decide_arg = &repro->hunt};
    enum mp_status status = MP_OK;
    init_hunt(repro);
    if (repro->search_id != 0)
        status = restore_search(repro, err);
    repro->part_ns =
        (uint64_t)mp_args_integer(job->args, "duration", 0) / 10 * SEARCH_TENTHS;
    job->duration_ns = &repro->part_ns;
    job->plan_kind = MP_HUNT_KIND_SEARCH;
    if (status == MP_OK)
        status = mp_campaign_job_run(job, &config, &result, err);
    if (result.campaign_id != 0)
        repro->search_id = result.campaign_id;
    return status;
}

/* The plan becomes the plain cell and the leader. */
static void keep_leader(struct repro *repro, size_t leader) {
    struct mp_plan *plan = &repro->job.plan;
    plan->cell[leader > 0 ? 1 : 0] = plan->cell[leader];
    plan->cell_count = leader > 0 ? 2 : 1;
    for (size_t i = 0; i < plan->cell_count; i++) {
        plan->cell[i].stratum = i;
        plan->cell[i].rounds = (uint64_t)mp_args_integer(repro->job.args, "fresh", 40);
    }
}

static enum mp_status run_fresh(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    struct mp_campaign_result result = {0};
    struct mp_campaign_config config = {0};
    uint64_t all_ns = (uint64_t)mp_args_integer(job->args, "duration", 0);
    double doubt = 1;
    enum mp_status status = MP_OK;
    if (repro->fresh_id == 0) {
        size_t leader = mp_portfolio_leader(repro->hunt.way, repro->hunt.ways, &doubt);
        keep_leader(repro, leader);
        job->seed = mp_rng_hash(job->seed, FRESH_SEED);
        mp_log(MP_LOG_INFO, "%s: %" PRIu64 " fresh rounds%s",
               job->plan.cell[job->plan.cell_count - 1].title, job->plan.cell[0].rounds,
               leader > 0 ? ", and as many of the plain loop between them" : "");
        mp_saved_request_release(&job->resumed);
        status = mp_campaign_job_renew_health(job, err);
    }
    repro->part_ns = all_ns - all_ns / 10 * SEARCH_TENTHS;
    job->duration_ns = &repro->part_ns;
    job->plan_kind = MP_HUNT_KIND_FRESH;
    job->shares_rounds = false;
    repro->leading = job->plan.cell[job->plan.cell_count - 1];
    repro->has_leading = true;
    if (status == MP_OK)
        status = mp_campaign_job_run(job, &config, &result, err);
    if (result.campaign_id != 0)
        repro->fresh_id = result.campaign_id;
    return status;
}

/* The fresh part was complete before: its cell is the leader of the search's rows. */
static enum mp_status restore_leading(struct repro *repro, struct mp_error *err) {
    double doubt = 1;
    enum mp_status status = plan_ways(repro, err);
    if (status != MP_OK)
        return status;
    init_hunt(repro);
    status = restore_search(repro, err);
    size_t leader = mp_portfolio_leader(repro->hunt.way, repro->hunt.ways, &doubt);
    repro->leading = repro->job.plan.cell[leader];
    repro->has_leading = status == MP_OK;
    return status;
}

static enum mp_status minimize(struct repro *repro, const struct mp_hunt_report *found,
                               struct mp_error *err) {
    const struct mp_hunt_part *part =
        found->fresh.key != NULL ? &found->fresh : &found->search;
    repro->minimize.key = part->key;
    repro->minimize.title = part->title;
    repro->minimize.seed =
        found->search.seed != NULL ? strtoull(found->search.seed, NULL, 16) : 0;
    repro->minimize.search_id = repro->search_id;
    repro->has_minimized = true;
    return mp_minimize_run(&repro->minimize, &repro->job, &repro->leading, err);
}

/* The certificate goes where certificate_path says. */
static enum mp_status write_certificate(const struct repro *repro, struct mp_error *err) {
    struct mp_strbuf path, text;
    mp_strbuf_init(&path);
    mp_strbuf_init(&text);
    certificate_path(repro, mp_store_path(repro->job.store), &path);
    struct json_object *document = mp_json_object();
    mp_minimize_json(&repro->minimize, document);
    mp_json_print(document, &text);
    enum mp_status status =
        mp_output_write_own(path.text, CERTIFICATE_START, CERTIFICATE_WORDS, &text, err);
    if (status == MP_OK)
        mp_log(MP_LOG_INFO, "the certificate of the minimized case is in %s", path.text);
    mp_strbuf_release(&path);
    mp_strbuf_release(&text);
    return status;
}

static void say_way_on(const struct repro *repro) {
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    mp_text_quote(&path, mp_store_path(repro->job.store));
    mp_log(MP_LOG_INFO, "'mpstress repro --resume --db %s' resumes it", path.text);
    mp_strbuf_release(&path);
}

static void add_bundle(const struct mp_bundle *bundle, struct mp_text *lines) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_add_escaped(&line, bundle->path.text, bundle->path.len, 0);
    mp_strbuf_addf(&line, ": %zu files, %s", bundle->facts.files,
                   bundle->facts.has_program
                       ? "with a stand-alone program"
                       : "without a stand-alone program: mpstress has none that shows "
                         "this crash");
    mp_line_add(lines, "package", MP_PLAIN, line.text);
    mp_line_add(lines, "", MP_PLAIN,
                "Names were taken out as far as they are known: read it before you send "
                "it.");
    mp_strbuf_release(&line);
}

static void print_text(const struct repro *repro, const struct mp_hunt_report *report,
                       struct mp_strbuf *text) {
    enum mp_colour_choice colour =
        (enum mp_colour_choice)mp_option_get(&repro->shown->values, "color")->integer;
    struct mp_hunt_look look = {.use_colour =
                                    mp_terminal_wants_colour(STDOUT_FILENO, colour),
                                .use_ascii = !mp_terminal_is_utf8(),
                                .width = mp_terminal_width(STDOUT_FILENO)};
    mp_hunt_text(report, &look, text);
    struct mp_text lines = {.buf = text,
                            .use_colour = look.use_colour,
                            .use_ascii = look.use_ascii,
                            .width = look.width == 0 ? 100 : look.width};
    if (repro->has_minimized)
        mp_minimize_text(&repro->minimize, &lines);
    if (repro->has_bundle)
        add_bundle(&repro->bundle, &lines);
    else if (repro->no_bundle.text[0] != '\0')
        mp_line_add(&lines, "package", MP_WARN, repro->no_bundle.text);
}

/* The most frequent one, which --minimize keeps, too. */
static int64_t signature_to_pack(const struct mp_hunt_report *found) {
    return found->fresh.key != NULL ? found->fresh.key_id : found->search.key_id;
}

/* Packs what was found, unless it is no crash: a package is about one. */
static enum mp_status make_bundle(struct repro *repro, const struct mp_hunt_report *found,
                                  struct mp_error *err) {
    const struct mp_package_options options = {
        .of = {.is_signature = true, .id = signature_to_pack(found)}};
    struct mp_error why = {""};
    enum mp_status status = MP_NOT_FOUND;
    if (options.of.id == 0)
        mp_error_set(&why, status, "no failure that was found has a signature");
    else
        status = mp_bundle_make(
            mp_store_path(repro->job.store), bundle_folder(repro),
            repro->has_minimized ? mp_args_text(repro->job.args, "certificate") : NULL,
            &options, &repro->bundle, &why);
    repro->has_bundle = status == MP_OK;
    if (status == MP_NOT_FOUND)
        mp_error_set(&repro->no_bundle, status, "none: %s", why.text);
    else if (status != MP_OK)
        *err = why;
    return status == MP_NOT_FOUND ? MP_OK : status;
}

/* What goes into files of its own. The hunt is told whether they can be written or not.
 */
static enum mp_status write_files(struct repro *repro, const struct mp_hunt_report *found,
                                  struct mp_error *err) {
    enum mp_status status = MP_OK;
    if (repro->has_minimized)
        status = write_certificate(repro, err);
    if (status == MP_OK && bundle_folder(repro) != NULL && found->code == 1 &&
        !was_stopped(repro))
        status = make_bundle(repro, found, err);
    return status;
}

static void print_json(struct repro *repro, const struct mp_hunt_report *report,
                       struct mp_strbuf *text) {
    struct json_object *document =
        mp_json_document("repro", report->verdict, repro->job.code);
    mp_hunt_json(report, document);
    if (repro->has_minimized)
        mp_minimize_json(&repro->minimize, document);
    else
        mp_json_add_null(document, "minimized");
    if (repro->has_bundle)
        mp_bundle_json(&repro->bundle, mp_json_add_object(document, "package"));
    else
        mp_json_add_null(document, "package");
    mp_json_print(document, text);
}

static void print(struct repro *repro, const struct mp_hunt_report *report) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    if (mp_args_flag(repro->shown, "json"))
        print_json(repro, report, &text);
    else
        print_text(repro, report, &text);
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
    if (was_stopped(repro))
        say_way_on(repro);
}

static enum mp_status conclude(struct repro *repro, struct mp_error *err) {
    struct mp_campaign_job *job = &repro->job;
    struct mp_hunt_report report;
    struct mp_error why;
    enum mp_status status =
        mp_hunt_load(job->store, repro->search_id, repro->fresh_id,
                     mp_args_text(job->args, "signature"), &report, err);
    if (status == MP_OK && mp_args_flag(job->args, "minimize") && repro->has_leading &&
        report.code == 1 && !was_stopped(repro))
        status = minimize(repro, &report, err);
    if (status == MP_OK) {
        bool is_written = write_files(repro, &report, &why) == MP_OK;
        if (!is_written) {
            mp_log(MP_LOG_ERROR, "%s", why.text);
            mp_notify_of_failure(job->args, MP_CODE_HARNESS, why.text);
        }
        job->code = mp_interrupt_signal() != 0 ? MP_CODE_SIGNALLED + mp_interrupt_signal()
                    : is_written               ? report.code
                                               : MP_CODE_HARNESS;
        print(repro, &report);
    }
    mp_hunt_release(&report);
    return status;
}

/* Whether the search found something to be measured. */
static bool has_found(const struct repro *repro) {
    for (size_t i = 0; i < repro->hunt.ways; i++)
        if (repro->hunt.way[i].failures > 0)
            return true;
    return false;
}

static int run(const struct mp_args *args, char *const *argv) {
    struct repro *repro = mp_memory_zeroed(1, sizeof(*repro));
    struct mp_campaign_job *job = &repro->job;
    struct mp_error err;
    mp_campaign_job_init(job, "repro", args, argv);
    mp_strbuf_init(&repro->bundle.path);
    repro->shown = args;
    job->shares_rounds = true;
    enum mp_status status =
        mp_args_flag(args, "resume") ? prepare_resume(repro, &err) : prepare(repro, &err);
    job->shares_rounds = repro->fresh_id == 0;
    if (status == MP_OK)
        status = mp_campaign_job_open(job, &err);
    if (status == MP_OK && repro->fresh_id == 0)
        status = run_search(repro, &err);
    bool goes_on = repro->fresh_id != 0 || (has_found(repro) && !was_stopped(repro));
    if (status == MP_OK && goes_on)
        status =
            repro->is_measured ? restore_leading(repro, &err) : run_fresh(repro, &err);
    if (status == MP_OK)
        status = conclude(repro, &err);
    int code = mp_campaign_job_end(job, status, &err);
    if (repro->has_saved) {
        mp_args_release(&repro->saved);
        mp_words_release(&repro->words);
    }
    free(repro->argv);
    mp_minimize_release(&repro->minimize);
    mp_strbuf_release(&repro->bundle.path);
    free(repro);
    return code;
}

static const struct mp_option options[] = {
    {.name = "signature",
     .type = MP_OPTION_TEXT,
     .metavar = "TEXT",
     .help = "look for failures of one bucket only: TEXT is part of its title or key, as "
             "'mpstress show' prints them; default: any failure"},
    {.name = "rounds",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 1,
     .max = MP_PLAN_ROUNDS_MAX,
     .help = "rounds of the search, over all perturbations; default: 200, or with "
             "--duration until its part of that is up"},
    {.name = "fresh",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "40",
     .min = 1,
     .max = FRESH_MAX,
     .help = "fresh rounds of the chosen perturbation, and as many of the plain loop"},
    {.name = "minimize",
     .type = MP_OPTION_FLAG,
     .help = "then make the case smaller, as long as it keeps failing under the same "
             "signature: threads, iterations, sizes, other counts, and perturbations"},
    {.name = "minimize-rounds",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "20000",
     .min = 1,
     .max = MP_PLAN_ROUNDS_MAX,
     .help = "no more rounds than this for --minimize, which then has the smallest case "
             "so far"},
    {.name = "certificate",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help = "where --minimize writes its certificate, JSON; default: beside the "
             "database, with .minimized.json behind its name"},
    {.name = "bundle",
     .type = MP_OPTION_TEXT,
     .metavar = "DIR",
     .help = "then write the archive of 'mpstress package' about the crash that was "
             "found, into this new or empty folder"},
    {.name = "duration",
     .type = MP_OPTION_DURATION,
     .metavar = "T",
     .help = "start no round after this time: six tenths of it are for the search; not "
             "for --minimize, which has rounds"},
    MP_ROW_TIMEOUT,
    MP_ROW_SILENCE,
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .help = "device with settings; default: a real device where one opens, else the "
             "software model"},
    {.name = "arm",
     .type = MP_OPTION_TEXT,
     .metavar = "ARM",
     .help = "mitigation that is on in every round; default: none"},
    {.name = "fix",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help = "the library that arm fix injects into every round"},
    MP_ROW_SEED,
    MP_ROW_RESUME,
    MP_ROW_JOBS,
    MP_ROW_CAPTURE,
    MP_ROW_RECORDER,
    MP_ROWS_OF_CAMPAIGNS,
    {0},
};

static const char *const description[] = {
    "Finds a failure of one scenario, and says how often it comes. The search is a campaign "
    "whose rounds are perturbed in several ways: not at all, by hostile "
    "synchronizations (where the scenario allows them), delays, a pair of calls brought "
    "together, a frozen thread, low priorities, and load. Each round goes to the way "
    "that promises most failures per second (Thompson sampling), one in ten to the plain "
    "loop whatever happens; once a leader has ten failures and is the fastest with a "
    "probability of 95 %, the search ends.",
    "Rates seen while choosing are too high by the choice, so the leader is then measured "
    "by a second campaign on fresh seeds, interleaved with the plain loop: share of "
    "failing rounds, time between failures, and how many times faster it fails "
    "(amplification), with exact 95 % limits.",
    "--minimize lowers one parameter after the other, first to its least value, then by "
    "halving, until no single step further keeps the failure. Each question is a campaign "
    "of its own, decided by a sequential test: a smaller case must keep half of the "
    "first one's rate (lower limit), under the same signature. The errors of all "
    "decisions add up to 5 % at most. Fresh seeds validate the result, and a certificate "
    "has every step.",
    "--bundle packs what was found for the vendor of the driver, as 'mpstress package' "
    "does: the crash with the most frequent signature, with the minimized case if there is "
    "one. A failure without stacks (wrong numbers, lost work) is not packed.",
    "All rounds are recorded, with their perturbation as a parameter and with role finder: "
    "they are in no night, no claim and no other rate. A round is repeated from its "
    "seed by the printed command. Exit 1: found; 3: not found; 4: no round could run.",
    NULL,
};

static const struct mp_example examples[] = {
    {"mpstress repro destroy_impl:q=0.01 --device "
     "metal@model:defects=destroy_race,reader=U --rounds 30 --fresh 6  # exits 1",
     "find the planted race of the model, and measure what amplifies it"},
    {"mpstress repro noop --device null:fault=segv_null,p=0.3 --rounds 20 --fresh 5 "
     "--signature SIGSEGV  # exits 1",
     "hunt one signature"},
    {"mpstress repro 'noop:threads=3,iters=2' --device null:fault=segv_null --rounds 8 "
     "--fresh 2 --minimize  # exits 1",
     "make the case small, too"},
    {"mpstress repro destroy_impl:threads=2 --device "
     "metal@model:defects=destroy_race,reader=U --rounds 8 --fresh 4 "
     "--bundle hunt-for-vendor  # exits 1",
     "pack what is found, for the vendor"},
    {"mpstress repro --resume  # exits 2", "resume the newest interrupted hunt"},
    {0},
};

const struct mp_command mp_command_repro = {
    .name = "repro",
    .summary = "find a failure, and measure how perturbing the rounds amplifies it",
    .operands = "[SCENARIO[:PARAM=VALUE,...]]",
    .operand_names = "scenarios",
    .description = description,
    .options = options,
    .examples = examples,
    .run = run,
};
