/* The Linux side of the runner: memfd, subreaper, /proc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memfd_create, __WALL */

#include "harness/supervisor/process/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/proc_linux.h"

#define CHILDREN_MAX (64 * 1024)
/* What is not reaped after this many tries is left to the next call. */
#define TRIES_MAX 1000

enum mp_status mp_host_shared_file(size_t size, int *ret_fd, struct mp_error *err) {
    int fd = memfd_create("mpstress-page", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot create the page of a round");
    /* A round that shortened it would crash the supervisor at its next read. */
    if (ftruncate(fd, (off_t)size) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        int cause = errno;
        close(fd);
        return mp_error_set_errno(err, MP_SYSTEM, cause,
                                  "cannot create the page of a round %zu bytes long",
                                  size);
    }
    *ret_fd = fd;
    return MP_OK;
}

enum mp_status mp_host_program_path(char *buf, size_t size, struct mp_error *err) {
    ssize_t len = readlink("/proc/self/exe", buf, size - 1);
    if (len < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot read /proc/self/exe");
    buf[len] = '\0';
    return MP_OK;
}

bool mp_host_adopt_orphans(bool adopts) {
    return prctl(PR_SET_CHILD_SUBREAPER, adopts ? 1 : 0, 0, 0, 0) == 0 && adopts;
}

enum mp_status mp_host_watch_children(int *ret_fd, struct mp_error *err) {
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    int fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot watch for exiting processes");
    *ret_fd = fd;
    return MP_OK;
}

void mp_host_clear_children(int fd) {
    struct signalfd_siginfo info;
    ssize_t ignored = read(fd, &info, sizeof(info));
    (void)ignored; /* one at most is pending */
}

pid_t mp_host_wait_any(int *ret_status, pid_t *ret_group) {
    pid_t pid = 0;
    int tries = 0;
    do {
        /* Peeks first and reaps then: a reaped process has no group any more. */
        siginfo_t info = {0};
        pid = waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOWAIT | WNOHANG | __WALL);
        if (pid == 0 && info.si_pid == 0)
            return 0;
        if (pid == 0) {
            *ret_group = getpgid(info.si_pid);
            /* WUNTRACED: else the stop of a process that is not traced would stay here
             * for ever. */
            pid = waitpid(info.si_pid, ret_status, __WALL | WNOHANG | WUNTRACED);
        }
        /* 0: it was stopped, but a SIGKILL or a SIGCONT superseded that. */
    } while (tries++ < TRIES_MAX && (pid == 0 || (pid < 0 && errno == EINTR)));
    return pid;
}

size_t mp_host_leftovers(const char *mark, pid_t *ret_pids, size_t max) {
    char name[32];
    char *text = mp_memory_zeroed(CHILDREN_MAX, 1);
    size_t count = 0;
    (void)mark; /* orphans are adopted */
    /* Orphans are reparented to the first thread of the reaper. */
    snprintf(name, sizeof(name), "task/%d/children", (int)getpid());
    mp_proc_read(getpid(), name, text, CHILDREN_MAX);
    char *at = text;
    while (count < max) {
        char *end = at;
        long pid = strtol(at, &end, 10);
        if (end == at || pid <= 0 || pid > INT_MAX)
            break;
        ret_pids[count++] = (pid_t)pid;
        at = end;
    }
    free(text);
    return count;
}

const char *mp_host_preload_variable(void) {
    return "LD_PRELOAD";
}

const bool mp_host_round_preloads = true;

const char *mp_host_tracing_advice(void) {
    return "allow ptrace (kernel.yama.ptrace_scope 0 or 1; a container needs it in its "
           "seccomp list); until then crashes have a signal and the last calls, but no "
           "stack";
}

void mp_host_process_name(pid_t pid, char *buf, size_t size) {
    mp_proc_name(pid, buf, size);
}
