/* A round that does one bad thing and nothing else: what the tests of runner and capture
 * start in place of mpstress-round. The scenario of its spec names the deed. It takes the
 * page as a true round does: descriptor, go flag, phases, result.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* setsid with fork, MAP_ANONYMOUS, prctl */

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "harness/base/clock.h"
#include "harness/tests/victim_hostile.h"
#include "harness/wire/round_page.h"

/* Its own function under its own name, whatever the compiler knows of the arguments; its
 * deed is no mistake that a sanitizer should prevent. */
#ifdef __clang__
#define DEED __attribute__((noinline, no_sanitize("address", "undefined", "thread")))
#else
#define DEED __attribute__((noinline, noclone, no_sanitize("address,undefined,thread")))
#endif

/* Whatever a failed test leaves behind goes by itself. */
#define LIFE_S 120
#define FILL   UINT64_C(0x5a5a000000000000)

static volatile uint64_t sink;

/* Sanitizers leave the signals alone: the end of the victim is what is tested. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0";
}

static long number(const struct mp_round_spec *spec, const char *name, long fallback) {
    const char *text = mp_round_spec_param(spec, name);
    return text != NULL ? strtol(text, NULL, 0) : fallback;
}

/* These deeds are what the analyzer is there to prevent.
 * NOLINTBEGIN(clang-analyzer-core.*,misc-no-recursion) */
static DEED void victim_read(uint64_t address) {
    sink = *(volatile uint64_t *)address;
}

static DEED void victim_write(uint64_t address) {
    *(volatile uint64_t *)address = 7;
}

static DEED void victim_call(uint64_t address) {
    ((void (*)(void))address)();
    sink++;
}

/* A function of a driver's with a name of C++ that is longer than a record keeps:
 * ComputeEncoder<...>::dispatchThreads...<...>(...) in AGX::HAL300. */
#define CXX_NAME                                                                         \
    "_ZN3AGX6HAL30014ComputeEncoderINS0_30DispatchPolicyOfComputeEncoderENS0_31"         \
    "ResidencyTrackerOfCommandBufferENS0_21HeapOfArgumentBuffersEE83"                    \
    "dispatchThreadsWithIndirectArgumentsAndBarriersBetweenThemOfTheKindThatIsNeeded"    \
    "HereINS1_IS3_S4_NS0_6BufferEEES4_EEvmPS2_PT_PT0_"
#ifdef __APPLE__
#define CXX_SYMBOL "_" CXX_NAME
#else
#define CXX_SYMBOL CXX_NAME
#endif
DEED void victim_cxx(uint64_t address) __asm__(CXX_SYMBOL);
DEED void victim_cxx(uint64_t address) {
    sink = *(volatile uint64_t *)address + 1; /* else the compiler folds it */
}

static DEED int victim_divide(volatile int *by) {
    return 7 / *by;
}

static DEED uint64_t victim_recurse(uint64_t depth) {
    volatile uint64_t here[64];
    here[depth % 64] = depth;
    if (sink == UINT64_MAX) /* never */
        return 0;
    return victim_recurse(depth + 1) + here[depth % 64];
}
/* NOLINTEND(clang-analyzer-core.*,misc-no-recursion) */

static void *run_victim_recurse(void *arg) {
    sink = victim_recurse(0);
    return arg;
}

static void *run_victim_read(void *arg) {
    victim_read((uint64_t)(uintptr_t)arg);
    return NULL;
}

static void name_thread(const char *name) {
#ifdef __linux__
    prctl(PR_SET_NAME, name);
#else
    (void)name;
#endif
}

static void *run_named(void *arg) {
    name_thread("victim-worker");
    victim_read(0x18);
    return arg;
}

static void on_signal(int signal) {
    (void)signal;
}

static void handle(int signal) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(signal, &action, NULL);
}

static void crash_in_thread(void *(*run)(void *)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) == 0)
        pthread_join(thread, NULL);
}

static void fault_together(void) {
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, run_victim_read, (void *)(i * 8));
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
}

/* Threads that never do anything, under names of their own. */
static void *run_victim_idle(void *arg) {
    char name[16];
    snprintf(name, sizeof(name), "idle-%d", (int)(uintptr_t)arg);
    name_thread(name);
    __atomic_fetch_add(&sink, 1, __ATOMIC_SEQ_CST);
    for (;;)
        pause();
    return NULL;
}

