/* Gathers the files of a package.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/package.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/sha256.h"
#include "results/package/page.h"
#include "results/package/source.h"
#include "results/package/tar.h"
#include "results/report/json.h"

#define FORM_VERSION 1 /* of figures.json */

struct package {
    struct mp_dossier dossier;
    struct mp_certificate certificate;
    struct mp_redact redact;
    const struct mp_package_options *options;
    struct mp_strbuf *archive;
    struct mp_strbuf sums; /* of the files, as sha256sum writes them */
    struct mp_package_facts *facts;
};

static void add_file(struct package *package, const char *name,
                     const struct mp_strbuf *bytes) {
    char path[MP_TAR_NAME_MAX], sha256[MP_SHA256_HEX_SIZE];
    snprintf(path, sizeof(path), "%s/%s", package->facts->name, name);
    mp_sha256_hex(bytes->text, bytes->len, sha256);
    mp_strbuf_addf(&package->sums, "%s  %s\n", sha256, name);
    mp_tar_add(package->archive, path, bytes->text, bytes->len);
    package->facts->files++;
}

/* Foreign text with its lines: redacted, then safe to show. */
static void add_foreign(struct package *package, const char *name, const char *text,
                        size_t len) {
    struct mp_strbuf redacted, safe;
    mp_strbuf_init(&redacted);
    mp_strbuf_init(&safe);
    mp_redact_add(&package->redact, text, len, &redacted);
    mp_strbuf_add_escaped(&safe, redacted.text, redacted.len, 1);
    add_file(package, name, &safe);
    mp_strbuf_release(&redacted);
    mp_strbuf_release(&safe);
}

/* -- what names are in it -- */

static void learn(struct package *package, const char *text) {
    if (text != NULL)
        mp_redact_learn_text(&package->redact, text, strlen(text));
}

static void learn_names(struct package *package) {
    const struct mp_dossier *dossier = &package->dossier;
    struct mp_strbuf bytes;
    mp_strbuf_init(&bytes);
    mp_redact_learn_here(&package->redact);
    for (size_t i = 0; i < dossier->campaign_count; i++)
        learn(package, dossier->campaign[i].argv);
    for (size_t i = 0; i < dossier->environment_count; i++) {
        learn(package, dossier->environment[i].driver);
        learn(package, dossier->environment[i].facts);
    }
    for (size_t i = 0; i < dossier->crash->image_count; i++)
        learn(package, dossier->crash->image[i].path);
    learn(package, dossier->show.round.stderr_end);
    learn(package, dossier->show.round.spec);
    learn(package, dossier->show.round.fix);
    if (package->facts->has_minimized)
        mp_redact_learn_text(&package->redact, package->options->certificate,
                             package->options->certificate_len);
    for (size_t i = 0; i < dossier->report_count; i++) {
        learn(package, dossier->report[i].path);
        if (!dossier->report[i].is_binary && mp_dossier_read_file(dossier, i, &bytes))
            mp_redact_learn_text(&package->redact, bytes.text, bytes.len);
    }
    mp_strbuf_release(&bytes);
}

/* -- files -- */

static void add_pages(struct package *package) {
    struct mp_letter letter;
    struct mp_strbuf text;
    bool is_advisory = package->options->is_advisory;
    const struct mp_writing writing = {
        .dossier = &package->dossier,
        .certificate = package->facts->has_minimized ? &package->certificate : NULL,
        .redact = &package->redact,
        .letter = &letter,
        .is_verbatim = package->options->is_verbatim};
    mp_letter_init(&letter);
    mp_strbuf_init(&text);
    if (is_advisory)
        mp_advisory_write(&writing);
    else
        mp_page_write(&writing);
    mp_letter_markdown(&letter, &text);
    add_file(package, is_advisory ? "ADVISORY.md" : "README.md", &text);
    mp_strbuf_clear(&text);
    mp_letter_html(&letter, &text);
    add_file(package, is_advisory ? "ADVISORY.html" : "README.html", &text);
    mp_strbuf_clear(&text);
    mp_letter_text(&letter, &text);
    if (is_advisory)
        add_file(package, "ADVISORY.txt", &text);
    mp_strbuf_clear(&text);
    mp_stacks_write(&writing, &text);
    add_foreign(package, "stacks.txt", text.text, text.len);
    char *title = mp_writing_title(&writing);
    snprintf(package->facts->title, sizeof(package->facts->title), "%s", title);
    free(title);
    mp_strbuf_release(&text);
    mp_letter_release(&letter);
}

