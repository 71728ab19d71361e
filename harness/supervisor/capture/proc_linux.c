/* Reads lines of /proc; what is gone reads as unknown.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/proc_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

size_t mp_proc_read(pid_t pid, const char *name, char *buf, size_t size) {
    char path[64];
    size_t len = 0;
    ssize_t got = 0;
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (
        fd >= 0 && len < size - 1 &&
        ((got = read(fd, buf + len, size - 1 - len)) > 0 || (got < 0 && errno == EINTR)))
        len += got > 0 ? (size_t)got : 0;
    if (fd >= 0)
        close(fd);
    buf[len] = '\0';
    return len;
}

void mp_proc_name(pid_t pid, char *buf, size_t size) {
    size_t len = mp_proc_read(pid, "comm", buf, size);
    if (len > 0 && buf[len - 1] == '\n')
        buf[len - 1] = '\0';
}

pid_t mp_proc_parent(pid_t pid) {
    char path[32];
    char line[128];
    int parent = -1;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    while (parent == -1 && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "PPid: %d", &parent) != 1)
            parent = -1;
    fclose(file);
    return parent;
}

char mp_proc_run_state(pid_t pid, pid_t tid) {
    char path[64];
    char line[256] = "";
    snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    /* It follows the name, which may contain anything. */
    const char *end = fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
    fclose(file);
    return end != NULL && end[1] == ' ' ? end[2] : 0;
}

bool mp_proc_survives(pid_t pid, int signal) {
    char path[32];
    char line[128];
    bool is_known = false;
    bool is_handled = false;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        unsigned long long mask = 0;
        if (sscanf(line, "SigIgn: %llx", &mask) == 1 ||
            sscanf(line, "SigCgt: %llx", &mask) == 1) {
            is_known = true;
            is_handled |= (mask >> (signal - 1) & 1) != 0;
        }
    }
    if (file != NULL)
        fclose(file);
    return is_handled || !is_known;
}
