/* Making code of a graph, which the model does not need, and what is known to go wrong
 * when threads do it at once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "repro/model/count.h"
#include "repro/model/mps.h"

#define MEETING_NS  100000L /* a turn of waiting for another thread */
#define MEETING_MAX 20

/* kernel_dag: the number of core ops of the region in hand, one for all threads. Atomic,
 * so that it is not a second race of its own; that it is shared is the defect. */
static _Atomic unsigned core_ops;

/* Waits until another thread is inside, 2 ms at most: what a compiler takes. */
static void linger(unsigned seen) {
    struct timespec turn = {0, MEETING_NS};
    for (int i = 0; i < MEETING_MAX && atomic_load(&core_ops) == seen; i++)
        nanosleep(&turn, NULL);
}

MP_METHOD(void, compile_shared, "MPSGraphExecutable::compileKernelDAG", void) {
    atomic_fetch_add(&core_ops, 1);
    linger(1);
    if (atomic_load(&core_ops) != 1) {
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
        mp_assertion_fail("MPSKernelDAG.mm:KernelDAG::getCoreOp",
                          "Invalid KernelDAG, Number of core ops should be 1");
    }
    atomic_fetch_sub(&core_ops, 1);
}

void mp_graph_compile(struct mp_device *device, struct mp_graph *graph) {
    pthread_mutex_lock(&graph->lock);
    bool is_due = !graph->is_compiled;
    graph->is_compiled = true;
    pthread_mutex_unlock(&graph->lock);
    if (is_due)
        mp_count_raise(MP_COUNT_GRAPHS_COMPILED);
    if (is_due && device->settings.defect[MP_DEFECT_KERNEL_DAG])
        compile_shared();
}
