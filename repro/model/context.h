/* The contexts of compute encoders (C++ AGX::ComputeContext in the driver) and the
 * device's pool of them.
 *
 * Sources: offsets, size of the freelist, lock, zeroing and the order of unlock and store
 * are from disassembly notes of the AGX G16X driver, 329.2, and from crash reports of the
 * same; which check a method makes is not known and is a setting.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_CONTEXT_H
#define MP_MODEL_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define MP_CONTEXT_SIZE   0x700
#define MP_FREELIST_LIMIT 64

struct mp_encoder;
struct mp_context;

/* A load that the compiler neither moves nor merges: the field of a context that may be
 * NULL or another's. */
#define MP_CONTEXT_READ(context, field)                                                  \
    (*(volatile __typeof__((context)->field) *)&(context)->field)

/* NULL that no compiler takes for one. */
static inline struct mp_context *mp_context_none(void) {
    struct mp_context *volatile none = NULL;
    return none;
}

/* Unnamed fields are unknown. */
struct mp_context {
    struct mp_encoder *owner; /* NULL in the freelist; tells stale uses from good ones */
    unsigned char pad_008[0x78 - 0x08];
    const void *coalesced; /* read by tryCoalescing, unchecked */
    unsigned char pad_080[0x98 - 0x80];
    uint32_t enqueue_flags; /* read by prepareForEnqueue */
    unsigned char pad_09c[0x184 - 0x9c];
    uint32_t spill_bytes; /* written by allocateUSCSpillBuffer */
    unsigned char pad_188[0x5c8 - 0x188];
    const void
        *resource_list; /* MTLResourceList; read first by setComputePipelineState: */
    unsigned char pad_5d0[0x5d8 - 0x5d0];
    const void *gpu_resource_list; /* IOGPUResourceList */
    unsigned char pad_5e0[0x5f4 - 0x5e0];
    uint32_t dispatches; /* read by dispatchThreads:threadsPerThreadgroup: */
    unsigned char pad_5f8[0x638 - 0x5f8];
    const void *group_usage; /* ResourceGroupUsage */
    unsigned char pad_640[MP_CONTEXT_SIZE - 0x640];
};

struct mp_context_pool {
    pthread_mutex_t lock;
    struct mp_context *free[MP_FREELIST_LIMIT];
    unsigned count, limit;
};

/* The window between unlock and store in destroyImpl: closed, open, or open with a reader
 * inside.
 */
struct mp_window {
    _Atomic int state;
};

#endif
