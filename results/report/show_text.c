/* show as text: headline and order of the parts here, crashes and calls in show_crash.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/show.h"

#include <string.h>

#include "harness/wire/device_name.h"
#include "results/report/legality.h"
#include "results/report/line.h"
#include "results/report/repeat.h"
#include "results/report/rows.h"
#include "results/report/show_crash.h"

#define BAR_MAX       40
#define ADDRESSES_MAX 20

static void add_label(struct mp_text *text, const char *label, struct mp_strbuf *line) {
    if (line->len > 0)
        mp_line_add(text, label, MP_PLAIN, line->text);
    mp_strbuf_clear(line);
}

static void add_identity(const struct mp_round_facts *round, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_line_add(text, "device", MP_PLAIN, round->device);
    mp_strbuf_addf(&line, "%s, arm %s", round->cell, round->arm);
    if (round->role != NULL) {
        mp_strbuf_addf(&line, " (%s)", round->role);
        char *blank = strchr(strrchr(line.text, '('), '_');
        if (blank != NULL)
            *blank = ' ';
    }
    add_label(text, "scenario", &line);
    mp_strbuf_addf(&line, "%s, round %lld of campaign %lld, seed %s", round->started_at,
                   (long long)round->seq, (long long)round->campaign_id, round->seed);
    add_label(text, "began", &line);
    mp_strbuf_release(&line);
}

static void add_work(const struct mp_round_facts *round, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(
        &line,
        "%lld ops planned, %lld started, %lld correct, %lld wrong, %lld dropped, %lld "
        "executed by the device; %lld command buffers failed; %lld hostile syncs",
        (long long)round->ops_planned, (long long)round->ops_started,
        (long long)round->ops_done, (long long)round->ops_wrong,
        (long long)round->ops_dropped, (long long)round->ops_device,
        (long long)round->buffers_failed, (long long)round->hostile_syncs);
    add_label(text, "work", &line);
    if (round->gpu_error_domain != NULL) {
        mp_strbuf_addf(&line, "%s %lld: %s", round->gpu_error_domain,
                       (long long)round->gpu_error_code, round->gpu_error_text);
        add_label(text, "GPU error", &line);
    }
    mp_strbuf_addf(&line,
                   "%lld started, %lld never finished; at most %lld inside the driver at "
                   "once; reached %s",
                   (long long)round->threads_started,
                   (long long)round->threads_unfinished, (long long)round->max_overlap,
                   round->phase);
    add_label(text, "threads", &line);
    mp_strbuf_release(&line);
}

static void add_figures(const struct mp_show *show, struct mp_text *text) {
    static const char *const labels[] = {"arm", "gate", "pool", "library", "counts"};
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (int of = MP_FIGURE_OF_ARM; of <= (int)MP_FIGURE_OF_DRIVER; of++) {
        mp_figures_write(&show->figures, (enum mp_figure_of)of, &line, NULL);
        add_label(text, labels[of], &line);
    }
    mp_strbuf_release(&line);
}

static void add_end(const struct mp_round_facts *round, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "ended by %s", round->exit_kind);
    int64_t number = round->exit_code != MP_FIELD_NULL ? round->exit_code : round->signal;
    if (number != MP_FIELD_NULL)
        mp_strbuf_addf(&line, " %lld", (long long)number);
    if (round->leaked > 0)
        mp_strbuf_addf(&line, ", left %lld %s behind", (long long)round->leaked,
                       mp_plural((uint64_t)round->leaked, "process", "processes"));
    mp_strbuf_addstr(&line, round->was_traced ? ", traced" : ", not traced");
    if (round->turn > 1 || strcmp(round->exit_kind, "kept") == 0)
        mp_strbuf_addf(&line, ", round %lld of its process", (long long)round->turn);
    add_label(text, "process", &line);
    if (mp_round_facts_untraced(round) != NULL)
        mp_line_add(text, "stacks", MP_PLAIN, mp_round_facts_untraced(round));
    mp_driver_facts_write(&round->driver, true, true, &line);
    add_label(text, "driver", &line);
    mp_strbuf_release(&line);
}

static void add_headline(const struct mp_show *show, struct mp_text *text) {
    const struct mp_round_facts *round = &show->round;
    bool is_failure = strcmp(round->class, "failure") == 0;
    mp_text_add(text, is_failure ? MP_BAD : MP_GOOD, "%s", round->outcome);
    mp_text_add(text, MP_BOLD, "  round %lld", (long long)round->id);
    mp_text_end(text);
    if (round->detail[0] != '\0')
        mp_line_add(text, "", MP_PLAIN, round->detail);
    mp_text_end(text);
    add_identity(round, text);
    add_work(round, text);
    add_figures(show, text);
    add_end(round, text);
    if (mp_device_name_is_model(round->device))
        mp_line_add(text, "", MP_PLAIN, MP_MODEL_NOTE);
    if (mp_device_name_is_software(round->device))
        mp_line_add(text, "", MP_PLAIN, MP_SOFTWARE_NOTE);
    mp_line_add(text, "database", MP_PLAIN, show->query.path);
}

/* That of a crash stands with the crash. */
static void add_bucket(const struct mp_show *show, struct mp_text *text) {
    const struct mp_signature_facts *signature = &show->round.signature;
    struct mp_strbuf line;
    if (signature->id == 0 || show->crash_count > 0)
        return;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "signature %lld, family %s: %s", (long long)signature->id,
                   signature->family, signature->key);
    add_label(text, "named", &line);
    mp_strbuf_release(&line);
}

