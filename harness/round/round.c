/* Runs one round: device, pool, scenario, threads, verdict. Writes what happens into the
 * page as it happens, since the process may die at any line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/round.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/round/barrier.h"
#include "harness/round/child.h"
#include "harness/round/crew.h"
#include "harness/round/driver_figures.h"
#include "harness/round/fix_counts.h"
#include "harness/round/loaded.h"
#include "harness/round/method_owners.h"
#include "harness/round/perturb.h"
#include "harness/round/process.h"
#include "harness/wire/finder.h"
#include "harness/wire/outcome.h"
#include "harness/wire/program.h"

_Static_assert(MP_PERTURB_PLACES == MP_OP_POINTS, "a place for each point of an op");

struct round;

struct worker {
    struct mp_worker base;
    struct round *round;
    pthread_t thread;
    bool has_vanished; /* ended without returning from the scenario */
    bool is_refused;   /* the pool had no stream for it; `err` says why */
    uint32_t vanished_inside;
    enum mp_status status;
    struct mp_error err;
};

struct round {
    const struct mp_round_plan *plan;
    struct mp_round_page *page;
    struct mp_device **kept; /* as mp_round_run has it */
    struct mp_scenario_run run;
    struct mp_worker main;
    struct mp_barrier barrier;
    struct worker *worker;         /* [run.threads] */
    atomic_uint_fast64_t warm_ops; /* executed by the device and in no count */
    uint64_t image_changes;        /* when the module table was last written */
    struct mp_leave leave;         /* as the scenario asks for it */
    struct mp_driver_figures figures;
    struct mp_perturb perturb;
    struct mp_fix_counts fix;
    enum mp_page_result result;
    char message[MP_PAGE_TEXT_MAX];
};

static void set_phase(struct mp_round_page *page, enum mp_page_phase phase) {
    atomic_store_explicit(&page->phase, (uint32_t)phase, memory_order_release);
}

static void set_state(struct mp_worker *worker, enum mp_page_state state) {
    atomic_store_explicit(&worker->slot->state, (uint32_t)state, memory_order_release);
}

void mp_round_finish(struct mp_round_page *page, enum mp_page_result result,
                     const char *message) {
    snprintf(page->message, sizeof(page->message), "%s", message);
    atomic_store_explicit(&page->result, (uint32_t)result, memory_order_release);
    set_phase(page, MP_PHASE_DONE);
}

static void init_worker(struct round *round, struct mp_worker *worker, unsigned index) {
    const struct mp_round_spec *spec = round->plan->spec;

    worker->index = index;
    worker->seed = mp_rng_hash(spec->seed, index);
    worker->page = round->page;
    worker->slot = &round->page->thread[index];
    worker->is_recording = spec->recorder;
    worker->perturb = round->perturb.plan.kinds != 0 ? &round->perturb : NULL;
    worker->fix = &round->fix;
}

/* The value of a parameter that not every scenario has, or NULL. */
static const struct mp_option_value *find_param(const struct mp_round_plan *plan,
                                                const char *name) {
    for (size_t i = 0; i < plan->params.count; i++)
        if (strcmp(plan->params.rows[i].name, name) == 0)
            return &plan->params.value[i];
    return NULL;
}

static void plan_perturbation(const struct mp_round_plan *plan,
                              struct mp_perturb_plan *ret_plan) {
    const struct mp_option_value *perturb = find_param(plan, "perturb");

    mp_perturb_plan_make(perturb ? (unsigned)perturb->set : 0, plan->spec->seed,
                         mp_round_plan_threads(plan), plan->spec->timeout_ms, ret_plan);
}

/* The share of hostile syncs: of the scenario, or of the perturbation if that is more. */
static double find_hostile(const struct mp_round_plan *plan) {
    const struct mp_option_value *q = find_param(plan, "q");
    struct mp_perturb_plan perturb;

    plan_perturbation(plan, &perturb);
    bool is_more =
        q && (perturb.kinds >> MP_PERTURB_GATE & 1U) != 0 && perturb.hostile > q->real;
    return is_more ? perturb.hostile : q ? q->real : 0;
}

