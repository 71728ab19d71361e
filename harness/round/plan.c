/* Resolves a spec before anything is opened: names to tables, texts to values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/round.h"

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
    mp_option_values_init(values, scenario->params);
    for (size_t i = 0; i < spec->param_count; i++) {
        *ret_key = spec->param[i].name;
        status = mp_option_set(values, spec->param[i].name, spec->param[i].value, err);
        if (status != MP_OK) {
            mp_error_prefix(err, "scenario %s", scenario->name);
            return status;
        }
    }
    return MP_OK;
}

unsigned mp_round_plan_threads(const struct mp_round_plan *plan) {
    return (unsigned)mp_option_get(&plan->params, "threads")->integer;
}
