/* The smallest program that shows the window in which one thread ends an encoder that
 * another thread is calling. One file, plain C, no headers but the system's.
 *
 *   macOS:  clang -O2 -o destroy_impl destroy_impl.c -lobjc
 *           ./destroy_impl shared 20
 *   Linux:  cc -O2 -pthread -o destroy_impl destroy_impl.c -l:libobjc.so.4
 *           MODEL=build/dev/bin/libmpmodel.so ./destroy_impl shared 20
 *           (the software model of mpstress, not a driver)
 *
 *   destroy_impl correct|serial|shared [ROUNDS [THREADS]]
 *
 *   correct  every thread has a command buffer and an encoder of its own
 *   serial   one encoder, one thread at a time, under a lock, ended after the last call
 *   shared   MISUSE: the threads call one encoder at once, and one more ends it. Apple
 *            documents that command buffers and encoders are not thread safe: a crash
 *            here is the caller's fault, and shows where it happens
 *
 *   THREADS are those that call; correct and serial have one more, as shared has with the
 *   one that ends the encoder, so that they are never without company.
 *
 * Each round is a process. It says one line; the exit code is 0 if all rounds were clean,
 * 1 if one was not, 2 for bad usage, 4 where there is no Metal.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef __APPLE__
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A package for a vendor sets these above this file. */
#ifndef ENCODERS
#define ENCODERS 50 /* in a round; two digits */
#endif
#ifndef SEQUENCES
#define SEQUENCES 8 /* of calls by each thread on each encoder */
#endif
#ifndef THREADS
#define THREADS 8
#endif
#ifndef ROUNDS
#define ROUNDS 10
#endif
#ifndef SETTINGS
#define SETTINGS "reader=U,defects=destroy_race" /* of the model */
#endif

#define THREADS_MAX 64
#define DEADLINE_S  60
#define NO_METAL    4

typedef struct objc_object *id;
typedef struct objc_selector *SEL;
typedef void (*any)(void);
struct size {
    unsigned long width, height, depth; /* MTLSize */
};

extern SEL sel_registerName(const char *name);
#ifdef __APPLE__
extern void objc_msgSend(void);
#define METHOD(receiver, sel) ((void)(receiver), (void)(sel), objc_msgSend)
#define DRIVER                "/System/Library/Frameworks/Metal.framework/Metal"
#else
extern any objc_msg_lookup(id receiver, SEL sel);
extern void objc_thread_add(void);
#define METHOD(receiver, sel) objc_msg_lookup(receiver, sel)
#endif

enum mode { CORRECT, SERIAL, SHARED, MODES };
static const char *const mode_name[MODES] = {"correct", "serial", "shared"};

/* Everything of a round; all threads see it. */
struct round {
    enum mode mode;
    unsigned threads;
    id device, queue, pipeline, counter;
    void *(*pool_push)(void);
    void (*pool_pop)(void *pool);
    pthread_mutex_t lock;
    id buffer, encoder;  /* of the current turn, where they are shared */
    atomic_uint turn;    /* raised when the encoder is there */
    atomic_uint inside;  /* threads in the middle of their calls */
    unsigned place;      /* before which of its calls a thread lingers */
    atomic_uint done;    /* threads that made all their calls of this turn */
    atomic_bool is_over; /* the encoder was ended: no new sequence begins */
};

extern char **environ;
/* For the signal handler. */
static atomic_uint encoder_number;

/* Messages. A receiver stands once in each. */

static id send(id to, const char *name) {
    SEL sel = sel_registerName(name);
    return ((id(*)(id, SEL))METHOD(to, sel))(to, sel);
}

static void tell(id to, const char *name) {
    SEL sel = sel_registerName(name);
    ((void (*)(id, SEL))METHOD(to, sel))(to, sel);
}

static id send_one(id to, const char *name, const void *argument) {
    SEL sel = sel_registerName(name);
    return ((id(*)(id, SEL, const void *))METHOD(to, sel))(to, sel, argument);
}

static id send_numbers(id to, const char *name, unsigned long a, unsigned long b) {
    SEL sel = sel_registerName(name);
    return ((id(*)(id, SEL, unsigned long, unsigned long))METHOD(to, sel))(to, sel, a, b);
}

