/* single_thread: every kind of op from one thread. The negative control: no race is
 * possible.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("1", 1, 1),
    MP_PARAM_ITERS("40", 10000000, "ops, of four kinds in turn"),
    MP_PARAM_INT("n", "32", 1, 512, "rows and columns of the matrices"),
    MP_PARAM_BATCH("4"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

const struct mp_scenario mp_scenario_single_thread = {
    .name = "single_thread",
    .summary = "all kinds of ops from one thread: must pass",
    .hunts =
        "nothing: if it fails, the harness, the kernels or the device are wrong without "
        "any race",
    .how = "one thread runs products, linear layers, layer norms and copies in turn",
    .hit = "any failure means that failures of other scenarios need not come from "
           "concurrency",
    .origin =
        "the single-thread baseline of the two-thread window (one thread, same ops)",
    .params = params,
    .has_outputs = true,
    .promises_overlap = false,
    .kinds = MP_SHAPE_MIX_KINDS,
    .shape = mp_workload_mixed,
    MP_WORKLOAD_HOOKS,
};
