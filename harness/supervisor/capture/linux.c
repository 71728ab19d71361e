/* The debugger's side on Linux: ptrace. Follows every thread and process of a round from
 * before its first driver call, records a crash stop and lets the process die of it. Runs
 * no code in the tracee and never changes its memory or registers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* tgkill, __WALL */

#include "harness/supervisor/capture/capture.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/proc_linux.h"
#include "harness/supervisor/capture/readings_linux.h"
#include "harness/supervisor/capture/record_linux.h"

/* A round that survives its crash signals is recorded at each, up to a limit. */
#define RECORDINGS_MAX 8
#define PROBE_LIFE_S   5

#define SEIZE_OPTIONS                                                                    \
    (PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK)

/* Threads that do not stop in time (asleep in the kernel) are missed, as are those
 * that there is no time left to read. */
#define CRASH_STOP_NS  (2 * MP_CLOCK_NS_PER_S)
#define CRASH_READ_NS  (5 * MP_CLOCK_NS_PER_S)
#define SAMPLE_STOP_NS (150 * MP_CLOCK_NS_PER_MS)
#define SAMPLE_READ_NS (250 * MP_CLOCK_NS_PER_MS)
#define PAUSE_NS       (20 * MP_CLOCK_NS_PER_US)
/* Pending signals of a thread that are examined. */
#define WAITING_MAX 16
/* Processes of the round that have ended are known for a while: what they sent may arrive
 * after they are gone. */
#define ENDED_MAX 64
/* Passes over the list of threads, until one finds no new thread. */
#define LOOKS_MAX 16

/* Progress of one thread while all are stopped for reading. */
enum halt { RUNS, IS_ASKED, IS_HALTED, IS_GONE };

struct tracee {
    pid_t tid, tgid;
    pid_t held_for; /* it stopped before its parent's event arrived, and waits for that */
    enum halt halt;
    char run_state; /* before it was asked to halt */
    int status;     /* of its stop, if it is halted and not held */
    int sent;       /* the signal that its process got from outside, 0 none */
};

struct mp_capture {
    pid_t pid;
    bool is_program, follows;  /* follows: crashes of children are recorded */
    const char *library;       /* that is injected into the program, borrowed; "" none */
    struct mp_crash *of_child; /* of the first child that crashed, if it follows */
    struct mp_crash *at_exit;  /* of mp_record_exit */
    struct tracee *tracee;
    size_t count, size;
    struct mp_crash *crash;
    unsigned recordings;
    bool child_crashed;
    struct mp_sender sender;
    pid_t ended[ENDED_MAX]; /* a ring */
    size_t ended_count;
    struct mp_readings readings;
};

static bool is_stop_signal(int signal) {
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN ||
           signal == SIGTTOU;
}

