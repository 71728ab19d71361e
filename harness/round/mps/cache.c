/* The kernels and graphs that are kept. Making one happens under the cache's lock, as in
 * PyTorch; using one does not.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "harness/base/memory.h"
#include "harness/round/mps/client.h"
#include "harness/round/objc/send.h"

void mp_mps_cache_init(struct mp_mps_cache *cache) {
    pthread_mutex_init(&cache->lock, NULL);
    cache->first = NULL;
}

static void plan_release(const struct mp_objc *objc, struct mp_mps_plan *plan) {
    if (plan->executable)
        mp_send_release(objc, plan->executable);
    if (plan->object)
        mp_send_release(objc, plan->object);
    free(plan);
}

void mp_mps_cache_release(const struct mp_objc *objc, struct mp_mps_cache *cache) {
    while (cache->first) {
        struct mp_mps_plan *plan = cache->first;
        cache->first = plan->next;
        plan_release(objc, plan);
    }
    pthread_mutex_destroy(&cache->lock);
}

uint64_t mp_mps_cache_objects(struct mp_mps_cache *cache) {
    uint64_t objects = 0;
    pthread_mutex_lock(&cache->lock);
    for (const struct mp_mps_plan *plan = cache->first; plan; plan = plan->next)
        objects += plan->objects;
    pthread_mutex_unlock(&cache->lock);
    return objects;
}

/* What makes two ops one for a kernel or graph: sizes, but not where a copy begins. */
static bool is_for(const struct mp_mps_plan *plan, const struct mp_meaning *meaning,
                   bool by_graph) {
    const struct mp_meaning *own = &plan->meaning;
    return plan->by_graph == by_graph && own->kind == meaning->kind &&
           own->rows == meaning->rows && own->columns == meaning->columns &&
           own->inner == meaning->inner && own->eps == meaning->eps;
}

static enum mp_status make_plan(struct mp_mps_device *mps,
                                const struct mp_meaning *meaning, bool by_graph,
                                mp_mps_make *make, struct mp_mps_plan **ret_plan,
                                struct mp_error *err) {
    struct mp_mps_plan *plan = mp_memory_zeroed(1, sizeof(*plan));
    plan->meaning = *meaning;
    plan->by_graph = by_graph;
    plan->objects = 1;
    enum mp_status status = make(mps, plan, err);
    if (status == MP_OK)
        *ret_plan = plan;
    else
        plan_release(&mps->metal.objc, plan);
    return status;
}

enum mp_status mp_mps_plan_take(struct mp_device_stream *stream,
                                const struct mp_meaning *meaning, bool by_graph,
                                mp_mps_make *make, struct mp_mps_plan **ret_plan,
                                struct mp_error *err) {
    struct mp_mps_device *mps = mp_mps_device_of(stream);
    struct mp_mps_stream *own = mp_metal_stream_extra(stream);
    struct mp_mps_cache *cache = mps->sharing == MP_MPS_SHARED ? &mps->shared : &own->own;
    enum mp_status status = MP_OK;
    if (mps->sharing == MP_MPS_NONE)
        return make_plan(mps, meaning, by_graph, make, ret_plan, err);
    pthread_mutex_lock(&cache->lock);
    struct mp_mps_plan *plan = cache->first;
    while (plan && !is_for(plan, meaning, by_graph))
        plan = plan->next;
    if (!plan) {
        status = make_plan(mps, meaning, by_graph, make, &plan, err);
        if (status == MP_OK) {
            plan->next = cache->first;
            cache->first = plan;
        }
    }
    pthread_mutex_unlock(&cache->lock);
    *ret_plan = plan;
    return status;
}

void mp_mps_plan_give(struct mp_device_stream *stream, struct mp_mps_plan *plan) {
    struct mp_mps_device *mps = mp_mps_device_of(stream);
    if (mps->sharing == MP_MPS_NONE)
        plan_release(&mps->metal.objc, plan);
}
