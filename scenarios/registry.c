/* The list of all scenarios. Nothing else registers one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/registry.h"

#include <string.h>

static const struct mp_scenario *const scenarios[] = {
    &mp_scenario_mm,
    &mp_scenario_linear_nograph,
    &mp_scenario_layernorm,
    &mp_scenario_contiguous,
    &mp_scenario_oversubscribe,
    &mp_scenario_destroy_impl,
    &mp_scenario_single_thread,
    &mp_scenario_noop,
    NULL,
};

#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]) - 1)

const struct mp_scenario *const *mp_scenario_list(void) {
    return scenarios;
}

const struct mp_scenario *mp_scenario_find(const char *name, struct mp_error *err) {
    const char *words[SCENARIO_COUNT + 1] = {NULL};

    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        if (strcmp(scenarios[i]->name, name) == 0)
            return scenarios[i];
        words[i] = scenarios[i]->name;
    }
    mp_option_unknown(err, "scenario", name, words);
    return NULL;
}
