/* Starts programs with posix_spawn, never with fork: its cost does not grow with this
 * process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static int set_attributes(posix_spawnattr_t *attr, struct mp_capture *capture) {
    sigset_t none;
    sigset_t defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    sigdelset(&defaults, SIGKILL);
    sigdelset(&defaults, SIGSTOP);
    int error = posix_spawnattr_setflags(
        attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnattr_setpgroup(attr, 0);
    if (error == 0)
        error = posix_spawnattr_setsigmask(attr, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attr, &defaults);
    if (error == 0 && capture != NULL)
        error = mp_capture_mark_spawn(capture, attr);
    return error;
}

static int set_files(posix_spawn_file_actions_t *files, const struct mp_spawn *spawn) {
    int error = 0;
    for (int i = 0; i < MP_SPAWN_FDS && error == 0; i++)
        if (spawn->fd[i] >= 0)
            error = posix_spawn_file_actions_adddup2(files, spawn->fd[i], i);
    return error;
}

enum mp_status mp_spawn_start(const struct mp_spawn *spawn, pid_t *ret_pid,
                              struct mp_error *err) {
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t files;
    pid_t pid = -1;
    int error = posix_spawnattr_init(&attr);
    if (error != 0)
        goto done;
    error = posix_spawn_file_actions_init(&files);
    if (error != 0)
        goto release_attr;
    error = set_attributes(&attr, spawn->capture);
    if (error == 0)
        error = set_files(&files, spawn);
    if (error == 0)
        error =
            posix_spawn(&pid, spawn->program, &files, &attr, spawn->argv, spawn->envp);
    posix_spawn_file_actions_destroy(&files);
release_attr:
    posix_spawnattr_destroy(&attr);
done:
    if (error != 0)
        return mp_error_set_errno(err, MP_SYSTEM, error, "cannot start %s",
                                  spawn->program);
    *ret_pid = pid;
    return MP_OK;
}

enum mp_status mp_spawn_pipe(int ret_fd[2], struct mp_error *err) {
    int fd[2];
    if (pipe(fd) != 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno, "cannot create a pipe");
    if (fcntl(fd[0], F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(fd[1], F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(fd[0], F_SETFL, O_NONBLOCK) != 0) {
        int cause = errno;
        close(fd[0]);
        close(fd[1]);
        return mp_error_set_errno(err, MP_SYSTEM, cause, "cannot prepare a pipe");
    }
    ret_fd[0] = fd[0];
    ret_fd[1] = fd[1];
    return MP_OK;
}

void mp_spawn_occupy_standard(void) {
    int fd = -1;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}
