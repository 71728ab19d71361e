/* /proc/PID/mem: one call for any length, which no seccomp profile singles out as it does
 * process_vm_readv.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/remote_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int mp_remote_open(pid_t tid) {
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

size_t mp_remote_read(int fd, uint64_t address, void *buf, size_t len) {
    size_t done = 0;
    if (fd < 0 || address > INT64_MAX) /* of the kernel's half nothing can be read */
        return 0;
    while (done < len) {
        ssize_t got = pread(fd, (char *)buf + done, len - done, (off_t)(address + done));
        if (got == 0 || (got < 0 && errno != EINTR))
            break;
        done += got > 0 ? (size_t)got : 0;
    }
    return done;
}