static void set_buffer(id encoder, id buffer, unsigned long index) {
    SEL sel = sel_registerName("setBuffer:offset:atIndex:");
    ((void (*)(id, SEL, id, unsigned long, unsigned long))METHOD(encoder, sel))(
        encoder, sel, buffer, 0, index);
}

static void dispatch_one(id encoder) {
    SEL sel = sel_registerName("dispatchThreads:threadsPerThreadgroup:");
    struct size one = {1, 1, 1};
    ((void (*)(id, SEL, struct size, struct size))METHOD(encoder, sel))(encoder, sel, one,
                                                                        one);
}

/* Setting up */

static _Noreturn void give_up(const char *why) {
    printf("no verdict: %s", why);
    fflush(stdout);
    _exit(NO_METAL);
}

static any symbol(const char *name) {
    any function = NULL;
    void *found = dlsym(RTLD_DEFAULT, name);

    memcpy(&function, &found, sizeof(function));
    return function;
}

/* Loads the driver; on Linux the model, told to have the race. */
static void load_driver(void) {
#ifdef __APPLE__
    /* Without it a command-line program gets no default device. */
    (void)dlopen("/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics",
                 RTLD_NOW | RTLD_GLOBAL);
    const char *path = DRIVER;
#else
    const char *path = getenv("MODEL");
    if (!path)
        give_up("MODEL does not say where libmpmodel.so is");
#endif
    if (!dlopen(path, RTLD_NOW | RTLD_GLOBAL))
        give_up(dlerror());
#ifndef __APPLE__
    const char *settings = getenv("MODEL_SETTINGS");
    const char *(*configure)(const char *) =
        (const char *(*)(const char *))symbol("mp_model_configure");
    const char *refusal = configure ? configure(settings ? settings : SETTINGS)
                                    : "that library is not the model of mpstress";
    if (refusal)
        give_up(refusal);
#endif
}

static id make_text(const char *text) {
    id (*get_class)(const char *) = (id(*)(const char *))symbol("objc_getClass");
    return send_one(get_class("NSString"), "stringWithUTF8String:", text);
}

static void set_up(struct round *round) {
    static const char source[] =
        "#include <metal_stdlib>\n"
        "using namespace metal;\n"
        "kernel void mp_noop(device atomic_uint *ops [[buffer(30)]],\n"
        "                    uint index [[thread_position_in_grid]]) {\n"
        "    if (index == 0)\n"
        "        atomic_fetch_add_explicit(ops, 1u, memory_order_relaxed);\n"
        "}\n";
    SEL compile = sel_registerName("newLibraryWithSource:options:error:");
    SEL make = sel_registerName("newComputePipelineStateWithFunction:error:");
    load_driver();
    id (*create)(void) = (id(*)(void))symbol("MTLCreateSystemDefaultDevice");
    round->pool_push = (void *(*)(void))symbol("objc_autoreleasePoolPush");
    round->pool_pop = (void (*)(void *))symbol("objc_autoreleasePoolPop");
    round->device = create ? create() : NULL;
    if (!round->device || !round->pool_push || !round->pool_pop)
        give_up("there is no Metal device here");
    void *pool = round->pool_push();
    id library = ((id(*)(id, SEL, id, id, id *))METHOD(round->device, compile))(
        round->device, compile, make_text(source), NULL, NULL);
    id function =
        library ? send_one(library, "newFunctionWithName:", make_text("mp_noop")) : NULL;
    round->pipeline = function ? ((id(*)(id, SEL, id, id *))METHOD(round->device, make))(
                                     round->device, make, function, NULL)
                               : NULL;
    round->queue = send(round->device, "newCommandQueue");
    round->counter = send_numbers(round->device, "newBufferWithLength:options:", 4, 0);
    if (!round->pipeline || !round->queue || !round->counter)
        give_up("the device refused a queue, a buffer or the kernel");
    *(uint32_t *)(void *)send(round->counter, "contents") = 0;
    round->pool_pop(pool);
}

/* In the middle of the calls of a shared encoder: lets the other thread end it, which
 * without this happens too, but seldom. */
static void linger(struct round *round, unsigned place) {
    if (round->mode != SHARED || place != round->place)
        return;
    for (unsigned i = 0; i < 200 && !atomic_load(&round->is_over); i++)
        sched_yield();
}

