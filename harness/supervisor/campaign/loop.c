/* The main loop of a campaign. One thread; all waiting happens in the runner.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/canary.h"
#include "harness/supervisor/campaign/drivers.h"
#include "harness/supervisor/campaign/environment.h"
#include "harness/supervisor/campaign/host_state.h"
#include "harness/supervisor/campaign/judgement.h"
#include "harness/supervisor/campaign/machine.h"
#include "harness/supervisor/campaign/record.h"
#include "harness/supervisor/campaign/schedule.h"
#include "harness/supervisor/process/host.h"
#include "harness/wire/program.h"
#include "results/store/request.h"

#define TICK_NS       (100 * MP_CLOCK_NS_PER_MS)
#define HOST_LOOK_NS  MP_CLOCK_NS_PER_S
#define UNSTARTED_MAX 5
#define DRAIN_NS      (10 * MP_CLOCK_NS_PER_S) /* for killed rounds to be reaped */

/* A running round; its number is the runner's tag. */
struct flight {
    bool is_used;
    size_t cell;
    uint64_t position;
    struct mp_round_spec spec;
    double load;
    char host_state[MP_HOST_STATE_MAX];
};

/* A round that ended while the health of its device was unknown. */
struct held {
    struct flight flight;
    struct mp_round_end end;
};

struct campaign {
    const struct mp_campaign_config *config;
    struct mp_schedule schedule;
    struct flight flight[MP_RUNNER_JOBS_MAX];
    int64_t *cell_id; /* in the database */
    int64_t id;
    uint64_t begun;    /* rounds */
    uint64_t begun_ns; /* now, minus the time used before the interruption */
    bool has_driver;   /* the environment in the database names it */
    bool is_exhausted; /* no more rounds will be started */
    bool is_decided;   /* unless the rounds still running change it */
    bool was_killed;
    bool is_hopeless; /* a device stays unhealthy */
    struct mp_rebuild *rebuild;
    struct mp_drivers *drivers;
    char host_state[MP_HOST_STATE_MAX];
    uint64_t host_look_ns; /* when it is next read */
    struct held *held;     /* room for every job */
    size_t held_count;
    struct mp_waiting waiting; /* recorded, and not yet decided upon */
    unsigned unstarted;        /* rounds in a row whose program could not be started */
    struct mp_tally tally;
};

static void campaign_init(struct campaign *campaign,
                          const struct mp_campaign_config *config) {
    size_t count = config->plan->cell_count;
    uint64_t *rounds = mp_memory_zeroed(count + 1, sizeof(*rounds));
    for (size_t i = 0; i < count; i++)
        rounds[i] = config->plan->cell[i].rounds;
    memset(campaign, 0, sizeof(*campaign));
    campaign->config = config;
    campaign->cell_id = mp_memory_zeroed(count + 1, sizeof(*campaign->cell_id));
    campaign->held = mp_memory_zeroed(MP_RUNNER_JOBS_MAX, sizeof(*campaign->held));
    campaign->begun_ns =
        mp_clock_now_ns() - (config->resumed != NULL ? config->resumed->used_ns : 0);
    campaign->tally.planned = config->choose != NULL && count > 0
                                  ? config->plan->cell[0].rounds
                                  : mp_plan_rounds(config->plan);
    campaign->tally.duration_ns = config->duration_ns;
    campaign->tally.now = "";
    campaign->rebuild = mp_rebuild_make(config->plan);
    campaign->drivers = mp_drivers_make(count);
    mp_waiting_init(&campaign->waiting,
                    config->resumed != NULL ? config->resumed->rounds + 1 : 1);
    mp_schedule_init(&campaign->schedule, rounds, count, config->seed);
    for (size_t i = 0; i < count; i++)
        mp_schedule_stratify(&campaign->schedule, i, config->plan->cell[i].stratum);
    free(rounds);
}

static void campaign_release(struct campaign *campaign) {
    mp_schedule_release(&campaign->schedule);
    for (size_t i = 0; i < campaign->held_count; i++)
        mp_round_end_release(&campaign->held[i].end);
    free(campaign->held);
    mp_rebuild_release(campaign->rebuild);
    mp_drivers_release(campaign->drivers);
    mp_waiting_release(&campaign->waiting);
    free(campaign->cell_id);
}

