/* Processes that a supervisor has started, by the token in their environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_KILLED_FIXTURE_H
#define MP_TESTS_KILLED_FIXTURE_H

#include "harness/tests/victim_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* Whether one of the texts in `len` bytes begins with `mark`. */
static inline bool has_text(const char *text, size_t len, const char *mark) {
    for (size_t at = 0; at < len; at += strnlen(text + at, len - at) + 1)
        if (len - at >= strlen(mark) && memcmp(text + at, mark, strlen(mark)) == 0)
            return true;
    return false;
}

/* Processes whose environment carries a token of the supervisor `pid`. */
static inline unsigned count_marked(pid_t pid) {
    char mark[64];
    char path[64];
    static char text[65536];
    unsigned count = 0;
    snprintf(mark, sizeof(mark), "MPSTRESS_ROUND_TOKEN=%d-", (int)pid);
    DIR *folder = opendir("/proc");
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        snprintf(path, sizeof(path), "/proc/%.20s/environ", entry->d_name);
        int fd = atoi(entry->d_name) > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        ssize_t len = read(fd, text, sizeof(text));
        close(fd);
        count += len > 0 && has_text(text, (size_t)len, mark);
    }
    closedir(folder);
    return count;
}

/* Waits until `count_marked` says `want`; false if it does not within the patience. */
static inline bool wait_marked(pid_t pid, unsigned want) {
    uint64_t until_ns = mp_clock_now_ns() + MP_TEST_PATIENCE_NS;
    while (count_marked(pid) != want) {
        if (mp_clock_now_ns() > until_ns)
            return false;
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_MS);
    }
    return true;
}

#endif
