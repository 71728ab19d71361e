/* The live line and its plain replacement.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/progress.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/rng.h"
#include "harness/base/text.h"
#include "harness/supervisor/cli/terminal.h"
#include "results/stats/eprocess.h"
#include "results/stats/percent.h"

#define REDRAW_NS    (100 * MP_CLOCK_NS_PER_MS)
#define HEARTBEAT_NS (60 * MP_CLOCK_NS_PER_S)
#define ALPHA        0.05
#define GAP          2      /* columns between fields */
#define CUT_MIN      12     /* minimum columns of a cut field */
#define MAX_SHOWN_NS 3.6e18 /* a million hours */

/* A line being filled from the left. */
struct line {
    struct mp_text text;
    const struct mp_progress_style *style;
    const struct mp_until *until;
    size_t used; /* columns */
    bool is_full;
    bool is_short; /* shorter texts, so that rate, speed and time left fit 80 columns */
};

/* Columns left for one more field. */
static size_t room_left(const struct line *line) {
    size_t taken = line->used + (line->used > 0 ? GAP : 0);
    return line->text.width > taken ? line->text.width - taken : 0;
}

static void begin_field(struct line *line) {
    mp_strbuf_pad(line->text.buf, ' ', line->used > 0 ? GAP : 0);
    line->used += line->used > 0 ? GAP : 0;
}

/* Adds one field if it fits entirely; after the first that does not, no more are
 * added. */
static void add_field(struct line *line, enum mp_style style, const char *content) {
    size_t columns = mp_text_columns(content);
    line->is_full = line->is_full || columns > room_left(line);
    if (line->is_full)
        return;
    begin_field(line);
    mp_text_add(&line->text, style, "%s", content);
    line->used += columns;
}

/* The last field may be cut. */
static void add_cut_field(struct line *line, enum mp_style style, const char *content) {
    size_t room = room_left(line);
    if (line->is_full || mp_text_columns(content) <= room || room < CUT_MIN) {
        add_field(line, style, content);
        return;
    }
    begin_field(line);
    mp_text_cut(&line->text, style, room, content);
    line->used += room;
}

static void add_rounds(struct line *line, const struct mp_tally *tally) {
    char text[64];
    if (tally->planned > 0) {
        snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64 "%s", tally->done,
                 tally->planned, line->is_short ? "" : " rounds");
    } else {
        snprintf(text, sizeof(text), "%" PRIu64 " rounds", tally->done);
    }
    add_field(line, MP_BOLD, text);
}

/* Failures by kind, controls included. */
static void add_kinds(struct line *line, const struct mp_tally *tally) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        enum mp_outcome_class class = mp_outcome_class((enum mp_outcome)i);
        if (class == MP_CLASS_FAILURE && tally->outcome[i] > 0)
            mp_strbuf_addf(&text, "%s%s %" PRIu64, text.len > 0 ? " " : "",
                           mp_outcome_name((enum mp_outcome)i), tally->outcome[i]);
    }
    add_field(line, MP_PLAIN, text.len > 0 ? text.text : "no failure");
    mp_strbuf_release(&text);
}

static void add_no_verdict(struct line *line, const struct mp_tally *tally) {
    char text[48];
    uint64_t count = 0;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++) {
        bool is_one = mp_outcome_class((enum mp_outcome)i) == MP_CLASS_NO_VERDICT;
        count += is_one ? tally->outcome[i] : 0;
    }
    if (count > 0) {
        snprintf(text, sizeof(text), "no verdict %" PRIu64, count);
        add_field(line, MP_WARN, text);
    }
    if (tally->outcome[MP_OUTCOME_NO_OVERLAP] > 0) {
        snprintf(text, sizeof(text), "no overlap %" PRIu64,
                 tally->outcome[MP_OUTCOME_NO_OVERLAP]);
        add_field(line, MP_WARN, text);
    }
}