static struct mp_stream_policy make_policy(const struct mp_round_plan *plan) {
    const struct mp_option_value *streams = find_param(plan, "streams");
    const struct mp_option_value *share = find_param(plan, "share");
    const struct mp_option_value *sync = find_param(plan, "sync");
    const struct mp_option_value *rule = find_param(plan, "policy");
    const struct mp_option_value *patience = find_param(plan, "stream_wait");
    const struct mp_option_value *syncs = find_param(plan, "syncs");
    const struct mp_option_value *style = find_param(plan, "stream");
    const struct mp_option_value *hold = find_param(plan, "hold");
    const struct mp_option_value *window = find_param(plan, "window");

    return (struct mp_stream_policy){
        .streams = streams ? (unsigned)streams->integer : MP_STREAMS_MAX,
        .share =
            share && strcmp(share->text, "all") == 0 ? MP_SHARE_ALL : MP_SHARE_THREAD,
        .rule = rule ? (enum mp_lease_rule)rule->integer : MP_LEASE_ROUND_ROBIN,
        .patience_ns = patience ? (uint64_t)patience->integer : 0,
        .sync_all = syncs && strcmp(syncs->text, "all") == 0,
        .style = style ? (enum mp_stream_style)style->integer : MP_STYLE_SAFE,
        .op_holds = hold && strcmp(hold->text, "op") == 0,
        .window = window ? (enum mp_window_kind)window->integer : MP_WINDOW_NONE,
        .sync_off_queue = sync && strcmp(sync->text, "off_queue") == 0,
        .hostile = find_hostile(plan),
        .arm = plan->arm,
        .arm_number = plan->arm_number,
        .seed = plan->spec->seed,
        .wait_ns = plan->spec->timeout_ms * MP_CLOCK_NS_PER_MS,
    };
}

static void write_driver(struct round *round) {
    const struct mp_device_ops *ops = round->run.device->ops;
    struct mp_driver driver = {.name = ""};

    ops->info(round->run.device, &driver);
    snprintf(driver.name, sizeof(driver.name), "%s", ops->name);
    round->page->driver = driver;
}

/* Runs also when the thread is ended from within a driver call. */
static void worker_gone(void *data) {
    struct worker *worker = data;

    worker->vanished_inside =
        atomic_load_explicit(&worker->base.slot->inside, memory_order_relaxed);
    mp_recorder_abandon(&worker->base);
}

/* Neither counted nor recorded: what threads do before the barrier shows no overlap. */
static enum mp_status warm_up(struct worker *worker) {
    struct round *round = worker->round;
    struct mp_worker cold = worker->base;
    uint64_t ops = 0;
    enum mp_status status;

    cold.is_recording = false;
    cold.is_uncounted = true;
    cold.perturb = NULL;
    status = round->run.scenario->warm_up(&round->run, &cold, &ops, &worker->err);
    atomic_fetch_add(&round->warm_ops, ops);
    return status;
}

static void run_worker(struct worker *worker) {
    struct round *round = worker->round;
    struct mp_stream_pool *pool = round->run.pool;
    enum mp_status status;
    uint64_t not_yet = 0;

    status = mp_stream_arrive(&worker->base, pool, &worker->err);
    if (status == MP_OK && round->run.scenario->warm_up)
        status = warm_up(worker);
    set_state(&worker->base, MP_STATE_AT_BARRIER);
    if (!mp_barrier_wait(&round->barrier))
        return;
    atomic_compare_exchange_strong(&round->page->go_ns, &not_yet, mp_clock_now_ns());
    set_state(&worker->base, MP_STATE_RUNNING);
    if (status == MP_OK)
        status = mp_stream_begin(&worker->base, pool, &worker->err);
    worker->is_refused = status == MP_LIMIT || status == MP_TIMEOUT;
    if (status == MP_OK)
        status =
            round->run.scenario->thread_main(&round->run, &worker->base, &worker->err);
    if (!worker->is_refused)
        worker->status = status;
    mp_recorder_flush_times(&worker->base);
    mp_stream_leave(&worker->base, pool);
}

