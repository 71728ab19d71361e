/* What a call on an encoder costs: each thread has an encoder of its own on the software
 * model and sets its buffer COUNT times. scripts/bench.d/fix runs it with and without a
 * fix library preloaded. Prints the nanoseconds from the first thread's begin to the end
 * of the last.
 *
 *   MODEL=/path/to/libmpmodel.so fix_calls THREADS COUNT
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 64

typedef struct objc_object *id;
typedef struct objc_selector *SEL;
typedef void (*any)(void);

extern SEL sel_registerName(const char *name);
extern any objc_msg_lookup(id receiver, SEL selector);
extern void objc_thread_add(void);

struct bench {
    pthread_barrier_t ready;
    id queue, buffer;
    long count;
    struct turn {
        struct bench *bench;
        pthread_t thread;
        uint64_t begin_ns, end_ns;
    } turn[THREADS_MAX];
};

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static id ask(id to, const char *name) {
    SEL selector = sel_registerName(name);
    return ((id(*)(id, SEL))objc_msg_lookup(to, selector))(to, selector);
}

static void *work(void *arg) {
    struct turn *turn = arg;
    struct bench *bench = turn->bench;
    SEL set = sel_registerName("setBuffer:offset:atIndex:");
    objc_thread_add();
    id buffer = ask(ask(bench->queue, "commandBuffer"), "retain");
    id encoder = ask(ask(buffer, "computeCommandEncoder"), "retain");
    pthread_barrier_wait(&bench->ready);
    turn->begin_ns = now_ns();
    /* Looked up each time, as a compiled client does. */
    for (long i = 0; i < bench->count; i++)
        ((void (*)(id, SEL, id, unsigned long, unsigned long))objc_msg_lookup(
            encoder, set))(encoder, set, bench->buffer, 0, 30);
    turn->end_ns = now_ns();
    ask(encoder, "endEncoding");
    ask(buffer, "commit");
    ask(buffer, "waitUntilCompleted");
    return NULL;
}

static void *symbol(void *library, const char *name) {
    void *found = library != NULL ? dlsym(library, name) : NULL;
    if (found == NULL) {
        fprintf(stderr, "fix_calls: MODEL is not the model of mpstress: %s\n", dlerror());
        exit(2);
    }
    return found;
}

static void set_up(struct bench *bench) {
    const char *path = getenv("MODEL");
    void *model = dlopen(path != NULL ? path : "", RTLD_NOW | RTLD_GLOBAL);
    id (*create)(void);
    *(void **)&create = symbol(model, "MTLCreateSystemDefaultDevice");
    id device = create();
    SEL make = sel_registerName("newBufferWithLength:options:");
    bench->queue = ask(device, "newCommandQueue");
    bench->buffer = ((id(*)(id, SEL, unsigned long, unsigned long))objc_msg_lookup(
        device, make))(device, make, 64, 0);
}

/* From the first thread that began to the last that ended. */
static uint64_t span_ns(const struct bench *bench, long threads) {
    uint64_t begin_ns = UINT64_MAX, end_ns = 0;
    for (long i = 0; i < threads; i++) {
        const struct turn *turn = &bench->turn[i];
        begin_ns = turn->begin_ns < begin_ns ? turn->begin_ns : begin_ns;
        end_ns = turn->end_ns > end_ns ? turn->end_ns : end_ns;
    }
    return end_ns - begin_ns;
}

int main(int argc, char **argv) {
    static struct bench bench;
    long threads = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    bench.count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    if (threads < 1 || threads > THREADS_MAX || bench.count < 1) {
        fprintf(stderr, "usage: MODEL=FILE %s THREADS COUNT\n", argv[0]);
        return 2;
    }
    set_up(&bench);
    pthread_barrier_init(&bench.ready, NULL, (unsigned)threads);
    for (long i = 0; i < threads; i++) {
        bench.turn[i].bench = &bench;
        if (pthread_create(&bench.turn[i].thread, NULL, work, &bench.turn[i]) != 0)
            return 1;
    }
    for (long i = 0; i < threads; i++)
        pthread_join(bench.turn[i].thread, NULL);
    printf("%" PRIu64 "\n", span_ns(&bench, threads));
    return 0;
}
