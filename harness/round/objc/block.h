/* Blocks made in C, as their public ABI lays them out (Clang, "Block Implementation
 * Specification"): a function with one captured pointer. Whoever keeps one copies it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_OBJC_BLOCK_H
#define MP_ROUND_OBJC_BLOCK_H

#include <stdint.h>

#include "harness/round/objc/runtime.h"

struct mp_objc_block;

/* void (^)(id): a handler of a command buffer. */
typedef void mp_objc_told(struct mp_objc_block *block, id object);
/* void (^)(id, uint64_t): of a shared event's listener. */
typedef void mp_objc_told_value(struct mp_objc_block *block, id object, uint64_t value);

struct mp_objc_block_descriptor {
    unsigned long reserved, size;
    const char *signature;
};

struct mp_objc_block {
    const void *isa;
    int flags, reserved;
    mp_objc_function invoke;
    const struct mp_objc_block_descriptor *descriptor;
    void *data; /* captured: copied as bytes, owned by whoever made the block */
};

/* On the caller's stack, as a closure is. */
struct mp_objc_block mp_objc_block_make(const struct mp_objc *objc, mp_objc_told *told,
                                        void *data);
struct mp_objc_block mp_objc_block_make_value(const struct mp_objc *objc,
                                              mp_objc_told_value *told, void *data);

#endif
