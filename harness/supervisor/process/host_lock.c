/* The lock is flock(2): of the open file, so no child that closes it takes it away, and
 * the children of a run never get it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/host_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/base/strbuf.h"

#define LOCK_FILE "/tmp/mpstress-gpu.lock"

struct mp_host_lock {
    int fd;
};

/* Opens what is there before it makes it: in a folder like /tmp the system may refuse to
 * "make" a file that another user has made. Every user may write it, whatever the umask
 * is. */
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

static void read_holder(int fd, char *ret_holder) {
    char raw[MP_HOST_LOCK_HOLDER_MAX / 4];
    struct mp_strbuf text;
    ssize_t got = pread(fd, raw, sizeof(raw) - 1, 0);
    mp_strbuf_init(&text);
    mp_strbuf_add_escaped(&text, raw, got > 0 ? (size_t)got : 0, 0);
    snprintf(ret_holder, MP_HOST_LOCK_HOLDER_MAX, "%s",
             got > 0 ? text.text : "an unknown process");
    mp_strbuf_release(&text);
}

/* What the file says is for people; who holds the lock, only the system knows. */
static void write_holder(int fd, const char *words) {
    char line[MP_HOST_LOCK_HOLDER_MAX / 4];
    int len = snprintf(line, sizeof(line), "process %d, %s", (int)getpid(), words);
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
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        read_holder(fd, ret_holder);
        close(fd);
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
        /* the words are for people only */
    }
    close(lock->fd);
    free(lock);
}
