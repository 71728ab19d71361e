/* The "GPU": threads that run command buffers, those of one queue in their order, those
 * of different queues side by side. Makes no Objective-C object and sends no message but
 * dealloc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/driver.h"
#include "repro/model/handler.h"

struct mp_executor {
    const struct mp_settings *settings; /* of the device, which outlives all work */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct mp_queue *first, *last; /* queues whose first buffer is ready */
    unsigned threads;
    bool is_stopping;
};

static void executor_destroy(struct mp_executor *executor) {
    pthread_cond_destroy(&executor->wake);
    pthread_mutex_destroy(&executor->lock);
    free(executor);
}

/* Hands the queue, which no executor has, to one. Lock held. */
static void queue_offer(struct mp_executor *executor, struct mp_queue *queue) {
    queue->next_active = NULL;
    if (executor->last)
        executor->last->next_active = queue;
    else
        executor->first = queue;
    executor->last = queue;
    pthread_cond_signal(&executor->wake);
}

/* If the first buffer of `queue` may run and no executor has the queue, hands it to one.
 * Lock held.
 */
static void queue_activate(struct mp_executor *executor, struct mp_queue *queue) {
    if (queue->is_active || !queue->first || !queue->first->is_ready)
        return;
    queue->is_active = true;
    if (!queue->first->hangs) /* gpu_hang: it stays with a GPU that never completes */
        queue_offer(executor, queue);
}

/* A buffer that waited for an event goes on. */
static void resume(struct mp_command_buffer *buffer) {
    struct mp_executor *executor = buffer->queue->device->executor;
    pthread_mutex_lock(&executor->lock);
    queue_offer(executor, buffer->queue);
    pthread_mutex_unlock(&executor->lock);
}

/* Whether the buffer has ended; if not, it is another thread's by now. */
static bool run(struct mp_command_buffer *buffer, const struct mp_settings *settings) {
    struct mp_work *work = buffer->work;
    buffer->park.buffer = buffer;
    buffer->park.resume = resume;
    mp_handlers_scheduled(buffer);
    if (buffer->queue->device->is_wrecked) {
        pthread_mutex_lock(&work->lock);
        mp_work_fail(work, MP_BUFFER_ERROR_INTERNAL,
                     "the GPU has not recovered from a hang");
        pthread_mutex_unlock(&work->lock);
    } else if (!mp_work_execute(buffer, settings)) {
        return false;
    }
    mp_handlers_completed(buffer);
    return true;
}

/* Runs one buffer of the queue that has waited longest. Lock held, released while it
 * runs. */
static void run_next(struct mp_executor *executor) {
    struct mp_queue *queue = executor->first;
    struct mp_command_buffer *buffer = queue->first;
    executor->first = queue->next_active;
    if (!executor->first)
        executor->last = NULL;
    pthread_mutex_unlock(&executor->lock);
    bool has_ended = run(buffer, executor->settings);
    pthread_mutex_lock(&executor->lock);
    if (!has_ended)
        return;
    queue->first = buffer->next;
    if (!queue->first)
        queue->last = NULL;
    queue->is_active = false;
    queue_activate(executor, queue);
    pthread_mutex_unlock(&executor->lock);
    mp_object_drop(buffer); /* may be the last reference to buffer, queue and device */
    pthread_mutex_lock(&executor->lock);
}

static void *executor_main(void *arg) {
    struct mp_executor *executor = arg;
    pthread_mutex_lock(&executor->lock);
    while (!executor->is_stopping || executor->first)
        if (executor->first)
            run_next(executor);
        else
            pthread_cond_wait(&executor->wake, &executor->lock);
    bool is_last = --executor->threads == 0;
    pthread_mutex_unlock(&executor->lock);
    if (is_last)
        executor_destroy(executor);
    return NULL;
}

struct mp_executor *mp_executor_start(struct mp_device *device) {
    struct mp_executor *executor = calloc(1, sizeof(*executor));
    pthread_attr_t attributes;
    sigset_t all, former;
    if (!executor) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    executor->settings = &device->settings;
    pthread_mutex_init(&executor->lock, NULL);
    pthread_cond_init(&executor->wake, NULL);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    /* Signals belong to the client: its threads get them, not these. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    pthread_mutex_lock(&executor->lock);
    for (unsigned i = 0; i < device->settings.executors; i++) {
        pthread_t thread;
        if (pthread_create(&thread, &attributes, executor_main, executor) == 0)
            executor->threads++;
    }
    bool has_threads = executor->threads > 0;
    pthread_mutex_unlock(&executor->lock);
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    pthread_attr_destroy(&attributes);
    if (!has_threads) {
        executor_destroy(executor);
        executor = NULL;
    }
    return executor;
}

void mp_executor_stop(struct mp_executor *executor) {
    pthread_mutex_lock(&executor->lock);
    executor->is_stopping = true;
    pthread_cond_broadcast(&executor->wake);
    pthread_mutex_unlock(&executor->lock);
}

void mp_executor_enqueue(struct mp_command_buffer *buffer) {
    struct mp_queue *queue = buffer->queue;
    struct mp_executor *executor = queue->device->executor;
    mp_object_hold(buffer);
    pthread_mutex_lock(&executor->lock);
    buffer->next = NULL;
    if (queue->last)
        queue->last->next = buffer;
    else
        queue->first = buffer;
    queue->last = buffer;
    pthread_mutex_unlock(&executor->lock);
}

void mp_executor_ready(struct mp_command_buffer *buffer) {
    struct mp_queue *queue = buffer->queue;
    struct mp_executor *executor = queue->device->executor;
    pthread_mutex_lock(&executor->lock);
    buffer->is_ready = true;
    queue_activate(executor, queue);
    pthread_mutex_unlock(&executor->lock);
}