static void add_number(struct json_object *to, const char *name, double value) {
    if (isfinite(value))
        mp_json_add_number(to, name, value);
    else
        mp_json_add_null(to, name);
}

/* A line with blanks is redacted before it stands in the quotes of JSON, in which a path
 * goes on to their end. */
static void add_line(const struct package *package, struct json_object *to,
                     const char *name, const char *line) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_redact_add(&package->redact, line, strlen(line), &text);
    mp_json_add_text(to, name, text.text);
    mp_strbuf_release(&text);
}

static void add_cell(const struct package *package, struct json_object *to,
                     const struct mp_dossier_cell *cell) {
    add_line(package, to, "workload", cell->title);
    mp_json_add_text(to, "device", cell->device);
    mp_json_add_text(to, "arm", cell->arm);
    mp_json_add_text(to, "role", cell->role);
    mp_json_add_integer(to, "this_crash", cell->hits);
    mp_json_add_integer(to, "passed", cell->passed);
    mp_json_add_integer(to, "failed", cell->failed);
    mp_json_add_integer(to, "no_verdict", cell->no_verdict);
    mp_json_add_text_or_null(to, "outcomes", cell->outcomes);
    add_number(to, "median_ns", cell->median_ns);
    add_number(to, "load_low", cell->load_low);
    add_number(to, "load_high", cell->load_high);
    mp_json_add_text(to, "campaigns", cell->campaigns);
}

static void add_campaign(const struct package *package, struct json_object *to,
                         const struct mp_dossier_campaign *campaign) {
    mp_json_add_integer(to, "campaign", campaign->id);
    mp_json_add_integer(to, "environment", campaign->environment_id);
    mp_json_add_text(to, "started_at", campaign->started_at);
    mp_json_add_text(to, "seed", campaign->seed);
    add_line(package, to, "command", campaign->argv);
    mp_json_add_text(to, "mpstress", campaign->version);
    mp_json_add_text(to, "state", campaign->state);
    mp_json_add_bool(to, "ended_by_a_look", campaign->is_looked_at);
}

static void add_environment(struct json_object *to,
                            const struct mp_dossier_environment *at) {
    mp_json_add_integer(to, "environment", at->id);
    mp_json_add_text(to, "fingerprint", at->fingerprint);
    mp_json_add_text(to, "os", at->os);
    mp_json_add_text(to, "os_build", at->os_build);
    mp_json_add_text(to, "cpu", at->cpu);
    mp_json_add_text(to, "gpu", at->gpu);
    mp_json_add_text(to, "driver", at->driver);
    mp_json_add_text(to, "driver_id", at->driver_id);
    mp_json_add_stored(to, "facts", at->facts);
}

