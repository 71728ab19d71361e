/* The machine, as macOS reports it (sysctlbyname, Apple's sysctl(3) page).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <mach-o/dyld.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "harness/supervisor/campaign/environment.h"

long mp_environment_cores(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? cores : 1;
}

void mp_environment_read_system(struct mp_environment *env) {
    char version[64] = "";
    size_t len = sizeof(version);
    if (sysctlbyname("kern.osproductversion", version, &len, NULL, 0) == 0)
        snprintf(env->os, sizeof(env->os), "macOS %s", version);
    len = sizeof(env->os_build);
    sysctlbyname("kern.osversion", env->os_build, &len, NULL, 0);
    len = sizeof(env->cpu);
    sysctlbyname("machdep.cpu.brand_string", env->cpu, &len, NULL, 0);
    uint64_t memory = 0;
    len = sizeof(memory);
    if (sysctlbyname("hw.memsize", &memory, &len, NULL, 0) == 0)
        mp_environment_add_fact(env, "memory=%llu B", (unsigned long long)memory);
}

bool mp_environment_program_path(char *buf, size_t size) {
    char raw[4096];
    char resolved[4096]; /* PATH_MAX of Darwin is 1024 */
    uint32_t len = sizeof(raw);
    if (_NSGetExecutablePath(raw, &len) != 0 || realpath(raw, resolved) == NULL)
        return false;
    return (size_t)snprintf(buf, size, "%s", resolved) < size;
}