static void crash_in_company(uintptr_t count) {
    pthread_t thread;
    uint64_t before = sink;
    for (uintptr_t i = 0; i < count; i++)
        pthread_create(&thread, NULL, run_victim_idle, (void *)i);
    while (__atomic_load_n(&sink, __ATOMIC_SEQ_CST) < before + count)
        sched_yield();
    victim_read(0x40);
}

static pthread_mutex_t lock[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};

/* Holds one lock, waits until the other thread holds the other, and wants that. */
static void *run_victim_deadlock(void *arg) {
    uintptr_t mine = (uintptr_t)arg;
    pthread_mutex_lock(&lock[mine]);
    __atomic_fetch_add(&sink, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&sink, __ATOMIC_SEQ_CST) < 2)
        sched_yield();
    pthread_mutex_lock(&lock[1 - mine]);
    return arg;
}

static void deadlock(void) {
    pthread_t thread[2];
    for (uintptr_t i = 0; i < 2; i++)
        pthread_create(&thread[i], NULL, run_victim_deadlock, (void *)i);
    pthread_join(thread[0], NULL);
}

#ifdef __linux__
/* As a thread that has met a fault and is halted before the signal is delivered: it
 * waits. */
static void *run_victim_waiting(void *arg) {
    sigset_t all;
    siginfo_t info = {.si_signo = SIGSEGV, .si_code = SEGV_MAPERR};
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), SIGSEGV, &info);
    __atomic_fetch_add(&sink, 1, __ATOMIC_SEQ_CST);
    for (;;)
        pause();
    return arg;
}

static void crash_beside_waiting(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, run_victim_waiting, NULL);
    while (__atomic_load_n(&sink, __ATOMIC_SEQ_CST) < 1)
        sched_yield();
    victim_read(0x40);
}
#endif

static DEED uint64_t victim_descend(uint64_t depth) { /* NOLINT(misc-no-recursion) */
    volatile uint64_t here = depth;
    if (depth == 0)
        victim_read(0x48);
    else
        victim_descend(depth - 1);
    return here;
}

