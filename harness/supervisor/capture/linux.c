/* The debugger's side on Linux: ptrace. Follows every thread and process of a round from before its
 * first driver call, records a crash stop and lets the process die of it. Runs no code in the
 * tracee and never changes its memory or registers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* tgkill, __WALL */

#include "harness/supervisor/capture/capture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/fault.h"
#include "harness/supervisor/capture/symbols_linux.h"
#include "harness/supervisor/capture/thread_linux.h"

/* A round that survives its crash signals is recorded anew at each; not for ever. */
#define RECORDINGS_MAX 8
#define PROBE_LIFE_S   5

#define SEIZE_OPTIONS                                                                              \
    (PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK)

struct tracee {
    pid_t tid, tgid;
    pid_t held_for; /* it stopped before this process could tell of it, and waits until it has */
};

struct mp_capture {
    pid_t pid;
    struct tracee *tracee;
    size_t count, size;
    struct mp_crash *crash;
    unsigned recordings;
    bool child_crashed;
};

static bool is_crash_signal(int signal) {
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
           signal == SIGTRAP || signal == SIGSYS || signal == SIGABRT;
}

static struct tracee *find(struct mp_capture *capture, pid_t tid) {
    for (size_t i = 0; i < capture->count; i++) {
        if (capture->tracee[i].tid == tid)
            return &capture->tracee[i];
    }
    return NULL;
}

static void add(struct mp_capture *capture, struct tracee tracee) {
    if (capture->count == capture->size) {
        capture->size = capture->size > 0 ? 2 * capture->size : 16;
        capture->tracee =
            mp_memory_resize(capture->tracee, capture->size, sizeof(*capture->tracee));
    }
    capture->tracee[capture->count++] = tracee;
}

static void resume(pid_t tid, int signal) {
    /* Fails only if a SIGKILL was faster. */
    (void)ptrace(PTRACE_CONT, tid, 0, signal);
}

/* Forgets a thread, or all of a process: where a thread other than the first calls exec, the others
 * go without a word. What was held for a process that is gone need not wait any longer. */
static void forget(struct mp_capture *capture, struct tracee gone) {
    size_t kept = 0;
    for (size_t i = 0; i < capture->count; i++) {
        struct tracee *t = &capture->tracee[i];
        if (t->held_for == gone.tid) {
            t->held_for = 0;
            resume(t->tid, 0);
        }
        bool is_gone = t->tid == gone.tid || (gone.tid == gone.tgid && t->tgid == gone.tgid);
        if (!is_gone)
            capture->tracee[kept++] = *t;
    }
    capture->count = kept;
}

/* The parent of a process, as the kernel has it now. */
static pid_t read_parent(pid_t pid) {
    char path[32];
    char line[128];
    int parent = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    while (parent == -1 && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "PPid: %d", &parent) != 1)
            parent = -1;
    }
    fclose(file);
    return parent;
}

/* A new tracee may stop before the one that made it tells of it: it is held until then, lest it be
 * gone before it was announced. False if it is not of this round. */
static bool hold_early(struct mp_capture *capture, pid_t tid) {
    for (size_t i = 0; i < capture->count; i++) {
        pid_t tgid = capture->tracee[i].tgid;
        if (tgid == capture->tracee[i].tid && tgkill(tgid, tid, 0) == 0) {
            add(capture, (struct tracee){.tid = tid, .tgid = tgid, .held_for = tgid});
            return true;
        }
    }
    pid_t parent = read_parent(tid);
    if (parent <= 0 || find(capture, parent) == NULL)
        return false;
    add(capture, (struct tracee){.tid = tid, .tgid = tid, .held_for = parent});
    return true;
}

static bool has_thread(const struct mp_crash *crash, pid_t tid) {
    for (size_t i = 0; i < crash->thread_count; i++) {
        if (crash->thread[i].tid == (uint64_t)tid)
            return true;
    }
    return false;
}

/* Adds the faulting thread `tid` to `crash`; a later version adds the others here. */
static void record_thread(pid_t pid, pid_t tid, const siginfo_t *info, bool is_off_code,
                          struct mp_symbols *symbols, struct mp_crash *crash) {
    struct mp_crash_thread *thread = mp_thread_record(pid, tid, is_off_code, symbols, crash);
    if (thread == NULL)
        return;
    thread->is_faulting = true;
    thread->signal = info->si_signo;
    thread->code = info->si_code;
}

