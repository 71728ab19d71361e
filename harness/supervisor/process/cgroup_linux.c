/* cgroup v2, by its files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 700 /* nftw */

#include "harness/supervisor/process/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/clock.h"

#define PART_MAX  400
#define TRIES_MAX 400
#define PAUSE_NS  (5 * MP_CLOCK_NS_PER_MS)

/* Where the hierarchy is mounted. */
static bool find_mount(char *buf, size_t size) {
    char line[2048];
    bool is_found = false;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    while (file != NULL && !is_found && fgets(line, sizeof(line), file) != NULL) {
        char place[PART_MAX];
        is_found = strstr(line, " - cgroup2 ") != NULL &&
                   sscanf(line, "%*s %*s %*s %*s %399s", place) == 1;
        if (is_found)
            snprintf(buf, size, "%s", place);
    }
    if (file != NULL)
        fclose(file);
    return is_found;
}

/* The group of this process, from that mount on. */
static bool find_own(char *buf, size_t size) {
    char line[2048];
    bool is_found = false;
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file != NULL && !is_found && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        is_found = strncmp(line, "0::/", 4) == 0 && strlen(line + 3) < size;
        if (is_found)
            memcpy(buf, line + 3, strlen(line + 3) + 1);
    }
    if (file != NULL)
        fclose(file);
    return is_found;
}

/* Writes a line into a file of the group; 0 or an errno. */
static int put(const char *path, const char *name, const char *line) {
    char file[MP_CGROUP_PATH_MAX + 32];
    snprintf(file, sizeof(file), "%s/%s", path, name);
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int error = write(fd, line, strlen(line)) < 0 ? errno : 0;
    close(fd);
    return error;
}

static int remove_folder(const char *path, const struct stat *info, int type,
                         struct FTW *place) {
    (void)info;
    (void)place;
    if (type == FTW_DP)
        (void)rmdir(path);
    return 0;
}

/* Removes empty groups beside `path` whose runner is gone: it was killed together with
 * its guard. One with a process in it cannot be removed. */
static void remove_abandoned(const char *path) {
    char above[MP_CGROUP_PATH_MAX];
    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(path, '/') - path), path);
    DIR *folder = opendir(above);
    const struct dirent *entry;
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char left[2 * MP_CGROUP_PATH_MAX];
        int pid = 0;
        bool is_ours = sscanf(entry->d_name, MP_CGROUP_NAME "%d-", &pid) == 1 && pid > 0;
        if (!is_ours || kill(pid, 0) == 0 || errno != ESRCH)
            continue;
        snprintf(left, sizeof(left), "%s/%s", above, entry->d_name);
        (void)nftw(left, remove_folder, 8, FTW_DEPTH | FTW_PHYS);
    }
    if (folder != NULL)
        closedir(folder);
}

enum mp_status mp_cgroup_make(uint64_t id, char *buf, struct mp_error *err) {
    char mount[PART_MAX], own[PART_MAX], kill_file[MP_CGROUP_PATH_MAX + 32];
    buf[0] = '\0';
    if (!find_mount(mount, sizeof(mount)) || !find_own(own, sizeof(own)))
        return mp_error_set(err, MP_UNSUPPORTED, "no cgroup v2 is mounted");
    snprintf(buf, MP_CGROUP_PATH_MAX, "%s%s%s" MP_CGROUP_NAME "%d-%" PRIx64, mount, own,
             strcmp(own, "/") == 0 ? "" : "/", (int)getpid(), id);
    remove_abandoned(buf);
    snprintf(kill_file, sizeof(kill_file), "%s/cgroup.kill", buf);
    enum mp_status status = MP_OK;
    if (mkdir(buf, 0755) != 0)
        status = mp_error_set_errno(err, MP_UNSUPPORTED, errno, "%s cannot be made", buf);
    else if (access(kill_file, W_OK) != 0)
        status = mp_error_set(err, MP_UNSUPPORTED,
                              "this kernel cannot kill a cgroup (Linux 5.14 can)");
    if (status != MP_OK) {
        (void)rmdir(buf);
        buf[0] = '\0';
    }
    return status;
}

static bool move_to(const char *path) {
    char line[16];
    snprintf(line, sizeof(line), "%d", (int)getpid());
    return put(path, "cgroup.procs", line) == 0;
}

bool mp_cgroup_enter(const char *path) {
    return path[0] != '\0' && move_to(path);
}

bool mp_cgroup_leave(const char *path) {
    char above[MP_CGROUP_PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
    return move_to(above);
}

bool mp_cgroup_end(const char *path) {
    if (path[0] == '\0')
        return true;
    for (int i = 0; i < TRIES_MAX; i++) {
        (void)put(path, "cgroup.kill", "1");
        (void)rmdir(path); /* without memory, which nftw takes */
        /* A round may have made groups of its own: an mpstress does. */
        (void)nftw(path, remove_folder, 8, FTW_DEPTH | FTW_PHYS);
        if (access(path, F_OK) != 0)
            return true;
        mp_clock_sleep_ns(PAUSE_NS);
    }
    return false;
}
