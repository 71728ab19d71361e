/* The double's kernel: a thread that traces the rounds, tells of their crashes by
 * messages, and lets them die once it has its answer. It takes stops only; the end of a
 * round is for its parent to see.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* __WALL, tgkill */

#include <elf.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/status.h"
#include "harness/supervisor/capture/proc_linux.h"
#include "harness/supervisor/capture/reading_linux.h"
#include "harness/supervisor/capture/record_linux.h"
#include "harness/supervisor/process/cgroup.h"
#include "harness/tests/mach_double/double.h"

#define POLL_NS 200000
#define OPTIONS                                                                          \
    (PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK)

struct double_task *double_find_task(struct double_kernel *kernel, pid_t pid) {
    for (size_t i = 0; i < DOUBLE_TASKS_MAX; i++)
        if (pid > 0 && kernel->task[i].pid == pid)
            return &kernel->task[i];
    return NULL;
}

static void add_task(struct double_kernel *kernel, pid_t pid, pid_t round,
                     mach_port_t port) {
    for (size_t i = 0; i < DOUBLE_TASKS_MAX; i++) {
        struct double_task *task = &kernel->task[i];
        if (task->pid == 0) {
            *task = (struct double_task){
                .pid = pid, .leader_of = round, .port = port, .thread_count = 1};
            task->thread[0] = (struct double_thread){.tid = pid};
            return;
        }
    }
    abort();
}

static void add_thread(struct double_task *task, pid_t tid) {
    if (task->thread_count == DOUBLE_THREADS_MAX)
        abort();
    task->thread[task->thread_count++] = (struct double_thread){.tid = tid};
}

static void read_registers(pid_t tid, struct mp_arm64_state *ret_state) {
    struct user_regs_struct regs;
    struct iovec io = {&regs, sizeof(regs)};
    struct mp_arm64_state state = {0};
    if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &io) != 0)
        return;
#if defined(__x86_64__)
    state = (struct mp_arm64_state){.x = {regs.rdi, regs.rsi, regs.rdx, regs.rcx, regs.r8,
                                          regs.r9, regs.rax, regs.rbx, regs.r10, regs.r11,
                                          regs.r12, regs.r13, regs.r14, regs.r15},
                                    .fp = regs.rbp,
                                    .sp = regs.rsp,
                                    .pc = regs.rip};
#elif defined(__aarch64__)
    memcpy(state.x, regs.regs, sizeof(state.x));
    state.fp = regs.regs[29];
    state.lr = regs.regs[30];
    state.sp = regs.sp;
    state.pc = regs.pc;
    state.cpsr = (uint32_t)regs.pstate;
#else
#error "no registers of this processor"
#endif
    *ret_state = state;
}

static void snapshot(struct double_task *task) {
    char path[48], text[64];
    for (size_t i = 0; i < task->thread_count; i++) {
        struct double_thread *thread = &task->thread[i];
        snprintf(path, sizeof(path), "task/%d/comm", (int)thread->tid);
        size_t len = mp_proc_read(task->pid, path, text, sizeof(text));
        while (len > 0 && text[len - 1] == '\n')
            len--;
        len = len < sizeof(thread->name) ? len : sizeof(thread->name) - 1;
        memcpy(thread->name, text, len);
        thread->name[len] = '\0';
        snprintf(path, sizeof(path), "task/%d/schedstat", (int)thread->tid);
        thread->cpu_ns = mp_proc_read(task->pid, path, text, sizeof(text)) > 0
                             ? strtoull(text, NULL, 10)
                             : 0;
        read_registers(thread->tid, &thread->state);
    }
}

/* What the Linux side of capture finds, the thread that died first. */
static struct mp_crash *make_witness(const struct double_task *task) {
    struct mp_record_thread list[DOUBLE_THREADS_MAX];
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < task->thread_count; i++) {
            const struct double_thread *thread = &task->thread[i];
            if ((thread->tid == task->crashed) == (pass == 0))
                list[count++] =
                    (struct mp_record_thread){.tid = thread->tid,
                                              .run_state = thread->run_state,
                                              .is_faulting = pass == 0 && task->crashed,
                                              .info = thread->info};
        }
    struct mp_copy *copy = NULL;
    struct mp_crash *crash = mp_record_make(task->pid, list, count, UINT64_MAX, &copy);
    mp_reading_here(copy, crash);
    mp_copy_close(copy);
    return crash;
}

