/* See model_block.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/tests/model_block.h"

#include <string.h>
#include <unistd.h>

#include "repro/tests/model_fixture.h"

#define HAS_HELPERS (1 << 25)
#define PAUSE_US    1000
#define PAUSES      20000

void model_log_init(struct model_log *log) {
    memset(log, 0, sizeof(*log));
    pthread_mutex_init(&log->lock, NULL);
}

int model_log_await(struct model_log *log, unsigned count) {
    for (int i = 0; i < PAUSES; i++) {
        pthread_mutex_lock(&log->lock);
        unsigned have = log->count;
        pthread_mutex_unlock(&log->lock);
        if (have >= count)
            return 1;
        usleep(PAUSE_US);
    }
    return 0;
}

static void note(struct model_block *block, id object, uint64_t value,
                 unsigned long status) {
    struct model_log *log = block->log;
    pthread_mutex_lock(&log->lock);
    CHECK(log->count < MODEL_LOG_MAX);
    log->entry[log->count].number = block->number;
    log->entry[log->count].object = object;
    log->entry[log->count].value = value;
    log->entry[log->count].status = status;
    log->entry[log->count].thread = pthread_self();
    log->count++;
    pthread_mutex_unlock(&log->lock);
}

static void invoke(struct model_block *block, id object) {
    note(block, object, 0, model_number(object, "status"));
    if (block->also)
        block->also(block, object);
}

static void invoke_value(struct model_block *block, id object, uint64_t value) {
    note(block, object, value, 0);
}

static void copy_helper(void *to, const void *from) {
    (void)to;
    atomic_fetch_add(&((const struct model_block *)from)->log->copied, 1);
}

static void dispose_helper(const void *block) {
    atomic_fetch_add(&((const struct model_block *)block)->log->disposed, 1);
}

struct model_block model_block_make(struct model_log *log, unsigned number,
                                    int takes_value) {
    static const struct mp_block_descriptor descriptor = {.size =
                                                              sizeof(struct model_block)};
    struct model_block block = {
        .block = {.descriptor = &descriptor}, .log = log, .number = number};
    block.block.invoke =
        takes_value ? (void (*)(void))invoke_value : (void (*)(void))invoke;
    return block;
}

struct model_block model_block_with_helpers(struct model_log *log, unsigned number) {
    static const struct mp_block_descriptor descriptor = {.size =
                                                              sizeof(struct model_block),
                                                          .copy = copy_helper,
                                                          .dispose = dispose_helper};
    struct model_block block = model_block_make(log, number, 0);
    block.block.descriptor = &descriptor;
    block.block.flags = HAS_HELPERS;
    return block;
}