/* Where to find more of its kind. */
static void add_retention(const struct mp_show *show, struct mp_text *text) {
    const struct mp_kept_row *kept = &show->kept;
    if (!show->round.detail_dropped || kept->first == MP_FIELD_NULL)
        return;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(
        &line,
        "Its stacks, calls, spec and stderr were not kept: only the first %lld "
        "and the newest %lld rounds of each kind in a campaign keep theirs "
        "(--keep-first, --keep-newest). Kept: ",
        (long long)kept->keep_first, (long long)kept->keep_newest);
    if (kept->first < kept->last)
        mp_strbuf_addf(&line, "rounds %lld and ", (long long)kept->first);
    else
        mp_strbuf_addstr(&line, "round ");
    mp_strbuf_addf(&line, "%lld.", (long long)kept->last);
    add_label(text, "retention", &line);
    mp_strbuf_release(&line);
}

/* The end of the round's stderr. */
static void add_stderr(const struct mp_round_facts *round, struct mp_text *text) {
    const char *line = round->stderr_end != NULL ? round->stderr_end : "";
    size_t left = strlen(line);
    while (left > 0 && strchr("\n\r ", line[left - 1]) != NULL)
        left--;
    if (left > 0) {
        struct mp_strbuf title;
        mp_strbuf_init(&title);
        mp_strbuf_addstr(&title, "The end of its stderr");
        mp_line_write_cut(left, round->stderr_bytes, "bytes", &title);
        mp_line_title(text, title.text);
        mp_strbuf_release(&title);
    }
    while (left > 0) {
        size_t len = strcspn(line, "\n");
        len = len < left ? len : left;
        mp_text_add(text, MP_PLAIN, "     %.*s", (int)len, line);
        mp_text_end(text);
        len += len < left;
        line += len;
        left -= len;
    }
}

/* Crashes by fault address, or in a NULL-based object by offset: the same text. */
static void add_histogram(const struct mp_show *show, struct mp_text *text) {
    if (show->address_count > 0)
        mp_line_title(text, "Fault addresses");
    for (size_t i = 0; i < show->address_count && i < ADDRESSES_MAX; i++) {
        const struct mp_address_facts *row = &show->address[i];
        int64_t most = show->address[0].count;
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_right(text, MP_PLAIN, 18,
                      row->address != NULL ? row->address : "no address");
        mp_text_add(text, MP_PLAIN, " %8lld  ", (long long)row->count);
        mp_strbuf_pad(text->buf, '#', (size_t)((row->count * BAR_MAX + most - 1) / most));
        mp_text_end(text);
    }
}

static void add_signature(const struct mp_show *show, struct mp_text *text) {
    const struct mp_signature_facts *signature = &show->signature;
    const struct mp_statistics_row *sum = &show->statistics;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_line_signature(text, signature->id, signature->title, signature->family,
                      signature->key);
    if (sum->count > 0 || sum->rounds == 0)
        mp_strbuf_addf(&line, "%lld %s in ", (long long)sum->count,
                       mp_plural((uint64_t)sum->count, "crash", "crashes"));
    mp_strbuf_addf(&line, "%lld %s", (long long)sum->rounds,
                   mp_plural((uint64_t)sum->rounds, "round", "rounds"));
    add_label(text, "count", &line);
    if (sum->reports > 0) {
        mp_strbuf_addf(&line,
                       "%lld imported %s, in no rate; the newest: show report %lld",
                       (long long)sum->reports,
                       mp_plural((uint64_t)sum->reports, "report", "reports"),
                       (long long)sum->last_report);
        add_label(text, "reports", &line);
    }
    if (sum->first_at != NULL) {
        mp_strbuf_addf(&line, "round %lld, %s", (long long)sum->first_round,
                       sum->first_at);
        add_label(text, "first", &line);
        mp_strbuf_addf(&line, "round %lld, %s", (long long)sum->last_round, sum->last_at);
        add_label(text, "last", &line);
    }
    add_histogram(show, text);
    if (show->hit_count > 0)
        mp_line_title(text, "Cells in which it occurs");
    for (size_t i = 0; i < show->hit_count; i++) {
        const struct mp_hit_row *hit = &show->hit[i];
        mp_strbuf_addf(&line, "%s, arm %s, %s: %lld of %lld rounds", hit->cell, hit->arm,
                       hit->device, (long long)hit->failed, (long long)hit->rounds);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, 2, line.text);
        mp_strbuf_clear(&line);
    }
    mp_strbuf_release(&line);
}

static void write_text(const struct mp_show *show, bool has_all_modules,
                       struct mp_text *text) {
    if (show->signature.id != 0)
        add_signature(show, text);
    if (show->round_id == 0)
        return;
    if (show->signature.id != 0)
        mp_line_title(text, "The newest, as an example");
    add_headline(show, text);
    if (show->signature.id == 0)
        add_bucket(show, text);
    add_retention(show, text);
    mp_loaded_add_round(&show->modules, has_all_modules, text);
    mp_show_add_crashes(show, text);
    mp_show_add_events(show, text);
    add_stderr(&show->round, text);
    mp_line_title(text, "How to repeat it");
    if (strcmp(show->round.class, "failure") == 0)
        mp_legality_add_note(show->round.cell, show->round.device, text);
    mp_repeat_add(&show->round, show->query.path, text);
    if (!show->round.detail_dropped)
        mp_repeat_add_standalone(&show->round, show->query.path, text);
}

enum mp_status mp_show_text(struct mp_store *store, const struct mp_show_options *options,
                            struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_text text = {.buf = buf,
                           .use_colour = options->use_colour,
                           .width = options->width == 0 ? 100 : options->width};
    struct mp_show show;
    enum mp_status status = mp_show_load(&show, store, options, err);
    if (status == MP_OK)
        write_text(&show, options->has_all_modules, &text);
    mp_show_release(&show);
    return status;
}
