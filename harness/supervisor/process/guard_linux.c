/* The guard waits on a socket whose other end only its master holds, for a byte or for
 * EOF.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/supervisor/process/environ.h"

/* A process forked during one pass is found by the next. */
#define LOOKS_IN_VAIN   3
#define LOOKS_MAX       200
#define PAUSE_NS        (5 * MP_CLOCK_NS_PER_MS)
#define DESCRIPTORS_MAX 4096

/* Kills every marked process; returns how many there were. */
static unsigned kill_marked(const char *mark, char *buf) {
    unsigned count = 0;
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && pid != getpid() &&
            mp_environ_find(pid, mark, strlen(mark), buf) != NULL) {
            (void)kill(pid, SIGKILL);
            count++;
        }
    }
    closedir(folder);
    return count;
}

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

static void guard(const char *mark, int fd) {
    char *buf = mp_memory_zeroed(MP_ENVIRON_MAX, 1);
    char word = 0;
    ssize_t got = 0;
    unsigned in_vain = 0;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    let_go(fd);
    do {
        got = read(fd, &word, 1);
    } while (got < 0 && errno == EINTR);
    for (int i = 0; got == 0 && in_vain < LOOKS_IN_VAIN && i < LOOKS_MAX; i++) {
        in_vain = kill_marked(mark, buf) > 0 ? 0 : in_vain + 1;
        mp_clock_sleep_ns(PAUSE_NS);
    }
    _exit(0);
}

enum mp_status mp_guard_start(const char *mark, int *ret_fd, struct mp_error *err) {
    int fd[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) != 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot create a socket pair");
    (void)prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0,
                0); /* from an earlier runner of this process */
    pid_t pid = fork();
    if (pid < 0) {
        int cause = errno;
        close(fd[0]);
        close(fd[1]);
        return mp_error_set_errno(err, MP_SYSTEM, cause, "cannot start a guard");
    }
    if (pid == 0) {
        /* Forks twice, so that it is not a child of its master, which kills its
         * children; in its own session, so that it does not die with its master's. */
        close(fd[1]);
        setsid();
        if (fork() == 0)
            guard(mark, fd[0]);
        _exit(0);
    }
    close(fd[0]);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    *ret_fd = fd[1];
    return MP_OK;
}

void mp_guard_stop(int fd) {
    if (fd < 0)
        return;
    ssize_t ignored = send(fd, "", 1, MSG_NOSIGNAL);
    (void)ignored; /* the guard may be gone already */
    close(fd);
}
