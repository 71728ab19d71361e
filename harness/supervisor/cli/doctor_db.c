/* Never writes: a damaged database is evidence too.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/cli/command.h"
#include "results/report/json.h"
#include "results/store/integrity.h"

struct finding {
    const char *check;
    bool is_wrong;
    char *text; /* owned */
};

/* Everything that the check of one database found. */
struct findings {
    const char *database;
    struct mp_integrity_counts counts;
    struct finding *finding; /* owned, in the order found */
    size_t count;
};

static void take(void *arg, const struct mp_integrity_finding *found) {
    struct findings *findings = arg;
    findings->finding = mp_memory_resize(findings->finding, findings->count + 1,
                                         sizeof(*findings->finding));
    findings->finding[findings->count++] =
        (struct finding){.check = found->check,
                         .is_wrong = found->is_wrong,
                         .text = mp_memory_copy_text(found->text)};
}

static void findings_release(struct findings *findings) {
    for (size_t i = 0; i < findings->count; i++)
        free(findings->finding[i].text);
    free(findings->finding);
}

static void write_findings(const struct findings *findings, struct mp_strbuf *buf) {
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->finding[i];
        mp_strbuf_addf(buf, "%s  %s: ", finding->is_wrong ? "WRONG" : "note ",
                       finding->check);
        mp_strbuf_add_escaped(buf, finding->text, strlen(finding->text), 0);
        mp_strbuf_addch(buf, '\n');
    }
}

static void write_summary(const struct findings *findings, struct mp_strbuf *buf) {
    const struct mp_integrity_counts *counts = &findings->counts;
    mp_strbuf_add_escaped(buf, findings->database, strlen(findings->database), 0);
    mp_strbuf_addf(
        buf, ": %" PRIu64 " %s, %" PRIu64 " %s, %" PRIu64 " checks: ", counts->campaigns,
        mp_plural(counts->campaigns, "campaign", "campaigns"), counts->rounds,
        mp_plural(counts->rounds, "round", "rounds"), counts->checks);
    if (counts->wrong == 0)
        mp_strbuf_addstr(buf, "nothing is wrong\n");
    else
        mp_strbuf_addf(buf, "%" PRIu64 " %s, do not rely on its figures\n", counts->wrong,
                       mp_plural(counts->wrong, "finding", "findings"));
}

static void add_check(struct json_object *to, const struct findings *findings,
                      unsigned index) {
    bool is_sound = true;
    const char *name = mp_integrity_check_name(index);
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->finding[i].check, name) == 0)
            is_sound &= !findings->finding[i].is_wrong;
    mp_json_add_text(to, "name", name);
    mp_json_add_text(to, "makes_sure_that", mp_integrity_check_words(index));
    mp_json_add_bool(to, "is_sound", is_sound);
    struct json_object *list = mp_json_add_array(to, "findings");
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->finding[i].check, name) == 0)
            mp_json_add_text(list, NULL, findings->finding[i].text);
}

static void write_json(const struct findings *findings, struct mp_strbuf *buf) {
    const struct mp_integrity_counts *counts = &findings->counts;
    struct json_object *document =
        mp_json_document("doctor", counts->wrong == 0 ? "sound" : "wrong",
                         counts->wrong == 0 ? MP_CODE_OK : MP_CODE_HARNESS);
    mp_json_add_text(document, "database", findings->database);
    mp_json_add_count(document, "campaigns", counts->campaigns);
    mp_json_add_count(document, "rounds", counts->rounds);
    mp_json_add_count(document, "wrong", counts->wrong);
    struct json_object *checks = mp_json_add_array(document, "checks");
    for (unsigned i = 0; mp_integrity_check_name(i) != NULL; i++)
        add_check(mp_json_add_object(checks, NULL), findings, i);
    mp_json_print(document, buf);
}

int mp_doctor_database(const struct mp_args *args) {
    struct findings findings = {.database = mp_command_database(args)};
    struct mp_store *store = NULL;
    struct mp_strbuf text;
    struct mp_error err;
    mp_strbuf_init(&text);
    enum mp_status status = mp_store_open(findings.database, MP_STORE_READ, &store, &err);
    if (status == MP_OK)
        status = mp_store_integrity(store, take, &findings, &findings.counts, &err);
    if (status == MP_OK)
        status = mp_store_check(store, &err);
    int code = findings.counts.wrong == 0 ? MP_CODE_OK : MP_CODE_HARNESS;
    bool wants_json = mp_args_flag(args, "json");
    if (!wants_json)
        write_findings(&findings, &text); /* even if a file then became unreadable */
    if (status != MP_OK)
        code = mp_command_fail(args, mp_command_code(status), &err);
    else if (wants_json)
        write_json(&findings, &text);
    else
        write_summary(&findings, &text);
    fwrite(text.text, 1, text.len, stdout);
    mp_strbuf_release(&text);
    findings_release(&findings);
    mp_store_close(store);
    return code;
}