/* What a thread does with an encoder, over and over: three calls. */
static void call_encoder(struct round *round, id encoder) {
    SEL set = sel_registerName("setComputePipelineState:");

    tell(encoder, "retain");
    linger(round, 0);
    ((void (*)(id, SEL, id))METHOD(encoder, set))(encoder, set, round->pipeline);
    linger(round, 1);
    set_buffer(encoder, round->counter, 30);
    linger(round, 2);
    dispatch_one(encoder);
    tell(encoder, "release");
}

static void open_encoder(struct round *round, id *ret_buffer, id *ret_encoder) {
    *ret_buffer = send(send(round->queue, "commandBuffer"), "retain");
    *ret_encoder = send(send(*ret_buffer, "computeCommandEncoder"), "retain");
}

static void end_encoder(struct round *round, id buffer, id encoder) {
    tell(encoder, "endEncoding");
    tell(buffer, "commit");
    if (round->mode != CORRECT)
        atomic_store(&round->is_over, true);
    tell(buffer, "waitUntilCompleted");
    tell(encoder, "release");
    tell(buffer, "release");
}

/* A thread's calls of one turn. */
static void take_turn(struct round *round) {
    void *pool = round->pool_push();
    id buffer, encoder;

    if (round->mode == CORRECT) {
        open_encoder(round, &buffer, &encoder);
        for (unsigned i = 0; i < SEQUENCES; i++)
            call_encoder(round, encoder);
        end_encoder(round, buffer, encoder);
    }
    for (unsigned i = 0; round->mode == SERIAL && i < SEQUENCES; i++) {
        pthread_mutex_lock(&round->lock);
        call_encoder(round, round->encoder);
        pthread_mutex_unlock(&round->lock);
    }
    for (unsigned i = 0; round->mode == SHARED && i < SEQUENCES; i++) {
        if (atomic_load(&round->is_over))
            break; /* no call begins on an encoder that is known to be ended */
        atomic_fetch_add(&round->inside, 1);
        call_encoder(round, round->encoder);
        atomic_fetch_sub(&round->inside, 1);
    }
    round->pool_pop(pool);
    atomic_fetch_add(&round->done, 1);
}

static void *work(void *context) {
    struct round *round = context;

#ifndef __APPLE__
    objc_thread_add();
#endif
    for (unsigned turn = 1; turn <= ENCODERS; turn++) {
        while (atomic_load(&round->turn) < turn)
            sched_yield();
        take_turn(round);
    }
    return NULL;
}

/* The thread that opens the encoder, and ends it: after all calls, or among them. */
static void lead_turn(struct round *round, unsigned turn) {
    void *pool = round->pool_push();
    unsigned looks = 0;

    atomic_store(&encoder_number, turn);
    atomic_store(&round->done, 0);
    atomic_store(&round->is_over, false);
    if (round->mode != CORRECT)
        open_encoder(round, &round->buffer, &round->encoder);
    atomic_store(&round->turn, turn);
    while (round->mode == SHARED && atomic_load(&round->inside) == 0 &&
           atomic_load(&round->done) < round->threads && ++looks < 1000000)
        sched_yield();
    while (round->mode == SERIAL && atomic_load(&round->done) < round->threads)
        sched_yield();
    if (round->mode != CORRECT)
        end_encoder(round, round->buffer, round->encoder);
    while (atomic_load(&round->done) < round->threads)
        sched_yield();
    round->pool_pop(pool);
}

/* A signal handler: says what struck and where, then lets the process die of it. */
static void on_fault(int number, siginfo_t *info, void *context) {
    char text[96] = "crash: signal 00 at 0x";
    size_t len = strlen(text);
    uintptr_t address = (uintptr_t)info->si_addr;
    unsigned turn = atomic_load(&encoder_number);
    int shift = 60;

    (void)context;
    text[14] = (char)('0' + number / 10);
    text[15] = (char)('0' + number % 10);
    while (shift > 0 && address >> shift == 0)
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        text[len++] = "0123456789abcdef"[address >> shift & 15];
    memcpy(text + len, ", encoder 00", 12);
    text[len + 10] = (char)('0' + turn / 10);
    text[len + 11] = (char)('0' + turn % 10);
    if (write(STDOUT_FILENO, text, len + 12) < 0)
        _exit(1);
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_faults(void) {
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_RESETHAND};

    action.sa_sigaction = on_fault;
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
}

