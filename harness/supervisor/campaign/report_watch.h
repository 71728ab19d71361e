/* Looks for the reports that the operating system writes about rounds that ended badly,
 * seconds later, in its own folder. Looks only for a while after a bad end, and never
 * waits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_REPORT_WATCH_H
#define MP_CAMPAIGN_REPORT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "results/store/store.h"

/* A report comes within seconds, at times after a minute (2.7, 6.5 and 20.7 s in reports
 * of macOS that state both times). */
#define MP_REPORT_WATCH_NS      UINT64_C(90000000000)
#define MP_REPORT_WATCH_FOLDERS 3

struct mp_report_watch {
    char *folder[MP_REPORT_WATCH_FOLDERS];    /* owned */
    size_t folder_count;                      /* 0: no search */
    bool is_refused[MP_REPORT_WATCH_FOLDERS]; /* could not be read, which was said */
    char **seen;                              /* paths of processed files; owned */
    size_t seen_count;
    bool awaits_all;  /* the folder was named: reports of every device are awaited */
    uint64_t since_s; /* older files (seconds of the wall clock) are not ours */
    uint64_t until_ns, next_look_ns; /* mp_clock_now_ns */
    uint64_t awaited;                /* rounds whose report may still come */
    uint64_t recorded;
};

/* Looks in `folder`; "off": nowhere; NULL: where this system writes its reports
 * (macOS: DiagnosticReports in the Library of the user and of the machine; other
 * systems: nowhere). */
void mp_report_watch_init(struct mp_report_watch *watch, const char *folder);
void mp_report_watch_release(struct mp_report_watch *watch);

/* A round on `device` crashed or aborted: waits for its report for MP_REPORT_WATCH_NS
 * from `now_ns` on. Unless the folder was named, only those of a real device are waited
 * for: planted crashes leave none, or would make the system drop those that matter. */
void mp_report_watch_expect(struct mp_report_watch *watch, const char *device,
                            uint64_t now_ns);
/* True while an awaited report may still come. */
bool mp_report_watch_is_waiting(const struct mp_report_watch *watch, uint64_t now_ns);
/* Records new reports, at most once a second. Only the database can fail: what cannot be
 * read is tried again, and the log says once of a folder why it cannot. */
enum mp_status mp_report_watch_poll(struct mp_report_watch *watch, struct mp_store *store,
                                    uint64_t now_ns, struct mp_error *err);

#endif
