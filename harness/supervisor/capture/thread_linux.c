/* Registers, name, frames and surroundings of one stopped thread. Leaves the tracee
 * unchanged, so that the process dies of its own fault.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/thread_linux.h"

#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/reading_linux.h"
#include "harness/supervisor/capture/remote_linux.h"

static bool read_registers(pid_t tid, struct user_regs_struct *ret_regs) {
    struct iovec io = {.iov_base = ret_regs, .iov_len = sizeof(*ret_regs)};
    return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &io) == 0;
}

/* One word of the tracee's memory. */
static bool peek(pid_t tid, uint64_t address, uint64_t *ret_word) {
    errno = 0;
    long word = ptrace(PTRACE_PEEKTEXT, tid, address, 0);
    if (word == -1 && errno != 0)
        return false;
    *ret_word = (uint64_t)word;
    return true;
}

static void add_register(struct mp_crash_thread *thread, struct mp_crash_register reg) {
    if (thread->register_count < MP_CRASH_REGISTERS_MAX)
        thread->reg[thread->register_count++] = reg;
}

/* The system call that a thread sleeps in, if it is futex. */
struct futex_call {
    bool is_futex;
    uint64_t address, op, value;
};

#if defined(__x86_64__)

static struct futex_call futex_call_of(const struct user_regs_struct *regs) {
    return (struct futex_call){.is_futex = regs->orig_rax == SYS_futex,
                               .address = regs->rdi,
                               .op = regs->rsi,
                               .value = regs->rdx};
}

static void add_registers(struct mp_crash_thread *thread,
                          const struct user_regs_struct *regs) {
    const struct mp_crash_register all[] = {
        {"rip", regs->rip},         {"rsp", regs->rsp},         {"rbp", regs->rbp},
        {"rax", regs->rax},         {"rbx", regs->rbx},         {"rcx", regs->rcx},
        {"rdx", regs->rdx},         {"rsi", regs->rsi},         {"rdi", regs->rdi},
        {"r8", regs->r8},           {"r9", regs->r9},           {"r10", regs->r10},
        {"r11", regs->r11},         {"r12", regs->r12},         {"r13", regs->r13},
        {"r14", regs->r14},         {"r15", regs->r15},         {"eflags", regs->eflags},
        {"fs_base", regs->fs_base}, {"gs_base", regs->gs_base},
    };
    for (size_t i = 0; i < MP_COUNT(all); i++)
        add_register(thread, all[i]);
}

static void read_instruction(pid_t tid, const struct user_regs_struct *regs,
                             struct mp_fault_stop *stop) {
    const struct mp_x86_registers decoder_regs = {
        .general = {regs->rax, regs->rcx, regs->rdx, regs->rbx, regs->rsp, regs->rbp,
                    regs->rsi, regs->rdi, regs->r8, regs->r9, regs->r10, regs->r11,
                    regs->r12, regs->r13, regs->r14, regs->r15},
        .fs_base = regs->fs_base,
        .gs_base = regs->gs_base,
    };
    uint8_t bytes[MP_INSTRUCTION_BYTES_MAX];
    size_t len = 0;
    uint64_t word = 0;
    for (; len < sizeof(bytes) && peek(tid, stop->pc + len, &word); len += sizeof(word))
        memcpy(bytes + len, &word, sizeof(word));
    mp_instruction_decode_x86_64(bytes, len, &decoder_regs, &stop->instruction);
}

static uint64_t pc_of(const struct user_regs_struct *regs) {
    return regs->rip;
}

static bool return_to_caller(pid_t tid, struct user_regs_struct *regs) {
    uint64_t caller = 0;
    if (!peek(tid, regs->rsp, &caller))
        return false;
    regs->rip = caller;
    regs->rsp += 8;
    return true;
}

static void take_stop(pid_t tid, const struct user_regs_struct *regs,
                      struct mp_fault_stop *stop) {
    stop->pc = regs->rip;
    stop->sp = regs->rsp;
    read_instruction(tid, regs, stop);
}

#elif defined(__aarch64__)

/* x0 holds the result of an interrupted call, so the address is lost. */
static struct futex_call futex_call_of(const struct user_regs_struct *regs) {
    (void)regs;
    return (struct futex_call){.is_futex = false};
}

static void add_registers(struct mp_crash_thread *thread,
                          const struct user_regs_struct *regs) {
    add_register(thread, (struct mp_crash_register){"pc", regs->pc});
    add_register(thread, (struct mp_crash_register){"sp", regs->sp});
    for (unsigned i = 0; i < 31; i++) {
        struct mp_crash_register reg = {.value = regs->regs[i]};
        snprintf(reg.name, sizeof(reg.name), "x%u", i);
        add_register(thread, reg);
    }
    add_register(thread, (struct mp_crash_register){"pstate", regs->pstate});
}

static uint64_t pc_of(const struct user_regs_struct *regs) {
    return regs->pc;
}

static bool return_to_caller(pid_t tid, struct user_regs_struct *regs) {
    (void)tid;
    regs->pc = regs->regs[30];
    return true;
}