/* The codes of EXC_CRASH: signal, exception, first code, in macOS's numbers. */
static uint64_t crash_code(const struct mp_crash *witness) {
    static const struct {
        int signal;
        uint64_t number, exception;
    } row[] = {{SIGSEGV, 11, 1}, {SIGBUS, 10, 1}, {SIGILL, 4, 2}, {SIGTRAP, 5, 6},
               {SIGFPE, 8, 3},   {SIGABRT, 6, 0}, {SIGSYS, 12, 0}};
    uint64_t number = 0, exception = 0, first = 1;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        if (row[i].signal == witness->signal) {
            number = row[i].number;
            exception = row[i].exception;
        }
    /* Raised, not met. */
    if (witness->code <= 0)
        exception = 0;
    if (witness->fault_class == MP_FAULT_INSTRUCTION && witness->signal == SIGSEGV)
        exception = 2;
    if (witness->fault_class == MP_FAULT_MISALIGNED)
        first = 0x101;
    else if (witness->fault_class == MP_FAULT_BUS)
        first = 10;
    else if (witness->signal == SIGSEGV && witness->code == SEGV_ACCERR)
        first = 2;
    return number << 24 | exception << 20 | (exception != 0 ? first : 0);
}

/* x86-64 has no register of a return address. What x30 would hold in a leaf, and may
 * hold elsewhere, is where the innermost function returns to. */
static void set_lr(struct double_task *task, const struct mp_crash *witness) {
#if defined(__x86_64__)
    for (size_t i = 0; i < task->thread_count; i++)
        for (size_t j = 0; j < witness->thread_count; j++) {
            const struct mp_crash_thread *seen = &witness->thread[j];
            if (seen->tid == (uint64_t)task->thread[i].tid && seen->frame_count > 1)
                task->thread[i].state.lr = seen->frame[1].pc;
        }
#else
    (void)task;
    (void)witness;
#endif
}

static void tell_of_crash(struct double_kernel *kernel, struct double_task *task) {
    mp_crash_destroy(kernel->witness);
    kernel->witness = make_witness(task);
    set_lr(task, kernel->witness);
    double_images_make(task, kernel->witness);
    task->phase = PHASE_WAITS_FOR_REPLY;
    double_post_crash(kernel, task, crash_code(kernel->witness),
                      kernel->witness->has_address ? kernel->witness->address : 0);
}

static void resume(struct double_thread *thread) {
    int signal = thread->status >> 16 == 0 ? WSTOPSIG(thread->status) : 0;
    bool is_group_stop =
        thread->status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(thread->status) != SIGTRAP;
    thread->is_stopped = false;
    if (is_group_stop)
        (void)ptrace(PTRACE_LISTEN, thread->tid, 0, 0);
    else
        (void)ptrace(PTRACE_CONT, thread->tid, 0, signal);
}

/* The signal kills: it takes the others with it as they stand. */
void double_answered(struct double_kernel *kernel, pid_t pid) {
    struct double_task *task = double_find_task(kernel, pid);
    if (task != NULL && task->phase == PHASE_WAITS_FOR_REPLY)
        task->phase = PHASE_DIES;
    pthread_cond_broadcast(&kernel->changed);
}

static void let_die(struct double_task *task) {
    for (size_t i = 0; i < task->thread_count; i++)
        if (task->thread[i].tid == task->crashed && task->thread[i].is_stopped)
            resume(&task->thread[i]);
}

static void halt_others(struct double_task *task) {
    for (size_t i = 0; i < task->thread_count; i++) {
        struct double_thread *thread = &task->thread[i];
        if (thread->is_stopped || thread->is_reported)
            continue;
        thread->run_state = mp_proc_run_state(task->pid, thread->tid);
        thread->is_reported = true; /* asked once */
        (void)ptrace(PTRACE_INTERRUPT, thread->tid, 0, 0);
    }
}

static void handle_birth(struct double_kernel *kernel, struct double_task *task,
                         struct double_thread *thread, int event) {
    unsigned long message = 0;
    if (ptrace(PTRACE_GETEVENTMSG, thread->tid, 0, &message) != 0)
        return;
    pid_t tid = (pid_t)message;
    if (event == PTRACE_EVENT_CLONE && tgkill(task->pid, tid, 0) == 0)
        add_thread(task, tid);
    else
        add_task(kernel, tid, task->leader_of, task->port);
}

static bool is_crash(const struct double_task *task, const struct double_thread *thread) {
    int signal = WSTOPSIG(thread->status);
    return thread->status >> 16 == 0 && mp_crash_is_crash_signal(signal) &&
           !mp_proc_survives(task->pid, signal);
}

static void handle_stop(struct double_kernel *kernel, struct double_task *task,
                        size_t index, int status) {
    struct double_thread *thread = &task->thread[index];
    int event = (int)((unsigned)status >> 16);
    thread->status = status;
    thread->is_stopped = true;
    thread->is_reported = false;
    if (event == PTRACE_EVENT_STOP)
        task->is_group_stopped = WSTOPSIG(status) != SIGTRAP;
    if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
        event == PTRACE_EVENT_VFORK)
        handle_birth(kernel, task, thread, event);
    if (task->phase == PHASE_RUNS && is_crash(task, thread)) {
        task->crashed = thread->tid;
        task->phase = PHASE_HALTS;
        (void)ptrace(PTRACE_GETSIGINFO, thread->tid, 0, &thread->info);
    } else if (task->phase == PHASE_RUNS && !task->wants_halt && task->suspended == 0) {
        resume(thread);
    }
}