static void locate(pid_t pid, pid_t tid, const siginfo_t *info, struct mp_fault *ret_fault) {
    struct mp_fault_stop stop = {
        .signal = info->si_signo,
        .code = info->si_code,
        .kernel_address = (uint64_t)(uintptr_t)info->si_addr,
    };
    struct mp_fault_memory memory;
    mp_thread_read_stop(tid, &stop);
    mp_fault_locate(&stop, ret_fault);
    if (ret_fault->has_address) {
        mp_thread_read_memory(pid, ret_fault->address, &memory);
        mp_fault_classify(&stop, &memory, ret_fault);
    }
}

static struct mp_crash *record_crash(pid_t pid, pid_t tid, const siginfo_t *info) {
    struct mp_fault fault;
    locate(pid, tid, info, &fault);
    struct mp_crash *crash = mp_crash_create();
    crash->signal = info->si_signo;
    crash->code = info->si_code;
    crash->has_address = fault.has_address;
    crash->address = fault.address;
    crash->address_is_derived = fault.address_is_derived;
    crash->access = fault.access;
    crash->fault_class = fault.fault_class;
    struct mp_symbols *symbols = mp_symbols_open(pid, crash);
    record_thread(pid, tid, info, fault.is_off_code, symbols, crash);
    mp_symbols_close(symbols);
    return crash;
}

/* Adds a thread that faulted in the same moment as the one that is recorded. */
static void record_second(pid_t pid, pid_t tid, const siginfo_t *info, struct mp_crash *crash) {
    struct mp_fault fault;
    locate(pid, tid, info, &fault);
    struct mp_symbols *symbols = mp_symbols_open(pid, NULL);
    record_thread(pid, tid, info, fault.is_off_code, symbols, crash);
    mp_symbols_close(symbols);
}

/* Records a crash stop of the round itself. A thread that comes back survived its last stop, so
 * the new one counts; another thread faulted in the same moment and is added. */
static bool record_stop(struct mp_capture *capture, pid_t tid) {
    siginfo_t info;
    if (ptrace(PTRACE_GETSIGINFO, tid, 0, &info) != 0)
        return false;
    if (capture->crash != NULL && !has_thread(capture->crash, tid)) {
        record_second(capture->pid, tid, &info, capture->crash);
    } else if (capture->recordings < RECORDINGS_MAX) {
        mp_crash_destroy(capture->crash);
        capture->crash = record_crash(capture->pid, tid, &info);
        capture->recordings++;
    }
    return true;
}

static enum mp_capture_event handle_end(struct mp_capture *capture, struct tracee gone,
                                        int status) {
    bool is_child = gone.tid == gone.tgid && gone.tgid != capture->pid;
    if (is_child && WIFSIGNALED(status) && is_crash_signal(WTERMSIG(status)))
        capture->child_crashed = true;
    forget(capture, gone);
    return MP_CAPTURE_ENDED;
}

static void handle_birth(struct mp_capture *capture, struct tracee parent, int event) {
    unsigned long message = 0;
    if (ptrace(PTRACE_GETEVENTMSG, parent.tid, 0, &message) != 0)
        return;
    pid_t tid = (pid_t)message;
    struct tracee *early = find(capture, tid);
    if (early != NULL) {
        early->held_for = 0;
        resume(tid, 0);
        return;
    }
    /* clone makes threads, but processes of unusual kinds too. */
    bool is_thread = event == PTRACE_EVENT_CLONE && tgkill(parent.tgid, tid, 0) == 0;
    add(capture, (struct tracee){.tid = tid, .tgid = is_thread ? parent.tgid : tid});
}