static void *worker_main(void *data) {
    struct worker *worker = data;
    struct mp_device *device = worker->round->run.device;
    char name[16];

    atomic_store_explicit(&worker->base.slot->tid, mp_process_thread_id(),
                          memory_order_relaxed);
    set_state(&worker->base, MP_STATE_STARTED);
    snprintf(name, sizeof(name), "mp-worker-%u", worker->base.index);
    mp_process_name_thread(name);
    if (mp_perturb_is_slow(&worker->round->perturb.plan, worker->round->plan->spec->seed,
                           worker->base.index, worker->round->run.threads))
        mp_process_lower_thread();

    pthread_cleanup_push(worker_gone, worker);
    worker->has_vanished = true;
    device->ops->thread_enter(device);
    run_worker(worker);
    device->ops->thread_leave(device);
    worker->has_vanished = false;
    pthread_cleanup_pop(1);
    set_state(&worker->base, MP_STATE_FINISHED);
    return NULL;
}

/* The main thread's part of the scenario, if it has one. */
static enum mp_status run_beside(struct round *round, struct mp_error *err) {
    const struct mp_scenario *scenario = round->run.scenario;
    if (!scenario->beside)
        return MP_OK;
    return scenario->beside(&round->run, &round->main, &round->leave, err);
}

/* Starts all workers, releases them and waits until they end, unless the scenario leaves
 * them at work. `ret_beside` is what the main thread's part came to. */
static enum mp_status run_threads(struct round *round, enum mp_status *ret_beside,
                                  struct mp_error *err) {
    unsigned threads = round->run.threads;
    unsigned started;
    enum mp_status status = MP_OK;

    round->worker = mp_memory_zeroed(threads, sizeof(*round->worker));
    mp_barrier_init(&round->barrier, threads);
    for (started = 0; started < threads; started++) {
        struct worker *worker = &round->worker[started];
        int error;

        worker->round = round;
        init_worker(round, &worker->base, started + 1);
        error = pthread_create(&worker->thread, NULL, worker_main, worker);
        if (error != 0) {
            status =
                mp_error_set_errno(err, MP_SYSTEM, error, "cannot start worker %u of %u",
                                   started + 1, threads);
            mp_barrier_break(&round->barrier);
            break;
        }
    }
    if (status == MP_OK)
        *ret_beside = run_beside(round, err);
    if (round->leave.is_leaving && !round->leave.joins)
        return MP_OK;
    for (unsigned i = 0; i < started; i++)
        pthread_join(round->worker[i].thread, NULL);
    if (status == MP_OK) /* else nothing ran */
        atomic_store(&round->page->end_ns, mp_clock_now_ns());
    mp_barrier_destroy(&round->barrier);
    return status;
}

/* Only the first call counts: the first finding explains the later ones. */
static void conclude(struct round *round, enum mp_page_result result, const char *fmt,
                     ...) MP_PRINTF(3, 4);

static void conclude(struct round *round, enum mp_page_result result, const char *fmt,
                     ...) {
    va_list args;

    if (round->result != MP_RESULT_NONE)
        return;
    round->result = result;
    va_start(args, fmt);
    vsnprintf(round->message, sizeof(round->message), fmt, args);
    va_end(args);
}

/* What a status other than MP_OK makes of a round. */
static enum mp_page_result result_of(enum mp_status status) {
    switch (status) {
    case MP_UNSUPPORTED:
        return MP_RESULT_SKIP;
    case MP_DEVICE:
        return MP_RESULT_GPU_ERROR;
    case MP_TIMEOUT:
        return MP_RESULT_HANG;
    default:
        return MP_RESULT_BROKEN;
    }
}

