/* contiguous: dense copies of transposed views, each thread with its own strides.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("60", 10000000, "copies per thread"),
    MP_PARAM_INT("n", "64", 1, 4096, "rows and columns of the view"),
    MP_PARAM_BATCH("4"),
    MP_PARAM_WARM,
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    (void)kind;
    mp_shape_transposed((uint32_t)mp_option_get(run->params, "n")->integer, thread,
                        ret_shape);
}

const struct mp_scenario mp_scenario_contiguous = {
    .name = "contiguous",
    .summary = "dense copies of transposed views, with different strides in each thread",
    .hunts = "strides or sizes of one thread used for the copy of another",
    .how = "threads gather their own transposed matrices and synchronize after every "
           "`batch` copies",
    .hit = "a copy with elements from elsewhere (compared bit by bit), or a missing copy",
    .origin = "minimal_mps_contiguous_race of the destroyImpl investigation: 8 threads, "
              "30 copies, 83 % of rounds failed there",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = 1,
    .shape = shape,
    MP_WORKLOAD_HOOKS,
};