static void take_stop(pid_t tid, const struct user_regs_struct *regs,
                      struct mp_fault_stop *stop) {
    stop->pc = regs->pc;
    stop->sp = regs->sp;
    uint64_t word = 0;
    if (peek(tid, stop->pc, &word))
        mp_instruction_decode_arm64((uint32_t)word, &stop->instruction);
}

#else
#error "capture knows the registers of x86-64 and arm64 only"
#endif

void mp_thread_read_stop(pid_t tid, struct mp_fault_stop *stop) {
    struct user_regs_struct regs;
    if (!read_registers(tid, &regs))
        return;
    take_stop(tid, &regs, stop);
    const struct mp_instruction *ins = &stop->instruction;
    if (ins->loads_target && ins->operand[0].has_address)
        stop->has_loaded_target =
            peek(tid, ins->operand[0].address, &stop->loaded_target);
}

static void read_name(pid_t pid, pid_t tid, char *buf, size_t size) {
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(buf, (int)size, file) != NULL)
        buf[strcspn(buf, "\n")] = '\0';
    else
        buf[0] = '\0';
    fclose(file);
}

/* Processor time of a thread, 0 where the kernel keeps no such statistics. */
static uint64_t read_cpu_ns(pid_t pid, pid_t tid) {
    char path[64];
    unsigned long long cpu_ns = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    if (fscanf(file, "%llu", &cpu_ns) != 1)
        cpu_ns = 0;
    fclose(file);
    return cpu_ns;
}

/* Whether the thread waits in pthread_mutex_lock, and for which owner. glibc waits
 * with FUTEX_WAIT for the value 2 only there, and keeps the owner 8 bytes behind the
 * word (struct __pthread_mutex_s). */
static void read_lock(int memory, const struct user_regs_struct *regs,
                      struct mp_crash_thread *thread) {
    struct futex_call call = futex_call_of(regs);
    uint32_t owner = 0;
    thread->is_at_lock = call.is_futex && (call.op & FUTEX_CMD_MASK) == FUTEX_WAIT &&
                         (uint32_t)call.value == 2;
    if (thread->is_at_lock &&
        mp_remote_read(memory, call.address + 8, &owner, sizeof(owner)) == sizeof(owner))
        thread->lock_owner = owner;
}

static void add_frame(uint64_t pc, bool is_exact, const struct mp_crash *crash,
                      struct mp_crash_thread *thread) {
    struct mp_crash_frame *frame = mp_crash_add_frame(thread);
    if (frame == NULL)
        return;
    frame->pc = pc;
    mp_reading_place(crash, is_exact, frame);
}

/* The frames that are known without unwinding. The caller of a thread that jumped where
 * there is no code is the return address of the call. */
static void record_frames(struct mp_copy_thread *copied, const struct mp_crash *crash,
                          struct mp_crash_thread *thread) {
    copied->pc = pc_of(&copied->regs);
    add_frame(copied->pc, true, crash, thread);
    if (copied->is_off_code) {
        copied->is_known = return_to_caller((pid_t)thread->tid, &copied->regs);
        if (copied->is_known)
            add_frame(pc_of(&copied->regs), false, crash, thread);
    }
}

struct mp_crash_thread *mp_thread_record(pid_t pid, pid_t tid, bool is_off_code,
                                         int memory, struct mp_copy *copy,
                                         struct mp_crash *crash) {
    struct mp_copy_thread copied = {.is_off_code = is_off_code};
    struct mp_crash_thread *thread = mp_crash_add_thread(crash);
    if (thread == NULL)
        return NULL;
    thread->tid = (uint64_t)tid;
    read_name(pid, tid, thread->name, sizeof(thread->name));
    thread->cpu_ns = read_cpu_ns(pid, tid);
    copied.is_known = read_registers(tid, &copied.regs);
    if (copied.is_known) {
        add_registers(thread, &copied.regs);
        read_lock(memory, &copied.regs, thread);
        record_frames(&copied, crash, thread);
    }
    mp_copy_add(copy, memory, &copied);
    return thread;
}

static void note_mapping(const struct mp_mapping *m, uint64_t address,
                         struct mp_fault_memory *memory) {
    bool has_access = strncmp(m->access, "---", 3) != 0;
    if (m->start <= address && address < m->end) {
        memory->is_mapped = true;
        memory->is_accessible = has_access;
    } else if (m->start > address && has_access && memory->above_start == 0) {
        /* A thread's stack is right above its guard page, mapped without access; the
         * main stack has a name. */
        bool is_writable = m->access[1] == 'w';
        memory->above_start = m->start;
        memory->is_below_stack =
            is_writable && (strcmp(m->name, "[stack]") == 0 || memory->is_mapped);
    }
}

void mp_thread_read_memory(const struct mp_maps *maps, uint64_t address,
                           struct mp_fault_memory *ret_memory) {
    struct mp_fault_memory memory = {0};
    const struct mp_mapping *m = mp_maps_find(maps, address);
    const struct mp_mapping *end = maps->mapping + maps->count;
    for (; m != NULL && m != end && memory.above_start == 0; m++)
        note_mapping(m, address, &memory);
    *ret_memory = memory;
}
