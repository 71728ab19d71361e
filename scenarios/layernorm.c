/* layernorm: one threadgroup a row, on an encoder that stays open over ops.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("48", 10000000, "ops per thread"),
    MP_PARAM_INT("n", "256", 1, 4096, "length of a row"),
    MP_PARAM_INT("rows", "16", 1, 4096, "rows, one threadgroup each"),
    MP_PARAM_BATCH("4"),
    MP_PARAM_WARM,
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    (void)thread;
    (void)kind;
    mp_shape_layernorm((uint32_t)mp_option_get(run->params, "rows")->integer,
                       (uint32_t)mp_option_get(run->params, "n")->integer, ret_shape);
}

const struct mp_scenario mp_scenario_layernorm = {
    .name = "layernorm",
    .summary = "layer norms dispatched by threadgroups on an open encoder",
    .hunts = "state left in the driver or the kernel by one thread and used by another",
    .how = "threads normalise their own rows and synchronize after every `batch` ops",
    .hit = "rows normalised with another row's mean, or a wrong or missing output",
    .origin = "test_layernorm_stress and verify_layernorm_fix of the destroyImpl "
              "investigation (rows of 256; differences of 1.5 to 4.0 with the bug); "
              "PyTorch 2.8 to 2.9.1 for the dispatch",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = 1,
    .shape = shape,
    MP_WORKLOAD_HOOKS,
};
