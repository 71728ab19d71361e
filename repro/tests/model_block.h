/* Blocks made in C by their ABI, for the tests of the model: each writes down that it was
 * called.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MODEL_BLOCK_H
#define MP_TESTS_MODEL_BLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "repro/model/block.h"

#define MODEL_LOG_MAX 64

/* What blocks wrote down, in order. Zeroed, then model_log_init. */
struct model_log {
    pthread_mutex_t lock;
    unsigned count;
    struct {
        unsigned number; /* of the block */
        id object;
        uint64_t value;
        unsigned long status; /* of a command buffer, when the block ran */
        pthread_t thread;
    } entry[MODEL_LOG_MAX];
    atomic_uint copied, disposed; /* by blocks with helpers */
};

/* A block as a compiler lays one out that captures two variables. */
struct model_block {
    struct mp_block block;
    struct model_log *log;
    unsigned number;
    void (*also)(struct model_block *block, id object); /* or NULL */
};

void model_log_init(struct model_log *log);
/* Waits until `count` entries are there, at most 20 s; returns whether. */
int model_log_await(struct model_log *log, unsigned count);

/* On the caller's stack, as a closure is. `takes_value`: for a listener. */
struct model_block model_block_make(struct model_log *log, unsigned number,
                                    int takes_value);
/* The same with helpers of its own, which count. */
struct model_block model_block_with_helpers(struct model_log *log, unsigned number);

#endif
