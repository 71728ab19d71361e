/* A record lock of fcntl(2), not flock(2): it belongs to the process, so a child that a
 * killed run was about to start does not keep it, and the system says who has it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/host_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/base/strbuf.h"

#define LOCK_FILE    "/tmp/mpstress-gpu.lock"
#define HOLDER_WORDS "process %d, "
#define TRIES_MAX    100

struct mp_host_lock {
    int fd;
};

/* Opens before creating: in a folder like /tmp the system may refuse O_CREAT on a file
 * that another user created. Every user may write it, whatever the umask. */
static int open_file(const char *path) {
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    int fd = open(path, flags);
    if (fd < 0 && errno == ENOENT) {
        fd = open(path, flags | O_CREAT, 0666);
        if (fd >= 0)
            (void)fchmod(fd, 0666);
    }
    return fd;
}

/* Takes the lock if it is free. Else returns the holder, or 0 if this process cannot
 * see it (another PID namespace); -1 with errno if it cannot be locked. */
static bool lock_file(int fd, pid_t *ret_holder) {
    for (int i = 0; i < TRIES_MAX; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        *ret_holder = -1;
        if (fcntl(fd, F_SETLK, &lock) == 0)
            return true;
        if (errno != EACCES && errno != EAGAIN)
            return false;
        if (fcntl(fd, F_GETLK, &lock) != 0)
            return false;
        *ret_holder = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
        if (lock.l_type != F_UNLCK) /* else it has become free */
            return false;
    }
    return false;
}

/* "process 812, mpstress run mm". The file's text counts only if the holder wrote it:
 * it may be that of a killed process. */
static void write_busy(int fd, pid_t holder, char *ret_holder) {
    char raw[MP_HOST_LOCK_HOLDER_MAX / 4] = "", own[32];
    struct mp_strbuf text;
    ssize_t got = pread(fd, raw, sizeof(raw) - 1, 0);
    int len = snprintf(own, sizeof(own), HOLDER_WORDS, (int)holder);
    bool is_own = got > len && strncmp(raw, own, (size_t)len) == 0;
    mp_strbuf_init(&text);
    if (is_own)
        mp_strbuf_add_escaped(&text, raw, (size_t)got, 0);
    else if (holder > 0)
        mp_strbuf_addf(&text, "process %d", (int)holder);
    else
        mp_strbuf_addstr(&text, "a process that cannot be seen from here");
    snprintf(ret_holder, MP_HOST_LOCK_HOLDER_MAX, "%s", text.text);
    mp_strbuf_release(&text);
}

/* The file's text is informative; only the system knows who holds the lock. */
static void write_holder(int fd, const char *words) {
    char line[MP_HOST_LOCK_HOLDER_MAX / 4];
    int len = snprintf(line, sizeof(line), HOLDER_WORDS "%s", (int)getpid(), words);
    size_t size = len > 0 && (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1;
    if (ftruncate(fd, 0) != 0 || pwrite(fd, line, size, 0) < 0)
        (void)ftruncate(fd, 0);
}

enum mp_status mp_host_lock_take(const char *words, struct mp_host_lock **ret_lock,
                                 char *ret_holder, struct mp_error *err) {
    const char *named = getenv("MPSTRESS_LOCK");
    const char *path = named != NULL && *named != '\0' ? named : LOCK_FILE;
    struct stat info;
    int fd = open_file(path);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        int code = fd < 0 ? errno : EINVAL;
        if (fd >= 0)
            close(fd);
        return mp_error_set_errno(
            err, MP_SYSTEM, code,
            "cannot use the lock of this host's GPU, %s; MPSTRESS_LOCK names "
            "another file",
            path);
    }
    pid_t holder;
    if (!lock_file(fd, &holder)) {
        int code = errno;
        if (holder >= 0)
            write_busy(fd, holder, ret_holder);
        close(fd);
        if (holder < 0)
            return mp_error_set_errno(err, MP_SYSTEM, code,
                                      "cannot lock %s, the lock of this host's GPU",
                                      path);
        return mp_error_set(err, MP_LIMIT,
                            "the GPU of this host is in use by %s (lock %s)", ret_holder,
                            path);
    }
    write_holder(fd, words);
    *ret_lock = mp_memory_zeroed(1, sizeof(**ret_lock));
    (*ret_lock)->fd = fd;
    return MP_OK;
}

void mp_host_lock_release(struct mp_host_lock *lock) {
    if (lock == NULL)
        return;
    if (ftruncate(lock->fd, 0) != 0) {
        /* the text is only informative */
    }
    close(lock->fd);
    free(lock);
}