static struct tracee *find(struct mp_capture *capture, pid_t tid) {
    for (size_t i = 0; i < capture->count; i++)
        if (capture->tracee[i].tid == tid)
            return &capture->tracee[i];
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

/* Forgets a thread, or all threads of a process: if a thread other than the first
 * calls exec, the others vanish without an event. Threads held for a vanished process
 * are released. */
static void forget(struct mp_capture *capture, struct tracee gone) {
    size_t kept = 0;
    for (size_t i = 0; i < capture->count; i++) {
        struct tracee *t = &capture->tracee[i];
        if (t->held_for == gone.tid) {
            t->held_for = 0;
            resume(t->tid, 0);
        }
        bool is_gone =
            t->tid == gone.tid || (gone.tid == gone.tgid && t->tgid == gone.tgid);
        if (!is_gone)
            capture->tracee[kept++] = *t;
    }
    capture->count = kept;
}

/* A new tracee may stop before its creator's event arrives: it is held until then, so
 * that it is not gone before it is announced. False if it does not belong to this
 * round. */
static bool hold_early(struct mp_capture *capture, pid_t tid) {
    for (size_t i = 0; i < capture->count; i++) {
        pid_t tgid = capture->tracee[i].tgid;
        if (tgid == capture->tracee[i].tid && tgkill(tgid, tid, 0) == 0) {
            add(capture, (struct tracee){.tid = tid, .tgid = tgid, .held_for = tgid});
            return true;
        }
    }
    pid_t parent = mp_proc_parent(tid);
    if (parent <= 0 || find(capture, parent) == NULL)
        return false;
    add(capture, (struct tracee){.tid = tid, .tgid = tid, .held_for = parent});
    return true;
}

static enum mp_capture_event handle_end(struct mp_capture *capture, struct tracee gone,
                                        int status) {
    bool is_child = gone.tid == gone.tgid && gone.tgid != capture->pid;
    if (is_child && WIFSIGNALED(status) && WTERMSIG(status) != gone.sent &&
        mp_crash_is_crash_signal(WTERMSIG(status)))
        capture->child_crashed = true;
    if (gone.tid == gone.tgid)
        capture->ended[capture->ended_count++ % ENDED_MAX] = gone.tgid;
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
        if (early->held_for != 0)
            resume(tid, 0);
        early->held_for = 0;
        return;
    }
    /* clone makes threads, but also unusual kinds of processes. */
    bool is_thread = event == PTRACE_EVENT_CLONE && tgkill(parent.tgid, tid, 0) == 0;
    add(capture, (struct tracee){.tid = tid, .tgid = is_thread ? parent.tgid : tid});
}

/* Asks every thread of process `pid` that runs to stop; false if there was none. */
static bool ask_threads(struct mp_capture *capture, pid_t pid) {
    char path[32];
    bool is_new = false;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (tid <= 0)
            continue;                   /* "." and ".." */
        if (find(capture, tid) == NULL) /* its parent's event is still to come */
            add(capture, (struct tracee){.tid = tid, .tgid = pid});
        struct tracee *t = find(capture, tid);
        if (t->halt != RUNS)
            continue;
        is_new = true;
        t->run_state = mp_proc_run_state(pid, tid);
        if (t->held_for != 0)
            t->halt = IS_HALTED;
        else
            t->halt = ptrace(PTRACE_INTERRUPT, tid, 0, 0) == 0 ? IS_ASKED : IS_GONE;
    }
    closedir(folder);
    return is_new;
}

/* Checks whether a thread that was asked to stop has. An exit is left for the event
 * loop. */
static enum halt look(pid_t tid, int *ret_status) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)tid, &info,
               WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL) != 0)
        return errno == EINTR ? IS_ASKED : IS_GONE;
    if (info.si_pid == 0)
        return IS_ASKED;
    if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
        return IS_GONE;
    info = (siginfo_t){0};
    if (waitid(P_PID, (id_t)tid, &info, WSTOPPED | WNOHANG | __WALL) != 0 ||
        info.si_pid == 0)
        return IS_ASKED;
    *ret_status = (int)((unsigned)info.si_status << 8 | 0x7f); /* as waitpid writes it */
    return IS_HALTED;
}

/* The signal that a stop is about to deliver, or 0. */
static int signal_of_stop(int status) {
    return status >> 16 == 0 && WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
}

static bool is_of_round(struct mp_capture *capture, pid_t pid) {
    for (size_t i = 0; i < ENDED_MAX; i++)
        if (capture->ended[i] == pid && pid != 0)
            return true;
    return find(capture, pid) != NULL;
}

/* Whether a process that is none of this round sent the signal of `info`; the kernel
 * signs with the receiver's own id. */
static bool is_sent(struct mp_capture *capture, const siginfo_t *info) {
    bool has_sender = info->si_code == SI_USER || info->si_code == SI_TKILL ||
                      info->si_code == SI_QUEUE;
    return has_sender && !is_of_round(capture, info->si_pid);
}

/* Notes who sent the signal that `stopped` is about to get; true if that was no process
 * of the round. */
