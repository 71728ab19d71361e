/* A thread, if need be. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/big_stack.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

/* The deepest call so far seen, capture with line numbers, takes some 250 KiB. */
#define STACK_NEEDED ((size_t)1024 * 1024)
#define STACK_SIZE   ((size_t)4 * 1024 * 1024)

struct call {
    int (*run)(int argc, char **argv);
    int argc;
    char **argv;
    int result;
};

static void *run_call(void *arg) {
    struct call *call = arg;
    call->result = call->run(call->argc, call->argv);
    return NULL;
}

/* False: there is no thread; nothing was called. */
static bool run_in_thread(struct call *call) {
    pthread_attr_t attr;
    pthread_t thread;
    sigset_t all;
    if (pthread_attr_init(&attr) != 0)
        return false;
    bool is_started = pthread_attr_setstacksize(&attr, STACK_SIZE) == 0 &&
                      pthread_create(&thread, &attr, run_call, call) == 0;
    pthread_attr_destroy(&attr);
    if (!is_started)
        return false;
    sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    return pthread_join(thread, NULL) == 0;
}

int mp_big_stack_run(int (*run)(int argc, char **argv), int argc, char **argv) {
    struct call call = {.run = run, .argc = argc, .argv = argv};
    struct rlimit limit;
    bool is_small = getrlimit(RLIMIT_STACK, &limit) == 0 &&
                    limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < STACK_NEEDED;
    if (is_small && run_in_thread(&call))
        return call.result;
    return run(argc, argv);
}