/* The figures for programs. */
static void add_figures(struct package *package) {
    const struct mp_dossier *dossier = &package->dossier;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    struct json_object *document = mp_json_object();
    mp_json_add_integer(document, "form", FORM_VERSION);
    mp_json_add_bool(document, "only_on_a_model", mp_dossier_is_of_model(dossier));
    mp_json_add_text_or_null(document, "signature", dossier->signature.key);
    mp_json_add_text(document, "round_seed", dossier->show.round.seed);
    struct json_object *cells = mp_json_add_array(document, "cells");
    for (size_t i = 0; i < dossier->cell_count; i++)
        add_cell(package, mp_json_add_object(cells, NULL), &dossier->cell[i]);
    mp_dossier_amplification_json(dossier, mp_json_add_array(document, "amplification"));
    struct json_object *campaigns = mp_json_add_array(document, "campaigns");
    for (size_t i = 0; i < dossier->campaign_count; i++)
        add_campaign(package, mp_json_add_object(campaigns, NULL), &dossier->campaign[i]);
    struct json_object *environments = mp_json_add_array(document, "environments");
    for (size_t i = 0; i < dossier->environment_count; i++)
        add_environment(mp_json_add_object(environments, NULL), &dossier->environment[i]);
    mp_json_print(document, &text);
    add_foreign(package, "figures.json", text.text, text.len);
    mp_strbuf_release(&text);
}

static void add_reports(struct package *package) {
    const struct mp_dossier *dossier = &package->dossier;
    struct mp_strbuf bytes;
    char name[64];
    mp_strbuf_init(&bytes);
    for (size_t i = 0; i < dossier->report_count; i++) {
        const struct mp_dossier_report *report = &dossier->report[i];
        if (!mp_dossier_read_file(dossier, i, &bytes))
            continue;
        snprintf(name, sizeof(name), "reports/%lld.txt", (long long)report->id);
        if (!report->is_binary)
            add_foreign(package, name, bytes.text, bytes.len);
        package->facts->reports += !report->is_binary;
        snprintf(name, sizeof(name), "reports/%lld.original", (long long)report->id);
        if (package->options->is_verbatim)
            add_file(package, name, &bytes);
        package->facts->originals += package->options->is_verbatim;
    }
    mp_strbuf_release(&bytes);
}

/* Chrome's trace, where calls were recorded. */
static enum mp_status add_trace(struct package *package, struct mp_error *err) {
    struct mp_show_options options = {.kind = MP_SHOW_CRASH,
                                      .id = package->dossier.crash->crash.id};
    struct mp_strbuf trace;
    mp_strbuf_init(&trace);
    enum mp_status status = mp_show_trace(package->dossier.store, &options, &trace, err);
    if (status == MP_OK)
        add_foreign(package, "trace.json", trace.text, trace.len);
    mp_strbuf_release(&trace);
    return status == MP_NOT_FOUND ? MP_OK : status;
}

static void add_program(struct package *package) {
    struct mp_strbuf source;
    package->facts->has_program = mp_source_fits(&package->dossier);
    if (!package->facts->has_program)
        return;
    mp_strbuf_init(&source);
    mp_source_write(&package->dossier, &source);
    add_file(package, MP_SOURCE_NAME, &source);
    mp_strbuf_release(&source);
}

static void add_certificate(struct package *package) {
    if (package->facts->has_minimized)
        add_foreign(package, "minimized.json", package->options->certificate,
                    package->options->certificate_len);
}

static void add_round(struct package *package) {
    const struct mp_round_facts *round = &package->dossier.show.round;
    if (round->spec != NULL)
        add_foreign(package, "round.spec", round->spec, strlen(round->spec));
    if (round->stderr_end != NULL && round->stderr_end[0] != '\0')
        add_foreign(package, "stderr.txt", round->stderr_end, strlen(round->stderr_end));
}

static enum mp_status add_all(struct package *package, struct mp_error *err) {
    struct mp_strbuf sums;
    learn_names(package);
    add_pages(package);
    add_program(package);
    add_certificate(package);
    add_figures(package);
    add_round(package);
    add_reports(package);
    enum mp_status status = add_trace(package, err);
    sums = package->sums; /* its own sum is not in it */
    mp_strbuf_init(&package->sums);
    add_file(package, "SHA256SUMS", &sums);
    mp_strbuf_release(&sums);
    mp_tar_end(package->archive);
    return status;
}

