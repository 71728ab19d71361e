/* The scenarios that exist: one const struct in each file, one row in registry.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_REGISTRY_H
#define MP_SCENARIOS_REGISTRY_H

#include "harness/round/scenario.h"

extern const struct mp_scenario mp_scenario_noop;
extern const struct mp_scenario mp_scenario_single_thread;
extern const struct mp_scenario mp_scenario_mm;
extern const struct mp_scenario mp_scenario_linear_nograph;
extern const struct mp_scenario mp_scenario_layernorm;
extern const struct mp_scenario mp_scenario_contiguous;
extern const struct mp_scenario mp_scenario_oversubscribe;
extern const struct mp_scenario mp_scenario_destroy_impl;

#endif
