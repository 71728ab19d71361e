/* Parts of pages.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/parts_html.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "results/report/line.h"

#define UNWRAPPED 1000000

enum mp_mood mp_verdict_mood(enum mp_verdict verdict) {
    switch (mp_verdict_code(verdict)) {
    case MP_VERDICT_CLEAN:
        return mp_verdict_without_control(verdict) == verdict ? MP_MOOD_WARN
                                                              : MP_MOOD_GOOD;
    case MP_VERDICT_FAILURES:
    case MP_VERDICT_HARNESS:
        return MP_MOOD_BAD;
    default:
        return MP_MOOD_WARN;
    }
}

void mp_verdict_write_words(const char *name, struct mp_strbuf *buf) {
    for (const char *at = name; *at != '\0'; at++) {
        if (strncmp(at, "_no_control", 11) == 0)
            mp_strbuf_addch(buf, ',');
        mp_strbuf_addch(buf, *at == '_' ? ' ' : (char)toupper((unsigned char)*at));
    }
}

struct mp_text mp_html_lines(struct mp_strbuf *buf, size_t width) {
    return (struct mp_text){.buf = buf, .width = width == 0 ? UNWRAPPED : width};
}

/* One line of a headline: a label in its columns, blank if the line goes with the one
 * before. */
static void add_fact(struct mp_html *html, const char *line, size_t len, bool *is_open) {
    size_t label = len < MP_LABEL_WIDTH ? len : MP_LABEL_WIDTH;
    while (label > 0 && line[label - 1] == ' ')
        label--;
    if (label > 0) {
        if (*is_open) {
            mp_html_close(html);
            mp_html_close(html);
        }
        mp_html_open(html, "div");
        mp_html_leaf(html, "dt", NULL, "%.*s", (int)label, line);
        mp_html_open(html, "dd");
        *is_open = true;
    } else if (*is_open) {
        mp_html_open(html, "br");
        mp_html_close(html);
    }
    if (*is_open && len > MP_LABEL_WIDTH)
        mp_html_text(html, "%.*s", (int)(len - MP_LABEL_WIDTH), line + MP_LABEL_WIDTH);
}

void mp_html_add_facts(struct mp_html *html, const char *lines) {
    bool is_open = false;
    mp_page_facts(html);
    for (const char *at = lines; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        if (len > 0)
            add_fact(html, at, len, &is_open);
        at += len + (at[len] == '\n');
    }
    if (is_open) {
        mp_html_close(html);
        mp_html_close(html);
    }
    mp_page_facts_end(html);
}

void mp_html_add_lines(struct mp_html *html, const char *name, const char *title,
                       const struct mp_strbuf *lines) {
    const char *at = lines->text;
    while (*at == '\n')
        at++;
    if (*at == '\0')
        return;
    mp_page_section(html, name, title);
    /* The heading of the text says the same. */
    size_t len = strcspn(at, "\n");
    if (len == strlen(title) && strncmp(at, title, len) == 0)
        at += len + (at[len] == '\n');
    mp_page_lines(html, title, at);
    mp_page_section_end(html);
}

struct mp_axis mp_html_rate_axis(double most) {
    return (struct mp_axis){.low = 0, .high = mp_rate_scale(most > 0 ? most : 1.0)};
}

