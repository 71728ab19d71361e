/* Turns questions of the search into campaigns, and their rounds into answers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/minimize.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/supervisor/cli/interrupt.h"
#include "harness/wire/wanted.h"
#include "results/report/hunt.h"

#define STEP_SEED      UINT64_C(0x3417a1) /* so that each step has seeds of its own */
#define ROUNDS_DEFAULT 20000              /* as the option says */
#define ATTEMPTS_MAX   1000               /* interrupted campaigns of one step */
#define NO_VERDICT_MAX 20 /* rounds without a verdict, and none with: no case */

static const struct mp_option *find_row(const struct mp_catalog_item *scenario,
                                        const char *name) {
    for (const struct mp_option *row = scenario->rows; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* The value of `text` under `row`: a number, the index of a word, bits of words. */
static int64_t read_value(const struct mp_option *row, const char *text) {
    struct mp_option rows[2] = {*row, {.name = NULL}};
    struct mp_option_values *values = mp_memory_zeroed(1, sizeof(*values));
    struct mp_error ignored;
    rows[0].fallback = NULL;
    mp_option_values_init(values, rows);
    mp_option_set(values, row->name, text, &ignored);
    int64_t value = row->type == MP_OPTION_SET ? (int64_t)values->value[0].set
                                               : values->value[0].integer;
    free(values);
    return value;
}

/* The words of `choices` at these bits. */
static void write_words(const char *choices, uint64_t bits, struct mp_strbuf *buf) {
    size_t start = buf->len;
    for (unsigned bit = 0; *choices != '\0'; bit++) {
        size_t len = strcspn(choices, "|");
        if ((bits >> bit & 1U) != 0) {
            mp_strbuf_addstr(buf, buf->len > start ? "+" : "");
            mp_strbuf_add(buf, choices, len);
        }
        choices += len + (choices[len] == '|');
    }
}

static void write_value(const struct mp_option *row, int64_t value,
                        struct mp_strbuf *buf) {
    if (row->type == MP_OPTION_INT)
        mp_strbuf_addf(buf, "%" PRId64, value);
    else if (row->type == MP_OPTION_CHOICE)
        write_words(row->choices, UINT64_C(1) << value, buf);
    else
        write_words(row->choices, (uint64_t)value, buf);
}

/* Numbers go down to their least value, sizes in powers of two, words to their default,
 * perturbations to none. What is no size (durations, shares) stays as it is. */
static void add_axis(struct mp_minimize *minimize, const struct mp_option *row,
                     const char *text) {
    int64_t now = read_value(row, text);
    if (row->type == MP_OPTION_INT && now > row->min) {
        bool is_size = strcmp(row->name, "n") == 0;
        mp_shrink_add(&minimize->shrink, row->name,
                      is_size ? MP_SHRINK_COARSE : MP_SHRINK_NUMBER, now, row->min);
    } else if (row->type == MP_OPTION_SET && now != 0) {
        mp_shrink_add(&minimize->shrink, row->name, MP_SHRINK_SET, now, 0);
    } else if (row->type == MP_OPTION_CHOICE && row->fallback != NULL) {
        int64_t usual = read_value(row, row->fallback);
        if (now != usual)
            mp_shrink_add(&minimize->shrink, row->name, MP_SHRINK_SWITCH, now, usual);
    }
}

static const struct mp_catalog_item *scenario_of(const struct mp_minimize *minimize) {
    struct mp_error ignored;
    return mp_catalog_find(&minimize->job->catalog, MP_CATALOG_SCENARIO,
                           minimize->base.spec.scenario, &ignored);
}

static void add_axes(struct mp_minimize *minimize) {
    const struct mp_catalog_item *scenario = scenario_of(minimize);
    for (const struct mp_option *row = scenario->rows; row->name != NULL; row++) {
        const char *text = mp_round_spec_param(&minimize->base.spec, row->name);
        if (text != NULL)
            add_axis(minimize, row, text);
    }
}

/* The value of a parameter in a case; NULL: it is left out. */
static const char *value_text(const struct mp_minimize *minimize,
                              const struct mp_spec_param *param, const int64_t *value,
                              struct mp_strbuf *buf) {
    const struct mp_shrink *shrink = &minimize->shrink;
    for (size_t i = 0; i < shrink->axes; i++) {
        if (strcmp(shrink->axis[i].name, param->name) != 0)
            continue;
        mp_strbuf_clear(buf);
        write_value(find_row(scenario_of(minimize), param->name), value[i], buf);
        return buf->len > 0 ? buf->text : NULL;
    }
    return param->value;
}

/* Makes the plan of the case: its one cell. A failure means that it is no case. */
static enum mp_status plan_case(struct mp_minimize *minimize,
                                const struct mp_shrink_question *question,
                                struct mp_error *err) {
    struct mp_campaign_job *job = minimize->job;
    const struct mp_round_spec *spec = &minimize->base.spec;
    const char *device = spec->device, *arm = mp_args_text(job->args, "arm");
    struct mp_plan_settings settings = {.device = &device,
                                        .device_count = 1,
                                        .arm = &arm,
                                        .arm_count = arm != NULL,
                                        .fix = mp_args_text(job->args, "fix"),
                                        .has_rounds = true,
                                        .rounds = question->rounds_max};
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_plan_release(&job->plan);
    memset(&job->plan, 0, sizeof(job->plan));
    mp_health_release(job->health);
    job->health = NULL;
    mp_suite_release(&job->suite);
    mp_suite_init(&job->suite);
    struct mp_suite_section *section =
        mp_suite_add_section(&job->suite, spec->scenario, "the case");
    enum mp_status status = mp_suite_add_key(section, "role", "finder", err);
    for (size_t i = 0; i < spec->param_count && status == MP_OK; i++) {
        const char *value = value_text(minimize, &spec->param[i], question->value, &text);
        if (value != NULL)
            status = mp_suite_add_key(section, spec->param[i].name, value, err);
    }
    if (status == MP_OK)
        status = mp_campaign_job_make_plan(job, &settings, err);
    mp_strbuf_release(&text);
    return status;
}

static bool is_wanted(void *arg, const struct mp_campaign_event *event) {
    const struct mp_minimize *minimize = arg;
    bool has_signature = event->signature != NULL;
    return mp_outcome_class(event->outcome) == MP_CLASS_FAILURE &&
           mp_wanted(minimize->key, has_signature ? event->signature->key : NULL, NULL);
}

static bool is_decided(void *arg, const struct mp_ended *ended) {
    struct mp_minimize *minimize = arg;
    struct mp_shrink_step *step = minimize->step;
    enum mp_outcome_class class = mp_outcome_class(ended->outcome);
    if (class == MP_CLASS_NO_VERDICT) {
        minimize->no_verdict++;
        return step->rounds == 0 && minimize->no_verdict >= NO_VERDICT_MAX;
    }
    step->rounds++;
    step->failures += ended->is_wanted;
    step->others += class == MP_CLASS_FAILURE && !ended->is_wanted;
    return mp_shrink_is_answered(&step->question, step->failures, step->rounds);
}

/* The answer that an earlier call has recorded, if its campaign was completed. The seed
 * of the step's next campaign is in *ret_seed. */
static enum mp_status take_recorded(struct mp_minimize *minimize,
                                    struct mp_shrink_step *step, uint64_t *ret_seed,
                                    int64_t *ret_id, struct mp_error *err) {
    bool is_complete = false;
    enum mp_status status = MP_OK;
    uint64_t first =
        mp_rng_hash(mp_rng_hash(minimize->seed, STEP_SEED), step->question.number);
    *ret_id = 1;
    for (uint64_t i = 0; status == MP_OK && *ret_id != 0 && i < ATTEMPTS_MAX; i++) {
        *ret_seed = mp_rng_hash(first, i);
        status = mp_hunt_find(minimize->job->store, minimize->search_id,
                              MP_HUNT_KIND_SHRINK, ret_seed, ret_id, &is_complete, err);
        if (is_complete)
            break;
    }
    if (status != MP_OK || *ret_id == 0)
        return status;
    struct mp_hunt_report report;
    status = mp_hunt_load(minimize->job->store, *ret_id, 0, minimize->key, &report, err);
    if (status == MP_OK && report.search.count == 1) {
        const struct mp_hunt_way *way = &report.search.way[0];
        step->rounds = way->rounds;
        step->failures = way->wanted;
        step->others = way->failures - way->wanted;
        step->is_refused = way->rounds == 0;
    }
    mp_hunt_release(&report);
    return status;
}

static void note_campaign(struct mp_minimize *minimize, uint64_t number, int64_t id,
                          uint64_t seed) {
    minimize->campaign = mp_memory_resize(minimize->campaign, (size_t)number + 1,
                                          sizeof(*minimize->campaign));
    minimize->campaign[number] = (struct mp_minimize_campaign){id, seed};
}

static void say_question(const struct mp_minimize *minimize,
                         const struct mp_shrink_question *question) {
    static const char *const words[] = {"how often does it fail", "does it keep failing",
                                        "does it fail on fresh seeds"};
    mp_log(MP_LOG_INFO, "case %" PRIu64 ": %s? %s", question->number,
           words[question->asks], minimize->job->plan.cell[0].title);
}

static enum mp_status run_case(struct mp_minimize *minimize, struct mp_shrink_step *step,
                               uint64_t seed, struct mp_error *err) {
    struct mp_campaign_job *job = minimize->job;
    struct mp_campaign_result result = {0};
    struct mp_campaign_config config = {
        .is_decided = is_decided, .is_wanted = is_wanted, .decide_arg = minimize};
    job->seed = seed;
    job->plan_kind = MP_HUNT_KIND_SHRINK;
    job->shares_rounds = false;
    job->duration_ns = NULL;
    minimize->step = step;
    minimize->no_verdict = 0;
    say_question(minimize, &step->question);
    enum mp_status status = mp_campaign_job_run(job, &config, &result, err);
    step->is_refused = step->rounds == 0 && minimize->no_verdict >= NO_VERDICT_MAX;
    note_campaign(minimize, step->question.number, result.campaign_id, seed);
    return status;
}

/* As in struct mp_shrink_oracle. */
static enum mp_status ask(void *arg, struct mp_shrink_step *step, struct mp_error *err) {
    struct mp_minimize *minimize = arg;
    struct mp_error why = {""};
    uint64_t seed = 0;
    int64_t id = 0;
    note_campaign(minimize, step->question.number, 0, 0);
    if (plan_case(minimize, &step->question, &why) != MP_OK) {
        step->is_refused = true;
        mp_log(MP_LOG_DEBUG, "case %" PRIu64 " is none: %s", step->question.number,
               why.text);
        return MP_OK;
    }
    enum mp_status status = take_recorded(minimize, step, &seed, &id, err);
    if (status == MP_OK && id != 0) {
        note_campaign(minimize, step->question.number, id, seed);
        return MP_OK;
    }
    if (status == MP_OK && *mp_interrupt_count() == 0)
        status = run_case(minimize, step, seed, err);
    return status;
}

enum mp_status mp_minimize_run(struct mp_minimize *minimize, struct mp_campaign_job *job,
                               const struct mp_cell *base, struct mp_error *err) {
    const struct mp_shrink_oracle oracle = {ask, minimize};
    struct mp_error ignored;
    minimize->job = job;
    minimize->base = *base;
    mp_shrink_init(&minimize->shrink, (uint64_t)mp_args_integer(
                                          job->args, "minimize-rounds", ROUNDS_DEFAULT));
    mp_saved_request_release(&job->resumed);
    add_axes(minimize);
    enum mp_status status = mp_shrink_search(&minimize->shrink, &oracle, err);
    /* The smallest case, as a cell with all its names. */
    struct mp_shrink_question least = {.rounds_max = 1};
    for (size_t i = 0; i < minimize->shrink.axes; i++)
        least.value[i] = minimize->shrink.axis[i].now;
    if (status == MP_OK && plan_case(minimize, &least, &ignored) == MP_OK)
        minimize->least = job->plan.cell[0];
    return status;
}

void mp_minimize_release(struct mp_minimize *minimize) {
    mp_shrink_release(&minimize->shrink);
    free(minimize->campaign);
    memset(minimize, 0, sizeof(*minimize));
}

void mp_minimize_write_value(const struct mp_minimize *minimize, size_t axis,
                             int64_t value, struct mp_strbuf *buf) {
    const char *name = minimize->shrink.axis[axis].name;
    write_value(find_row(scenario_of(minimize), name), value, buf);
}

void mp_minimize_write_command(const struct mp_minimize *minimize,
                               struct mp_strbuf *buf) {
    const struct mp_round_spec *spec = &minimize->least.spec;
    struct mp_strbuf cell;
    mp_strbuf_init(&cell);
    mp_strbuf_addstr(&cell, spec->scenario);
    for (size_t i = 0; i < spec->param_count; i++)
        mp_strbuf_addf(&cell, "%c%s=%s", i == 0 ? ':' : ',', spec->param[i].name,
                       spec->param[i].value);
    mp_strbuf_addstr(buf, "mpstress run ");
    mp_text_quote(buf, cell.text);
    mp_strbuf_addstr(buf, " --device ");
    mp_text_quote(buf, spec->device);
    if (mp_args_text(minimize->job->args, "arm") != NULL) {
        mp_strbuf_addstr(buf, " --arm ");
        mp_text_quote(buf, mp_args_text(minimize->job->args, "arm"));
    }
    if (mp_args_text(minimize->job->args, "fix") != NULL) {
        mp_strbuf_addstr(buf, " --fix ");
        mp_text_quote(buf, minimize->base.spec.fix);
    }
    mp_strbuf_release(&cell);
}
