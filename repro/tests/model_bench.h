/* What most cases of the model's tests begin with: a device, a queue, a pipeline that does
 * nothing, and a buffer in which its ops count themselves.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MODEL_BENCH_H
#define MP_TESTS_MODEL_BENCH_H

#include "repro/tests/model_fixture.h"

struct model_bench {
    struct model model;
    id queue, noop, counter;
};

void model_bench_open(struct model_bench *bench, const char *settings);
void model_op(const struct model_bench *bench, id encoder);
uint32_t model_ops_counted(const struct model_bench *bench);
/* One buffer of `ops` ops, committed and waited for; +1. */
id model_run_ops(const struct model_bench *bench, int ops);
/* An encoder that its holder still uses although its buffer was committed. */
id model_late_encoder(const struct model_bench *bench);

#endif
