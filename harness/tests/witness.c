/* A library that is loaded into a round and writes down its crash from within: signal,
 * registers, stack, instruction, mappings. Nothing of the harness is in it: a C library's
 * signal handler, the compiler's own unwinder, /proc/self/maps. witness_report.c makes a
 * report of the file, which is MPSTRESS_WITNESS with the process id behind it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* RTLD_NEXT, REG_RIP */

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#define STACK_BYTES                                                                      \
    (256 * 1024) /* for the handler, whatever became of the thread's own */
#define FRAMES_MAX   64
#define INSTRUCTION  16
#define EXIT_WRITTEN 70

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};

struct stack {
    uint64_t pc, frame[FRAMES_MAX];
    size_t count;
};

static void say(int fd, const char *text, size_t len) {
    while (len > 0) {
        ssize_t got = write(fd, text, len);
        if (got <= 0)
            return;
        text += got;
        len -= (size_t)got;
    }
}

static void say_number(int fd, const char *name, uint64_t value) {
    char line[96];
    int len = snprintf(line, sizeof(line), "%s %llx\n", name, (unsigned long long)value);
    say(fd, line, (size_t)len);
}

/* Through a file, since the address may be nowhere. */
static bool read_memory(uint64_t address, void *buf, size_t size) {
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? pread(fd, buf, size, (off_t)address) : -1;
    if (fd >= 0)
        close(fd);
    return got == (ssize_t)size;
}

static _Unwind_Reason_Code take_frame(struct _Unwind_Context *context, void *arg) {
    struct stack *stack = arg;
    uint64_t pc = _Unwind_GetIP(context);
    /* Those before are the handler's own. */
    if ((stack->count > 0 || pc == stack->pc) && stack->count < FRAMES_MAX)
        stack->frame[stack->count++] = pc;
    return _URC_NO_REASON;
}

/* The unwinder reads the code that it finds no table for, and would fault. */
static void unwind(struct stack *stack) {
    char code;
    if (read_memory(stack->pc, &code, 1))
        _Unwind_Backtrace(take_frame, stack);
}

/* From a place without code no unwinder finds back: the caller is where the processor put
 * it, its own callers are in the chain of frame records. */
static void walk_records(uint64_t caller, uint64_t record, struct stack *stack) {
    uint64_t pair[2] = {record, caller};
    stack->frame[0] = stack->pc;
    stack->count = 1;
    while (pair[1] != 0 && stack->count < FRAMES_MAX) {
        stack->frame[stack->count++] = pair[1];
        if (pair[0] == 0 || !read_memory(pair[0], pair, sizeof(pair)))
            return;
    }
}

#if defined(__x86_64__)
static const struct {
    const char *name;
    int index;
} registers[] = {
    {"rax", REG_RAX}, {"rbx", REG_RBX}, {"rcx", REG_RCX},     {"rdx", REG_RDX},
    {"rdi", REG_RDI}, {"rsi", REG_RSI}, {"rbp", REG_RBP},     {"rsp", REG_RSP},
    {"r8", REG_R8},   {"r9", REG_R9},   {"r10", REG_R10},     {"r11", REG_R11},
    {"r12", REG_R12}, {"r13", REG_R13}, {"r14", REG_R14},     {"r15", REG_R15},
    {"rip", REG_RIP}, {"err", REG_ERR}, {"trap", REG_TRAPNO},
};

static void say_registers(int fd, const ucontext_t *context, struct stack *stack) {
    const greg_t *reg = context->uc_mcontext.gregs;
    uint64_t caller = 0;
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
        say_number(fd, registers[i].name, (uint64_t)reg[registers[i].index]);
    stack->pc = (uint64_t)reg[REG_RIP];
    unwind(stack);
    if (stack->count <= 1 && read_memory((uint64_t)reg[REG_RSP], &caller, sizeof(caller)))
        walk_records(caller, (uint64_t)reg[REG_RBP], stack);
}
#else
static void say_registers(int fd, const ucontext_t *context, struct stack *stack) {
    const mcontext_t *state = &context->uc_mcontext;
    char name[8];
    for (int i = 0; i < 31; i++) {
        snprintf(name, sizeof(name), "x%d", i);
        say_number(fd, i == 29 ? "fp" : i == 30 ? "lr" : name, state->regs[i]);
    }
    say_number(fd, "sp", state->sp);
    say_number(fd, "pc", state->pc);
    say_number(fd, "far", state->fault_address);
    stack->pc = state->pc;
    unwind(stack);
    if (stack->count <= 1)
        walk_records(state->regs[30], state->regs[29], stack);
}
#endif