/* One look at a thread; false if it is gone. Of a process only its parent takes the
 * end. */
static bool look(struct double_kernel *kernel, struct double_task *task, size_t index) {
    siginfo_t info = {0};
    pid_t tid = task->thread[index].tid;
    int wanted = WSTOPPED | WNOHANG | __WALL | (tid != task->leader_of ? WEXITED : 0);
    if (waitid(P_PID, (id_t)tid, &info, wanted) != 0)
        return errno == EINTR;
    if (info.si_pid == 0)
        return true;
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
        return false;
    handle_stop(kernel, task, index, (int)((unsigned)info.si_status << 8 | 0x7f));
    return true;
}

static bool is_dead(pid_t pid) {
    char letter = mp_proc_run_state(pid, pid);
    return letter == 'Z' || letter == 'X' || letter == 0;
}

/* The parent of a process that a round started hears of its end when we have taken it; it
 * may have died since we last looked. */
static void take_end(const struct double_task *task) {
    siginfo_t info = {0};
    if (task->pid != task->leader_of)
        (void)waitid(P_PID, (id_t)task->pid, &info, WEXITED | WNOHANG | __WALL);
}

static void forget_task(struct double_kernel *kernel, struct double_task *task) {
    take_end(task);
    kernel->counts.killed_unanswered += task->phase == PHASE_WAITS_FOR_REPLY;
    double_images_release(task);
    *task = (struct double_task){0};
    pthread_cond_broadcast(&kernel->changed);
}

static bool all_stand(const struct double_task *task) {
    for (size_t i = 0; i < task->thread_count; i++)
        if (!task->thread[i].is_stopped)
            return false;
    return true;
}

static void serve_task(struct double_kernel *kernel, struct double_task *task) {
    for (size_t i = 0; i < task->thread_count;) {
        if (look(kernel, task, i)) {
            i++;
            continue;
        }
        /* Its end is not told before those of its other threads were taken. */
        if (task->thread[i].tid == task->pid)
            i++;
        else
            task->thread[i] = task->thread[--task->thread_count];
    }
    if (is_dead(task->pid) && task->thread_count <= 1) {
        forget_task(kernel, task);
        return;
    }
    if (task->phase == PHASE_HALTS || task->wants_halt)
        halt_others(task);
    if ((task->phase == PHASE_HALTS || task->wants_halt) && all_stand(task)) {
        snapshot(task);
        if (task->phase == PHASE_HALTS) {
            tell_of_crash(kernel, task);
        } else if (task->wants_halt) {
            struct mp_crash *witness = make_witness(task);
            set_lr(task, witness);
            double_images_make(task, witness);
            mp_crash_destroy(witness);
        }
        task->wants_halt = false;
        pthread_cond_broadcast(&kernel->changed);
    }
    if (task->phase == PHASE_DIES)
        let_die(task);
    bool goes_on = task->phase == PHASE_RUNS && task->suspended == 0 && !task->wants_halt;
    for (size_t i = 0; goes_on && i < task->thread_count; i++)
        if (task->thread[i].is_stopped)
            resume(&task->thread[i]);
}

static void seize_next(struct double_kernel *kernel) {
    if (kernel->to_seize == 0)
        return;
    if (ptrace(PTRACE_SEIZE, kernel->to_seize, 0, OPTIONS) == 0) {
        add_task(kernel, kernel->to_seize, kernel->to_seize, kernel->seize_port);
        if (kernel->registered != MACH_PORT_NULL && !kernel->knobs.has_no_hello)
            double_post_hello(kernel, kernel->registered, kernel->to_seize);
    }
    kernel->to_seize = 0;
    pthread_cond_broadcast(&kernel->changed);
}

static void *trace_all(void *argument) {
    struct double_kernel *kernel = argument;
    pthread_mutex_lock(&kernel->lock);
    for (;;) {
        struct timespec until;
        seize_next(kernel);
        for (size_t i = 0; i < DOUBLE_TASKS_MAX; i++)
            if (kernel->task[i].pid != 0)
                serve_task(kernel, &kernel->task[i]);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += POLL_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&kernel->changed, &kernel->lock, &until);
    }
    return NULL;
}

void double_tracer_start(struct double_kernel *kernel) {
    if (kernel->is_running)
        return;
    kernel->is_running = true;
    if (pthread_create(&kernel->tracer, NULL, trace_all, kernel) != 0)
        abort();
}