/* By all its parts, without the time in between. */
static uint64_t used_ns(const struct campaign *campaign) {
    return mp_clock_now_ns() - campaign->begun_ns;
}

static void tell(struct campaign *campaign, const struct mp_campaign_event *event) {
    campaign->tally.elapsed_ns = used_ns(campaign);
    campaign->config->watch(campaign->config->watch_arg, &campaign->tally, event);
}

static bool may_start(struct campaign *campaign) {
    const struct mp_campaign_config *config = campaign->config;
    bool is_over = config->duration_ns > 0 && used_ns(campaign) >= config->duration_ns;
    if (*config->interrupts > 0 || is_over)
        campaign->is_exhausted = true;
    uint64_t after = 0;
    bool waits = mp_health_due(config->health, &after) != NULL;
    return !campaign->is_exhausted && !campaign->is_decided && !waits &&
           mp_runner_has_room(config->runner);
}

/* What changes by the minute is no part of the environment, and is kept here. */
static enum mp_status record_state(struct campaign *campaign, struct mp_error *err) {
    struct mp_campaign_state state[MP_MACHINE_ITEMS_MAX + 1];
    struct mp_machine machine;
    char load[32];
    size_t count = 0;
    snprintf(load, sizeof(load), "%.2f on %ld cores", mp_environment_load(),
             mp_environment_cores());
    state[count++] = (struct mp_campaign_state){.name = "load", .text = load};
    mp_machine_read_passing(&machine, "", mp_store_path(campaign->config->store));
    for (size_t i = 0; i < machine.count; i++)
        state[count++] = (struct mp_campaign_state){.name = machine.item[i].name,
                                                    .text = machine.item[i].words};
    return mp_store_campaign_state(campaign->config->store, campaign->id, state, count,
                                   err);
}

/* Everything is recorded before the first round; the driver is not known yet. */
static enum mp_status campaign_record(struct campaign *campaign, struct mp_error *err) {
    const struct mp_campaign_config *config = campaign->config;
    struct mp_environment env;
    mp_environment_read(&env, NULL);
    struct mp_request request = {.command = config->command,
                                 .has_round_seed = config->has_round_seed,
                                 .round_seed = config->round_seed,
                                 .duration_ns = config->duration_ns,
                                 .jobs = config->jobs,
                                 .reuse = config->reuse,
                                 .captures = config->captures,
                                 .retention = config->retention,
                                 .cell = config->plan->cell,
                                 .cell_count = config->plan->cell_count};
    struct mp_campaign_row row = {.argv = config->argv,
                                  .night = config->night,
                                  .fleet = config->fleet,
                                  .machine = config->machine,
                                  .left_out = config->plan->left_out,
                                  .version = MP_VERSION,
                                  .seed = config->seed,
                                  .plan_id = config->plan_id};
    enum mp_status status =
        mp_store_environment(config->store, &env, &row.environment_id, err);
    if (status == MP_OK)
        status = mp_store_request_begin(config->store, &row, &request, &campaign->id,
                                        campaign->cell_id, err);
    if (status == MP_OK)
        status = record_state(campaign, err);
    return status;
}

static void count(struct mp_tally *tally, enum mp_role role, enum mp_outcome outcome) {
    enum mp_outcome_class class = mp_outcome_class(outcome);
    tally->done++;
    tally->outcome[outcome]++;
    if (class == MP_CLASS_NO_VERDICT)
        return;
    if (role == MP_ROLE_SUBJECT) {
        tally->subject_counted++;
        tally->subject_failures += class == MP_CLASS_FAILURE;
    } else if (role != MP_ROLE_FINDER) {
        bool should_fail = role == MP_ROLE_POSITIVE;
        tally->control_counted++;
        tally->control_behaved += should_fail == (class == MP_CLASS_FAILURE);
    }
}

static void count_saved(void *arg, enum mp_role role, enum mp_outcome outcome,
                        uint64_t rounds) {
    struct campaign *campaign = arg;
    for (uint64_t i = 0; i < rounds && outcome != MP_OUTCOME_COUNT; i++)
        count(&campaign->tally, role, outcome);
}