/* A worker's error: the device's if `of_device`, else the harness's own. */
static void conclude_from_errors(struct round *round, bool of_device) {
    for (unsigned i = 0; i < round->run.threads; i++) {
        const struct worker *worker = &round->worker[i];
        bool is_of_device = worker->status == MP_DEVICE || worker->status == MP_TIMEOUT;

        if (worker->status != MP_OK && is_of_device == of_device)
            conclude(round, of_device ? result_of(worker->status) : MP_RESULT_BROKEN,
                     "worker %u: %s", worker->base.index, worker->err.text);
    }
}

/* The first worker that a driver call ended, or NULL. */
static const struct worker *find_vanished(const struct round *round) {
    for (unsigned i = 0; i < round->run.threads; i++)
        if (round->worker[i].has_vanished)
            return &round->worker[i];
    return NULL;
}

/* Work that the pool refused is missing, and nobody is to blame but its policy. */
static void conclude_from_refusals(struct round *round) {
    const struct worker *first = NULL;
    unsigned count = 0;

    for (unsigned i = round->run.threads; i-- > 0;) {
        if (!round->worker[i].is_refused)
            continue;
        first = &round->worker[i];
        count++;
    }
    if (first)
        conclude(round, MP_RESULT_DROPPED, "%u of %u workers got no stream; first: %s",
                 count, round->run.threads, first->err.text);
}

/* The verdict of the page's counts, with the message of the first check that failed. */
static enum mp_outcome judge_counts(const struct round *round, struct mp_strbuf *detail) {
    struct mp_page_summary sum;

    /* A scenario may have added what it did beside the pool. */
    atomic_fetch_add(&round->page->ops_device,
                     mp_stream_pool_ops_executed(round->run.pool) -
                         atomic_load(&round->warm_ops));
    mp_round_page_summarise(round->page, round->page->size, &sum);
    return mp_outcome_from_counts(&sum, detail);
}

/* What a layer objects to is what its arm is to find. */
static void conclude_from_objections(struct round *round) {
    struct mp_device *device = round->run.device;
    char rules[MP_PAGE_TEXT_MAX - 64];

    if (device->ops->objections && device->ops->objections(device, rules, sizeof(rules)))
        conclude(round, MP_RESULT_GPU_ERROR, "the validation layer objects: %s", rules);
}

/* An arm is not tested where there is nothing that it governs. sync_on_queue is what a
 * scenario with sync=on_queue does anyway: the report says that it did nothing. */
static void conclude_if_idle(struct round *round) {
    const struct mp_arm *arm = round->plan->arm;
    uint64_t passes = atomic_load(&round->page->figure[MP_FIGURE_ARM_PASSES]);

    if (mp_arm_acts(arm) && !arm->sync_on_queue && passes == 0)
        conclude(round, MP_RESULT_SKIP,
                 "arm %s did nothing: %s makes no call that it governs", arm->name,
                 round->plan->scenario->name);
}

static void judge(struct round *round, enum mp_status verify_status,
                  const char *verify_text) {
    const struct worker *vanished = find_vanished(round);
    struct mp_strbuf detail;
    enum mp_outcome counted;

    mp_strbuf_init(&detail);
    counted = judge_counts(round, &detail);
    conclude_from_errors(round, false);
    conclude_from_objections(round);
    if (verify_status != MP_OK && verify_status != MP_DEVICE)
        conclude(round, MP_RESULT_BROKEN, "verify: %s", verify_text);
    if (counted == MP_OUTCOME_MISMATCH)
        conclude(round, MP_RESULT_MISMATCH, "%s", detail.text);
    conclude_from_errors(round, true);
    if (verify_status == MP_DEVICE)
        conclude(round, MP_RESULT_GPU_ERROR, "verify: %s", verify_text);
    if (vanished)
        conclude(round, MP_RESULT_DROPPED, "worker %u vanished inside %s",
                 vanished->base.index,
                 mp_page_op_name((enum mp_page_op)vanished->vanished_inside));
    conclude_from_refusals(round);
    if (counted == MP_OUTCOME_DROPPED)
        conclude(round, MP_RESULT_DROPPED, "%s", detail.text);
    if (counted == MP_OUTCOME_PASS)
        conclude_if_idle(round);
    /* Counts that do not balance have no result of their own: the supervisor sees them
     * too. */
    conclude(round, MP_RESULT_OK, "%s", "");
    mp_strbuf_release(&detail);
}

