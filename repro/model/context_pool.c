/* The pool of contexts, the ways to read one, and the unsafe way to destroy one. With
 * destroy_race, `impl` is read and written without atomics and without a common lock, on
 * purpose: ThreadSanitizer must find it. The bindings of an encoder do not stand in the
 * context, so that a stale use corrupts a result, never this library's memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/context_pool.h"

#include <assert.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "repro/model/count.h"
#include "repro/model/driver.h"

static_assert(sizeof(struct mp_context) == MP_CONTEXT_SIZE, "size of the context");
static_assert(offsetof(struct mp_context, coalesced) == 0x78, "tryCoalescing");
static_assert(offsetof(struct mp_context, enqueue_flags) == 0x98, "prepareForEnqueue");
static_assert(offsetof(struct mp_context, spill_bytes) == 0x184,
              "allocateUSCSpillBuffer");
static_assert(offsetof(struct mp_context, resource_list) == 0x5c8,
              "setComputePipelineState:");
static_assert(offsetof(struct mp_context, gpu_resource_list) == 0x5d8,
              "useResourceCommon");
static_assert(offsetof(struct mp_context, dispatches) == 0x5f4, "dispatchThreads:");
static_assert(offsetof(struct mp_context, group_usage) == 0x638, "useResourceCommon");

#define RENDEZVOUS_NS  UINT64_C(500000)
#define LEAKS_MAX      128
#define LEAKS_PER_WORD 64
enum { WINDOW_CLOSED, WINDOW_OPEN, WINDOW_MET };

void mp_context_pool_init(struct mp_context_pool *pool) {
    pthread_mutex_init(&pool->lock, NULL);
}

void mp_context_pool_set_limit(struct mp_context_pool *pool, unsigned limit) {
    pthread_mutex_lock(&pool->lock);
    pool->limit = limit;
    pthread_mutex_unlock(&pool->lock);
}

void mp_context_pool_release(struct mp_context_pool *pool) {
    while (pool->count > 0)
        free(pool->free[--pool->count]);
    pthread_mutex_destroy(&pool->lock);
}

void mp_context_create(struct mp_encoder *encoder) {
    struct mp_context_pool *pool = &encoder->device->pool;
    struct mp_context *context = NULL;
    pthread_mutex_lock(&pool->lock);
    if (pool->count > 0) {
        context = pool->free[--pool->count];
        memset(context, 0, sizeof(*context));
    }
    pthread_mutex_unlock(&pool->lock);
    if (!context)
        context = calloc(1, sizeof(*context));
    if (!context) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    context->owner = encoder;
    /* Filled with non-NULL values that are never followed. */
    context->resource_list = encoder->work;
    context->gpu_resource_list = encoder->work;
    context->group_usage = encoder->work;
    mp_count_raise(MP_COUNT_CONTEXTS_TAKEN);
    mp_count_raise(MP_COUNT_CONTEXTS_LIVE);
    encoder->impl = context;
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void window_await(struct mp_window *window, int unwanted) {
    uint64_t deadline_ns = now_ns() + RENDEZVOUS_NS;
    while (atomic_load(&window->state) == unwanted && now_ns() < deadline_ns)
        sched_yield();
}

/* The destroyer's side of the rendezvous: until a reader is between its check and its
 * use. */
static void window_open(struct mp_encoder *encoder) {
    atomic_store(&encoder->window.state, WINDOW_OPEN);
    window_await(&encoder->window, WINDOW_OPEN);
}

/* The reader's side: passed its check while the window is open, so it waits for the
 * store. */
static void window_meet(struct mp_encoder *encoder) {
    int expected = WINDOW_OPEN;
    if (atomic_compare_exchange_strong(&encoder->window.state, &expected, WINDOW_MET))
        window_await(&encoder->window, WINDOW_MET);
}

/* As disassembled: NULL is stored after the unlock, where other threads see a context
 * that is already given away; or (patched) under the lock, for the price that a context
 * beyond the freelist is never freed. */
static void destroy_racy(struct mp_encoder *encoder, const struct mp_settings *settings) {
    struct mp_context_pool *pool = &encoder->device->pool;
    struct mp_context *context = encoder->impl;
    if (!context)
        return;
    /* Where a reader is between check and use without the lock (S), it is met before the
     * lock is taken; else (L) after the unlock, if the store comes after that. */
    bool meet_before = settings->rendezvous && settings->reader == MP_READER_SPLIT;
    bool meet_after = settings->rendezvous && !meet_before && !settings->patched_order;
    if (meet_before)
        window_open(encoder);
    pthread_mutex_lock(&pool->lock);
    bool keep = pool->count < pool->limit;
    context->owner = NULL;
    if (keep)
        pool->free[pool->count++] = context;
    if (settings->patched_order)
        encoder->impl = NULL;
    pthread_mutex_unlock(&pool->lock);
    if (!settings->patched_order) {
        if (meet_after)
            window_open(encoder);
        if (!keep)
            free(context);
        encoder->impl = NULL;
    } else if (!keep) {
        mp_count_raise(MP_COUNT_CONTEXTS_LEAKED);
    }
    if (settings->rendezvous)
        atomic_store(&encoder->window.state, WINDOW_CLOSED);
    if (keep || !settings->patched_order)
        mp_count_lower(MP_COUNT_CONTEXTS_LIVE);
}