static bool note_sender(struct mp_capture *capture, struct tracee stopped, int signal) {
    siginfo_t info;
    if (ptrace(PTRACE_GETSIGINFO, stopped.tid, 0, &info) != 0)
        return false;
    struct mp_sender sender = {.kind = MP_SENDER_ITSELF, .signal = signal};
    bool is_other = is_sent(capture, &info);
    if (is_other) {
        sender.kind = MP_SENDER_OTHER;
        sender.pid = info.si_pid;
        mp_proc_name(info.si_pid, sender.name, sizeof(sender.name));
    }
    for (size_t i = 0; i < capture->count; i++)
        if (capture->tracee[i].tgid == stopped.tgid)
            capture->tracee[i].sent = is_other ? signal : 0;
    bool was_hit = capture->sender.kind == MP_SENDER_OTHER &&
                   mp_crash_is_crash_signal(capture->sender.signal);
    if (stopped.tgid == capture->pid && !was_hit)
        capture->sender = sender;
    return is_other;
}

/* Returns how many threads that were asked have not stopped yet. */
static size_t await_threads(struct mp_capture *capture) {
    size_t left = 0;
    for (size_t i = 0; i < capture->count; i++) {
        struct tracee t = capture->tracee[i];
        if (t.halt != IS_ASKED)
            continue;
        t.halt = look(t.tid, &t.status);
        capture->tracee[i] = t;
        left += t.halt == IS_ASKED;
        int signal = t.halt == IS_HALTED ? signal_of_stop(t.status) : 0;
        if (signal != 0 && !is_stop_signal(signal))
            (void)note_sender(capture, t, signal);
        int event = (int)((unsigned)t.status >> 16);
        if (t.halt == IS_HALTED &&
            (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
             event == PTRACE_EVENT_VFORK))
            handle_birth(capture, t, event);
    }
    return left;
}

/* Stops all threads of process `pid`; `first` is already stopped. */
static void halt_all(struct mp_capture *capture, pid_t pid, pid_t first, int first_status,
                     uint64_t timeout_ns) {
    uint64_t until_ns = mp_clock_now_ns() + timeout_ns;
    for (size_t i = 0; i < capture->count; i++)
        capture->tracee[i].halt = RUNS;
    struct tracee *t = find(capture, first);
    if (t != NULL) {
        t->halt = IS_HALTED;
        t->status = first_status;
        t->run_state = 0;
    }
    for (int i = 0; i < LOOKS_MAX && ask_threads(capture, pid); i++)
        while (await_threads(capture) > 0 && mp_clock_now_ns() < until_ns)
            mp_clock_sleep_ns(PAUSE_NS);
}

/* A thread that had already faulted when asked to halt: the halt is reported first and
 * the fault's signal is pending. */
static bool find_waiting_fault(pid_t tid, siginfo_t *ret_info) {
    siginfo_t info[WAITING_MAX];
    struct __ptrace_peeksiginfo_args all = {.nr = WAITING_MAX};
    long count = ptrace(PTRACE_PEEKSIGINFO, tid, &all, info);
    for (long i = 0; i < count; i++) {
        if (mp_crash_is_crash_signal(info[i].si_signo) && info[i].si_code > 0) {
            *ret_info = info[i];
            return true;
        }
    }
    return false;
}

static void take_thread(const struct tracee *t, struct mp_record_thread *ret_thread) {
    *ret_thread = (struct mp_record_thread){.tid = t->tid, .run_state = t->run_state};
    /* A traced thread in a group stop also has state 't'. */
    if (t->status >> 16 == PTRACE_EVENT_STOP && is_stop_signal(WSTOPSIG(t->status)))
        ret_thread->run_state = 'T';
    int signal = t->held_for == 0 ? signal_of_stop(t->status) : 0;
    ret_thread->is_faulting =
        mp_crash_is_crash_signal(signal) && signal != t->sent &&
        ptrace(PTRACE_GETSIGINFO, t->tid, 0, &ret_thread->info) == 0;
    if (t->held_for == 0 && t->status >> 16 == PTRACE_EVENT_STOP)
        ret_thread->is_faulting = find_waiting_fault(t->tid, &ret_thread->info);
}

/* Forgets a record, which may still be read. */
static void drop_record(struct mp_capture *capture, struct mp_crash *crash) {
    mp_readings_forget(&capture->readings, crash);
    mp_crash_destroy(crash);
}