/* The rate of the subjects only, with limits that hold at all looks. */
static void add_subjects(struct line *line, const struct mp_tally *tally) {
    if (line->style->standing != NULL) {
        add_field(line, MP_PLAIN,
                  line->is_short ? line->style->standing_short : line->style->standing);
        return;
    }
    char text[160], rate[80] = "";
    uint64_t failures = tally->subject_failures, counted = tally->subject_counted;
    struct mp_beta_prior prior =
        line->until != NULL ? line->until->prior : mp_prior_jeffreys();
    struct mp_interval limits = mp_eprocess_interval(failures, counted, ALPHA, prior);
    char low[MP_PERCENT_SIZE], high[MP_PERCENT_SIZE];
    mp_percent_lower(limits.low, low, sizeof(low));
    mp_percent_upper(limits.high, high, sizeof(high));
    if (failures == 0) {
        snprintf(rate, sizeof(rate), "%s %s %%",
                 line->style->use_utf8 ? "≤" : "<=", high);
    } else {
        snprintf(rate, sizeof(rate), "%s%s%s %%", low, line->style->use_utf8 ? "–" : "-",
                 high);
    }
    if (counted > 0 && line->is_short) {
        snprintf(text, sizeof(text), "subjects %s", rate);
    } else if (counted > 0) {
        snprintf(text, sizeof(text), "subjects %" PRIu64 "/%" PRIu64 " (95 %%: %s)",
                 failures, counted, rate);
    } else {
        snprintf(text, sizeof(text), "subjects 0/0");
    }
    if (counted > 0 || tally->control_counted == 0)
        add_field(line, failures > 0 ? MP_BAD : counted > 0 ? MP_GOOD : MP_PLAIN, text);
}

static void add_controls(struct line *line, const struct mp_tally *tally) {
    char text[96];
    if (tally->control_counted > 0) {
        snprintf(text, sizeof(text), "controls %" PRIu64 "/%" PRIu64,
                 tally->control_behaved, tally->control_counted);
        add_field(line, tally->control_behaved == 0 ? MP_WARN : MP_PLAIN, text);
    }
}

static void add_speed(struct line *line, const struct mp_tally *tally) {
    char text[64], clock[32];
    double seconds = (double)tally->elapsed_ns / (double)MP_CLOCK_NS_PER_S;
    if (tally->done == 0 || seconds <= 0)
        return;
    double rate = (double)tally->done / seconds;
    snprintf(text, sizeof(text), "%.*f%s", rate < 10, rate,
             line->is_short ? "/s" : " rounds/s");
    add_field(line, MP_PLAIN, text);
    double left = -1;
    if (tally->planned > tally->done)
        left = (double)(tally->planned - tally->done) / rate;
    if (tally->duration_ns > tally->elapsed_ns) {
        double time_left =
            (double)(tally->duration_ns - tally->elapsed_ns) / (double)MP_CLOCK_NS_PER_S;
        left = left < 0 || time_left < left ? time_left : left;
    }
    if (left >= 0) {
        mp_clock_format_hms((uint64_t)(left * (double)MP_CLOCK_NS_PER_S), clock,
                            sizeof(clock));
        snprintf(text, sizeof(text), "left %s", clock);
        add_field(line, MP_PLAIN, text);
    }
}

/* Progress of the evidence for the claim, and when it will be complete if no more
 * rounds fail. */
static void add_evidence(struct line *line, const struct mp_tally *tally) {
    char text[64], clock[32];
    const struct mp_until *until = line->until;
    if (until == NULL)
        return;
    uint64_t rounds = mp_until_rounds_left(until);
    bool is_awaited =
        until->evidence.clean_left == 0 && until->evidence.controls_awaited > 0;
    snprintf(text, sizeof(text), "evidence %.0f %%%s",
             floor(100.0 * until->evidence.share),
             is_awaited        ? ", waiting for a control"
             : !line->is_short ? " of needed"
                               : "");
    add_field(line, MP_BOLD, text);
    if (rounds == UINT64_MAX) {
        add_field(line, MP_WARN,
                  line->is_short ? "too few left" : "too few rounds left for it");
    } else if (rounds > 0 && tally->done > 0) {
        double left_ns = (double)tally->elapsed_ns / (double)tally->done * (double)rounds;
        mp_clock_format_hms(left_ns < MAX_SHOWN_NS ? (uint64_t)left_ns
                                                   : (uint64_t)MAX_SHOWN_NS,
                            clock, sizeof(clock));
        snprintf(text, sizeof(text),
                 line->is_short ? "in %s" : "decided in %s if all pass", clock);
        add_field(line, MP_PLAIN, text);
    }
}

