/* Where suites are, and which exist. Opens folders, never files.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/option.h"
#include "harness/supervisor/campaign/environment.h"
#include "harness/supervisor/campaign/suite.h"

#define SUITE_SUFFIX    ".ini"
#define SUITE_SUBFOLDER "/../share/mpstress/suites"
#define FOLDER_MAX      4096

/* Folder `index` of the search path, "" if that one is absent; false after the last. */
static bool search_folder(unsigned index, char *buf, size_t size) {
    buf[0] = '\0';
    if (index == 0) {
        const char *named = getenv("MPSTRESS_SUITES");
        snprintf(buf, size, "%s", named != NULL ? named : "");
        return true;
    }
    if (index == 1) {
        char folder[FOLDER_MAX - sizeof(SUITE_SUBFOLDER)];
        if (mp_environment_program_folder(folder, sizeof(folder)))
            snprintf(buf, size, "%s" SUITE_SUBFOLDER, folder);
        return true;
    }
    return false;
}

/* Length of `file` without ".ini", or 0 if it is not a suite. */
static size_t stem_len(const char *file) {
    size_t len = strlen(file);
    size_t suffix = sizeof(SUITE_SUFFIX) - 1;
    bool is_suite = len > suffix && strcmp(file + len - suffix, SUITE_SUFFIX) == 0;
    return is_suite && len - suffix < MP_SUITE_NAME_MAX ? len - suffix : 0;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(a, b);
}

static bool has_name(char names[][MP_SUITE_NAME_MAX], size_t count, const char *file,
                     size_t len) {
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && strncmp(names[i], file, len) == 0)
            return true;
    return false;
}

size_t mp_suite_names(char names[][MP_SUITE_NAME_MAX], size_t max) {
    char folder[FOLDER_MAX];
    size_t count = 0;
    for (unsigned i = 0; search_folder(i, folder, sizeof(folder)); i++) {
        DIR *dir = folder[0] != '\0' ? opendir(folder) : NULL;
        for (struct dirent *entry;
             dir != NULL && count < max && (entry = readdir(dir)) != NULL;) {
            size_t len = stem_len(entry->d_name);
            if (len > 0 && !has_name(names, count, entry->d_name, len)) {
                memcpy(names[count], entry->d_name, len);
                names[count++][len] = '\0';
            }
        }
        if (dir != NULL)
            closedir(dir);
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    return count;
}

static enum mp_status refuse_name(const char *name, struct mp_error *err) {
    char names[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    const char *words[MP_SUITE_NAMES_MAX + 1] = {NULL};
    size_t count = mp_suite_names(names, MP_SUITE_NAMES_MAX);
    for (size_t i = 0; i < count; i++)
        words[i] = names[i];
    return mp_option_unknown(err, "suite", name, words);
}

enum mp_status mp_suite_find(const char *name, char *ret_path, size_t size,
                             struct mp_error *err) {
    if (strchr(name, '/') != NULL || stem_len(name) > 0) {
        snprintf(ret_path, size, "%s", name);
        return MP_OK;
    }
    char folder[FOLDER_MAX];
    char path[FOLDER_MAX + MP_SUITE_NAME_MAX + sizeof(SUITE_SUFFIX)];
    for (unsigned i = 0; search_folder(i, folder, sizeof(folder)); i++) {
        int len = snprintf(path, sizeof(path), "%s/%s" SUITE_SUFFIX, folder, name);
        if (folder[0] != '\0' && (size_t)len < sizeof(path) && (size_t)len < size &&
            access(path, F_OK) == 0) {
            memcpy(ret_path, path, (size_t)len + 1);
            return MP_OK;
        }
    }
    return refuse_name(name, err);
}