bool mp_capture_is_reading(struct mp_capture *capture) {
    return mp_readings_are_left(&capture->readings);
}

bool mp_capture_has_reader(const struct mp_capture *capture, pid_t pid) {
    return mp_readings_have(&capture->readings, pid);
}

void mp_capture_stop_reading(struct mp_capture *capture) {
    mp_readings_stop(&capture->readings, "was ended with the run");
}

/* Records all stopped threads of process `pid`: `first`, other faulting ones, the rest.
 */
static struct mp_crash *record_all(struct mp_capture *capture, pid_t pid, pid_t first,
                                   uint64_t timeout_ns) {
    struct mp_record_thread *thread =
        mp_memory_zeroed(capture->count + 1, sizeof(*thread));
    const struct tracee *stopped = find(capture, first);
    /* Slot 0 is reserved for `first`; other faulting threads come next. */
    size_t count = stopped != NULL && stopped->halt == IS_HALTED;
    size_t faulting = count;
    unsigned missed = 0;
    for (size_t i = 0; i < capture->count; i++) {
        const struct tracee *t = &capture->tracee[i];
        missed += t->tgid == pid && t->halt == IS_ASKED;
        if (t->tgid != pid || t->halt != IS_HALTED)
            continue;
        struct mp_record_thread taken;
        take_thread(t, &taken);
        if (t->tid == first) {
            thread[0] = taken;
            continue;
        }
        size_t place = taken.is_faulting ? faulting++ : count;
        thread[count++] = thread[place];
        thread[place] = taken;
    }
    struct mp_copy *copy = NULL;
    struct mp_crash *crash =
        mp_record_make(pid, thread, count, mp_clock_now_ns() + timeout_ns, &copy);
    crash->threads_missed += missed;
    if (crash->thread_count > 0)
        mp_readings_start(&capture->readings, copy, crash);
    mp_copy_close(copy);
    free(thread);
    return crash;
}

/* Resumes a stopped thread as if it had not been observed. */
static void go_on(pid_t tid, int status) {
    bool is_group_stop =
        status >> 16 == PTRACE_EVENT_STOP && is_stop_signal(WSTOPSIG(status));
    if (is_group_stop)
        (void)ptrace(PTRACE_LISTEN, tid, 0, 0);
    else
        resume(tid, signal_of_stop(status));
}

static void release_all(struct mp_capture *capture) {
    for (size_t i = 0; i < capture->count; i++) {
        struct tracee *t = &capture->tracee[i];
        if (t->halt == IS_HALTED && t->held_for == 0)
            go_on(t->tid, t->status);
        t->halt = RUNS;
    }
}

/* Lets go threads that stopped on their way out, and nowhere else: a fatal signal of
 * their process does not wake them (Linux 6.18; they are past PF_POSTCOREDUMP), and the
 * process would not end before them. They run no code of the program any more. */
static void release_exiting(struct mp_capture *capture) {
    for (size_t i = 0; i < capture->count; i++) {
        struct tracee *t = &capture->tracee[i];
        if (t->halt != IS_HALTED || t->status >> 16 != PTRACE_EVENT_EXIT)
            continue;
        resume(t->tid, 0);
        t->halt = RUNS;
    }
}

/* Records a crash stop of the round, or of a process of a program, and lets it die of it.
 * A round that survived its last stop is recorded again: the newest stop counts. */
static bool record_stop(struct mp_capture *capture, struct tracee stopped, int status) {
    bool is_child = stopped.tgid != capture->pid;
    struct mp_crash **slot = is_child ? &capture->of_child : &capture->crash;
    pid_t tid = stopped.tid;
    siginfo_t info;
    if (capture->recordings >= RECORDINGS_MAX ||
        ptrace(PTRACE_GETSIGINFO, tid, 0, &info) != 0)
        return false;
    halt_all(capture, stopped.tgid, tid, status, CRASH_STOP_NS);
    drop_record(capture, *slot);
    *slot = record_all(capture, stopped.tgid, tid, CRASH_READ_NS);
    (*slot)->is_of_child = is_child;
    capture->recordings++;
    /* If the signal is fatal it kills the other threads where they are: none runs on
     * into a second fault caused only by our stop. */
    if (mp_proc_survives(stopped.tgid, WSTOPSIG(status))) {
        release_all(capture);
    } else {
        release_exiting(capture);
        go_on(tid, status);
    }
    return true;
}

