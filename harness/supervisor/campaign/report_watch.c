/* Finds new reports by name and time. Removes nothing from the folders.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/report_watch.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/intake.h"
#include "harness/wire/device_name.h"

#define LOOK_NS MP_CLOCK_NS_PER_S

static void add_folder(struct mp_report_watch *watch, const char *base,
                       const char *name) {
    struct mp_strbuf path;
    mp_strbuf_init(&path);
    mp_strbuf_addf(&path, "%s%s", base, name);
    watch->folder[watch->folder_count++] = mp_memory_copy_text(path.text);
    mp_strbuf_release(&path);
}

void mp_report_watch_init(struct mp_report_watch *watch, const char *folder) {
    memset(watch, 0, sizeof(*watch));
    watch->since_s = mp_clock_wall_ns() / MP_CLOCK_NS_PER_S;
    if (folder != NULL) {
        watch->awaits_all = strcmp(folder, "off") != 0;
        if (watch->awaits_all)
            add_folder(watch, folder, "");
        return;
    }
#ifdef __APPLE__
    /* ReportCrash's folders; older reports move to Retired. */
    const char *home = getenv("HOME");
    if (home != NULL && *home != '\0') {
        add_folder(watch, home, "/Library/Logs/DiagnosticReports");
        add_folder(watch, home, "/Library/Logs/DiagnosticReports/Retired");
    }
    add_folder(watch, "", "/Library/Logs/DiagnosticReports");
#endif
}

void mp_report_watch_release(struct mp_report_watch *watch) {
    for (size_t i = 0; i < watch->folder_count; i++)
        free(watch->folder[i]);
    for (size_t i = 0; i < watch->seen_count; i++)
        free(watch->seen[i]);
    free(watch->seen);
    memset(watch, 0, sizeof(*watch));
}

void mp_report_watch_expect(struct mp_report_watch *watch, const char *device,
                            uint64_t now_ns) {
    bool is_awaited = watch->awaits_all || mp_device_name_is_real(device);
    if (watch->folder_count > 0 && is_awaited) {
        watch->awaited++;
        watch->until_ns = now_ns + MP_REPORT_WATCH_NS;
    }
}

bool mp_report_watch_is_waiting(const struct mp_report_watch *watch, uint64_t now_ns) {
    return watch->awaited > 0 && now_ns < watch->until_ns;
}

static bool is_seen(const struct mp_report_watch *watch, const char *path) {
    for (size_t i = 0; i < watch->seen_count; i++)
        if (strcmp(watch->seen[i], path) == 0)
            return true;
    return false;
}

static void note_seen(struct mp_report_watch *watch, const char *path) {
    size_t count = watch->seen_count + 1;
    watch->seen = mp_memory_resize(watch->seen, count, sizeof(*watch->seen));
    watch->seen[watch->seen_count++] = mp_memory_copy_text(path);
}

/* By its name and time the file is a report about one of our processes. GPU events
 * name the process too. */
static bool is_candidate(const struct mp_report_watch *watch, const char *name,
                         const char *path) {
    struct stat info;
    size_t len = strlen(name);
    bool is_report = (len > 4 && strcmp(name + len - 4, ".ips") == 0) ||
                     (len > 6 && strcmp(name + len - 6, ".crash") == 0);
    return is_report && strstr(name, MP_INTAKE_ROUND_PROCESS) != NULL &&
           !is_seen(watch, path) && stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           (uint64_t)info.st_mtime >= watch->since_s;
}

static enum mp_status take(struct mp_report_watch *watch, struct mp_store *store,
                           const char *path, struct mp_error *err) {
    struct mp_os_report *report = NULL;
    struct mp_os_report_place place = {0};
    struct mp_error unreadable;
    char title[MP_INTAKE_TITLE_MAX];
    if (mp_os_report_read(path, &report, &unreadable) != MP_OK || report->is_truncated) {
        mp_os_report_destroy(report);
        return MP_OK; /* perhaps still being written: look again */
    }
    bool counts =
        report->kind == MP_OS_REPORT_CRASH || report->kind == MP_OS_REPORT_GPU_EVENT;
    enum mp_status status =
        counts ? mp_intake_report(store, path, report, &place, title, err) : MP_OK;
    bool is_crash = report->kind == MP_OS_REPORT_CRASH;
    if (status == MP_OK) {
        watch->recorded += counts && !place.is_known;
        watch->awaited -= is_crash && place.round_id != 0 && watch->awaited > 0;
    }
    if (status == MP_OK && (!is_crash || place.round_id != 0))
        note_seen(watch, path); /* else its round is recorded a moment later */
    mp_os_report_destroy(report);
    return status;
}

/* Privacy control or a sandbox may keep this program out. */
static void say_refused(struct mp_report_watch *watch, size_t index, int cause) {
    if (!watch->is_refused[index])
        mp_log(MP_LOG_WARN,
               "the system's reports in %s cannot be read: %s; nothing of the rounds is "
               "lost by that; copy the reports elsewhere and give them to 'mpstress "
               "import'",
               watch->folder[index], strerror(cause));
    watch->is_refused[index] = true;
}

static enum mp_status look_into(struct mp_report_watch *watch, struct mp_store *store,
                                size_t index, struct mp_error *err) {
    const char *folder = watch->folder[index];
    enum mp_status status = MP_OK;
    struct mp_strbuf path;
    DIR *dir = opendir(folder);
    if (dir == NULL && errno != ENOENT)
        say_refused(watch, index, errno);
    if (dir == NULL)
        return MP_OK; /* the system creates it with its first report */
    mp_strbuf_init(&path);
    for (struct dirent *entry = readdir(dir); entry != NULL && status == MP_OK;
         entry = readdir(dir)) {
        mp_strbuf_clear(&path);
        mp_strbuf_addf(&path, "%s/%s", folder, entry->d_name);
        if (is_candidate(watch, entry->d_name, path.text))
            status = take(watch, store, path.text, err);
    }
    mp_strbuf_release(&path);
    closedir(dir);
    return status;
}

enum mp_status mp_report_watch_poll(struct mp_report_watch *watch, struct mp_store *store,
                                    uint64_t now_ns, struct mp_error *err) {
    if (!mp_report_watch_is_waiting(watch, now_ns) || now_ns < watch->next_look_ns)
        return MP_OK;
    watch->next_look_ns = now_ns + LOOK_NS;
    enum mp_status status = MP_OK;
    for (size_t i = 0; i < watch->folder_count && status == MP_OK; i++)
        status = look_into(watch, store, i, err);
    return status;
}
