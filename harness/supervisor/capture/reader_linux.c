/* Forks and does not exec: what is to be worked on need not be sent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* syscall */

#include "harness/supervisor/capture/reader.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/capture/proc_linux.h"
#include "harness/wire/crash.h"

#define NAME            "mpstress-reader" /* the kernel keeps 15 bytes */
#define DESCRIPTORS_MAX 4096
#define POLL_NS         (MP_CLOCK_NS_PER_MS / 2)
/* What survives SIGKILL this long hangs in the kernel. */
#define GIVE_UP_NS MP_CLOCK_NS_PER_S

static void close_all(void) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 0U, ~0U, 0U) == 0)
        return;
#endif
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        close(fd);
}

/* As a program has them that a shell starts; the supervisor's handlers are not for it. */
static void reset_signals(void) {
    sigset_t none;
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        (void)signal(signal_number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void limit(int resource, rlim_t soft, rlim_t hard) {
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return;
    if (hard > now.rlim_max)
        hard = now.rlim_max;
    struct rlimit wanted = {.rlim_cur = soft < hard ? soft : hard, .rlim_max = hard};
    (void)setrlimit(resource, &wanted);
}

/* A sanitizer has terabytes already, so the limit is one of what comes in addition. */
static rlim_t memory_limit(void) {
    char text[64];
    (void)mp_proc_read(getpid(), "statm", text, sizeof(text));
    return strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) +
           MP_READER_MEMORY_BYTES;
}

_Noreturn static void run(void (*work)(void *data), void *data, pid_t parent) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    (void)prctl(PR_SET_NAME, NAME);
    (void)setpgid(0, 0); /* Ctrl-C is for the supervisor */
    reset_signals();
    rlim_t memory = memory_limit();
    close_all();
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_FSIZE, 0, 0);
    limit(RLIMIT_AS, memory, memory);
    limit(RLIMIT_CPU, MP_READER_CPU_S, MP_READER_CPU_S + 1);
    work(data);
    _exit(0);
}

enum mp_status mp_reader_start(void (*work)(void *data), void *data,
                               struct mp_reader *ret_reader, struct mp_error *err) {
    pid_t parent = getpid();
    *ret_reader = (struct mp_reader){
        .pid = fork(), .deadline_ns = mp_clock_now_ns() + MP_READER_WALL_NS};
    if (ret_reader->pid < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot start a process");
    if (ret_reader->pid == 0)
        run(work, data, parent);
    return MP_OK;
}

bool mp_reader_wait(struct mp_reader *reader, uint64_t until_ns, int *ret_status) {
    while (reader->pid > 0) {
        pid_t got = waitpid(reader->pid, ret_status, WNOHANG);
        if (got == reader->pid || (got < 0 && errno != EINTR))
            reader->pid = -1;
        if (got > 0)
            return true;
        if (mp_clock_now_ns() >= until_ns)
            return false;
        if (got == 0)
            mp_clock_sleep_ns(POLL_NS);
    }
    return false;
}

void mp_reader_kill(struct mp_reader *reader) {
    int ignored = 0;
    if (reader->pid <= 0)
        return;
    (void)kill(reader->pid, SIGKILL);
    (void)mp_reader_wait(reader, mp_clock_now_ns() + GIVE_UP_NS, &ignored);
    reader->pid = -1;
}

const char *mp_reader_explain(int status, char *buf, size_t size) {
    char name[16];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (number == SIGXCPU)
        snprintf(buf, size, "used up its %d s of processor time", MP_READER_CPU_S);
    else if (number == SIGKILL)
        snprintf(buf, size, "was killed, from outside or for lack of memory");
    else if (number != 0)
        snprintf(buf, size, "died of %s",
                 mp_crash_signal_name(number, name, sizeof(name)));
    else
        snprintf(buf, size, "left with code %d", WEXITSTATUS(status));
    return buf;
}