static void destroy_sound(struct mp_encoder *encoder) {
    struct mp_context_pool *pool = &encoder->device->pool;
    struct mp_context *context = encoder->impl;
    if (!context)
        return;
    encoder->impl = NULL;
    context->owner = NULL;
    pthread_mutex_lock(&pool->lock);
    bool keep = pool->count < pool->limit;
    if (keep)
        pool->free[pool->count++] = context;
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        free(context);
    mp_count_lower(MP_COUNT_CONTEXTS_LIVE);
}

/* context_leak. */
static void destroy_leaky(struct mp_encoder *encoder) {
    if (!encoder->impl)
        return;
    encoder->impl->owner = NULL;
    encoder->impl = NULL;
    if (mp_count_raise(MP_COUNT_CONTEXTS_LEAKED) % LEAKS_PER_WORD == 0)
        fprintf(stderr, "Context leak detected\n");
    mp_count_raise(MP_COUNT_DEFECTS_FIRED);
}

bool mp_context_is_exhausted(const struct mp_settings *settings) {
    return settings->defect[MP_DEFECT_CONTEXT_LEAK] &&
           mp_count_find("contexts_leaked") >= LEAKS_MAX;
}

void mp_context_destroy(struct mp_encoder *encoder) {
    const struct mp_settings *settings = &encoder->device->settings;
    if (settings->defect[MP_DEFECT_CONTEXT_LEAK])
        destroy_leaky(encoder);
    else if (settings->defect[MP_DEFECT_DESTROY_RACE])
        destroy_racy(encoder, settings);
    else
        destroy_sound(encoder);
}

/* The error path of a void method: it cannot tell its caller, so it tells the buffer. */
static void refuse_locked(struct mp_work *work) {
    mp_count_raise(MP_COUNT_DROPPED);
    mp_work_fail(work, MP_BUFFER_ERROR_INTERNAL,
                 "a call on a compute encoder came after its context was destroyed and "
                 "was dropped");
}

static bool refuse(struct mp_work *work) {
    pthread_mutex_lock(&work->lock);
    refuse_locked(work);
    pthread_mutex_unlock(&work->lock);
    return false;
}

static bool enter_sound(struct mp_encoder *encoder, struct mp_context **ret_context) {
    struct mp_work *work = encoder->work;
    pthread_mutex_lock(&work->lock);
    if (!encoder->impl) {
        refuse_locked(work);
        pthread_mutex_unlock(&work->lock);
        return false;
    }
    *ret_context = encoder->impl;
    return true;
}

/* Readers L, S and P. */
static bool enter_checked(struct mp_encoder *encoder, const struct mp_settings *settings,
                          struct mp_context **ret_context) {
    struct mp_context_pool *pool = &encoder->device->pool;
    pthread_mutex_lock(&pool->lock);
    struct mp_context *context = encoder->impl;
    if (!context) {
        pthread_mutex_unlock(&pool->lock);
        return refuse(encoder->work);
    }
    if (settings->reader == MP_READER_SPLIT)
        pthread_mutex_unlock(&pool->lock);
    if (settings->rendezvous)
        window_meet(encoder);
    /* The second load: a compiler reads an ivar again after every opaque call. */
    if (settings->reader != MP_READER_SINGLE)
        context = *(struct mp_context *volatile *)&encoder->impl;
    *ret_context = context;
    return true;
}

bool mp_context_enter(struct mp_encoder *encoder, struct mp_context **ret_context) {
    const struct mp_settings *settings = &encoder->device->settings;
    bool entered = true;
    if (!settings->defect[MP_DEFECT_DESTROY_RACE])
        entered = enter_sound(encoder, ret_context);
    else if (settings->reader == MP_READER_UNLOCKED)
        *ret_context = encoder->impl;
    else
        entered = enter_checked(encoder, settings, ret_context);
    return entered;
}

void mp_context_leave(struct mp_encoder *encoder, struct mp_context *context) {
    const struct mp_settings *settings = &encoder->device->settings;
    if (!settings->defect[MP_DEFECT_DESTROY_RACE]) {
        pthread_mutex_unlock(&encoder->work->lock);
        return;
    }
    if (context->owner != encoder)
        mp_count_raise(MP_COUNT_STALE_USES);
    if (settings->reader == MP_READER_LOCKED || settings->reader == MP_READER_SINGLE)
        pthread_mutex_unlock(&encoder->device->pool.lock);
}