/* From a set-up scenario to a verdict. */
static void run_scenario(struct round *round) {
    const struct mp_scenario *scenario = round->run.scenario;
    struct mp_round_page *page = round->page;
    struct mp_error err = {""};
    enum mp_status status, beside = MP_OK;

    atomic_store(&page->ops_planned, scenario->ops_planned(&round->run));
    set_phase(page, MP_PHASE_RUN);
    struct mp_perturb_plan perturb;
    plan_perturbation(round->plan, &perturb);
    mp_perturb_begin(&round->perturb, &perturb);
    status = run_threads(round, &beside, &err);
    if (!round->leave.is_leaving)
        mp_perturb_end(&round->perturb);
    if (status != MP_OK) {
        conclude(round, MP_RESULT_BROKEN, "%s", err.text);
        return;
    }
    if (beside != MP_OK)
        conclude(round, result_of(beside), "%s", err.text);
    if (round->leave.is_leaving) {
        conclude_from_objections(round);
        conclude_if_idle(round);
        conclude(round, MP_RESULT_OK, "%s", "");
        return;
    }
    if (mp_stream_pool_was_polite(round->run.pool))
        atomic_store(&page->promised_overlap, 0);
    set_phase(page, MP_PHASE_VERIFY);
    if (scenario->verify)
        status = scenario->verify(&round->run, &round->main, &err);
    judge(round, status, err.text);
}

/* Whether `word` is one of `list`, separated by spaces. */
static bool has_word(const char *list, const char *word) {
    size_t len = strlen(word);

    for (const char *at = list; at && *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");

        if (size == len && memcmp(at, word, len) == 0)
            return true;
        at += size;
    }
    return false;
}

/* An arm that finds is there before main, or not at all; false if the round concluded. */
static bool finder_is_on(struct round *round) {
    const struct mp_finder *finder = mp_finder_find(round->plan->arm->name);
    const struct mp_device_ops *ops;
    struct mp_option_values settings;
    struct mp_error err;
    const char *missing;

    if (!finder)
        return true;
    missing = mp_finder_missing(finder);
    if (missing) {
        conclude(round, MP_RESULT_BROKEN,
                 "arm %s is not on: the round was started without %s in its environment",
                 finder->name, missing);
        return false;
    }
    if (mp_device_settings(round->plan->spec->device, &ops, &settings, &err) == MP_OK &&
        !has_word(ops->finders, finder->name)) {
        conclude(round, MP_RESULT_SKIP,
                 "arm %s finds nothing on device %s, which has no such check",
                 finder->name, ops->name);
        return false;
    }
    return true;
}

/* Command buffers that one thread submits while another records them are torn. They do
 * not reach a GPU on which other work may depend, unless somebody asked for it by name;
 * false if the round concluded. */
static bool may_misuse(struct round *round, const struct mp_stream_policy *policy) {
    const struct mp_device *device = round->run.device;
    bool is_shared = mp_stream_policy_is_shared(policy, round->run.threads);

    if (!policy->sync_off_queue || policy->hostile <= 0 ||
        !mp_arm_admits_hostile(policy->arm, policy->arm_number) || !is_shared ||
        round->run.threads < 2 || !device->ops->refuses_misuse ||
        !device->ops->refuses_misuse(device))
        return true;
    conclude(round, MP_RESULT_SKIP,
             "a synchronize would submit what another thread still records, and %.63s is "
             "no software driver: name it to allow that (--device %s:gpu=NAME)",
             round->page->driver.gpu, device->ops->name);
    return false;
}

