/* The machine, as macOS reports it (sysctlbyname, Apple's sysctl(3) page).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <mach-o/dyld.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "harness/base/path.h"
#include "harness/supervisor/campaign/environment.h"

long mp_environment_cores(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? cores : 1;
}

#define FRAMEWORKS     "/System/Library/Frameworks/"
#define IOKIT          FRAMEWORKS "IOKit.framework/IOKit"
#define FOUNDATION     FRAMEWORKS "CoreFoundation.framework/CoreFoundation"
#define ENCODING_ASCII 0x0600 /* kCFStringEncodingASCII */
#define NUMBER_SINT64  4      /* kCFNumberSInt64Type */

/* A function by name; both pointers have one size (POSIX dlsym). */
static void find(void *library, const char *name, void *ret_function) {
    void *symbol = library != NULL ? dlsym(library, name) : NULL;
    memcpy(ret_function, &symbol, sizeof(symbol));
}

/* System Integrity Protection: 0 is all of it on (XNU's csr.h); the function is in no
 * public header. */
static void add_protection(struct mp_environment *env) {
    int (*get)(uint32_t *) = NULL;
    uint32_t config = 0;
    find(RTLD_DEFAULT, "csr_get_active_config", &get);
    if (get != NULL && get(&config) == 0)
        mp_environment_add_fact(env, "sip=%s", config == 0 ? "on" : "reduced");
}

/* The number in the I/O registry's entry of Apple's GPU (key "gpu-core-count" of class
 * AGXAccelerator, as public projects read it). A guest has no such entry. */
static void add_gpu_cores(struct mp_environment *env) {
    void *iokit = dlopen(IOKIT, RTLD_LAZY);
    void *foundation = dlopen(FOUNDATION, RTLD_LAZY);
    void *(*matching)(const char *) = NULL;
    uint32_t (*get_service)(uint32_t, void *) = NULL;
    const void *(*property)(uint32_t, const void *, const void *, uint32_t) = NULL;
    int (*drop)(uint32_t) = NULL;
    const void *(*make_text)(const void *, const char *, uint32_t) = NULL;
    unsigned char (*get_number)(const void *, long, void *) = NULL;
    void (*release)(const void *) = NULL;
    find(iokit, "IOServiceMatching", &matching);
    find(iokit, "IOServiceGetMatchingService", &get_service);
    find(iokit, "IORegistryEntryCreateCFProperty", &property);
    find(iokit, "IOObjectRelease", &drop);
    find(foundation, "CFStringCreateWithCString", &make_text);
    find(foundation, "CFNumberGetValue", &get_number);
    find(foundation, "CFRelease", &release);
    if (matching == NULL || get_service == NULL || property == NULL || drop == NULL ||
        make_text == NULL || get_number == NULL || release == NULL)
        return;
    uint32_t entry =
        get_service(0, matching("AGXAccelerator")); /* takes the dictionary */
    const void *key = make_text(NULL, "gpu-core-count", ENCODING_ASCII);
    const void *number = entry != 0 && key != NULL ? property(entry, key, NULL, 0) : NULL;
    int64_t cores = 0;
    if (number != NULL && get_number(number, NUMBER_SINT64, &cores) != 0)
        mp_environment_add_fact(env, "gpu_cores=%lld", (long long)cores);
    if (number != NULL)
        release(number);
    if (key != NULL)
        release(key);
    if (entry != 0)
        drop(entry);
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
    char model[64] = "";
    len = sizeof(model);
    if (sysctlbyname("hw.model", model, &len, NULL, 0) == 0)
        mp_environment_add_fact(env, "model=%.63s", model);
    /* 1 in a guest, whose GPU is paravirtual. */
    int32_t is_guest = 0;
    len = sizeof(is_guest);
    if (sysctlbyname("kern.hv_vmm_present", &is_guest, &len, NULL, 0) == 0)
        mp_environment_add_fact(env, "virtual_machine=%s", is_guest != 0 ? "yes" : "no");
    add_protection(env);
    add_gpu_cores(env);
    uint64_t memory = 0;
    len = sizeof(memory);
    if (sysctlbyname("hw.memsize", &memory, &len, NULL, 0) == 0)
        mp_environment_add_fact(env, "memory=%llu B", (unsigned long long)memory);
}

bool mp_environment_program_path(char *buf, size_t size) {
    char raw[4096]; /* PATH_MAX of Darwin is 1024 */
    uint32_t len = sizeof(raw);
    struct mp_error ignored;
    return _NSGetExecutablePath(raw, &len) == 0 &&
           mp_path_resolve(raw, buf, size, &ignored) == MP_OK;
}
