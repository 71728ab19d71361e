/* Copying by the ABI: a global block is its own copy, a copied one counts references in
 * its flags, any other is moved to the heap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/block.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flags of a block (the ABI's text, and compiler-rt's for the first two). */
#define REFERENCES_MASK 0xfffe
#define REFERENCE       2 /* one; the lowest bit means that it is being freed */
#define ON_HEAP         (1 << 24)
#define HAS_HELPERS     (1 << 25)
#define IS_GLOBAL       (1 << 28)

/* The process's own blocks runtime, or NULL for both. */
static struct {
    void *(*copy)(const void *block);
    void (*release)(const void *block);
} system_blocks;
static pthread_once_t system_once = PTHREAD_ONCE_INIT;

static void system_find(void) {
    void *process = dlopen(NULL, RTLD_NOW);
    void *copy = process ? dlsym(process, "_Block_copy") : NULL;
    void *release = process ? dlsym(process, "_Block_release") : NULL;
    if (copy && release) {
        memcpy(&system_blocks.copy, &copy, sizeof(copy));
        memcpy(&system_blocks.release, &release, sizeof(release));
    }
}

static struct mp_block *move_to_heap(const struct mp_block *block) {
    struct mp_block *copy = malloc(block->descriptor->size);
    if (!copy) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    memcpy(copy, block, block->descriptor->size);
    copy->flags = (copy->flags & ~REFERENCES_MASK) | ON_HEAP | REFERENCE;
    if (copy->flags & HAS_HELPERS)
        block->descriptor->copy(copy, block);
    return copy;
}

struct mp_block *mp_block_copy(struct mp_block *block) {
    pthread_once(&system_once, system_find);
    if (!block)
        return NULL;
    if (system_blocks.copy)
        return system_blocks.copy(block);
    if (block->flags & IS_GLOBAL)
        return block;
    if (!(block->flags & ON_HEAP))
        return move_to_heap(block);
    __atomic_fetch_add(&block->flags, REFERENCE, __ATOMIC_RELAXED);
    return block;
}

void mp_block_release(struct mp_block *block) {
    if (!block)
        return;
    if (system_blocks.release) {
        system_blocks.release(block);
        return;
    }
    if (!(block->flags & ON_HEAP) || block->flags & IS_GLOBAL)
        return;
    int left = __atomic_sub_fetch(&block->flags, REFERENCE, __ATOMIC_ACQ_REL);
    if ((left & REFERENCES_MASK) != 0)
        return;
    if (left & HAS_HELPERS)
        block->descriptor->dispose(block);
    free(block);
}

void mp_block_call(struct mp_block *block, id object) {
    ((void (*)(struct mp_block *, id))block->invoke)(block, object);
}

void mp_block_call_value(struct mp_block *block, id object, uint64_t value) {
    ((void (*)(struct mp_block *, id, uint64_t))block->invoke)(block, object, value);
}
