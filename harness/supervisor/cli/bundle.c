/* The folder is looked at before the database is read.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/base/text.h"
#include "harness/supervisor/cli/package_folder.h"
#include "results/report/json.h"
#include "results/report/line.h"

enum mp_status mp_bundle_check(const char *folder, struct mp_error *err) {
    struct mp_package_folder place = {.path = folder};
    return mp_package_folder_check(&place, err);
}

void mp_bundle_write_certificate_path(const char *database, struct mp_strbuf *path) {
    mp_strbuf_addf(path, "%s.minimized.json", database);
}

/* False: errno says why. What is no file, or too long for a certificate, is EINVAL. */
static bool read_all(int fd, struct mp_strbuf *text) {
    struct stat info;
    char bytes[4096];
    ssize_t got = 1;
    if (fstat(fd, &info) != 0)
        return false;
    if (!S_ISREG(info.st_mode) || info.st_size > MP_CERTIFICATE_SIZE_MAX) {
        errno = EINVAL;
        return false;
    }
    while (got != 0 && text->len <= MP_CERTIFICATE_SIZE_MAX) {
        got = read(fd, bytes, sizeof(bytes));
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0)
            mp_strbuf_add(text, bytes, (size_t)got);
    }
    return true;
}

static enum mp_status read_certificate(const char *path, bool is_named,
                                       struct mp_strbuf *text, struct mp_error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT && !is_named)
        return MP_OK;
    bool is_read = fd >= 0 && read_all(fd, text);
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (is_read)
        return MP_OK;
    return mp_error_set_errno(err, MP_SYSTEM, why, "cannot read the certificate %s",
                              path);
}

/* A certificate of something else is no reason to fail, unless it was named. */
static enum mp_status judge_certificate(const struct mp_package_facts *facts,
                                        const char *path, bool is_named,
                                        struct mp_error *err) {
    if (facts->left_out.text[0] == '\0')
        return MP_OK;
    if (is_named)
        return mp_error_set(err, MP_USAGE, "cannot use the certificate %s: %s", path,
                            facts->left_out.text);
    mp_log(MP_LOG_INFO, "the certificate %s is left out: %s", path, facts->left_out.text);
    return MP_OK;
}

enum mp_status mp_bundle_make(const char *database, const char *folder,
                              const char *certificate,
                              const struct mp_package_options *options,
                              struct mp_bundle *ret_bundle, struct mp_error *err) {
    struct mp_package_folder place = {.path = folder};
    struct mp_package_options all = *options;
    struct mp_store *store = NULL;
    struct mp_strbuf archive, path, proof;
    mp_strbuf_init(&path);
    mp_strbuf_init(&proof);
    memset(ret_bundle, 0, sizeof(*ret_bundle));
    mp_strbuf_init(&archive);
    mp_strbuf_init(&ret_bundle->path);
    if (certificate != NULL)
        mp_strbuf_addstr(&path, certificate);
    else
        mp_bundle_write_certificate_path(database, &path);
    enum mp_status status = mp_package_folder_check(&place, err);
    if (status == MP_OK)
        status = mp_store_open(database, MP_STORE_READ, &store, err);
    if (status == MP_OK)
        status = read_certificate(path.text, certificate != NULL, &proof, err);
    all.certificate = proof.len > 0 ? proof.text : NULL;
    all.certificate_len = proof.len;
    if (status == MP_OK)
        status = mp_package_make(store, &all, &archive, &ret_bundle->facts, err);
    if (status == MP_OK)
        status =
            judge_certificate(&ret_bundle->facts, path.text, certificate != NULL, err);
    if (status == MP_OK)
        status = mp_store_check(store, err);
    if (status == MP_OK)
        status = mp_package_folder_write(&place, ret_bundle->facts.name, &archive,
                                         &ret_bundle->path, err);
    ret_bundle->bytes = archive.len;
    mp_store_close(store);
    mp_strbuf_release(&archive);
    mp_strbuf_release(&proof);
    mp_strbuf_release(&path);
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
    mp_json_add_bool(to, "has_minimized", facts->has_minimized);
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
    if (facts->has_minimized)
        mp_strbuf_addstr(text, "with the minimized case, and every step to it\n");
    if (facts->originals > 0)
        mp_strbuf_addf(
            text, "%zu %s in it as the system wrote %s, with all names (--verbatim)\n",
            facts->originals, mp_plural(facts->originals, "report is", "reports are"),
            mp_plural(facts->originals, "it", "them"));
    if (facts->is_of_model)
        mp_strbuf_addf(text, "%s\n", MP_MODEL_NOTE);
    if (facts->is_mixed)
        mp_strbuf_addstr(text, "it came on devices of different kinds, not all of them a "
                               "driver's: the top of the page says what is of which\n");
    mp_strbuf_addstr(text, "names of users and hosts, folders, addresses and serial "
                           "numbers were taken out as far as they are known: read it "
                           "before you send it\n");
}