/* Whether a cell is on the device whose driver the campaign is about: that of the first
 * subject, whichever round ends first. Nights would be of different builds by the luck of
 * their order if a control on another device could name the driver. */
static bool is_on_main_device(const struct mp_plan *plan, const struct mp_cell *cell) {
    const char *device = cell->spec.device;
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (plan->cell[i].role == MP_ROLE_SUBJECT) {
            device = plan->cell[i].spec.device;
            break;
        }
    }
    size_t len = strcspn(device, ":");
    return strcspn(cell->spec.device, ":") == len &&
           memcmp(cell->spec.device, device, len) == 0;
}

/* The drivers that the rounds before the interruption ran on: the rest must run on them
 * too, and the environment names them already. */
static enum mp_status recall_drivers(struct campaign *campaign, struct mp_error *err) {
    const struct mp_plan *plan = campaign->config->plan;
    struct mp_strbuf build;
    enum mp_status status = MP_OK;
    mp_strbuf_init(&build);
    for (size_t i = 0; i < plan->cell_count && status == MP_OK; i++) {
        mp_strbuf_clear(&build);
        status = mp_store_cell_driver(campaign->config->store, campaign->id,
                                      campaign->cell_id[i], &build, err);
        mp_drivers_recall(campaign->drivers, i, build.text);
        campaign->has_driver |= mp_drivers_is_known(campaign->drivers, i) &&
                                is_on_main_device(plan, &plan->cell[i]);
    }
    mp_strbuf_release(&build);
    return status;
}

/* Resumes an interrupted campaign where it stopped. A lost round is not repeated: the
 * first attempt is the result. */
static enum mp_status campaign_resume(struct campaign *campaign, struct mp_error *err) {
    const struct mp_campaign_config *config = campaign->config;
    const struct mp_saved_request *resumed = config->resumed;
    struct mp_environment env;
    int64_t environment_id = 0;
    size_t cell = 0;
    uint64_t index = 0;
    mp_environment_read(&env, NULL);
    enum mp_status status =
        mp_store_environment(config->store, &env, &environment_id, err);
    if (status == MP_OK)
        status = mp_store_campaign_outcomes(config->store, resumed->campaign_id,
                                            count_saved, campaign, err);
    if (status == MP_OK)
        status =
            mp_store_resume(config->store, resumed->campaign_id, environment_id, err);
    for (size_t i = 0; i < resumed->cell_count; i++)
        campaign->cell_id[i] = resumed->cell[i].id;
    for (size_t i = 0; config->choose != NULL && i < resumed->cell_count; i++) {
        const struct mp_saved_cell *saved = &resumed->cell[i];
        mp_schedule_skip(&campaign->schedule, i,
                         saved->passed + saved->failures + saved->hidden +
                             saved->skipped);
    }
    if (config->choose != NULL)
        campaign->begun = resumed->rounds;
    while (campaign->begun < resumed->rounds &&
           mp_schedule_next(&campaign->schedule, &cell, &index))
        campaign->begun++;
    campaign->id = status == MP_OK ? resumed->campaign_id : 0;
    if (status == MP_OK)
        status = recall_drivers(campaign, err);
    return status == MP_OK ? record_state(campaign, err) : status;
}

/* Takes the driver from the first round that saw it. */
static enum mp_status driver_record(struct campaign *campaign, const struct mp_cell *cell,
                                    const struct mp_driver *driver,
                                    struct mp_error *err) {
    struct mp_environment env;
    if (campaign->has_driver || driver->name[0] == '\0' ||
        !is_on_main_device(campaign->config->plan, cell))
        return MP_OK;
    mp_environment_read(&env, driver);
    campaign->has_driver = true;
    return mp_store_campaign_environment(campaign->config->store, campaign->id, &env,
                                         err);
}

/* Temperature and power change slowly, and reading them costs as much as a short
 * round. */
static void look_at_host(struct campaign *campaign) {
    uint64_t now_ns = mp_clock_now_ns();
    if (now_ns >= campaign->host_look_ns) {
        mp_host_state_read("", campaign->host_state);
        campaign->host_look_ns = now_ns + HOST_LOOK_NS;
    }
}