static void say_maps(int fd) {
    static char part[4096];
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    say(fd, "maps\n", 5);
    while (maps >= 0 && (got = read(maps, part, sizeof(part))) > 0)
        say(fd, part, (size_t)got);
}

static int open_file(void) {
    char path[512];
    const char *stem = getenv("MPSTRESS_WITNESS");
    if (stem == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s%d", stem, (int)getpid());
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* Called by name from the assembler below. */
void mp_witness_take(int signal, siginfo_t *info, void *arg);
__attribute__((used)) void mp_witness_take(int signal, siginfo_t *info, void *arg) {
    static _Atomic bool is_taken;
    static struct stack stack;
    unsigned char bytes[INSTRUCTION];
    if (atomic_exchange(&is_taken, true))
        for (;;)
            pause(); /* another thread is writing */
    int fd = open_file();
    say_number(fd, "signal", (uint64_t)signal);
    say_number(fd, "code", (uint64_t)info->si_code);
    say_number(fd, "address", (uint64_t)(uintptr_t)info->si_addr);
    say_registers(fd, arg, &stack);
    bool has_bytes = read_memory(stack.pc, bytes, sizeof(bytes));
    for (size_t i = 0; has_bytes && i < sizeof(bytes); i++)
        say_number(fd, "byte", bytes[i]);
    for (size_t i = 0; i < stack.count; i++)
        say_number(fd, "frame", stack.frame[i]);
    say_maps(fd);
    _exit(EXIT_WRITTEN);
}

#if defined(__x86_64__)
/* The flag AC is still set in a handler, which would die of its own stack: off with it. */
void mp_witness_enter(int signal, siginfo_t *info, void *arg);
__asm__(".text\n"
        ".type mp_witness_enter, @function\n"
        "mp_witness_enter:\n\t"
        "pushfq\n\t"
        "andl $~0x40000, (%rsp)\n\t"
        "popfq\n\t"
        "jmp mp_witness_take\n"
        ".size mp_witness_enter, . - mp_witness_enter\n");
#else
#define mp_witness_enter mp_witness_take
#endif

static void use_own_stack(void) {
    void *room = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = room, .ss_size = STACK_BYTES};
    if (room != MAP_FAILED)
        sigaltstack(&stack, NULL);
}

static _Unwind_Reason_Code look_at(struct _Unwind_Context *context, void *arg) {
    (void)context;
    (void)arg;
    return _URC_NO_REASON;
}

__attribute__((constructor)) static void witness_begin(void) {
    struct sigaction action = {.sa_sigaction = mp_witness_enter,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    _Unwind_Backtrace(look_at, NULL); /* what it loads, it loads now */
    use_own_stack();
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

struct start {
    void *(*run)(void *);
    void *arg;
};

static void *run_thread(void *arg) {
    struct start start = *(struct start *)arg;
    free(arg);
    use_own_stack();
    return start.run(start.arg);
}

/* In front of the C library's: every thread has a stack for its handler. */
__attribute__((visibility("default"))) int pthread_create(pthread_t *thread,
                                                          const pthread_attr_t *attr,
                                                          void *(*run)(void *),
                                                          void *arg) {
    int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) = NULL;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    struct start *start = create != NULL ? malloc(sizeof(*start)) : NULL;
    if (start == NULL)
        return 11; /* EAGAIN */
    *start = (struct start){.run = run, .arg = arg};
    return create(thread, attr, run_thread, start);
}
