/* The folder is looked at before the database is read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/bundle.h"

#include <string.h>

#include "harness/base/text.h"
#include "harness/supervisor/cli/package_folder.h"
#include "results/report/json.h"
#include "results/report/line.h"

enum mp_status mp_bundle_check(const char *folder, struct mp_error *err) {
    struct mp_package_folder place = {.path = folder};
    return mp_package_folder_check(&place, err);
}

enum mp_status mp_bundle_make(const char *database, const char *folder,
                              const struct mp_package_options *options,
                              struct mp_bundle *ret_bundle, struct mp_error *err) {
    struct mp_package_folder place = {.path = folder};
    struct mp_store *store = NULL;
    struct mp_strbuf archive;
    memset(ret_bundle, 0, sizeof(*ret_bundle));
    mp_strbuf_init(&archive);
    mp_strbuf_init(&ret_bundle->path);
    enum mp_status status = mp_package_folder_check(&place, err);
    if (status == MP_OK)
        status = mp_store_open(database, MP_STORE_READ, &store, err);
    if (status == MP_OK)
        status = mp_package_make(store, options, &archive, &ret_bundle->facts, err);
    if (status == MP_OK)
        status = mp_store_check(store, err);
    if (status == MP_OK)
        status = mp_package_folder_write(&place, ret_bundle->facts.name, &archive,
                                         &ret_bundle->path, err);
    ret_bundle->bytes = archive.len;
    mp_store_close(store);
    mp_strbuf_release(&archive);
    return status;
}

void mp_bundle_json(const struct mp_bundle *bundle, struct json_object *to) {
    const struct mp_package_facts *facts = &bundle->facts;
    mp_json_add_text(to, "archive", bundle->path.text);
    mp_json_add_count(to, "bytes", bundle->bytes);
    mp_json_add_text(to, "title", facts->title);
    mp_json_add_count(to, "files", facts->files);
    mp_json_add_count(to, "reports", facts->reports);
    mp_json_add_count(to, "originals", facts->originals);
    mp_json_add_bool(to, "has_program", facts->has_program);
    mp_json_add_bool(to, "only_on_a_model", facts->is_of_model);
}

void mp_bundle_text(const struct mp_bundle *bundle, struct mp_strbuf *text) {
    const struct mp_package_facts *facts = &bundle->facts;
    const char *path = bundle->path.text;
    mp_strbuf_add_escaped(text, facts->title, strlen(facts->title), 0);
    mp_strbuf_addch(text, '\n');
    mp_strbuf_add_escaped(text, path, strlen(path), 0);
    mp_strbuf_addf(text, ": %zu files, %zu bytes", facts->files, bundle->bytes);
    if (facts->reports > 0)
        mp_strbuf_addf(text, ", %zu redacted %s of the system", facts->reports,
                       mp_plural(facts->reports, "report", "reports"));
    mp_strbuf_addf(text, "\n%s\n",
                   facts->has_program
                       ? "with a stand-alone program; its build line is in the page"
                       : "without a stand-alone program: mpstress has none that shows "
                         "this crash");
    if (facts->originals > 0)
        mp_strbuf_addf(
            text, "%zu %s in it as the system wrote %s, with all names (--verbatim)\n",
            facts->originals, mp_plural(facts->originals, "report is", "reports are"),
            mp_plural(facts->originals, "it", "them"));
    if (facts->is_of_model)
        mp_strbuf_addf(text, "%s\n", MP_MODEL_NOTE);
    mp_strbuf_addstr(text, "names of users and hosts, folders, addresses and serial "
                           "numbers were taken out as far as they are known: read it "
                           "before you send it\n");
}
