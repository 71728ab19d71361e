/* Names of cells.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/cell_title.h"

#include <string.h>

/* Whether "n=256,threads=8" has exactly the setting of `len` bytes at `setting`. */
static bool has_setting(const char *params, const char *setting, size_t len) {
    for (const char *at = params; *at != '\0';) {
        size_t span = strcspn(at, ",");
        if (span == len && memcmp(at, setting, len) == 0)
            return true;
        at += at[span] == ',' ? span + 1 : span;
    }
    return false;
}

static bool is_common(const struct mp_report *report, const struct mp_report_cell *cell,
                      const char *setting, size_t len) {
    for (size_t i = 0; i < report->cell_count; i++) {
        const struct mp_report_cell *other = &report->cell[i];
        if (strcmp(other->scenario, cell->scenario) == 0 &&
            !has_setting(other->params, setting, len))
            return false;
    }
    return true;
}

/* The settings that are common, or those that are not. */
static void write_settings(const struct mp_report *report,
                           const struct mp_report_cell *cell, bool common,
                           const char *without, struct mp_strbuf *buf) {
    const char *before = "";
    for (const char *at = cell->params; *at != '\0';) {
        size_t len = strcspn(at, ",");
        bool is_left_out = without != NULL &&
                           strncmp(at, without, strlen(without)) == 0 &&
                           at[strlen(without)] == '=';
        if (!is_left_out && is_common(report, cell, at, len) == common) {
            mp_strbuf_addf(buf, "%s%.*s", before, (int)len, at);
            before = ",";
        }
        at += at[len] == ',' ? len + 1 : len;
    }
}

bool mp_cell_title_write_shared(const struct mp_report *report, size_t index,
                                struct mp_strbuf *buf) {
    const struct mp_report_cell *cell = &report->cell[index];
    struct mp_strbuf common;
    for (size_t i = 0; i < index; i++)
        if (strcmp(report->cell[i].scenario, cell->scenario) == 0)
            return false;
    mp_strbuf_init(&common);
    write_settings(report, cell, true, NULL, &common);
    bool has_some = common.len > 0;
    if (has_some)
        mp_strbuf_addf(buf, "%s:%s", cell->scenario, common.text);
    mp_strbuf_release(&common);
    return has_some;
}

void mp_cell_title_write(const struct mp_report *report,
                         const struct mp_report_cell *cell, const char *without,
                         struct mp_strbuf *buf) {
    struct mp_strbuf varied;
    mp_strbuf_init(&varied);
    write_settings(report, cell, false, without, &varied);
    mp_strbuf_addf(buf, "%s%s%s", cell->scenario, varied.len > 0 ? ":" : "", varied.text);
    mp_strbuf_release(&varied);
}
