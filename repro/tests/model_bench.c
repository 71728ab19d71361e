/* A device, a queue, a pipeline and a counter.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/tests/model_bench.h"

#include <stdatomic.h>

void model_bench_open(struct model_bench *bench, const char *settings) {
    model_open(&bench->model, settings);
    bench->queue = model_queue(&bench->model);
    bench->noop = model_pipeline(&bench->model, "mp_noop");
    bench->counter = model_buffer(&bench->model, 4);
}

void model_op(const struct model_bench *bench, id encoder) {
    model_encode(encoder, bench->noop, NULL, 0, NULL, 0, bench->counter);
}

uint32_t model_ops_counted(const struct model_bench *bench) {
    return *(_Atomic uint32_t *)model_contents(bench->counter);
}

id model_run_ops(const struct model_bench *bench, int ops) {
    id command = model_send(model_send(bench->queue, "commandBuffer"), "retain");
    id encoder = model_send(command, "computeCommandEncoder");
    for (int i = 0; i < ops; i++)
        model_op(bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    model_send(command, "waitUntilCompleted");
    return command;
}

id model_late_encoder(const struct model_bench *bench) {
    id command = model_send(bench->queue, "commandBuffer");
    id encoder = model_send(model_send(command, "computeCommandEncoder"), "retain");
    model_op(bench, encoder);
    model_send(encoder, "endEncoding");
    model_send(command, "commit");
    return encoder;
}
