/* An ordinary campaign of one cell, observed in three ways.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/doctor.h"

#include <stdio.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/supervisor/cli/campaign_job.h"
#include "harness/supervisor/cli/interrupt.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/report/observer.h"

/* Fails in about half of its rounds, where a difference is easiest to see. */
#define SCENARIO_DEFAULT "destroy_impl:q=0.01"

/* The first device in which a race can be planted, with the race. */
static enum mp_status choose_device(const struct mp_catalog *catalog,
                                    char ret_text[MP_SPEC_DEVICE_MAX],
                                    struct mp_error *err) {
    for (size_t i = 0; i < catalog->count; i++)
        if (mp_catalog_write_planted(&catalog->item[i], ret_text))
            return MP_OK;
    return mp_error_set(err, MP_USAGE,
                        "no device of this build supports a planted race: name a cell, "
                        "such as 'mm', and --device");
}

static enum mp_status make_plan(struct mp_campaign_job *job, struct mp_error *err) {
    const struct mp_args *args = job->args;
    char planted[MP_SPEC_DEVICE_MAX];
    const char *device[1] = {planted};
    bool has_own_cell = args->operand_count > 0;
    struct mp_plan_settings settings = {
        .device = device,
        .device_count = has_own_cell ? 0 : 1,
        .has_rounds = true,
        .rounds = (uint64_t)mp_option_get(&args->values, "rounds")->integer,
        .by_look = true,
    };
    if (mp_args_is_set(args, "device")) {
        device[0] = mp_args_text(args, "device");
        settings.device_count = 1;
    }
    enum mp_status status = mp_suite_add_scenario(
        &job->suite, has_own_cell ? args->operand[0] : SCENARIO_DEFAULT, err);
    if (status == MP_OK && args->operand_count > 1)
        status = mp_error_set(err, MP_USAGE, "'%s': --observer takes one cell",
                              args->operand[1]);
    if (status == MP_OK)
        status = mp_campaign_job_read_seeds(job, err);
    if (status == MP_OK)
        status = mp_campaign_job_read_catalog(job, err);
    if (status == MP_OK && device[0] == planted && settings.device_count > 0)
        status = choose_device(&job->catalog, planted, err);
    if (status == MP_OK)
        status = mp_campaign_job_make_plan(job, &settings, err);
    if (status == MP_OK && job->plan.cell_count != MP_LOOK_COUNT)
        status =
            mp_error_set(err, MP_USAGE, "--observer takes one cell, but '%s' spans %zu",
                         args->operand[0], job->plan.cell_count / MP_LOOK_COUNT);
    return status;
}

static enum mp_status conclude(struct mp_campaign_job *job, int64_t campaign_id,
                               struct mp_error *err) {
    struct mp_observer observer;
    struct mp_strbuf text;
    enum mp_colour_choice colour =
        (enum mp_colour_choice)mp_option_get(&job->args->values, "color")->integer;
    mp_strbuf_init(&text);
    enum mp_status status = mp_observer_load(job->store, campaign_id, &observer, err);
    if (status == MP_OK && mp_args_flag(job->args, "json"))
        mp_observer_json(&observer, &text);
    else if (status == MP_OK)
        mp_observer_text(&observer, mp_terminal_wants_colour(STDOUT_FILENO, colour),
                         !mp_terminal_is_utf8(), mp_terminal_width(STDOUT_FILENO), &text);
    if (status == MP_OK) {
        fwrite(text.text, 1, text.len, stdout);
        job->code = observer.exit_code;
    }
    if (status == MP_OK && mp_interrupt_signal() != 0)
        job->code = MP_CODE_SIGNALLED + mp_interrupt_signal();
    mp_strbuf_release(&text);
    mp_observer_release(&observer);
    return status;
}

int mp_doctor_observer(const struct mp_args *args, char *const *argv) {
    struct mp_campaign_job job;
    struct mp_campaign_config config = {0};
    struct mp_campaign_result result = {0};
    struct mp_error err;
    mp_campaign_job_init(&job, "doctor", args, argv);
    enum mp_status status = make_plan(&job, &err);
    if (status == MP_OK)
        status = mp_campaign_job_open(&job, &err);
    if (status == MP_OK)
        status = mp_campaign_job_run(&job, &config, &result, &err);
    if (status == MP_OK)
        status = conclude(&job, result.campaign_id, &err);
    return mp_campaign_job_end(&job, status, &err);
}
