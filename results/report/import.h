/* What `mpstress import` did, as JSON made by SQLite.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_IMPORT_H
#define MP_REPORT_IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

enum mp_import_result {
    MP_IMPORT_NEW,       /* a crash, recorded */
    MP_IMPORT_GPU_EVENT, /* recorded, but no crash of a process */
    MP_IMPORT_KNOWN,     /* recorded before, under whatever name */
    MP_IMPORT_NO_CRASH,  /* something else, not recorded */
    MP_IMPORT_UNREADABLE /* no report, or torn before anything of use */
};
#define MP_IMPORT_RESULT_COUNT 5

/* One file. Texts are raw and may be "". */
struct mp_import_item {
    enum mp_import_result result;
    const char *file, *what, *incident, *sha256, *title;
    int64_t report_id, round_id; /* 0: none */
};

const char *mp_import_result_name(enum mp_import_result result);

/* Adds {"schema":1,"command":"import","files":[...],"counts":{...}} and an end of
 * line. */
enum mp_status mp_report_import_json(const struct mp_import_item *items, size_t count,
                                     struct mp_strbuf *buf, struct mp_error *err);

#endif
