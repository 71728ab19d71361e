/* The machine, as Linux reports it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* sched_getaffinity */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/supervisor/campaign/environment.h"

/* Finds the first line of `path` that begins with `key`; copies what follows the blanks,
 * quotes, colons and equals signs after it. Leaves `buf` alone if there is none. */
static void read_field(const char *path, const char *key, char *buf, size_t size) {
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    char line[512];
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            const char *value = line + strlen(key);
            value += strspn(value, " \t:=\"");
            snprintf(buf, size, "%.*s", (int)strcspn(value, "\"\n"), value);
            break;
        }
    }
    fclose(file);
}

long mp_environment_cores(void) {
    cpu_set_t allowed;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) /* fails above 1024 */
        cores = CPU_COUNT(&allowed);
    return cores > 0 ? cores : 1;
}

void mp_environment_read_system(struct mp_environment *env) {
    char memory[64] = "", version[128] = "", scope[16] = "";
    read_field("/etc/os-release", "PRETTY_NAME", env->os, sizeof(env->os));
    read_field("/proc/sys/kernel/osrelease", "", env->os_build, sizeof(env->os_build));
    read_field("/proc/sys/kernel/version", "", version, sizeof(version));
    mp_environment_add_fact(env, "kernel_version=%s", version);
    read_field("/proc/cpuinfo", "model name", env->cpu, sizeof(env->cpu));
    read_field("/proc/meminfo", "MemTotal", memory, sizeof(memory));
    mp_environment_add_fact(env, "memory=%s", memory);
    read_field("/proc/sys/kernel/yama/ptrace_scope", "", scope, sizeof(scope));
    mp_environment_add_fact(env, "ptrace_scope=%s", scope[0] != '\0' ? scope : "none");
}

bool mp_environment_program_path(char *buf, size_t size) {
    ssize_t len = readlink("/proc/self/exe", buf, size - 1);
    if (len <= 0 || (size_t)len >= size - 1)
        return false;
    buf[len] = '\0';
    return true;
}