/* The next round: of the cell that is chosen, or in the order of the schedule. */
static bool next_round(struct campaign *campaign, size_t *ret_cell, uint64_t *ret_index) {
    const struct mp_campaign_config *config = campaign->config;
    if (config->choose == NULL)
        return mp_schedule_next(&campaign->schedule, ret_cell, ret_index);
    if (!config->choose(config->decide_arg, ret_cell))
        return false;
    *ret_index = mp_schedule_take(&campaign->schedule, *ret_cell);
    return true;
}

static enum mp_status start_next(struct campaign *campaign, struct mp_error *err) {
    const struct mp_campaign_config *config = campaign->config;
    size_t cell = 0;
    uint64_t index = 0;
    if (!next_round(campaign, &cell, &index)) {
        campaign->is_exhausted = true;
        return MP_OK;
    }
    if (mp_rebuild_look(campaign->rebuild, cell) ||
        mp_drivers_words(campaign->drivers)[0] != '\0') {
        campaign->is_exhausted = true; /* resuming begins with this round */
        return MP_OK;
    }
    size_t slot = 0;
    while (campaign->flight[slot].is_used)
        slot++; /* the runner has room, so one is free */
    struct flight *flight = &campaign->flight[slot];
    flight->is_used = true;
    flight->cell = cell;
    flight->position = ++campaign->begun;
    flight->load = mp_environment_load();
    look_at_host(campaign);
    memcpy(flight->host_state, campaign->host_state, sizeof(flight->host_state));
    flight->spec = config->plan->cell[cell].spec;
    flight->spec.seed =
        config->has_round_seed
            ? config->round_seed
            : mp_schedule_round_seed(config->seed, config->plan->cell[cell].seed_hash,
                                     index);
    if (mp_program_is_spec(&flight->spec) && flight->spec.number == 0)
        flight->spec.number = flight->position;
    flight->spec.turns = mp_program_is_spec(&flight->spec) ? 0 : config->reuse;
    campaign->tally.now = config->plan->cell[cell].title;
    struct mp_running_row row = {.campaign_id = campaign->id,
                                 .cell_id = campaign->cell_id[cell],
                                 .position = flight->position,
                                 .seed = flight->spec.seed,
                                 .started_wall_ns = mp_clock_wall_ns(),
                                 .used_ns = used_ns(campaign)};
    enum mp_status status = mp_store_round_begin(config->store, &row, err);
    return status != MP_OK ? status
                           : mp_runner_start(config->runner, &flight->spec, slot, err);
}

/* Says once that a library injected by no arm is in all rounds, including those of arm
 * none. */
static void say_outside(const struct campaign *campaign,
                        const struct mp_modules *modules) {
    bool *has_said = campaign->config->has_said_outside;

    for (size_t i = 0; i < modules->count && !*has_said; i++) {
        if (modules->module[i].role != MP_MODULE_OUTSIDE)
            continue;
        struct mp_strbuf path;
        mp_strbuf_init(&path);
        mp_strbuf_add_escaped(&path, modules->module[i].path,
                              strlen(modules->module[i].path), 0);
        mp_log(MP_LOG_WARN,
               "%s is injected into the rounds from outside: %s is set where mpstress "
               "was started; unset it unless that is what you want",
               path.text, mp_host_preload_variable());
        mp_strbuf_release(&path);
        *has_said = true;
    }
}

/* Passes the rounds whose turn it is to the decision. */
static void decide(struct campaign *campaign, const struct flight *flight,
                   const struct mp_campaign_event *event) {
    const struct mp_campaign_config *config = campaign->config;
    if (config->is_decided == NULL)
        return;
    struct mp_ended ended = {
        .cell_index = flight->cell,
        .seed = flight->spec.seed,
        .outcome = event->outcome,
        .wall_ns = event->wall_ns,
        .is_wanted = config->is_wanted != NULL
                         ? config->is_wanted(config->decide_arg, event)
                         : mp_outcome_class(event->outcome) == MP_CLASS_FAILURE};
    mp_waiting_add(&campaign->waiting, flight->position, &ended);
    while (mp_waiting_take(&campaign->waiting, &ended))
        campaign->is_decided = config->is_decided(config->decide_arg, &ended);
}

