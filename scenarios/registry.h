/* The scenarios that exist: one const struct in each file, one row in registry.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_REGISTRY_H
#define MP_SCENARIOS_REGISTRY_H

#include "harness/round/scenario.h"

#define MP_SCENARIO(name) extern const struct mp_scenario mp_scenario_##name;
#include "scenarios/registry.def"
#undef MP_SCENARIO

#endif