/* The fields of the line, most important first. */
static void add_state(struct line *line, const struct mp_tally *tally) {
    char text[32];
    mp_clock_format_hms(tally->elapsed_ns, text, sizeof(text));
    add_field(line, MP_DIM, text);
    add_rounds(line, tally);
    if (line->style->standing == NULL)
        add_kinds(line, tally);
    if (line->is_short) {
        add_evidence(line, tally);
        add_subjects(line, tally);
        add_speed(line, tally);
        add_no_verdict(line, tally);
        add_controls(line, tally);
    } else {
        add_no_verdict(line, tally);
        add_subjects(line, tally);
        add_controls(line, tally);
        add_evidence(line, tally);
        add_speed(line, tally);
    }
}

unsigned mp_progress_format(const struct mp_tally *tally, const struct mp_until *until,
                            const struct mp_progress_style *style,
                            struct mp_strbuf *buf) {
    struct line line = {
        .text = {.buf = buf, .use_colour = style->use_colour, .width = style->columns},
        .style = style,
        .until = until};
    char text[MP_CELL_TITLE_MAX + 8];
    size_t start = buf->len;
    add_state(&line, tally);
    if (line.is_full && buf->len > start) {
        buf->len = start;
        buf->text[start] = '\0';
        line.used = 0;
        line.is_full = false;
        line.is_short = true;
        add_state(&line, tally);
    }
    if (*tally->now != '\0') {
        snprintf(text, sizeof(text), "now %s", tally->now);
        add_cut_field(&line, MP_DIM, text);
    }
    return (unsigned)line.used;
}

void mp_progress_format_event(const struct mp_campaign_event *event,
                              struct mp_strbuf *buf) {
    bool has_died =
        event->outcome == MP_OUTCOME_CRASH || event->outcome == MP_OUTCOME_ABORT;
    const char *why =
        has_died && event->signature != NULL ? event->signature->title : event->detail;
    mp_strbuf_addf(buf, "round %" PRIu64 ": %s in %s", event->seq,
                   mp_outcome_name(event->outcome), event->cell->title);
    static const char *const roles[MP_ROLE_COUNT] = {
        "", " (positive control)", " (negative control)", " (in no rate)"};
    mp_strbuf_addstr(buf, roles[event->cell->role]);
    if (*why != '\0') {
        mp_strbuf_addstr(buf, ": ");
        mp_strbuf_add_escaped(buf, why, strlen(why), 0);
    }
}

/* True for the first round of its kind: outcome, cell and signature. */
static bool is_new_kind(struct mp_progress *progress,
                        const struct mp_campaign_event *event) {
    const char *key = event->signature != NULL ? event->signature->key : "";
    uint64_t kind =
        mp_rng_hash(mp_rng_hash_bytes(key, strlen(key)), (uint64_t)event->outcome);
    kind = mp_rng_hash(kind,
                       mp_rng_hash_bytes(event->cell->hash, strlen(event->cell->hash)));
    for (size_t i = 0; i < progress->kind_count; i++)
        if (progress->kind[i] == kind)
            return false;
    if (progress->kind_count == MP_PROGRESS_KINDS_MAX)
        return false;
    progress->kind[progress->kind_count++] = kind;
    return true;
}

static void say(struct mp_progress *progress, const char *text) {
    mp_progress_clear(progress);
    mp_log(MP_LOG_INFO, "%s", text);
}

