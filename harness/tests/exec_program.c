/* A program of somebody else's, for rounds that run programs: it knows nothing of mpstress
 * and does what its first argument says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#undef NDEBUG
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void strike(volatile int *target) {
    *target = 1;
}

static void *wait_for_ever(void *unused) {
    for (;;)
        pause();
    return unused;
}

/* Dies `depth` calls deep. */
__attribute__((noinline)) static int descend(int depth) { /* NOLINT(misc-no-recursion) */
    volatile int below = 0;                               /* so that it is no loop */
    if (depth == 0)
        strike(NULL);
    else
        below = descend(depth - 1);
    return below + 1;
}

/* Dies among other threads. */
static int crash_with_threads(int count) {
    pthread_t thread;
    for (int i = 0; i < count; i++)
        if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
            return 9;
    strike(NULL);
    return 0;
}

static int crash_in_child(void) {
    pid_t pid = fork();
    if (pid == 0)
        strike(NULL);
    int status = 0;
    if (waitpid(pid, &status, 0) != pid)
        return 9;
    return 0; /* it does not even notice */
}

/* Writes more than anybody keeps, and then its last word. */
static int write_much(void) {
    for (int i = 0; i < 200000; i++)
        printf("line %d of many\n", i);
    puts("the last word");
    return 4;
}

static void *leave(void *unused) {
    return unused;
}

/* Dies while other threads are on their way out. */
static int abort_with_leaving_threads(void) {
    pthread_t thread;
    for (int i = 0; i < 8; i++)
        if (pthread_create(&thread, NULL, leave, NULL) != 0)
            return 9;
    abort();
}

static int say(int argc, char **argv) {
    printf("seed=%s round=%s", getenv("MPSTRESS_SEED"), getenv("MPSTRESS_ROUND"));
    for (int i = 2; i < argc; i++)
        printf(" [%s]", argv[i]);
    putchar('\n');
    return 5;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "pass";
    if (strcmp(what, "exit") == 0)
        return atoi(argv[2]);
    if (strcmp(what, "crash") == 0)
        return crash_with_threads(argc > 2 ? atoi(argv[2]) : 3);
    if (strcmp(what, "descend") == 0)
        return descend(atoi(argv[2]));
    if (strcmp(what, "abort") == 0)
        assert(argc == 0);
    if (strcmp(what, "leaving") == 0)
        return abort_with_leaving_threads();
    if (strcmp(what, "hang") == 0)
        wait_for_ever(NULL);
    if (strcmp(what, "child") == 0)
        return crash_in_child();
    if (strcmp(what, "become") == 0)
        return execv(argv[2], argv + 2);
    if (strcmp(what, "much") == 0)
        return write_much();
    if (strcmp(what, "say") == 0)
        return say(argc, argv);
    /* A coin that falls by the seed. */
    const char *seed = getenv("MPSTRESS_SEED");
    if (strcmp(what, "coin") == 0 && seed != NULL && strtoull(seed, NULL, 10) % 2 == 0)
        strike(NULL);
    if (strcmp(what, "variable") == 0)
        return getenv("MP_TEST_VARIABLE") != NULL ? 0 : 6;
    return 0;
}