static void *map(int protection, int fd) {
    int flags = fd >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
    void *memory = mmap(NULL, 65536, protection, flags, fd, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

/* Faults of the kinds that need no parameter. Returns false if there is no such deed. */
static bool fault(const char *deed) {
    uint64_t non_canonical = FILL | 0x10;
    volatile int zero = 0;
    if (strcmp(deed, "non_canonical_read") == 0)
        victim_read(non_canonical);
    else if (strcmp(deed, "non_canonical_write") == 0)
        victim_write(non_canonical);
    else if (strcmp(deed, "non_canonical_call") == 0)
        victim_call(non_canonical);
    else if (strcmp(deed, "not_executable") == 0)
        victim_call((uint64_t)(uintptr_t)map(PROT_READ | PROT_WRITE, -1));
    else if (strcmp(deed, "read_only") == 0)
        victim_write((uint64_t)(uintptr_t)map(PROT_READ, -1));
    else if (strcmp(deed, "no_access") == 0)
        victim_read((uint64_t)(uintptr_t)map(PROT_NONE, -1) + 4096);
    else if (strcmp(deed, "past_file") == 0)
        victim_read((uint64_t)(uintptr_t)map(PROT_READ, fileno(tmpfile())));
    else if (strcmp(deed, "divide") == 0)
        sink = (uint64_t)victim_divide(&zero);
    else if (strcmp(deed, "illegal") == 0)
        __builtin_trap();
    else if (strcmp(deed, "stack_main") == 0)
        run_victim_recurse(NULL);
    else if (strcmp(deed, "stack_worker") == 0)
        crash_in_thread(run_victim_recurse);
    else if (strcmp(deed, "named_worker") == 0)
        crash_in_thread(run_named);
    else if (strcmp(deed, "together") == 0)
        fault_together();
    else if (strcmp(deed, "abort") == 0)
        abort();
    else
        return false;
    return true;
}

/* A process that outlives its parent, in a session of its own, and keeps stderr open. */
static void leak_one(bool has_session) {
    if (fork() != 0)
        return;
    if (has_session)
        setsid();
    alarm(LIFE_S);
    for (;;)
        pause();
}

static void crash_in_child(void) {
    pid_t pid = fork();
    if (pid == 0)
        victim_read(0);
    waitpid(pid, NULL, 0);
}

/* A grandchild whose parent is gone crashes; the round ends only after somebody reaped
 * it. */
static void crash_orphan(bool has_session) {
    int ids[2];
    pid_t orphan = 0;
    alarm(LIFE_S);
    if (pipe(ids) != 0)
        _exit(70);
    pid_t pid = fork();
    if (pid == 0) {
        pid_t parent = getpid();
        orphan = fork();
        if (orphan > 0)
            _exit(write(ids[1], &orphan, sizeof(orphan)) == sizeof(orphan) ? 0 : 70);
        if (has_session)
            setsid();
        alarm(LIFE_S);
        while (getppid() == parent)
            mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
        victim_read(0);
    }
    if (read(ids[0], &orphan, sizeof(orphan)) != sizeof(orphan))
        _exit(70);
    waitpid(pid, NULL, 0);
    while (kill(orphan, 0) == 0)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
}

/* A grandchild that lives on while its parent, a child of the round, ends at once. */
static void leak_orphan(void) {
    pid_t pid = fork();
    if (pid == 0) {
        leak_one(true);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

/* A process that is another one each moment: it forks and exits, for LIFE_S at most. */
static void leak_hopper(void) {
    const struct timespec moment = {.tv_nsec = 200000};
    time_t until = time(NULL) + LIFE_S;
    if (fork() != 0)
        return;
    setsid();
    while (time(NULL) < until && fork() == 0)
        nanosleep(&moment, NULL);
    _exit(0);
}

/* As leak_orphan, in an environment of its own, which names no round; returns once it has that. */
static void leak_bare(void) {
    int executed[2];
    if (pipe(executed) != 0)
        _exit(70);
    pid_t pid = fork();
    if (pid == 0 && fork() == 0) {
        char *nothing[] = {NULL};
        char seconds[16];
        snprintf(seconds, sizeof(seconds), "%d", LIFE_S);
        setsid();
        fcntl(executed[1], F_SETFD, FD_CLOEXEC);
        execle("/bin/sleep", "sleep", seconds, (char *)NULL, nothing);
        _exit(70);
    }
    if (pid == 0)
        _exit(0);
    char byte;
    close(executed[1]);
    if (read(executed[0], &byte, 1) != 0)
        _exit(70);
    waitpid(pid, NULL, 0);
}

static void spin_for_ever(void) {
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    alarm(LIFE_S);
    for (;;)
        sink++;
}

/* As Apple's libraries leave a message for reports of a crash (CrashReporterClient.h). */
#ifdef __APPLE__
#define INFO_SECTION "__DATA,__crash_info"
#else
#define INFO_SECTION "__crash_info"
#endif
__attribute__((used, section(INFO_SECTION))) static struct {
    uint64_t version, message, signature, backtrace, message2, thread, dialog_mode, cause;
} crash_info = {.version = 5};

static void abort_with_words(void) {
    crash_info.message = (uintptr_t) "abort() called";
    crash_info.message2 =
        (uintptr_t) "Assertion failed: (count == 7), function victim_count, "
                    "file victim.c, line 12.";
#ifdef __linux__
    /* As abort() does it, without frames of a C library that keeps no records. */
    (void)syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGABRT);
#endif
    abort();
}

static void write_stderr(long bytes, bool has_nul) {
    for (long i = 0; i < bytes; i++)
        fputc('a' + (int)(i % 26), stderr);
    if (has_nul)
        fputc('\0', stderr);
    fputs("the end", stderr);
}

/* What a round does after go. Returns its exit code. */
static int act(const struct mp_round_spec *spec) {
    const char *deed = spec->scenario;
    uint64_t address = (uint64_t)number(spec, "address", 0);
    if (strcmp(deed, "read") == 0)
        victim_read(address);
    else if (strcmp(deed, "write") == 0)
        victim_write(address);
    else if (strcmp(deed, "call") == 0)
        victim_call(address);
    else if (strcmp(deed, "cxx") == 0)
        victim_cxx(address);
    else if (strcmp(deed, "company") == 0)
        crash_in_company((uintptr_t)number(spec, "count", 1));
#ifdef __linux__
    else if (strcmp(deed, "waiting") == 0)
        crash_beside_waiting();
#endif
    else if (strcmp(deed, "deadlock") == 0)
        deadlock();
    else if (strcmp(deed, "descend") == 0)
        sink = victim_descend((uint64_t)number(spec, "count", 1));
    else if (strcmp(deed, "spin") == 0)
        spin_for_ever();
    else if (strcmp(deed, "abort_with_words") == 0)
        abort_with_words();
    else if (strcmp(deed, "leak") == 0)
        for (long i = 0; i < number(spec, "count", 1); i++)
            leak_one(number(spec, "session", 0) != 0);
    else if (strcmp(deed, "leak_orphan") == 0)
        leak_orphan();
    else if (strcmp(deed, "leak_hopper") == 0)
        leak_hopper();
    else if (strcmp(deed, "leak_spin") == 0)
        leak_one(true), leak_orphan(), spin_for_ever();
    else if (strcmp(deed, "child_crash") == 0)
        crash_in_child();
    else if (strcmp(deed, "leak_bare") == 0)
        leak_bare(), spin_for_ever();
    else if (strcmp(deed, "orphan_crash") == 0)
        crash_orphan(number(spec, "session", 0) != 0);
    else if (strcmp(deed, "stderr") == 0)
        write_stderr(number(spec, "bytes", 0), number(spec, "nul", 0) != 0);
    else if (strcmp(deed, "raise") == 0)
        raise((int)number(spec, "signal", SIGUSR1));
    else if (strcmp(deed, "handled") == 0) {
        handle((int)number(spec, "signal", SIGUSR1));
        raise((int)number(spec, "signal", SIGUSR1));
    } else if (!fault(deed) && !victim_do_hostile(deed) && strcmp(deed, "exit") != 0)
        return 2;
    return (int)number(spec, "code", 0);
}

/* As VICTIM_DESCRIBE says: in order, never ending, or without measure. */
static int describe(void) {
    const char *how = getenv("VICTIM_DESCRIBE");
    if (how != NULL && strcmp(how, "hang") == 0)
        spin_for_ever();
    while (how != NULL && strcmp(how, "flood") == 0)
        fputs("device\tvictim\n", stdout);
    return fputs("device\tvictim\n", stdout) < 0;
}

/* The device's name says what becomes of it. */
static int describe_device(const char *name) {
    for (int i = 0; i < 500 && strcmp(name, "loud") == 0; i++)
        fprintf(stderr, "line %d of what a driver says\n", i);
    fprintf(stderr, "the last line\n");
    if (strcmp(name, "dies") == 0)
        raise(SIGABRT);
    if (strcmp(name, "hangs") == 0)
        spin_for_ever();
    while (strcmp(name, "shouts") == 0)
        fputs("for ever\n", stderr);
    printf("device\t%s\n", name);
    return strcmp(name, "loud") == 0 ? 3 : 0;
}

static void wait_for_go(struct mp_round_page *page) {
    atomic_store(&page->phase, MP_PHASE_WAITING);
    for (int i = 0; i < 10000 && atomic_load(&page->go) == 0; i++)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS / 10);
}

int main(int argc, char **argv) {
    struct mp_round_spec spec;
    struct mp_error err;
    struct stat info;
    if (argc == 3 && strcmp(argv[1], "--describe-device") == 0)
        return describe_device(argv[2]);
    if (argc == 2 && strcmp(argv[1], "--describe") == 0)
        return describe();
    if (argc == 3 && strcmp(argv[1], "--do") == 0) /* as a program of the user's */
        return victim_do_hostile(argv[2]) ? 0 : 2;
    int fd = argc == 3 ? atoi(argv[2]) : -1;
    if (fd < 0 || fstat(fd, &info) != 0)
        return 2;
    size_t size = (size_t)info.st_size;
    struct mp_round_page *page =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || mp_round_page_open(page, size, &spec, &err) != MP_OK)
        return 2;
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (page->supervisor_pid != (uint64_t)getppid())
        return 2;
    if (strcmp(spec.scenario, "early") == 0)
        _exit(9);
    wait_for_go(page);
    if (strcmp(spec.scenario, "silent") == 0)
        _exit(0);
    atomic_store(&page->phase, MP_PHASE_RUN);
    int code = strcmp(spec.scenario, "shorten") == 0 ? 0 * ftruncate(fd, 0) : act(&spec);
    atomic_store(&page->result, MP_RESULT_OK);
    atomic_store(&page->phase, MP_PHASE_DONE);
    return code;
}