/* If another thread called exec the main one exits again: the newest counts. */
static void record_exit(struct mp_capture *capture) {
    struct mp_copy *copy = NULL;
    drop_record(capture, capture->at_exit);
    capture->at_exit = mp_record_exit(capture->pid, capture->library, &copy);
    if (copy != NULL)
        mp_readings_start(&capture->readings, copy, capture->at_exit);
    mp_copy_close(copy);
}

static enum mp_capture_event handle_stop(struct mp_capture *capture,
                                         struct tracee stopped, int status) {
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
    case PTRACE_EVENT_EXIT:
        if (stopped.tid == capture->pid)
            record_exit(capture);
        resume(stopped.tid, 0);
        return MP_CAPTURE_GOES_ON;
    default:
        go_on(stopped.tid, status);
        return MP_CAPTURE_GOES_ON;
    }
    bool is_other = !is_stop_signal(signal) && note_sender(capture, stopped, signal);
    bool is_followed =
        stopped.tgid == capture->pid || (capture->follows && !capture->child_crashed);
    if (mp_crash_is_crash_signal(signal) && is_followed && !is_other) {
        if (!record_stop(capture, stopped, status))
            resume(stopped.tid, signal);
        return MP_CAPTURE_CRASHED;
    }
    resume(stopped.tid, signal);
    return MP_CAPTURE_GOES_ON;
}

enum mp_capture_event mp_capture_handle(struct mp_capture *capture, pid_t tid,
                                        int status) {
    struct tracee *known = find(capture, tid);
    if (known == NULL && mp_readings_take(&capture->readings, tid, status))
        return WIFSTOPPED(status) ? MP_CAPTURE_GOES_ON : MP_CAPTURE_ENDED;
    if (known == NULL)
        return WIFSTOPPED(status) && hold_early(capture, tid) ? MP_CAPTURE_GOES_ON
                                                              : MP_CAPTURE_FOREIGN;
    return WIFSTOPPED(status) ? handle_stop(capture, *known, status)
                              : handle_end(capture, *known, status);
}

static enum mp_status seize(pid_t pid, long options, struct mp_error *err) {
    if (ptrace(PTRACE_SEIZE, pid, 0, options) == 0)
        return MP_OK;
    return mp_error_set_errno(
        err, errno == EPERM ? MP_UNSUPPORTED : MP_SYSTEM, errno,
        "cannot trace process %d (a debugger, a container's seccomp profile or "
        "kernel.yama.ptrace_scope may prevent it)",
        (int)pid);
}

bool mp_capture_binds_rounds(void) {
    return true;
}

enum mp_status mp_capture_open(bool keeps_report, struct mp_symbol_store *store,
                               struct mp_capture **ret_capture, struct mp_error *err) {
    (void)keeps_report; /* core dumps are off */
    (void)store;        /* files are read, which the system keeps in memory */
    (void)err;
    *ret_capture = mp_memory_zeroed(1, sizeof(**ret_capture));
    (*ret_capture)->library = "";
    return MP_OK;
}

int mp_capture_mark_spawn(struct mp_capture *capture, posix_spawnattr_t *attr) {
    (void)capture;
    (void)attr;
    return 0;
}

int mp_capture_descriptor(const struct mp_capture *capture) {
    (void)capture;
    return -1;
}

void mp_capture_serve(struct mp_capture *capture) {
    (void)capture;
}

enum mp_status mp_capture_attach(struct mp_capture *capture, pid_t pid,
                                 struct mp_error *err) {
    long options = SEIZE_OPTIONS | (capture->is_program ? PTRACE_O_TRACEEXIT : 0);
    enum mp_status status = seize(pid, options, err);
    if (status != MP_OK)
        return status;
    capture->pid = pid;
    add(capture, (struct tracee){.tid = pid, .tgid = pid});
    return MP_OK;
}

