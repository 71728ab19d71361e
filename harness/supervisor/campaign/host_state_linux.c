/* Power source and temperature from /sys (Documentation/ABI/testing/sysfs-class-power and
 * sysfs-class-thermal of the kernel).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/host_state.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_MILLIDEGREES 5000
#define PATH_SIZE         512

/* The first word of a file; "" if there is none. */
static void read_word(const char *folder, const char *entry, const char *name, char *buf,
                      size_t size) {
    char path[PATH_SIZE];
    buf[0] = '\0';
    int len = snprintf(path, sizeof(path), "%s/%s/%s", folder, entry, name);
    FILE *file = len > 0 && (size_t)len < sizeof(path) ? fopen(path, "re") : NULL;
    if (file == NULL)
        return;
    if (fgets(buf, (int)size, file) != NULL)
        buf[strcspn(buf, " \t\r\n")] = '\0';
    fclose(file);
}

/* The next entry of a folder other than "." and "..", or NULL. */
static const char *next_entry(DIR *dir) {
    struct dirent *entry = readdir(dir);
    while (entry != NULL && entry->d_name[0] == '.')
        entry = readdir(dir);
    return entry != NULL ? entry->d_name : NULL;
}

static const char *find_power(const char *root) {
    char folder[PATH_SIZE], word[32];
    bool has_mains = false, is_on_mains = false, is_draining = false;
    snprintf(folder, sizeof(folder), "%s/sys/class/power_supply", root);
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return "unknown";
    for (const char *entry = next_entry(dir); entry != NULL; entry = next_entry(dir)) {
        read_word(folder, entry, "type", word, sizeof(word));
        bool is_mains = strcmp(word, "Mains") == 0;
        bool is_battery = strcmp(word, "Battery") == 0;
        read_word(folder, entry, is_mains ? "online" : "status", word, sizeof(word));
        has_mains |= is_mains;
        is_on_mains |= is_mains && strcmp(word, "1") == 0;
        is_draining |= is_battery && strcmp(word, "Discharging") == 0;
    }
    closedir(dir);
    if (is_on_mains)
        return "ac";
    return is_draining || has_mains ? "battery" : "unknown";
}

static void find_heat(const char *root, char *buf, size_t size) {
    char folder[PATH_SIZE], word[32];
    long hottest = 0;
    snprintf(folder, sizeof(folder), "%s/sys/class/thermal", root);
    DIR *dir = opendir(folder);
    for (const char *entry = dir != NULL ? next_entry(dir) : NULL; entry != NULL;
         entry = next_entry(dir)) {
        if (strncmp(entry, "thermal_zone", strlen("thermal_zone")) == 0) {
            read_word(folder, entry, "temp", word, sizeof(word));
            long heat = strtol(word, NULL, 10);
            hottest = heat > hottest ? heat : hottest;
        }
    }
    if (dir != NULL)
        closedir(dir);
    if (hottest > 0) {
        snprintf(buf, size, "%ldC",
                 hottest / STEP_MILLIDEGREES * STEP_MILLIDEGREES / 1000);
    } else {
        snprintf(buf, size, "unknown");
    }
}

void mp_host_state_read(const char *root, char *buf) {
    char heat[32];
    find_heat(root, heat, sizeof(heat));
    snprintf(buf, MP_HOST_STATE_MAX, "power=%s thermal=%s", find_power(root), heat);
}