static int run_round(enum mode mode, unsigned threads, unsigned place) {
    static struct round round; /* other threads may outlive this function */
    pthread_t thread[THREADS_MAX];
    unsigned started = 0;

    round.mode = mode;
    round.threads = threads;
    round.place = place;
    pthread_mutex_init(&round.lock, NULL);
    alarm(DEADLINE_S); /* a driver may hang while it is loaded, too */
    set_up(&round);
    watch_faults();
    while (started < threads && pthread_create(&thread[started], NULL, work, &round) == 0)
        started++;
    if (started < threads)
        give_up("a thread was refused");
    for (unsigned turn = 1; turn <= ENCODERS; turn++)
        lead_turn(&round, turn);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    printf("clean: %d encoders", ENCODERS);
    fflush(stdout);
    return 0;
}

/* Rounds */

/* 0 clean, 1 failed, NO_METAL; ends the line that the round began. */
static int start_round(char *self, enum mode mode, unsigned threads, unsigned place) {
    char mode_text[16], thread_text[16], place_text[16];
    char *argv[] = {self, (char *)"--round", mode_text, thread_text, place_text, NULL};
    pid_t pid;
    int status = 0;

    snprintf(mode_text, sizeof(mode_text), "%d", (int)mode);
    snprintf(thread_text, sizeof(thread_text), "%u", threads);
    snprintf(place_text, sizeof(place_text), "%u", place);
    if (posix_spawnp(&pid, self, NULL, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid) {
        printf("no verdict: cannot start %s\n", self);
        return NO_METAL;
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        printf("hang: no end in %d s", DEADLINE_S);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        printf("abort: the driver ended the process");
    putchar('\n');
    if (WIFSIGNALED(status))
        return 1;
    return WEXITSTATUS(status);
}

static const char *label(enum mode mode) {
    if (mode == SHARED)
        return "MISUSE: threads call one encoder at once, and one more ends it";
    return mode == SERIAL ? "one encoder, one thread at a time, ended after the last call"
                          : "an encoder of its own for every thread";
}

static int run_rounds(char *self, enum mode mode, unsigned rounds, unsigned threads) {
    unsigned failed = 0;
    int code = 0;

    if (mode != SHARED && threads < THREADS_MAX)
        threads++; /* as many as shared has with the one that ends the encoder */
    printf("%s: %s; %u %s, %d encoders a round\n", mode_name[mode], label(mode), threads,
           threads == 1 ? "thread" : "threads", ENCODERS);
#ifndef __APPLE__
    puts("on the software model of mpstress, which is no driver");
#endif
    for (unsigned i = 1; i <= rounds && code != NO_METAL; i++) {
        printf("round %u: ", i);
        fflush(stdout);
        code = start_round(self, mode, threads, i % 3);
        failed += code == 1;
    }
    if (code == NO_METAL)
        return NO_METAL;
    printf("%s: %u of %u rounds failed\n", mode_name[mode], failed, rounds);
    return failed > 0;
}

static unsigned number(const char *text, unsigned otherwise, unsigned max) {
    char *end;
    unsigned long value = text ? strtoul(text, &end, 10) : otherwise;

    return text && (*end != '\0' || end == text || value > max) ? 0 : (unsigned)value;
}

int main(int argc, char **argv) {
    int mode = 0;
    unsigned rounds, threads;

    if (argc == 5 && strcmp(argv[1], "--round") == 0)
        return run_round((enum mode)number(argv[2], 0, MODES - 1),
                         number(argv[3], 1, THREADS_MAX), number(argv[4], 0, 2));
    while (mode < MODES && argc > 1 && strcmp(argv[1], mode_name[mode]) != 0)
        mode++;
    rounds = number(argc > 2 ? argv[2] : NULL, ROUNDS, 1000000);
    threads = number(argc > 3 ? argv[3] : NULL, THREADS, THREADS_MAX);
    if (argc < 2 || argc > 4 || mode == MODES || rounds == 0 || threads == 0) {
        fprintf(stderr, "usage: destroy_impl correct|serial|shared [ROUNDS [THREADS]]\n");
        return 2;
    }
    return run_rounds(argv[0], (enum mode)mode, rounds, threads);
}