enum mp_status mp_capture_probe(struct mp_error *err) {
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot start a process to try tracing on");
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody may be left to kill it */
        alarm(PROBE_LIFE_S);
        while (getppid() == parent)
            pause();
        _exit(0);
    }
    enum mp_status status = seize(pid, SEIZE_OPTIONS, err);
    kill(pid, SIGKILL);
    int wait_status = 0;
    pid_t got = 0;
    do {
        got = waitpid(pid, &wait_status, __WALL);
    } while (got == pid ? WIFSTOPPED(wait_status) : errno == EINTR);
    return status;
}

void mp_capture_sender(const struct mp_capture *capture, struct mp_sender *ret_sender) {
    *ret_sender = capture->sender;
}

bool mp_capture_child_crashed(const struct mp_capture *capture) {
    return capture->child_crashed;
}

bool mp_capture_has(const struct mp_capture *capture, pid_t pid) {
    for (size_t i = 0; i < capture->count; i++)
        if (capture->tracee[i].tgid == pid)
            return true;
    return false;
}

size_t mp_capture_children(const struct mp_capture *capture, pid_t *ret_pids,
                           size_t max) {
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
    for (size_t i = 0; i < capture->count; i++)
        if (capture->tracee[i].tid == capture->tracee[i].tgid)
            (void)kill(capture->tracee[i].tid, SIGKILL);
}

void mp_capture_detach(pid_t tid) {
    (void)ptrace(PTRACE_DETACH, tid, 0, 0);
}

/* The thread that is about to get a crash signal, or 0. */
static pid_t find_faulting(const struct mp_capture *capture) {
    for (size_t i = 0; i < capture->count; i++) {
        const struct tracee *t = &capture->tracee[i];
        int signal = signal_of_stop(t->status);
        if (t->tgid == capture->pid && t->halt == IS_HALTED && t->held_for == 0 &&
            mp_crash_is_crash_signal(signal) && signal != t->sent)
            return t->tid;
    }
    return 0;
}

struct mp_crash *mp_capture_sample(struct mp_capture *capture, unsigned number) {
    halt_all(capture, capture->pid, 0, 0, SAMPLE_STOP_NS);
    pid_t faulting = find_faulting(capture);
    struct mp_crash *crash = record_all(
        capture, capture->pid, faulting != 0 ? faulting : capture->pid, SAMPLE_READ_NS);
    release_all(capture);
    if (faulting != 0) {
        drop_record(capture, capture->crash);
        capture->crash = crash;
        return NULL;
    }
    if (crash->thread_count == 0) {
        drop_record(capture, crash);
        return NULL;
    }
    crash->kind = MP_CRASH_OF_HANG;
    crash->sample = number;
    return crash;
}

struct mp_crash *mp_capture_take(struct mp_capture *capture) {
    mp_readings_finish(&capture->readings);
    bool is_child = capture->crash == NULL && capture->child_crashed;
    struct mp_crash **slot = is_child ? &capture->of_child : &capture->crash;
    struct mp_crash *crash = *slot;
    *slot = NULL;
    return crash;
}

void mp_capture_set_program(struct mp_capture *capture, const char *library) {
    capture->is_program = capture->follows = true;
    capture->library = library;
}

void mp_capture_follow(struct mp_capture *capture) {
    capture->follows = true;
}

struct mp_crash *mp_capture_take_exit(struct mp_capture *capture) {
    struct mp_crash *at_exit = capture->at_exit;
    capture->at_exit = NULL;
    return at_exit;
}

void mp_capture_close(struct mp_capture *capture) {
    if (capture == NULL)
        return;
    mp_capture_stop_reading(capture);
    mp_crash_destroy(capture->crash);
    mp_crash_destroy(capture->of_child);
    mp_crash_destroy(capture->at_exit);
    free(capture->tracee);
    free(capture);
}
