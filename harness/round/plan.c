/* Resolves a spec before anything is opened: names to tables, texts to values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/round.h"

#include <stdio.h>
#include <string.h>

/* The settings of "set:NAME=VALUE,..." in the place of those in `values`. */
static enum mp_status set_device(struct mp_round_plan *plan,
                                 const struct mp_device_ops *ops,
                                 struct mp_option_values *values, struct mp_error *err) {
    const char *settings = strchr(plan->spec->arm, ':');
    struct mp_strbuf text;
    enum mp_status status = MP_OK;

    snprintf(plan->device, sizeof(plan->device), "%s", plan->spec->device);
    if (!plan->arm->sets_device)
        return MP_OK;
    if (!settings || settings[1] == '\0')
        return mp_error_set(err, MP_USAGE,
                            "arm set names no setting: write set:NAME=VALUE");
    status = mp_option_set_list(values, settings + 1, err);
    if (status != MP_OK)
        return status;
    mp_strbuf_init(&text);
    mp_strbuf_addf(&text, "%s:", ops->name);
    mp_option_values_format(values, true, &text);
    if (text.len < sizeof(plan->device))
        memcpy(plan->device, text.text, text.len + 1);
    else
        status = mp_error_set(err, MP_LIMIT, "the device with its settings is too long");
    mp_strbuf_release(&text);
    return status;
}

/* Gives the scenario the parameter that the arm sets, if it has it. */
static enum mp_status set_param(struct mp_round_plan *plan, struct mp_error *err) {
    const char *param = plan->arm->param;
    const struct mp_option *row = plan->scenario->params;
    size_t len = param ? strcspn(param, "=") : 0;

    plan->arm_is_idle = false;
    if (!param)
        return MP_OK;
    while (row->name && !(strlen(row->name) == len && memcmp(row->name, param, len) == 0))
        row++;
    plan->arm_is_idle = !row->name;
    return row->name ? mp_option_set(&plan->params, row->name, param + len + 1, err)
                     : MP_OK;
}

enum mp_status mp_round_plan_make(const struct mp_round_spec *spec,
                                  const struct mp_scenario *scenario,
                                  struct mp_round_plan *ret_plan, const char **ret_key,
                                  struct mp_error *err) {
    struct mp_option_values *values = &ret_plan->params;
    const struct mp_device_ops *ops;
    enum mp_status status;

    ret_plan->spec = spec;
    ret_plan->scenario = scenario;
    *ret_key = "device";
    status = mp_device_settings(spec->device, &ops, values, err);
    if (status != MP_OK)
        return status;
    *ret_key = "arm";
    ret_plan->arm = mp_arm_find(spec->arm, &ret_plan->arm_number, err);
    if (!ret_plan->arm)
        return MP_NOT_FOUND;
    status = set_device(ret_plan, ops, values, err);
    if (status != MP_OK)
        return status;
    mp_option_values_init(values, scenario->params);
    for (size_t i = 0; i < spec->param_count; i++) {
        *ret_key = spec->param[i].name;
        status = mp_option_set(values, spec->param[i].name, spec->param[i].value, err);
        if (status != MP_OK) {
            mp_error_prefix(err, "scenario %s", scenario->name);
            return status;
        }
    }
    *ret_key = "arm";
    return set_param(ret_plan, err);
}

unsigned mp_round_plan_threads(const struct mp_round_plan *plan) {
    return (unsigned)mp_option_get(&plan->params, "threads")->integer;
}
