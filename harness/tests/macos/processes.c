/* Processes as sysctl describes them (XNU, kern_sysctl.c), from /proc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/tests/macos/sys/sysctl.h"

#define ARGS_MAX ((size_t)1024 * 1024) /* ARG_MAX there */
#define SLOP     5                     /* processes more than there are, when asked */

/* How many of the lists that follow fail. */
static unsigned long_lists;

void mp_double_lengthen_lists(unsigned times) {
    long_lists = times;
}

static size_t read_file(pid_t pid, const char *name, char *buf, size_t size) {
    char path[64];
    size_t len = 0;
    ssize_t got = 0;
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (len < size && (got = read(fd, buf + len, size - len)) > 0)
        len += (size_t)got;
    close(fd);
    return len;
}

static bool is_zombie(pid_t pid) {
    char text[512];
    size_t len = read_file(pid, "stat", text, sizeof(text) - 1);
    text[len] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && strncmp(name_end, ") Z", 3) == 0;
}

static void describe(pid_t pid, struct kinfo_proc *ret_info) {
    *ret_info = (struct kinfo_proc){
        .kp_proc = {.p_pid = pid, .p_stat = is_zombie(pid) ? SZOMB : 2}};
}

/* The processes of one user; what does not fit is not copied, and ENOMEM. */
static int list_of(uid_t uid, struct kinfo_proc *list, size_t *size) {
    size_t room = list != NULL ? *size / sizeof(*list) : 0;
    size_t count = 0;
    char path[64];
    struct stat info;
    DIR *folder = opendir("/proc");
    if (folder == NULL)
        return -1;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        snprintf(path, sizeof(path), "/proc/%.20s", entry->d_name);
        if (!isdigit((unsigned char)entry->d_name[0]) || stat(path, &info) != 0 ||
            info.st_uid != uid)
            continue;
        if (count < room)
            describe((pid_t)atoi(entry->d_name), &list[count]);
        count++;
    }
    closedir(folder);
    if (list == NULL) {
        *size = (count + SLOP) * sizeof(*list);
        return 0;
    }
    *size = (count < room ? count : room) * sizeof(*list);
    bool is_long = long_lists > 0;
    long_lists -= is_long;
    errno = ENOMEM;
    return count > room || is_long ? -1 : 0;
}

/* Number of arguments, path, padding, arguments, environment. */
static int copy_args(pid_t pid, char *buf, size_t *size) {
    char *text = calloc(1, ARGS_MAX);
    size_t room = *size, len = sizeof(int), text_len = 0;
    int count = 0;
    if (text == NULL || room < len || room - len > ARGS_MAX) {
        free(text);
        errno = EINVAL;
        return -1;
    }
    text_len = read_file(pid, "cmdline", text, ARGS_MAX);
    for (size_t i = 0; i < text_len; i++)
        count += text[i] == '\0';
    text_len += read_file(pid, "environ", text + text_len, ARGS_MAX - text_len);
    bool is_there = count > 0 && text_len > 0;
    if (is_there) {
        static const char path[] = "/a/path\0\0\0";
        memcpy(buf, &count, sizeof(count));
        memcpy(buf + len, path, sizeof(path) < room - len ? sizeof(path) : room - len);
        len += sizeof(path) < room - len ? sizeof(path) : room - len;
        memcpy(buf + len, text, text_len < room - len ? text_len : room - len);
        *size = len + (text_len < room - len ? text_len : room - len);
    }
    free(text);
    errno = EINVAL; /* no such process, or it is dying */
    return is_there ? 0 : -1;
}

int sysctl(int *name, unsigned len, void *ret_old, size_t *size, void *new_value,
           size_t new_size) {
    (void)new_value;
    (void)new_size;
    if (name[0] == CTL_KERN && len == 3 && name[1] == KERN_PROCARGS2)
        return copy_args(name[2], ret_old, size);
    if (name[0] != CTL_KERN || len != 4 || name[1] != KERN_PROC) {
        errno = EINVAL;
        return -1;
    }
    if (name[2] == KERN_PROC_UID)
        return list_of((uid_t)name[3], ret_old, size);
    bool is_there = name[2] == KERN_PROC_PID && kill(name[3], 0) == 0 &&
                    *size >= sizeof(struct kinfo_proc);
    *size = is_there ? sizeof(struct kinfo_proc) : 0;
    if (is_there)
        describe(name[3], ret_old);
    return 0;
}