/* A program that is gone (while it is rebuilt, say) stays gone: one reason is enough. */
static enum mp_status count_unstarted(struct campaign *campaign,
                                      const struct mp_round_end *end,
                                      struct mp_error *err) {
    bool is_started = end->exit.kind != MP_EXIT_NOT_STARTED;
    campaign->unstarted = is_started ? 0 : campaign->unstarted + 1;
    if (campaign->unstarted < UNSTARTED_MAX)
        return MP_OK;
    return mp_error_set(err, MP_SYSTEM,
                        "the program of the rounds could not be started %u times in a "
                        "row (%.300s); build or install it, then resume",
                        campaign->unstarted, end->stderr_text);
}

static enum mp_status round_record(struct campaign *campaign, const struct flight *flight,
                                   const struct mp_round_end *end, struct mp_error *err) {
    const struct mp_cell *cell = &campaign->config->plan->cell[flight->cell];
    struct mp_judgement judgement;
    mp_judgement_make(end, cell->frames, &judgement);
    say_outside(campaign, &end->modules);
    bool is_on_other = mp_drivers_see(campaign->drivers, flight->cell, &end->page.driver);
    enum mp_status status =
        is_on_other ? MP_OK : driver_record(campaign, cell, &end->page.driver, err);
    if (status == MP_OK)
        status = mp_record_compare_with_last_hang(campaign->config->store,
                                                  campaign->cell_id[flight->cell], end,
                                                  &judgement, err);
    if (status != MP_OK)
        return status;
    mp_health_judge(campaign->config->health, flight->cell, campaign->tally.done + 1,
                    &judgement);
    mp_rebuild_judge(campaign->rebuild, flight->cell, &judgement);
    if (is_on_other)
        mp_judgement_withdraw(&judgement, mp_drivers_words(campaign->drivers));
    struct mp_round_row row = {.campaign_id = campaign->id,
                               .cell_id = campaign->cell_id[flight->cell],
                               .seq = campaign->tally.done + 1,
                               .position = flight->position,
                               .host_state = flight->host_state,
                               .load = flight->load,
                               .retention = &campaign->config->retention};
    status = mp_record_round(campaign->config->store, &row, &flight->spec, end,
                             &judgement, err);
    if (status == MP_OK)
        status = mp_store_check(campaign->config->store, err);
    if (status == MP_OK) {
        count(&campaign->tally, cell->role, judgement.outcome);
        struct mp_campaign_event event = {
            .cell = cell,
            .cell_index = flight->cell,
            .seq = row.seq,
            .seed = flight->spec.seed,
            .outcome = judgement.outcome,
            .detail = judgement.detail,
            .wall_ns = end->wall_ns,
            .signature = judgement.has_signature ? &judgement.signature : NULL};
        tell(campaign, &event);
        const struct mp_campaign_config *config = campaign->config;
        if (event.outcome == MP_OUTCOME_CRASH || event.outcome == MP_OUTCOME_ABORT)
            mp_report_watch_expect(config->reports, cell->spec.device, mp_clock_now_ns());
        decide(campaign, flight, &event);
        status = count_unstarted(campaign, end, err);
    }
    return status;
}

static enum mp_status wait_one(struct campaign *campaign, struct mp_error *err) {
    struct mp_round_end end;
    enum mp_status status = mp_runner_wait(campaign->config->runner, TICK_NS, &end, err);
    if (status == MP_TIMEOUT) {
        tell(campaign, NULL);
        return MP_OK;
    }
    if (status == MP_OK) {
        struct flight *flight = &campaign->flight[end.tag];
        flight->is_used = false;
        if (mp_health_is_suspect(campaign->config->health, flight->cell)) {
            campaign->held[campaign->held_count++] = (struct held){*flight, end};
            return MP_OK;
        }
        status = round_record(campaign, flight, &end, err);
        mp_round_end_release(&end);
    }
    return status;
}

/* Records the rounds that waited for a canary, except those that must wait for
 * another. */
static enum mp_status record_held(struct campaign *campaign, struct mp_error *err) {
    enum mp_status status = MP_OK;
    while (campaign->held_count > 0 && status == MP_OK) {
        struct held *held = &campaign->held[--campaign->held_count];
        status = round_record(campaign, &held->flight, &held->end, err);
        mp_round_end_release(&held->end);
    }
    return status;
}

