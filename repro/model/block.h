/* Blocks, as their public ABI lays them out (Clang, "Block Implementation
 * Specification"): copied when they are kept, called with the two argument lists that
 * Metal's have. The process need not have a blocks runtime; where it has one, that
 * copies.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_BLOCK_H
#define MP_MODEL_BLOCK_H

#include <stdint.h>

#include "repro/model/runtime.h"

struct mp_block_descriptor {
    unsigned long reserved, size; /* size: of the whole block */
    /* The copy and dispose helpers, if the flags say that the block has them. */
    void (*copy)(void *to, const void *from);
    void (*dispose)(const void *block);
};

struct mp_block {
    void *isa;
    int flags, reserved;
    void (*invoke)(void);
    const struct mp_block_descriptor *descriptor;
    /* what it captured */
};

/* A block that outlives the caller's frame; owned by the caller. NULL for NULL. */
struct mp_block *mp_block_copy(struct mp_block *block);
void mp_block_release(struct mp_block *block);

/* Calls a block that takes an object: a handler of a command buffer. */
void mp_block_call(struct mp_block *block, id object);
/* Calls a block that takes an object and a number: of a shared event's listener. */
void mp_block_call_value(struct mp_block *block, id object, uint64_t value);

#endif
