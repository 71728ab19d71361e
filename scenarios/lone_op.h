/* One op with buffers, inputs and an expected output of its own, for scenarios that make
 * and release what the common form (workload.h) makes once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_LONE_OP_H
#define MP_SCENARIOS_LONE_OP_H

#include <stdint.h>

#include "harness/round/device.h"
#include "harness/round/scenario.h"
#include "scenarios/shape.h"

/* Zero it before mp_lone_op_create; copy it nowhere, since `op` points into it. */
struct mp_lone_op {
    struct mp_device *device;
    struct mp_shape shape;
    struct mp_device_buffer *buffer[MP_OP_BUFFERS_MAX];
    float *expected; /* of all outputs, one after the other */
    struct mp_op op; /* as mp_device_encode and mp_stream_encode take it */
};

/* For a scenario whose lone ops are products of `n` x `n` matrices, `n` one of its
 * parameters: loads their kernel and makes run->state, `state_size` zeroed bytes that the
 * scenario frees. An error is the device's; then there is no state. */
enum mp_status mp_lone_op_set_up(struct mp_scenario_run *run, size_t state_size,
                                 struct mp_error *err);

/* Makes the buffers, fills the inputs with numbers that differ with `salt`, computes what
 * is expected and poisons the outputs. The kernel must be loaded. After an error too,
 * mp_lone_op_destroy releases what was made. */
enum mp_status mp_lone_op_create(struct mp_worker *worker, struct mp_device *device,
                                 const struct mp_shape *shape, uint64_t salt,
                                 struct mp_lone_op *lone, struct mp_error *err);
/* No device work may be left. A zeroed one is fine. */
void mp_lone_op_destroy(struct mp_lone_op *lone);

/* Encodes, commits and waits on a stream that the calling thread has for itself, numbered
 * `index` in the recorder. MP_TIMEOUT: it is still in use. */
enum mp_status mp_lone_op_run(struct mp_worker *worker, struct mp_lone_op *lone,
                              struct mp_device_stream *stream, unsigned index,
                              struct mp_error *err);
/* Checks the outputs, which must be complete, and counts the op as done, wrong or dropped
 * in the worker's slot. */
void mp_lone_op_check(struct mp_worker *worker, const struct mp_lone_op *lone);

/* Adds what the device executed on a stream beside the pool to the round's books, and
 * destroys it. NULL is fine. */
void mp_lone_stream_destroy(struct mp_worker *worker, struct mp_device *device,
                            struct mp_device_stream *stream);

#endif
