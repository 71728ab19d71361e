/* Making code of a graph, which the model does not need.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/count.h"
#include "repro/model/mps.h"

void mp_graph_compile(struct mp_device *device, struct mp_graph *graph) {
    pthread_mutex_lock(&graph->lock);
    bool is_due = !graph->is_compiled;
    graph->is_compiled = true;
    pthread_mutex_unlock(&graph->lock);
    if (is_due)
        mp_count_raise(MP_COUNT_GRAPHS_COMPILED);
    (void)device;
}
