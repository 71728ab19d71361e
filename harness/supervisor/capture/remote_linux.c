/* A small direct-mapped cache over process_vm_readv, or over ptrace where that call is
 * forbidden.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* process_vm_readv */

#include "harness/supervisor/capture/remote_linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "harness/base/memory.h"

#define LINE_SIZE  512 /* divides a page: a line is readable entirely or not at all */
#define LINE_COUNT 64

struct line {
    uint64_t start;
    bool is_known, is_readable;
    unsigned char bytes[LINE_SIZE];
};

struct mp_remote {
    pid_t tid;
    struct line line[LINE_COUNT];
};

struct mp_remote *mp_remote_open(pid_t tid) {
    struct mp_remote *remote = mp_memory_zeroed(1, sizeof(*remote));
    remote->tid = tid;
    return remote;
}

static bool read_by_words(pid_t tid, struct line *line) {
    for (size_t at = 0; at < LINE_SIZE; at += sizeof(long)) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, tid, line->start + at, 0);
        if (word == -1 && errno != 0)
            return false;
        memcpy(line->bytes + at, &word, sizeof(word));
    }
    return true;
}

static void fill(pid_t tid, struct line *line, uint64_t start) {
    struct iovec here = {.iov_base = line->bytes, .iov_len = LINE_SIZE};
    struct iovec there = {.iov_base = (void *)(uintptr_t)start, .iov_len = LINE_SIZE};
    line->start = start;
    line->is_known = true;
    ssize_t got = process_vm_readv(tid, &here, 1, &there, 1, 0);
    bool is_forbidden = got < 0 && (errno == EPERM || errno == ENOSYS);
    line->is_readable = got == LINE_SIZE || (is_forbidden && read_by_words(tid, line));
}

static bool read_byte(struct mp_remote *remote, uint64_t address,
                      unsigned char *ret_byte) {
    uint64_t start = address & ~(uint64_t)(LINE_SIZE - 1);
    struct line *line = &remote->line[start / LINE_SIZE % LINE_COUNT];
    if (!line->is_known || line->start != start)
        fill(remote->tid, line, start);
    if (line->is_readable)
        *ret_byte = line->bytes[address - start];
    return line->is_readable;
}

bool mp_remote_read(struct mp_remote *remote, uint64_t address, uint64_t *ret_word) {
    unsigned char bytes[sizeof(*ret_word)];
    for (size_t i = 0; i < sizeof(bytes); i++)
        if (!read_byte(remote, address + i, &bytes[i]))
            return false;
    memcpy(ret_word, bytes, sizeof(bytes));
    return true;
}

void mp_remote_close(struct mp_remote *remote) {
    free(remote);
}
