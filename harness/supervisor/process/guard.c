/* The guard waits on a pipe whose other end only its master holds, for a byte or for EOF.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/cgroup.h"
#include "harness/supervisor/process/process_list.h"
#include "harness/supervisor/process/spawn.h"

/* A process forked during one pass is found by the next. */
#define LOOKS_IN_VAIN   3
#define LOOKS_MAX       200
#define PAUSE_NS        (5 * MP_CLOCK_NS_PER_MS)
#define KILLED_MAX      4096 /* in one pass */
#define DESCRIPTORS_MAX 4096
/* Each takes 2 s. */
#define ENDS_MAX 30

/* Keeps no descriptor open that somebody may wait for, and no folder busy. */
static void let_go(int kept_fd) {
    struct rlimit limit = {.rlim_cur = DESCRIPTORS_MAX};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    int max = limit.rlim_cur < DESCRIPTORS_MAX ? (int)limit.rlim_cur : DESCRIPTORS_MAX;
    for (int fd = 0; fd < max; fd++)
        if (fd != kept_fd)
            close(fd);
    if (chdir("/") != 0)
        _exit(1);
}

_Noreturn static void guard(const char *mark, const char *cgroup, int fd) {
    /* It must not lack the memory when it is needed. */
    struct mp_process_search *search = mp_process_search_open();
    pid_t pids[KILLED_MAX];
    char word = 0;
    ssize_t got = 0;
    unsigned in_vain = 0;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    let_go(fd);
    (void)fcntl(fd, F_SETFL, 0); /* it waits */
    do {
        got = read(fd, &word, 1);
    } while (got < 0 && errno == EINTR);
    if (got == 0)
        (void)mp_cgroup_end(cgroup);
    for (int i = 0; got == 0 && in_vain < LOOKS_IN_VAIN && i < LOOKS_MAX; i++) {
        size_t count = mp_process_find_marked(search, mark, pids, KILLED_MAX);
        for (size_t k = 0; k < count; k++)
            (void)kill(pids[k], SIGKILL);
        in_vain = count > 0 ? 0 : in_vain + 1;
        mp_clock_sleep_ns(PAUSE_NS);
    }
    /* Many processes, or much memory, take the kernel its time. */
    for (int i = 0; got == 0 && i < ENDS_MAX && !mp_cgroup_end(cgroup); i++) {
    }
    _exit(0);
}

enum mp_status mp_guard_start(const char *mark, const char *cgroup, int ret_fd[2],
                              struct mp_error *err) {
    enum mp_status status = mp_spawn_pipe(ret_fd, err);
    if (status != MP_OK)
        return status;
    pid_t pid = fork();
    if (pid < 0) {
        int cause = errno;
        close(ret_fd[0]);
        close(ret_fd[1]);
        return mp_error_set_errno(err, MP_SYSTEM, cause, "cannot start a guard");
    }
    if (pid == 0) {
        /* Forks twice, so that it is not a child of its master, which kills its
         * children; in its own session, so that it does not die with its master's. */
        setsid();
        if (fork() == 0)
            guard(mark, cgroup, ret_fd[0]);
        _exit(0);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return MP_OK;
}

void mp_guard_stop(const int fd[2]) {
    if (fd[1] < 0)
        return;
    /* The other end is still ours too: if the guard is gone, no signal comes. */
    ssize_t ignored = write(fd[1], "", 1);
    (void)ignored;
    close(fd[0]);
    close(fd[1]);
}
