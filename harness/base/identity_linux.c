/* Process and machine identity on Linux.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/identity.h"

#define START_FIELD 22 /* of /proc/PID/stat, see proc(5) */
#define NAME_FIELD  2

/* The first line of a file, without its end; "" if it cannot be read. */
static void read_line(const char *path, char *buf, size_t size) {
    FILE *file = fopen(path, "re");
    buf[0] = '\0';
    if (file == NULL)
        return;
    if (fgets(buf, (int)size, file) == NULL)
        buf[0] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
    fclose(file);
}

void mp_identity_read_system(struct mp_identity *ret_identity, char ret_machine[64]) {
    read_line("/etc/machine-id", ret_machine, 64);
    read_line("/proc/sys/kernel/random/boot_id", ret_identity->boot,
              sizeof(ret_identity->boot));
    ssize_t len = readlink("/proc/self/ns/pid", ret_identity->space,
                           sizeof(ret_identity->space) - 1);
    ret_identity->space[len > 0 ? len : 0] = '\0';
}

uint64_t mp_identity_read_start(int64_t pid) {
    char path[48], line[1024];
    snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
    read_line(path, line, sizeof(line));
    /* The name is in parentheses and may contain anything, including parentheses. */
    const char *at = strrchr(line, ')');
    if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    for (int field = NAME_FIELD; at != NULL && field < START_FIELD; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}