static bool is_stop_signal(int signal) {
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static enum mp_capture_event handle_stop(struct mp_capture *capture, struct tracee stopped,
                                         int status) {
    int signal = WSTOPSIG(status);
    int event = (int)((unsigned)status >> 16);
    switch (event) {
    case 0:
        break;
    case PTRACE_EVENT_CLONE:
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
        handle_birth(capture, stopped, event);
        resume(stopped.tid, 0);
        return MP_CAPTURE_GOES_ON;
    case PTRACE_EVENT_STOP:
        if (is_stop_signal(signal))
            (void)ptrace(PTRACE_LISTEN, stopped.tid, 0, 0);
        else
            resume(stopped.tid, 0);
        return MP_CAPTURE_GOES_ON;
    default:
        resume(stopped.tid, 0);
        return MP_CAPTURE_GOES_ON;
    }
    bool is_crash = is_crash_signal(signal) && stopped.tgid == capture->pid &&
                    record_stop(capture, stopped.tid);
    resume(stopped.tid, signal);
    return is_crash ? MP_CAPTURE_CRASHED : MP_CAPTURE_GOES_ON;
}

enum mp_capture_event mp_capture_handle(struct mp_capture *capture, pid_t tid, int status) {
    struct tracee *known = find(capture, tid);
    if (known == NULL)
        return WIFSTOPPED(status) && hold_early(capture, tid) ? MP_CAPTURE_GOES_ON
                                                              : MP_CAPTURE_FOREIGN;
    return WIFSTOPPED(status) ? handle_stop(capture, *known, status)
                              : handle_end(capture, *known, status);
}

static enum mp_status seize(pid_t pid, struct mp_error *err) {
    if (ptrace(PTRACE_SEIZE, pid, 0, SEIZE_OPTIONS) == 0)
        return MP_OK;
    return mp_error_set_errno(err, errno == EPERM ? MP_UNSUPPORTED : MP_SYSTEM, errno,
                              "cannot trace process %d (a debugger, a container's seccomp profile "
                              "or kernel.yama.ptrace_scope may forbid it)",
                              (int)pid);
}

enum mp_status mp_capture_attach(pid_t pid, struct mp_capture **ret_capture, struct mp_error *err) {
    enum mp_status status = seize(pid, err);
    if (status != MP_OK)
        return status;
    struct mp_capture *capture = mp_memory_zeroed(1, sizeof(*capture));
    capture->pid = pid;
    add(capture, (struct tracee){.tid = pid, .tgid = pid});
    *ret_capture = capture;
    return MP_OK;
}

enum mp_status mp_capture_probe(struct mp_error *err) {
    pid_t pid = fork();
    if (pid < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot start a process to try tracing on");
    if (pid == 0) {
        alarm(PROBE_LIFE_S); /* should nobody be left to kill it */
        for (;;)
            pause();
    }
    enum mp_status status = seize(pid, err);
    kill(pid, SIGKILL);
    int wait_status = 0;
    pid_t got = 0;
    do {
        got = waitpid(pid, &wait_status, __WALL);
    } while (got == pid ? WIFSTOPPED(wait_status) : errno == EINTR);
    return status;
}

bool mp_capture_child_crashed(const struct mp_capture *capture) {
    return capture->child_crashed;
}

size_t mp_capture_children(const struct mp_capture *capture, pid_t *ret_pids, size_t max) {
    size_t count = 0;
    for (size_t i = 0; i < capture->count; i++) {
        const struct tracee *t = &capture->tracee[i];
        if (t->tid != t->tgid || t->tgid == capture->pid)
            continue;
        if (count < max)
            ret_pids[count] = t->tid;
        count++;
    }
    return count;
}

void mp_capture_kill(struct mp_capture *capture) {
    for (size_t i = 0; i < capture->count; i++) {
        if (capture->tracee[i].tid == capture->tracee[i].tgid)
            (void)kill(capture->tracee[i].tid, SIGKILL);
    }
}

void mp_capture_let_go(pid_t tid) {
    (void)ptrace(PTRACE_DETACH, tid, 0, 0);
}

struct mp_crash *mp_capture_take(struct mp_capture *capture) {
    struct mp_crash *crash = capture->crash;
    capture->crash = NULL;
    return crash;
}

void mp_capture_close(struct mp_capture *capture) {
    if (capture == NULL)
        return;
    mp_crash_destroy(capture->crash);
    free(capture->tracee);
    free(capture);
}