/* What the linker puts in the place of the system's functions (--wrap). */
int __real_posix_spawn(pid_t *ret_pid, const char *path,
                       const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *attr, char *const argv[],
                       char *const envp[]);
int __wrap_posix_spawn(pid_t *ret_pid, const char *path,
                       const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *attr, char *const argv[],
                       char *const envp[]);
pid_t __wrap_mp_host_wait_any(int *ret_status, pid_t *ret_group);
enum mp_status __wrap_mp_guard_start(const char *mark, const char *cgroup, int ret_fd[2],
                                     struct mp_error *err);

int posix_spawnattr_setexceptionports_np(posix_spawnattr_t *attr, exception_mask_t mask,
                                         mach_port_t port, exception_behavior_t behavior,
                                         thread_state_flavor_t flavor) {
    struct double_kernel *kernel = double_kernel();
    pthread_mutex_lock(&kernel->lock);
    bool is_sound =
        !double_refuses(kernel, DOUBLE_SET_EXCEPTION_PORTS) && mask == EXC_MASK_CRASH &&
        flavor == 0 &&
        behavior == (exception_behavior_t)(EXCEPTION_DEFAULT | MACH_EXCEPTION_CODES) &&
        double_look_up(kernel, port) != NULL;
    kernel->marked_attr = is_sound ? attr : NULL;
    kernel->marked_port = port;
    pthread_mutex_unlock(&kernel->lock);
    return is_sound ? 0 : EINVAL;
}

int __wrap_posix_spawn(pid_t *ret_pid, const char *path,
                       const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *attr, char *const argv[],
                       char *const envp[]) {
    struct double_kernel *kernel = double_kernel();
    pthread_mutex_lock(&kernel->lock);
    bool is_marked = kernel->marked_attr == attr && attr != NULL;
    kernel->marked_attr = NULL;
    kernel->counts.spawned_marked += is_marked;
    kernel->counts.spawned_plain += !is_marked;
    bool is_refused = is_marked && (kernel->knobs.refuses_spawn ||
                                    double_refuses(kernel, DOUBLE_SPAWN));
    int error =
        is_refused ? EINVAL : __real_posix_spawn(ret_pid, path, files, attr, argv, envp);
    if (error == 0 && kernel->child_count < DOUBLE_TASKS_MAX)
        kernel->child[kernel->child_count++] = *ret_pid;
    if (error == 0 && is_marked) {
        double_tracer_start(kernel);
        kernel->to_seize = *ret_pid;
        kernel->seize_port = kernel->marked_port;
        pthread_cond_broadcast(&kernel->changed);
        while (kernel->to_seize != 0)
            pthread_cond_wait(&kernel->changed, &kernel->lock);
    }
    pthread_mutex_unlock(&kernel->lock);
    return error;
}

/* No guard: what ends a round whose supervisor was killed is to be the port alone. */
enum mp_status __wrap_mp_guard_start(const char *mark, const char *cgroup, int ret_fd[2],
                                     struct mp_error *err) {
    (void)mark;
    (void)err;
    (void)mp_cgroup_end(cgroup);
    ret_fd[0] = ret_fd[1] = -1;
    return MP_OK;
}

/* A process that is known to be dead, or one that nobody here traces: waiting for any
 * would take the stops that are meant for the tracer, since it is of this process. */
static pid_t find_dead(struct double_kernel *kernel) {
    siginfo_t info = {0};
    for (size_t i = 0; i < kernel->child_count; i++)
        if (is_dead(kernel->child[i]))
            return kernel->child[i];
    bool is_some =
        waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL | __WNOTHREAD) == 0;
    return is_some && info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED
               ? info.si_pid
               : 0;
}

static void forget_child(struct double_kernel *kernel, pid_t pid) {
    size_t kept = 0;
    for (size_t i = 0; i < kernel->child_count; i++)
        if (kernel->child[i] != pid)
            kernel->child[kept++] = kernel->child[i];
    kernel->child_count = kept;
}

pid_t __wrap_mp_host_wait_any(int *ret_status, pid_t *ret_group) {
    struct double_kernel *kernel = double_kernel();
    siginfo_t info = {0};
    *ret_group = -1;
    pthread_mutex_lock(&kernel->lock);
    pid_t pid = find_dead(kernel);
    if (pid != 0) {
        int rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | __WALL);
        /* ECHILD: who started it has waited for it. */
        if (rc == 0 ? info.si_pid != 0 : errno == ECHILD)
            forget_child(kernel, pid);
    }
    bool has_children = kernel->child_count > 0;
    pthread_mutex_unlock(&kernel->lock);
    if (info.si_pid == 0)
        return has_children ? 0 : -1;
    *ret_status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
    return info.si_pid;
}