/* Runs the canary that is due, and records its result. */
static enum mp_status check_health(struct campaign *campaign, struct mp_error *err) {
    const struct mp_campaign_config *config = campaign->config;
    struct mp_health_row row = {.campaign_id = campaign->id};
    struct mp_canary canary;
    const struct mp_round_spec *spec = mp_health_due(config->health, &row.after_seq);
    campaign->tally.now = "canary: is the device healthy?";
    tell(campaign, NULL);
    enum mp_status status =
        mp_canary_run(config->runner, spec, config->interrupts, &canary, err);
    if (status != MP_OK)
        return status;
    row.device = spec->device;
    row.started_wall_ns = canary.started_wall_ns;
    row.wall_ns = canary.wall_ns;
    row.outcome = canary.judgement.outcome;
    row.detail = canary.judgement.detail;
    status = mp_store_health(config->store, &row, err);
    mp_health_take(config->health, canary.judgement.outcome);
    campaign->is_hopeless = mp_health_has_failed(config->health);
    campaign->is_exhausted |= campaign->is_hopeless;
    if (status == MP_OK)
        status = record_held(campaign, err);
    return status;
}

/* After an internal failure: kills everything and records nothing more. */
static void drain(struct mp_runner *runner) {
    uint64_t deadline_ns = mp_clock_now_ns() + DRAIN_NS;
    mp_runner_stop(runner);
    while (mp_runner_running(runner) > 0 && mp_clock_now_ns() < deadline_ns) {
        struct mp_round_end end;
        struct mp_error ignored;
        if (mp_runner_wait(runner, TICK_NS, &end, &ignored) == MP_OK)
            mp_round_end_release(&end);
    }
}

static enum mp_status run_rounds(struct campaign *campaign, struct mp_error *err) {
    const struct mp_campaign_config *config = campaign->config;
    enum mp_status status = MP_OK;
    while (status == MP_OK) {
        while (status == MP_OK && may_start(campaign))
            status = start_next(campaign, err);
        if (*config->interrupts > 1 && !campaign->was_killed) {
            mp_runner_stop(config->runner);
            campaign->was_killed = true;
        }
        bool is_idle = mp_runner_running(config->runner) == 0;
        uint64_t after = 0;
        if (status == MP_OK && is_idle && mp_health_due(config->health, &after) == NULL)
            break;
        if (status == MP_OK)
            status = is_idle ? check_health(campaign, err) : wait_one(campaign, err);
        if (status == MP_OK)
            status = mp_report_watch_poll(config->reports, config->store,
                                          mp_clock_now_ns(), err);
    }
    return status;
}

enum mp_status mp_campaign_run(const struct mp_campaign_config *config,
                               struct mp_campaign_result *ret_result,
                               struct mp_error *err) {
    /* Hundreds of kilobytes: more than a small stack (ulimit -s 256) has. */
    struct campaign *campaign = mp_memory_zeroed(1, sizeof(*campaign));
    campaign_init(campaign, config);
    enum mp_status status = config->resumed != NULL ? campaign_resume(campaign, err)
                                                    : campaign_record(campaign, err);
    if (status == MP_OK)
        status = run_rounds(campaign, err);
    if (status != MP_OK)
        drain(config->runner);
    const char *rebuilt = mp_rebuild_words(campaign->rebuild);
    if (rebuilt[0] == '\0')
        rebuilt = mp_drivers_words(campaign->drivers);
    bool is_cut = *config->interrupts > 0 || campaign->is_hopeless || rebuilt[0] != '\0';
    if (status == MP_OK)
        status = mp_store_campaign_end(config->store, campaign->id,
                                       is_cut ? "interrupted" : "complete",
                                       used_ns(campaign), err);
    if (status == MP_OK)
        status = mp_store_verify(config->store, campaign->id, campaign->tally.done, err);
    campaign->tally.elapsed_ns = used_ns(campaign);
    *ret_result = (struct mp_campaign_result){.campaign_id = campaign->id,
                                              .is_hopeless = campaign->is_hopeless,
                                              .tally = campaign->tally};
    snprintf(ret_result->rebuilt, sizeof(ret_result->rebuilt), "%s", rebuilt);
    campaign_release(campaign);
    free(campaign);
    return status;
}
