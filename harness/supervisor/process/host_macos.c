/* The macOS side of the runner. No subreaper: what a round leaves behind is found by its
 * process group and by the mark in its environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/host.h"

#include <errno.h>
#include <fcntl.h>
#include <mach-o/dyld.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/event.h>
#include <sys/mman.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/path.h"
#include "harness/supervisor/process/process_list.h"

#define NAME_TRIES 100

/* Shared memory and no file, which the system would write to disk. Its name, at most 31
 * bytes long (PSHMNAMLEN), goes at once. */
enum mp_status mp_host_shared_file(size_t size, int *ret_fd, struct mp_error *err) {
    char name[32];
    int fd = -1;
    for (int i = 0; fd < 0 && i < NAME_TRIES; i++) {
        snprintf(name, sizeof(name), "/mpstress.%x.%08x", (unsigned)getpid(),
                 arc4random());
        fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot create the page of a round, shared memory %s",
                                  name);
    (void)shm_unlink(name);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || ftruncate(fd, (off_t)size) != 0) {
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
    char raw[4096]; /* PATH_MAX of Darwin is 1024 */
    uint32_t len = sizeof(raw);
    if (_NSGetExecutablePath(raw, &len) != 0)
        return mp_error_set(err, MP_LIMIT,
                            "the path of this program is longer than %zu bytes",
                            sizeof(raw));
    return mp_path_resolve(raw, buf, size, err);
}

bool mp_host_adopt_orphans(bool adopts) {
    (void)adopts;
    return false;
}

enum mp_status mp_host_watch_children(int *ret_fd, struct mp_error *err) {
    struct kevent change;
    int fd = kqueue();
    EV_SET(&change, SIGCHLD, EVFILT_SIGNAL, EV_ADD, 0, 0, NULL);
    if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        kevent(fd, &change, 1, NULL, 0, NULL) != 0) {
        int cause = errno;
        if (fd >= 0)
            close(fd);
        return mp_error_set_errno(err, MP_SYSTEM, cause,
                                  "cannot watch for exiting processes");
    }
    *ret_fd = fd;
    return MP_OK;
}

void mp_host_clear_children(int fd) {
    const struct timespec at_once = {0};
    struct kevent event;
    (void)kevent(fd, NULL, 0, &event, 1, &at_once);
}

pid_t mp_host_wait_any(int *ret_status, pid_t *ret_group) {
    pid_t pid = 0;
    *ret_group = -1; /* orphans are not reparented to this process */
    do {
        pid = waitpid(-1, ret_status, WNOHANG | WUNTRACED);
    } while (pid < 0 && errno == EINTR);
    return pid;
}

size_t mp_host_leftovers(const char *mark, pid_t *ret_pids, size_t max) {
    struct mp_process_search *search = mp_process_search_open();
    size_t count = mp_process_find_marked(search, mark, ret_pids, max);
    mp_process_search_close(search);
    return count;
}

const char *mp_host_preload_variable(void) {
    return "DYLD_INSERT_LIBRARIES";
}

const bool mp_host_round_preloads = false;

const char *mp_host_tracing_advice(void) {
    return "do not sign mpstress-round with the hardened runtime, and allow developer "
           "mode ('DevToolsSecurity -status' shows it); until then stacks come from the "
           "system's crash reports only";
}

void mp_host_process_name(pid_t pid, char *buf, size_t size) {
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid};
    struct kinfo_proc info = {0};
    size_t length = sizeof(info);
    if (sysctl(name, 4, &info, &length, NULL, 0) != 0)
        info.kp_proc.p_comm[0] = '\0';
    snprintf(buf, size, "%s", info.kp_proc.p_comm);
}
