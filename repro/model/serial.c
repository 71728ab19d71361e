/* The threads are of the whole process and stay: one more whenever a queue has work and
 * none is free, so that a job may wait for another one. With no thread to be had, the
 * caller runs the job itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/serial.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/classes.h"

/* As many as libdispatch gives to one process (64 by default). */
#define THREADS_MAX 64

struct mp_serial {
    struct mp_serial_job *first, *last;
    struct mp_serial *next_waiting;
    bool has_thread;  /* waits for one, or has one */
    bool is_released; /* by its owner */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below and above */
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct mp_serial *first_waiting, *last_waiting;
static unsigned threads, free_threads, waiting;

struct mp_serial *mp_serial_create(void) {
    struct mp_serial *serial = calloc(1, sizeof(*serial));
    if (!serial) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    return serial;
}

/* Runs all jobs of the queue. Lock held, released meanwhile. */
static void drain(struct mp_serial *serial) {
    while (serial->first) {
        struct mp_serial_job *job = serial->first;
        serial->first = job->next;
        if (!serial->first)
            serial->last = NULL;
        pthread_mutex_unlock(&lock);
        id pool = mp_send(mp_send((id)mp_class_get(MP_CLASS_POOL), mp_selector.alloc),
                          mp_selector.init);
        job->run(job);
        mp_send_void(pool, mp_selector.drain);
        pthread_mutex_lock(&lock);
    }
    serial->has_thread = false;
    if (serial->is_released)
        free(serial);
}

static void *thread_main(void *arg) {
    (void)arg;
    pthread_mutex_lock(&lock);
    for (;;) {
        struct mp_serial *serial = first_waiting;
        if (serial) {
            first_waiting = serial->next_waiting;
            if (!first_waiting)
                last_waiting = NULL;
            waiting--;
            drain(serial);
        } else {
            free_threads++;
            pthread_cond_wait(&wake, &lock);
            free_threads--;
        }
    }
    return NULL;
}

/* One more thread, if that can be. Lock held. Signals belong to the client. */
static void add_thread(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, former;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former);
    if (pthread_create(&thread, &attributes, thread_main, NULL) == 0)
        threads++;
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    pthread_attr_destroy(&attributes);
}

void mp_serial_push(struct mp_serial *serial, struct mp_serial_job *job) {
    job->next = NULL;
    pthread_mutex_lock(&lock);
    if (serial->last)
        serial->last->next = job;
    else
        serial->first = job;
    serial->last = job;
    if (!serial->has_thread) {
        serial->has_thread = true;
        if (waiting >= free_threads && threads < THREADS_MAX)
            add_thread();
        if (threads == 0) {
            drain(serial);
        } else {
            serial->next_waiting = NULL;
            if (last_waiting)
                last_waiting->next_waiting = serial;
            else
                first_waiting = serial;
            last_waiting = serial;
            waiting++;
            pthread_cond_signal(&wake);
        }
    }
    pthread_mutex_unlock(&lock);
}

bool mp_serial_is_idle(struct mp_serial *serial) {
    pthread_mutex_lock(&lock);
    bool is_idle = !serial->has_thread;
    pthread_mutex_unlock(&lock);
    return is_idle;
}

void mp_serial_release(struct mp_serial *serial) {
    if (!serial)
        return;
    pthread_mutex_lock(&lock);
    serial->is_released = true;
    if (!serial->has_thread)
        free(serial);
    pthread_mutex_unlock(&lock);
}
