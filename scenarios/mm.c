/* mm: square matrix products, each thread on its own stream.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("20", 10000000, "products per thread"),
    MP_PARAM_INT("n", "48", 1, 512, "rows and columns of the matrices"),
    MP_PARAM_BATCH("1"),
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

const struct mp_scenario mp_scenario_mm = {
    .name = "mm",
    .summary = "matrix products, one stream per thread",
    .hunts = "state shared between queues: crashes, lost work and wrong numbers under "
             "plain load",
    .how = "threads multiply their own matrices and synchronize after every `batch` "
           "products",
    .hit =
        "a crash inside encode or commit, a missing product, or a product of the wrong "
        "data",
    .origin = "test_stress_extended and metal_race_repro_mps of the destroyImpl "
              "investigation: 8 threads, 50 to 100 products each",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = 1,
    .shape = mp_workload_square,
    MP_WORKLOAD_HOOKS,
};
