/* A worked example of mpstress.h: threads submit numbers to a queue that adds them up,
 * and check what it says in the end.
 *
 *     cc -pthread -I.. -o sums sums.c
 *     mpstress run --exec './sums locked' --rounds 20
 *     mpstress run --exec './sums racy' --delay 200us --rounds 20
 *
 * With "racy" the queue forgets its lock: additions get lost, now and then without a
 * pause and mostly with one, and the rounds fail as mismatch. With "lazy" it forgets some
 * work without a trace of it, and the rounds fail as dropped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <mpstress.h>

#define THREADS 4
#define OPS     500 /* of each thread */

struct queue {
    pthread_mutex_t lock;
    bool has_lock, is_lazy;
    volatile long sum;
};

struct worker {
    pthread_t thread;
    struct queue *queue;
    unsigned index;
};

static void submit(struct queue *queue, long number) {
    if (queue->has_lock)
        pthread_mutex_lock(&queue->lock);
    long before = queue->sum;
    mpstress_point(); /* between reading and writing */
    queue->sum = before + number;
    if (queue->has_lock)
        pthread_mutex_unlock(&queue->lock);
}

static void *work(void *argument) {
    struct worker *worker = argument;
    mpstress_thread(worker->index);
    for (unsigned i = 0; i < OPS; i++) {
        if (worker->queue->is_lazy && i % 10 == 9)
            continue;
        mpstress_begin(worker->index, i);
        submit(worker->queue, 1);
        mpstress_end(worker->index, i);
        mpstress_done(1);
    }
    return NULL;
}

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "locked";
    struct queue queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
                          .has_lock = strcmp(kind, "racy") != 0,
                          .is_lazy = strcmp(kind, "lazy") == 0};
    struct worker worker[THREADS];
    long expected = (long)THREADS * (queue.is_lazy ? OPS - OPS / 10 : OPS);
    mpstress_plan(THREADS * OPS);
    mpstress_expect_overlap();
    for (unsigned i = 0; i < THREADS; i++) {
        worker[i] = (struct worker){.queue = &queue, .index = i + 1};
        if (pthread_create(&worker[i].thread, NULL, work, &worker[i]) != 0)
            return 2;
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(worker[i].thread, NULL);
    printf("sum %ld of %ld\n", queue.sum, expected);
    return mpstress_check("sum", queue.sum == expected) ? 0 : 1;
}
