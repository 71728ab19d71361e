/* Power source and temperature on macOS: the level of thermal pressure through notify(3),
 * the power source through IOKit (IOPSGetProvidingPowerSourceType in Apple's
 * IOPowerSources.h). Found at run time, without headers; what is not found is unknown.
 * Not yet run on a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/host_state.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define IOKIT          "/System/Library/Frameworks/IOKit.framework/IOKit"
#define FRAMEWORKS     "/System/Library/Frameworks/"
#define FOUNDATION     FRAMEWORKS "CoreFoundation.framework/CoreFoundation"
#define THERMAL_NAME   "com.apple.system.thermalpressurelevel"
#define ENCODING_ASCII 0x0600 /* kCFStringEncodingASCII */

/* A function by name; both pointers have one size (POSIX dlsym). */
static void find(void *library, const char *name, void *ret_function) {
    void *symbol = library != NULL ? dlsym(library, name) : NULL;
    memcpy(ret_function, &symbol, sizeof(symbol));
}

static const char *find_heat(void) {
    static const char *const levels[] = {"nominal", "moderate", "heavy", "trapping",
                                         "sleeping"};
    uint32_t (*check)(const char *, int *) = NULL;
    uint32_t (*get)(int, uint64_t *) = NULL;
    uint32_t (*cancel)(int) = NULL;
    int token = 0;
    uint64_t level = 0;
    find(RTLD_DEFAULT, "notify_register_check", &check);
    find(RTLD_DEFAULT, "notify_get_state", &get);
    find(RTLD_DEFAULT, "notify_cancel", &cancel);
    if (check == NULL || get == NULL || cancel == NULL ||
        check(THERMAL_NAME, &token) != 0)
        return "unknown";
    bool is_known = get(token, &level) == 0 && level < sizeof(levels) / sizeof(levels[0]);
    cancel(token);
    return is_known ? levels[level] : "unknown";
}

static const char *find_power(void) {
    const void *(*copy_info)(void) = NULL;
    const void *(*providing)(const void *) = NULL;
    unsigned char (*get_text)(const void *, char *, long, uint32_t) = NULL;
    void (*release)(const void *) = NULL;
    char text[32] = "";
    void *iokit = dlopen(IOKIT, RTLD_LAZY);
    void *foundation = dlopen(FOUNDATION, RTLD_LAZY);
    find(iokit, "IOPSCopyPowerSourcesInfo", &copy_info);
    find(iokit, "IOPSGetProvidingPowerSourceType", &providing);
    find(foundation, "CFStringGetCString", &get_text);
    find(foundation, "CFRelease", &release);
    if (copy_info == NULL || providing == NULL || get_text == NULL || release == NULL)
        return "unknown";
    const void *info = copy_info();
    const void *name = info != NULL ? providing(info) : NULL; /* borrowed: Get rule */
    if (name != NULL)
        get_text(name, text, sizeof(text), ENCODING_ASCII);
    if (info != NULL)
        release(info);
    if (strcmp(text, "AC Power") == 0)
        return "ac";
    return strcmp(text, "Battery Power") == 0 ? "battery" : "unknown";
}

void mp_host_state_read(const char *root, char *buf) {
    (void)root;
    snprintf(buf, MP_HOST_STATE_MAX, "power=%s thermal=%s", find_power(), find_heat());
}
