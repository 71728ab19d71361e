/* The functions by which machine_mac asks macOS; frameworks are found at run time,
 * without headers. Not yet run on a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include "harness/supervisor/campaign/host_state.h"
#include "harness/supervisor/campaign/machine.h"
#include "harness/supervisor/campaign/machine_mac.h"

#define FRAMEWORKS "/System/Library/Frameworks/"
#define IOKIT      FRAMEWORKS "IOKit.framework/IOKit"
#define FOUNDATION FRAMEWORKS "CoreFoundation.framework/CoreFoundation"
#define UTF8       0x08000100 /* kCFStringEncodingUTF8 */

/* A function by name; both pointers have one size (POSIX dlsym). */
static void find(void *library, const char *name, void *ret_function) {
    void *symbol = library != NULL ? dlsym(library, name) : NULL;
    memcpy(ret_function, &symbol, sizeof(symbol));
}

static bool read_number(const char *name, int64_t *ret_number) {
    union {
        int32_t narrow;
        int64_t wide;
    } value = {.wide = 0};
    size_t len = sizeof(value);
    if (sysctlbyname(name, &value, &len, NULL, 0) != 0)
        return false;
    *ret_number = len == sizeof(value.narrow) ? value.narrow : value.wide;
    return true;
}

static bool read_protection(uint32_t *ret_config) {
    int (*get)(uint32_t *) = NULL;
    find(RTLD_DEFAULT, "csr_get_active_config", &get);
    return get != NULL && get(ret_config) == 0;
}

/* What is used of the two frameworks. */
struct registry {
    void *(*matching)(const char *);
    uint32_t (*get_service)(uint32_t, void *);
    int (*children)(uint32_t, const char *, uint32_t *);
    uint32_t (*next)(uint32_t);
    const void *(*property)(uint32_t, const void *, const void *, uint32_t);
    int (*drop)(uint32_t);
    const void *(*make_text)(const void *, const char *, uint32_t);
    unsigned char (*get_text)(const void *, char *, long, uint32_t);
    unsigned long (*kind)(const void *);
    unsigned long (*text_kind)(void);
    void (*release)(const void *);
};

static bool open_registry(struct registry *registry) {
    void *iokit = dlopen(IOKIT, RTLD_LAZY);
    void *foundation = dlopen(FOUNDATION, RTLD_LAZY);
    find(iokit, "IOServiceMatching", &registry->matching);
    find(iokit, "IOServiceGetMatchingService", &registry->get_service);
    find(iokit, "IORegistryEntryGetChildIterator", &registry->children);
    find(iokit, "IOIteratorNext", &registry->next);
    find(iokit, "IORegistryEntryCreateCFProperty", &registry->property);
    find(iokit, "IOObjectRelease", &registry->drop);
    find(foundation, "CFStringCreateWithCString", &registry->make_text);
    find(foundation, "CFStringGetCString", &registry->get_text);
    find(foundation, "CFGetTypeID", &registry->kind);
    find(foundation, "CFStringGetTypeID", &registry->text_kind);
    find(foundation, "CFRelease", &registry->release);
    return registry->matching && registry->get_service && registry->children &&
           registry->next && registry->property && registry->drop &&
           registry->make_text && registry->get_text && registry->kind &&
           registry->text_kind && registry->release;
}

static bool read_creator(const struct registry *registry, uint32_t entry, const void *key,
                         char *buf) {
    const void *value = registry->property(entry, key, NULL, 0);
    bool is_read = value != NULL && registry->kind(value) == registry->text_kind() &&
                   registry->get_text(value, buf, MP_MAC_CREATOR_SIZE, UTF8) != 0;
    if (value != NULL)
        registry->release(value);
    return is_read;
}

static size_t read_creators(char (*ret_creator)[MP_MAC_CREATOR_SIZE], size_t max) {
    struct registry registry;
    uint32_t children = 0;
    size_t count = 0;
    if (!open_registry(&registry))
        return 0;
    uint32_t gpu = registry.get_service(0, registry.matching("AGXAccelerator"));
    const void *key = registry.make_text(NULL, "IOUserClientCreator", UTF8);
    bool has_children =
        gpu != 0 && key != NULL && registry.children(gpu, "IOService", &children) == 0;
    for (uint32_t entry = has_children ? registry.next(children) : 0; entry != 0;
         entry = registry.next(children)) {
        count += count < max && read_creator(&registry, entry, key, ret_creator[count]);
        registry.drop(entry);
    }
    if (has_children)
        registry.drop(children);
    if (key != NULL)
        registry.release(key);
    if (gpu != 0)
        registry.drop(gpu);
    return count;
}

static int look_at_folder(const char *path) {
    DIR *dir = opendir(path);
    if (dir == NULL)
        return errno == ENOENT ? 0 : -1;
    closedir(dir);
    return 1;
}

static struct mp_mac_seam make_seam(void) {
    return (struct mp_mac_seam){.number = read_number,
                                .protection = read_protection,
                                .notified = mp_host_state_number,
                                .creators = read_creators,
                                .folder = look_at_folder,
                                .home = getenv("HOME")};
}

void mp_machine_read_system_passing(struct mp_machine *machine, const char *root) {
    const struct mp_mac_seam seam = make_seam();
    (void)root;
    mp_machine_mac_passing(machine, &seam);
}

void mp_machine_read_system(struct mp_machine *machine, const char *root) {
    const struct mp_mac_seam seam = make_seam();
    (void)root;
    mp_machine_mac(machine, &seam, getpid());
}
