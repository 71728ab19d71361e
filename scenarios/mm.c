/* mm: matrix products, each thread on its own stream.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("20", 10000000, "products per thread"),
    MP_PARAM_INT("n", "48", 1, 4096, "columns of the product, and of both matrices"),
    MP_PARAM_INT("m", "0", 0, 4096, "rows of the product; 0: as n"),
    MP_PARAM_INT("k", "0", 0, 4096, "terms of each sum; 0: as n"),
    MP_PARAM_BATCH("1"),
    MP_PARAM_DEPTH,
    MP_PARAM_WARM,
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static uint32_t size(const struct mp_scenario_run *run, const char *name) {
    const uint32_t own = (uint32_t)mp_option_get(run->params, name)->integer;

    return own > 0 ? own : (uint32_t)mp_option_get(run->params, "n")->integer;
}

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    (void)thread;
    (void)kind;
    mp_shape_mm(size(run, "m"), size(run, "n"), size(run, "k"), ret_shape);
}

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
    .shape = shape,
    MP_WORKLOAD_HOOKS,
};
