/* scatter: elements written to places that another op computed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/passes.h"
#include "scenarios/registry.h"

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("40", 10000000, "passes per thread"),
    MP_PARAM_INT("n", "16", 1, 1024, "rows of what is scattered"),
    MP_PARAM_INT("columns", "64", 1, 1024, "elements of a row"),
    MP_PARAM_PASSES("2"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* The places are the ranks of random keys: each occurs once in its row. */
static void chain(const struct mp_scenario_run *run, struct mp_chain *ret_chain) {
    const uint32_t rows = (uint32_t)mp_option_get(run->params, "n")->integer;
    const uint32_t columns = (uint32_t)mp_option_get(run->params, "columns")->integer;
    const size_t length = (size_t)rows * columns;
    const unsigned x = mp_chain_linear(ret_chain, mp_chain_input(ret_chain, length), rows,
                                       columns, columns);
    const unsigned keys = mp_chain_input(ret_chain, length);
    const unsigned place = mp_chain_rank(ret_chain, keys, rows, columns);

    mp_chain_scatter(ret_chain, x, place, rows, columns);
    mp_chain_scatter(ret_chain, keys, place, rows, columns);
}

const struct mp_scenario mp_scenario_scatter = {
    .name = "scatter",
    .summary = "scatters along rows, to places that an op before computed",
    .hunts =
        "writes to other places than meant: an index that belongs to another thread, or "
        "is read before it was written",
    .how = "threads rank random keys, then scatter the results of a linear layer and the "
           "keys themselves, which sorts them, by those ranks; every op is checked",
    .hit = "an element in another's place, or one that nobody wrote",
    .origin = "torch.scatter, one of the operations (ScatterGather) that the destroyImpl "
              "investigation guarded in PyTorch",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .chain = chain,
    MP_PASSES_HOOKS,
};
