/* graph_compile: graphs of new shapes on all threads at once, so that each op compiles
 * one: on the way, or by compileWithDevice: (setting graphs=compile of the device).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/params.h"
#include "scenarios/registry.h"
#include "scenarios/workload.h"

#define KINDS MP_WORKLOAD_KINDS_MAX
#define ROWS  3

enum shapes { SHAPES_UNIQUE, SHAPES_SAME };

static const struct mp_option params[] = {
    MP_PARAM_THREADS("8", 1, 128),
    MP_PARAM_ITERS("16", 10000000, "ops per thread, of 16 shapes in turn"),
    MP_PARAM_INT("n", "8", 1, 512, "columns of the smallest result"),
    {.name = "shapes",
     .type = MP_OPTION_CHOICE,
     .metavar = "WHOSE",
     .fallback = "unique",
     .choices = "unique|same",
     .meanings =
         "each thread has shapes of its own, so that no graph is used twice before "
         "its first 16 ops are over\n"
         "all threads have the same shapes, so that they ask for the same graphs at "
         "once",
     .help = "whether threads have shapes of their own"},
    MP_PARAM_BATCH("1"),
    MP_PARAM_PATTERN("free"),
    MP_PARAM_POOL,
    MP_PARAM_END,
};

/* Products and linear layers in turn, whose width is a number that no other has. */
static void shape(const struct mp_scenario_run *run, unsigned thread, unsigned kind,
                  struct mp_shape *ret_shape) {
    const uint32_t least = (uint32_t)mp_option_get(run->params, "n")->integer;
    const bool is_unique =
        mp_option_get(run->params, "shapes")->integer == SHAPES_UNIQUE && thread > 0;
    const uint32_t width = least + kind + (is_unique ? (thread - 1) * KINDS : 0);

    if (kind % 2 == 0) {
        mp_shape_mm(ROWS, width, least, ret_shape);
        ret_shape->by_graph = true;
    } else {
        mp_shape_linear_graph(ROWS, least, width, ret_shape);
    }
}

static enum mp_status set_up(struct mp_scenario_run *run, struct mp_worker *worker,
                             struct mp_error *err) {
    if (!(run->device->ops->capabilities & MP_CAP_GRAPHS))
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s has no graphs, so there is nothing to compile",
                            run->device->ops->name);
    return mp_workload_set_up(run, worker, err);
}

const struct mp_scenario mp_scenario_graph_compile = {
    .name = "graph_compile",
    .summary = "graphs of new shapes compiled on all threads at once",
    .hunts = "races of a compiler of graphs and of caches of what it compiled",
    .how = "each op of a thread has another shape, so it makes a graph and compiles it, "
           "by compileWithDevice: with the device's setting graphs=compile; "
           "what the graph computes is checked",
    .hit = "an assertion of the compiler (\"Invalid KernelDAG\"), a crash in it, or a "
           "wrong or missing output",
    .origin =
        "test_graph_compilation_stress of the destroyImpl investigation: 16 threads, "
        "30 shapes each that no other thread has, and the same with equal shapes",
    .params = params,
    .has_outputs = true,
    .promises_overlap = true,
    .kinds = KINDS,
    .shape = shape,
    .set_up = set_up,
    .ops_planned = mp_workload_ops_planned,
    .thread_main = mp_workload_thread_main,
    .tear_down = mp_workload_tear_down,
};