/* The device that an earlier round of this process left open, or a newly opened one. */
static enum mp_status take_device(struct round *round, struct mp_error *err) {
    const struct mp_round_spec *spec = round->plan->spec;
    struct mp_scenario_run *run = &round->run;
    if (round->plan->scenario->brings_device)
        return mp_device_open_unloading(round->plan->device, spec->seed, &run->device,
                                        err);
    if (!round->kept || !*round->kept)
        return mp_device_open(round->plan->device, spec->seed, &run->device, err);
    run->device = *round->kept;
    run->device->seed = spec->seed;
    *round->kept = NULL;
    return MP_OK;
}

/* Puts device null in the place of the round's, for a scenario that brings its own. */
static enum mp_status clear_device(struct round *round, struct mp_error *err) {
    struct mp_scenario_run *run = &round->run;
    run->device->ops->thread_leave(run->device);
    mp_device_close(run->device);
    run->device = NULL;
    enum mp_status status = mp_device_open("null", run->seed, &run->device, err);
    if (status == MP_OK)
        run->device->ops->thread_enter(run->device);
    return status;
}

/* An arm of the environment is there before main, or not at all; false if the round
 * concluded. */
static bool variables_are_set(struct round *round) {
    const char *arm = round->plan->spec->arm;
    char missing[128];

    if (!mp_program_arm_has_variables(arm) ||
        mp_program_arm_is_set(arm, missing, sizeof(missing)))
        return true;
    conclude(round, MP_RESULT_BROKEN,
             "the arm is not on: the round was started without %s in its environment",
             missing);
    return false;
}

/* An arm that has nothing to change there is no test of it; false if the round
 * concluded. */
static bool arm_applies(struct round *round) {
    const struct mp_round_plan *plan = round->plan;

    if (!plan->arm_is_idle)
        return true;
    conclude(round, MP_RESULT_SKIP,
             "arm %s sets %s, and %s has no such parameter: it would change nothing",
             plan->arm->name, plan->arm->param, plan->scenario->name);
    return false;
}

/* The device is open: what an injected library does from now on, and what it has. */
static void watch_fix(struct round *round) {
    const char *fix = round->plan->spec->fix;

    mp_fix_counts_begin(&round->fix);
    if (fix[0] != '\0')
        mp_method_owners_record(round->run.device, fix, round->page);
}

static void leave_device(struct round *round) {
    struct mp_device *device = round->run.device;
    bool has_next = round->kept && round->page->turn < round->page->turns;
    device->ops->thread_leave(device);
    device->gpu_error = NULL;
    if (has_next && device->ops->stays_open && round->result == MP_RESULT_OK)
        *round->kept = device;
    else
        mp_device_close(device);
}