void mp_html_add_rate(struct mp_html *html, struct mp_axis axis, struct mp_rate rate,
                      enum mp_mood mood, double rule) {
    char point[MP_RATE_SIZE], limits[MP_RATE_SIZE];
    mp_rate_format(rate, point, limits);
    mp_html_cell(html, "rate", MP_RATE_TITLE);
    mp_html_leaf(html, "b", NULL, "%s", point);
    if (limits[0] != '\0') {
        mp_html_text(html, " ");
        mp_html_leaf(html, "span", "nowrap", "%s", limits);
    }
    mp_html_close(html);
    mp_html_cell(html, "wide", NULL);
    if (rate.rounds > 0) {
        struct mp_interval at = mp_rate_limits(rate);
        struct mp_strbuf words;
        mp_strbuf_init(&words);
        mp_strbuf_addf(&words, "%s%s%s of %" PRIu64 " rounds failed", point,
                       limits[0] != '\0' ? " " : "", limits, rate.rounds);
        mp_chart_interval(html, axis,
                          &(struct mp_chart_interval){
                              .low = at.low,
                              .high = at.high,
                              .value = rate.failures > 0
                                           ? (double)rate.failures / (double)rate.rounds
                                           : NAN,
                              .rule = rule,
                              .mood = mood},
                          words.text);
        mp_strbuf_release(&words);
    }
    mp_html_close(html);
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

static void add_frame(struct mp_html *html, const struct mp_frame_facts *frame,
                      bool is_first) {
    bool has_symbol = frame->symbol != NULL && frame->symbol[0] != '\0';
    mp_html_open_class(html, "li", is_first ? "first" : NULL);
    mp_html_leaf(html, "span", "soft", "%" PRId64, frame->depth);
    mp_html_open(html, "span");
    if (has_symbol)
        mp_html_text(html, "%s + %" PRId64, frame->symbol, frame->offset);
    else
        mp_html_text(html, "%s", frame->pc != NULL ? frame->pc : "?");
    mp_html_open_class(html, "span", "from");
    if (frame->module != NULL && frame->module[0] != '\0') {
        mp_html_text(html, "%s", base_name(frame->module));
        if (!has_symbol)
            mp_html_text(html, " + %" PRId64, frame->offset);
    }
    if (frame->file != NULL && frame->file[0] != '\0') {
        struct mp_strbuf source;
        mp_strbuf_init(&source);
        mp_frame_facts_add_source(frame, &source);
        mp_html_text(html, "  %s", source.text);
        mp_strbuf_release(&source);
    }
    if (frame->symbol_bytes != MP_FIELD_NULL)
        mp_html_text(html, "  (shortened from %" PRId64 " bytes)", frame->symbol_bytes);
    mp_html_close(html);
    mp_html_close(html);
    mp_html_close(html);
}

void mp_html_add_frames(struct mp_html *html, const struct mp_thread_facts *thread,
                        size_t shown) {
    size_t count = thread->frame_count;
    if (shown == 0 || shown > count)
        shown = count;
    if (count == 0) {
        mp_page_small(html, "No frame of it could be read.");
        return;
    }
    mp_html_open_class(html, "ol", "frames");
    for (size_t i = 0; i < shown; i++)
        add_frame(html, &thread->frame[i], thread->frame[i].depth == 0);
    mp_html_close(html);
    if (count > shown)
        mp_page_small(html, "and %zu more frames", count - shown);
    if (thread->frames_total != MP_FIELD_NULL && thread->frames_total > (int64_t)count)
        mp_page_small(html, "%zu of %" PRId64 " frames were kept", count,
                      thread->frames_total);
}

void mp_html_table(struct mp_html *html, const char *caption) {
    mp_html_open_class(html, "table", "stack");
    if (caption != NULL)
        mp_html_leaf(html, "caption", NULL, "%s", caption);
    mp_html_open(html, "thead");
    mp_html_open(html, "tr");
}

void mp_html_column(struct mp_html *html, const char *class, const char *title) {
    mp_html_open_class(html, "th", class);
    mp_html_set(html, "scope", "col");
    mp_html_text(html, "%s", title);
    mp_html_close(html);
}

void mp_html_body(struct mp_html *html) {
    mp_html_close(html);
    mp_html_close(html);
    mp_html_open(html, "tbody");
}

void mp_html_group(struct mp_html *html, size_t columns, const char *title) {
    mp_html_open_class(html, "tr", "group");
    mp_html_open(html, "th");
    mp_html_set(html, "scope", "rowgroup");
    mp_html_set(html, "colspan", "%zu", columns);
    mp_html_text(html, "%s", title);
    mp_html_close(html);
    mp_html_close(html);
}

void mp_html_table_end(struct mp_html *html) {
    mp_html_close(html);
    mp_html_close(html);
}

void mp_html_cell(struct mp_html *html, const char *class, const char *label) {
    mp_html_open_class(html, "td", class);
    if (label != NULL)
        mp_html_set(html, "data-label", "%s", label);
}

void mp_html_count(struct mp_html *html, const char *label, uint64_t count) {
    mp_html_cell(html, "num", label);
    mp_html_text(html, "%" PRIu64, count);
    mp_html_close(html);
}