/* Whether the certificate is of the signature with that number. */
static bool is_of_signature(const struct mp_certificate *certificate,
                            struct mp_query *query, int64_t id) {
    bool is_equal = false;
    sqlite3_stmt *rows =
        mp_query_rows(query, "SELECT key FROM signature WHERE id = ?1", id, 0);
    while (mp_query_next(query, rows))
        is_equal = strcmp(mp_query_text(rows, 0),
                          mp_certificate_text(certificate, "signature")) == 0;
    return is_equal;
}

/* What is no certificate, or not of this database, is left out. `of` then prefers the
 * crashes of the smallest case on fresh seeds. */
static enum mp_status read_certificate(struct package *package, struct mp_query *query,
                                       struct mp_store *store, struct mp_dossier_of *of,
                                       struct mp_error *err) {
    struct mp_certificate *certificate = &package->certificate;
    struct mp_error *left_out = &package->facts->left_out;
    if (package->options->certificate == NULL ||
        mp_certificate_read(certificate, package->options->certificate,
                            package->options->certificate_len, left_out) != MP_OK)
        return MP_OK;
    enum mp_status status = mp_certificate_find(certificate, store, err);
    if (status == MP_OK && !certificate->is_whole)
        mp_error_set(left_out, MP_USAGE,
                     "campaigns that it names are not in %s: it is of another database",
                     mp_store_path(store));
    else if (status == MP_OK && is_of_signature(certificate, query, of->id))
        of->campaign_id = mp_certificate_last(certificate);
    return status;
}

/* A certificate of this signature goes in; if its smallest case is valid, the program has
 * the parameters of that. */
static void take_certificate(struct package *package) {
    const struct mp_certificate *certificate = &package->certificate;
    struct mp_dossier *dossier = &package->dossier;
    if (package->options->certificate == NULL || package->facts->left_out.text[0] != '\0')
        return;
    const char *key = dossier->signature.key != NULL ? dossier->signature.key : "";
    if (key[0] == '\0' ||
        strcmp(mp_certificate_text(certificate, "signature"), key) != 0) {
        mp_error_set(&package->facts->left_out, MP_USAGE,
                     "it is of another failure: %.200s",
                     mp_certificate_text(certificate, "title"));
        return;
    }
    package->facts->has_minimized = true;
    if (!mp_certificate_is_valid(certificate))
        return;
    dossier->threads = mp_certificate_param(certificate, "threads", dossier->threads);
    dossier->ops = mp_certificate_param(certificate, "ops", dossier->ops);
}

enum mp_status mp_package_make(struct mp_store *store,
                               const struct mp_package_options *options,
                               struct mp_strbuf *archive,
                               struct mp_package_facts *ret_facts, struct mp_error *err) {
    struct mp_query query;
    struct package package = {.options = options, .archive = archive, .facts = ret_facts};
    memset(ret_facts, 0, sizeof(*ret_facts));
    snprintf(ret_facts->name, sizeof(ret_facts->name), "mpstress-%s-%lld",
             options->of.is_signature ? "signature" : "crash", (long long)options->of.id);
    mp_redact_init(&package.redact);
    mp_strbuf_init(&package.sums);
    mp_query_begin(&query, store); /* a campaign that runs changes nothing meanwhile */
    struct mp_dossier_of of = options->of;
    enum mp_status status = read_certificate(&package, &query, store, &of, err);
    if (status == MP_OK)
        status = mp_dossier_load(&package.dossier, store, &of, err);
    if (status == MP_OK)
        take_certificate(&package);
    if (status == MP_OK)
        status = add_all(&package, err);
    if (status == MP_OK) {
        ret_facts->is_of_model = mp_dossier_is_of_model(&package.dossier);
        ret_facts->is_mixed = mp_dossier_is_mixed(&package.dossier);
    }
    mp_dossier_release(&package.dossier);
    mp_certificate_release(&package.certificate);
    mp_query_end(&query);
    mp_strbuf_release(&package.sums);
    mp_redact_release(&package.redact);
    return status;
}