/* Opens what the scenario needs, runs it, and tears everything down. */
static void run_on_device(struct round *round) {
    const struct mp_round_plan *plan = round->plan;
    const struct mp_stream_policy policy = make_policy(plan);
    struct mp_scenario_run *run = &round->run;
    struct mp_error err = {""};
    enum mp_status status;

    if (!finder_is_on(round) || !variables_are_set(round) || !arm_applies(round))
        return;
    status = take_device(round, &err);
    if (status != MP_OK) {
        conclude(round, result_of(status), "%s", err.text);
        mp_loaded_record(round->page, &round->image_changes);
        return;
    }
    run->device->gpu_error = round->page->gpu_error;
    run->device->ops->thread_enter(run->device);
    write_driver(round);
    mp_driver_figures_begin(&round->figures, run->device, &round->main);
    mp_loaded_record(round->page, &round->image_changes);
    watch_fix(round);
    if (!may_misuse(round, &policy))
        goto close_device;
    if (plan->scenario->brings_device) {
        status = clear_device(round, &err);
        if (status != MP_OK) {
            conclude(round, result_of(status), "%s", err.text);
            return;
        }
    }
    set_phase(round->page, MP_PHASE_SET_UP);
    status = mp_stream_pool_create(&round->main, run->device, &policy, &run->pool, &err);
    if (status != MP_OK) {
        conclude(round, result_of(status), "%s", err.text);
        goto close_device;
    }
    status = plan->scenario->set_up(run, &round->main, &err);
    if (status != MP_OK) {
        conclude(round, result_of(status), "set-up of %s: %s", plan->scenario->name,
                 err.text);
        goto destroy_pool;
    }
    run_scenario(round);
    mp_fix_counts_note(&round->fix, round->page);
    /* What a vanished thread held stays locked, perhaps the loader's lock, and what a
     * wait gave up on is still running; the process ends without cleaning up. */
    if (round->leave.is_leaving || find_vanished(round) ||
        round->result == MP_RESULT_HANG)
        return;
    if (!plan->scenario->brings_device) /* which has its driver unloaded again */
        mp_loaded_record(round->page, &round->image_changes);
    set_phase(round->page, MP_PHASE_TEAR_DOWN);
    plan->scenario->tear_down(run, &round->main);
destroy_pool:
    mp_stream_pool_destroy(run->pool);
    mp_driver_figures_end(&round->figures, run->device, &round->main);
close_device:
    leave_device(round);
}

/* Neither device nor driver is loaded here. */
static void run_as_crew(struct round *round) {
    struct mp_crew_end end;

    mp_loaded_record(round->page, &round->image_changes);
    mp_crew_run(round->plan->spec, round->run.threads, round->plan->arm_number,
                &round->main, &end);
    conclude(round, end.result, "%s", end.message);
}

struct mp_leave mp_round_run(const struct mp_round_plan *plan, struct mp_round_page *page,
                             struct mp_device **kept) {
    const struct mp_scenario *scenario = plan->scenario;
    /* Workers that are left at work still need it. */
    struct round *round = mp_memory_zeroed(1, sizeof(*round));
    struct mp_leave leave;

    round->plan = plan;
    round->page = page;
    round->kept = kept;
    round->run =
        (struct mp_scenario_run){.scenario = scenario,
                                 .params = &plan->params,
                                 .device_text = plan->device,
                                 .threads = mp_round_plan_threads(plan),
                                 .arm_set_param = plan->arm->param && !plan->arm_is_idle,
                                 .seed = plan->spec->seed};
    mp_child_watch(page);
    if (round->run.threads + 1 > page->thread_slots) {
        conclude(round, MP_RESULT_BROKEN,
                 "%u threads do not fit into a page with room for %" PRIu32,
                 round->run.threads, page->thread_slots - 1);
    } else {
        init_worker(round, &round->main, 0);
        atomic_store(&round->main.slot->tid, mp_process_thread_id());
        set_state(&round->main, MP_STATE_RUNNING);
        /* Without the recorder the overlap is not measured, so none can be promised. */
        atomic_store(&page->promised_overlap, scenario->promises_overlap &&
                                                  round->run.threads > 1 &&
                                                  plan->spec->recorder);
        atomic_store(&page->arm_serialises,
                     mp_arm_serialises(plan->arm, plan->arm_number));
        set_phase(page, MP_PHASE_OPEN);
        if (plan->arm->spawns)
            run_as_crew(round);
        else
            run_on_device(round);
        set_state(&round->main, MP_STATE_FINISHED);
    }
    mp_child_unwatch();
    mp_round_finish(page, round->result, round->message);
    leave = round->leave;
    if (!leave.is_leaving) {
        free(round->worker);
        free(round);
    }
    return leave;
}
