/* Threads that take over a worker's slot. The worker waits for each, so that the slot has
 * one writer at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/successor.h"

#include <pthread.h>
#include <stdio.h>

#include "harness/round/process.h"

struct successor {
    struct mp_device *device;
    struct mp_worker *worker;
    mp_successor_work *work;
    void *data;
    struct mp_error *err;
    enum mp_status status;
    bool has_returned;
};

static void *successor_main(void *data) {
    struct successor *successor = data;
    struct mp_worker *worker = successor->worker;
    char name[16];
    atomic_store_explicit(&worker->slot->tid, mp_process_thread_id(),
                          memory_order_relaxed);
    snprintf(name, sizeof(name), "mp-worker-%u", worker->index);
    mp_process_name_thread(name);
    successor->device->ops->thread_enter(successor->device);
    successor->status = successor->work(successor->data, worker, successor->err);
    successor->device->ops->thread_leave(successor->device);
    successor->has_returned = true;
    return NULL;
}

enum mp_status mp_successor_run(struct mp_device *device, struct mp_worker *worker,
                                mp_successor_work *work, void *data,
                                struct mp_error *err) {
    struct successor successor = {
        .device = device, .worker = worker, .work = work, .data = data, .err = err};
    const uint64_t tid = atomic_load_explicit(&worker->slot->tid, memory_order_relaxed);
    pthread_t thread;
    const int error = pthread_create(&thread, NULL, successor_main, &successor);
    if (error != 0)
        return mp_error_set_errno(err, MP_SYSTEM, error,
                                  "cannot start another thread for worker %u",
                                  worker->index);
    pthread_join(thread, NULL);
    atomic_store_explicit(&worker->slot->tid, tid, memory_order_relaxed);
    if (!successor.has_returned)
        pthread_exit(NULL);
    return successor.status;
}
