/* The table of registry.def, and how a scenario is found in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/registry.h"

#include <string.h>

static const struct mp_scenario *const scenarios[] = {
#define MP_SCENARIO(name) &mp_scenario_##name,
#include "scenarios/registry.def"

#include "harness/base/array.h"
#undef MP_SCENARIO
    NULL,
};

#define SCENARIO_COUNT (MP_COUNT(scenarios) - 1)

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
