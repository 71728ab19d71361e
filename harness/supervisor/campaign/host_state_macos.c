/* Power source, temperature and low power mode on macOS: the level of thermal pressure
 * and the mode through notify(3), the power source through IOKit
 * (IOPSGetProvidingPowerSourceType in Apple's IOPowerSources.h). Found at run time,
 * without headers; what is not found is unknown. Not yet run on a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
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
#define MODE_NAME      "com.apple.system.lowpowermode" /* as public projects read it */
#define ENCODING_ASCII 0x0600                          /* kCFStringEncodingASCII */

/* A function by name; both pointers have one size (POSIX dlsym). */
static void find(void *library, const char *name, void *ret_function) {
    void *symbol = library != NULL ? dlsym(library, name) : NULL;
    memcpy(ret_function, &symbol, sizeof(symbol));
}

bool mp_host_state_number(const char *key, uint64_t *ret_number) {
    uint32_t (*check)(const char *, int *) = NULL;
    uint32_t (*get)(int, uint64_t *) = NULL;
    uint32_t (*cancel)(int) = NULL;
    int token = 0;
    find(RTLD_DEFAULT, "notify_register_check", &check);
    find(RTLD_DEFAULT, "notify_get_state", &get);
    find(RTLD_DEFAULT, "notify_cancel", &cancel);
    if (check == NULL || get == NULL || cancel == NULL || check(key, &token) != 0)
        return false;
    bool is_known = get(token, ret_number) == 0;
    cancel(token);
    return is_known;
}

static const char *find_heat(void) {
    static const char *const levels[] = {"nominal", "moderate", "heavy", "trapping",
                                         "sleeping"};
    uint64_t level = 0;
    bool is_known = mp_host_state_number(THERMAL_NAME, &level);
    is_known = is_known && level < MP_COUNT(levels);
    return is_known ? levels[level] : "unknown";
}

/* 0 may also be the answer for a key that nobody sets: it says nothing. */
static const char *find_mode(void) {
    uint64_t is_on = 0;
    return mp_host_state_number(MODE_NAME, &is_on) && is_on == 1 ? " low_power=yes" : "";
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
    snprintf(buf, MP_HOST_STATE_MAX, "power=%s thermal=%s%s", find_power(), find_heat(),
             find_mode());
}