/* Usable columns: writing the last one makes some terminals wrap. */
static unsigned usable_columns(const struct mp_progress *progress) {
    unsigned columns = mp_terminal_width(fileno(progress->file));
    return columns > 1 ? columns - 1 : 79;
}

/* Moves to the start of the live line. A terminal that became narrower has wrapped it. */
static void add_return(const struct mp_progress *progress, struct mp_strbuf *buf) {
    unsigned width = usable_columns(progress) + 1;
    mp_strbuf_addch(buf, '\r');
    if (progress->drawn_columns > width)
        mp_strbuf_addf(buf, "\033[%uA", (progress->drawn_columns - 1) / width);
}

/* The line, at most `columns` wide; returns its width. */
static unsigned add_line(const struct mp_progress *progress, const struct mp_tally *tally,
                         unsigned columns, bool use_colour, struct mp_strbuf *buf) {
    struct mp_strbuf standing, standing_short;
    struct mp_progress_style style = {.columns = columns,
                                      .use_colour = use_colour,
                                      .use_utf8 = progress->style.use_utf8};
    mp_strbuf_init(&standing);
    mp_strbuf_init(&standing_short);
    if (progress->describe != NULL) {
        progress->describe(progress->describe_arg, false, &standing);
        progress->describe(progress->describe_arg, true, &standing_short);
        style.standing = standing.text;
        style.standing_short = standing_short.text;
    }
    unsigned used = mp_progress_format(tally, progress->until, &style, buf);
    mp_strbuf_release(&standing);
    mp_strbuf_release(&standing_short);
    return used;
}

static void draw(struct mp_progress *progress, const struct mp_tally *tally) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    add_return(progress, &line);
    progress->drawn_columns = add_line(progress, tally, usable_columns(progress),
                                       progress->style.use_colour, &line);
    mp_strbuf_addstr(&line, "\033[J"); /* after the line, so that it does not flicker */
    fwrite(line.text, 1, line.len, progress->file);
    fflush(progress->file);
    mp_strbuf_release(&line);
    progress->drawn_ns = tally->elapsed_ns;
}

static void say_heartbeat(struct mp_progress *progress, const struct mp_tally *tally) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    add_line(progress, tally, UINT16_MAX, false, &line);
    say(progress, line.text);
    mp_strbuf_release(&line);
    progress->drawn_ns = tally->elapsed_ns;
}

static void say_interrupt(struct mp_progress *progress) {
    progress->interrupts_told = *progress->interrupts;
    say(progress,
        progress->interrupts_told == 1
            ? "interrupted: finishing the running rounds, then reporting; interrupt "
              "again to stop at once"
            : "interrupted again: killing the running rounds");
}

void mp_progress_watch(void *arg, const struct mp_tally *tally,
                       const struct mp_campaign_event *event) {
    struct mp_progress *progress = arg;
    if (progress->is_quiet)
        return;
    if (*progress->interrupts > progress->interrupts_told)
        say_interrupt(progress);
    bool is_told = event != NULL && event->outcome != MP_OUTCOME_PASS &&
                   is_new_kind(progress, event);
    if (event != NULL && (is_told || progress->is_verbose)) {
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        mp_progress_format_event(event, &line);
        say(progress, line.text);
        mp_strbuf_release(&line);
    }
    uint64_t since_ns = tally->elapsed_ns - progress->drawn_ns;
    if (progress->is_live && (since_ns >= REDRAW_NS || progress->drawn_columns == 0))
        draw(progress, tally);
    else if (!progress->is_live && since_ns >= HEARTBEAT_NS)
        say_heartbeat(progress, tally);
}

void mp_progress_clear(struct mp_progress *progress) {
    if (progress->drawn_columns > 0) {
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        add_return(progress, &line);
        mp_strbuf_addstr(&line, "\033[J");
        fwrite(line.text, 1, line.len, progress->file);
        fflush(progress->file);
        mp_strbuf_release(&line);
        progress->drawn_columns = 0;
    }
}
