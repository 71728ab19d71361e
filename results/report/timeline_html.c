/* Swim lanes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/timeline_html.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "results/page/axis.h"
#include "results/page/chart.h"

#define LANE_HEIGHT 46
#define CALLS_DRAWN 160 /* the last ones */
#define CALLS_NAMED 60
#define LANES_MAX   40

enum part { PART_CALL, PART_OPEN, PART_SIDE, PART_OTHER };

struct lanes {
    const struct mp_show *show;
    const struct mp_event_row *side; /* the call in which a thread stopped, NULL: none */
    int64_t from_ns, end_ns;
};

static bool is_call(const struct mp_event_row *event) {
    return strcmp(event->phase, "enter") == 0;
}

/* The last call of a thread that stopped. */
static const struct mp_event_row *find_side(const struct mp_show *show) {
    for (size_t i = 0; i < show->thread_count; i++) {
        const struct mp_event_row *call =
            mp_show_crash_of(show, &show->thread[i]) != NULL
                ? mp_show_in_flight(show, show->thread[i].thread)
                : NULL;
        if (call != NULL)
            return call;
    }
    return NULL;
}

/* Whether call `index` was on the object of `side`, by another thread, and had not
 * returned when `side` began. */
static bool is_meanwhile(const struct mp_show *show, const struct mp_event_row *side,
                         size_t index) {
    const struct mp_event_row *call = &show->event[index];
    if (side == NULL || !is_call(call) || call->thread == side->thread ||
        strcmp(call->op, "buffer_create") == 0 || strcmp(call->object, side->object) != 0)
        return false;
    const struct mp_event_row *end = mp_show_next_event(show, index);
    return end == NULL || end->t_ns >= side->t_ns;
}

bool mp_timeline_is_other_side(const struct mp_show *show, int64_t thread) {
    const struct mp_event_row *side = find_side(show);
    for (size_t i = 0; i < show->event_count; i++)
        if (show->event[i].thread == thread && is_meanwhile(show, side, i))
            return true;
    return false;
}

static enum part part_of(const struct lanes *lanes, size_t index) {
    const struct mp_event_row *call = &lanes->show->event[index];
    if (lanes->side == call)
        return PART_SIDE;
    if (is_meanwhile(lanes->show, lanes->side, index))
        return PART_OTHER;
    return mp_show_next_event(lanes->show, index) == NULL ? PART_OPEN : PART_CALL;
}

/* When the calls of the race began, the earliest; `otherwise` if no race is known. */
static int64_t race_began(const struct lanes *lanes, int64_t otherwise) {
    if (lanes->side == NULL)
        return otherwise;
    int64_t began = lanes->side->t_ns;
    for (size_t i = 0; i < lanes->show->event_count; i++)
        if (is_meanwhile(lanes->show, lanes->side, i) &&
            lanes->show->event[i].t_ns < began)
            began = lanes->show->event[i].t_ns;
    return began;
}

/* From the first of the last calls to the end; of a race, three times its length. */
static struct lanes choose(const struct mp_show *show) {
    struct lanes lanes = {.show = show, .side = find_side(show)};
    size_t calls = 0, first = show->event_count;
    while (first > 0 && calls < CALLS_DRAWN)
        calls += is_call(&show->event[--first]);
    lanes.from_ns = show->event[first].t_ns;
    lanes.end_ns = show->event[show->event_count - 1].t_ns;
    int64_t race_ns = lanes.end_ns - race_began(&lanes, lanes.from_ns);
    if (race_ns > 0 && race_ns < (lanes.end_ns - lanes.from_ns) / 3)
        lanes.from_ns = lanes.end_ns - 3 * race_ns;
    if (lanes.end_ns <= lanes.from_ns)
        lanes.end_ns = lanes.from_ns + 1000;
    return lanes;
}

static void write_call(const struct lanes *lanes, size_t index, struct mp_strbuf *buf) {
    const struct mp_event_row *call = &lanes->show->event[index],
                              *end = mp_show_next_event(lanes->show, index);
    mp_show_write_thread(call->thread, buf);
    mp_strbuf_addf(buf, ": %s on ", call->op);
    mp_show_write_object(call, buf);
    mp_strbuf_addf(buf, ", %.1f µs before the end",
                   (double)(lanes->end_ns - call->t_ns) / 1000.0);
    if (end != NULL)
        mp_strbuf_addf(buf, ", took %.1f µs", (double)(end->t_ns - call->t_ns) / 1000.0);
    else
        mp_strbuf_addstr(buf, ", never returned");
}

static void draw_call(const struct lanes *lanes, size_t index, double y,
                      struct mp_html *html) {
    static const char *const classes[] = {"call", "call open", "call side", "call other"};
    const struct mp_event_row *call = &lanes->show->event[index],
                              *end = mp_show_next_event(lanes->show, index);
    struct mp_axis axis = {.low = 0, .high = (double)(lanes->end_ns - lanes->from_ns)};
    double from = mp_axis_place(axis, fmax(0, (double)(call->t_ns - lanes->from_ns)));
    double to =
        end != NULL ? mp_axis_place(axis, (double)(end->t_ns - lanes->from_ns)) : 100.0;
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    write_call(lanes, index, &words);
    mp_html_open_class(html, "rect", classes[part_of(lanes, index)]);
    mp_html_set(html, "x", "%.2f%%", fmin(from, 99.6));
    mp_html_set(html, "width", "%.2f%%", fmax(0.4, to - from));
    mp_html_set(html, "y", "%.0f", y);
    mp_html_set(html, "height", "20");
    mp_html_set(html, "rx", "2");
    mp_html_leaf(html, "title", NULL, "%s", words.text);
    mp_html_close(html);
    mp_strbuf_release(&words);
}

/* Is event `index` a call that is in the picture, or still was in its first moment? */
static bool is_drawn(const struct lanes *lanes, size_t index) {
    const struct mp_event_row *event = &lanes->show->event[index];
    if (!is_call(event))
        return false;
    const struct mp_event_row *end = mp_show_next_event(lanes->show, index);
    return event->t_ns >= lanes->from_ns || end == NULL || end->t_ns >= lanes->from_ns;
}

/* Who is to blame stands first, who did nothing has no lane. */
enum rank { RANK_STOPPED, RANK_OTHER, RANK_INNOCENT, RANK_IDLE };

static enum rank rank_of(const struct lanes *lanes, const struct mp_event_row *thread) {
    if (mp_show_crash_of(lanes->show, thread) != NULL)
        return RANK_STOPPED;
    if (mp_timeline_is_other_side(lanes->show, thread->thread))
        return RANK_OTHER;
    for (size_t i = 0; i < lanes->show->event_count; i++)
        if (lanes->show->event[i].thread == thread->thread && is_drawn(lanes, i))
            return RANK_INNOCENT;
    return RANK_IDLE;
}

static void draw_lane(const struct lanes *lanes, const struct mp_event_row *thread,
                      enum rank rank, size_t lane, struct mp_html *html) {
    const struct mp_show *show = lanes->show;
    double y = 4 + (double)lane * LANE_HEIGHT;
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    mp_show_write_thread(thread->thread, &name);
    if (rank == RANK_STOPPED)
        mp_strbuf_addstr(&name, " ✕ stopped here");
    else if (rank == RANK_OTHER)
        mp_strbuf_addstr(&name, " ◆ the other side");
    mp_html_open_class(html, "text", "strong");
    mp_html_set(html, "x", "0");
    mp_html_set(html, "y", "%.0f", y + 11);
    mp_html_text(html, "%s", name.text);
    mp_html_close(html);
    mp_html_open_class(html, "line", "track");
    mp_html_set(html, "x1", "0");
    mp_html_set(html, "x2", "100%%");
    mp_html_set(html, "y1", "%.0f", y + 27);
    mp_html_set(html, "y2", "%.0f", y + 27);
    mp_html_close(html);
    for (size_t i = 0; i < show->event_count; i++)
        if (show->event[i].thread == thread->thread && is_drawn(lanes, i))
            draw_call(lanes, i, y + 17, html);
    mp_strbuf_release(&name);
}

static size_t count_lanes(const struct lanes *lanes) {
    size_t count = 0;
    for (size_t i = 0; i < lanes->show->thread_count; i++)
        count += rank_of(lanes, &lanes->show->thread[i]) != RANK_IDLE;
    return count < LANES_MAX ? count : LANES_MAX;
}

static void draw_lanes(const struct lanes *lanes, size_t count, struct mp_html *html) {
    size_t lane = 0;
    for (enum rank rank = RANK_STOPPED; rank < RANK_IDLE; rank++)
        for (size_t i = 0; i < lanes->show->thread_count && lane < count; i++)
            if (rank_of(lanes, &lanes->show->thread[i]) == rank)
                draw_lane(lanes, &lanes->show->thread[i], rank, lane++, html);
}

static void draw(const struct lanes *lanes, size_t count, struct mp_html *html) {
    size_t height = count * LANE_HEIGHT + 30;
    double span_us = (double)(lanes->end_ns - lanes->from_ns) / 1000.0;
    mp_html_open(html, "svg");
    mp_html_set(html, "height", "%zu", height);
    mp_html_set(html, "role", "img");
    mp_html_set(html, "aria-label",
                "the last device calls of %zu threads, a lane each, over %.1f "
                "microseconds; the list below says the same",
                count, span_us);
    draw_lanes(lanes, count, html);
    for (int i = 0; i <= 2; i++) {
        mp_html_open_class(html, "text", i == 0 ? NULL : i == 1 ? "mid" : "end");
        mp_html_set(html, "x", "%d%%", 50 * i);
        mp_html_set(html, "y", "%zu", height - 6);
        if (i == 2)
            mp_html_text(html, "the end");
        else
            mp_html_text(html, span_us < 1000 ? "-%.4g µs" : "-%.4g ms",
                         span_us * (2 - i) / 2 / (span_us < 1000 ? 1 : 1000));
        mp_html_close(html);
    }
    mp_html_close(html);
}

static void add_legend(const struct lanes *lanes, struct mp_html *html) {
    static const char *const classes[] = {"call", "call open", "call side", "call other"};
    static const char *const words[] = {"returned", "never returned",
                                        "in this call the thread stopped",
                                        "meanwhile, on the same object: the other side"};
    mp_plot_legend(html);
    for (int i = 0; i < 4; i++) {
        if (i >= PART_SIDE && lanes->side == NULL)
            continue;
        mp_html_open(html, "li");
        mp_html_open(html, "svg");
        mp_html_set(html, "aria-hidden", "true");
        mp_html_open_class(html, "rect", classes[i]);
        mp_html_set(html, "width", "30");
        mp_html_set(html, "height", "11");
        mp_html_set(html, "rx", "2");
        mp_html_close(html);
        mp_html_close(html);
        mp_html_text(html, "%s", words[i]);
        mp_html_close(html);
    }
    mp_plot_legend_end(html);
}

/* The same as a list, the newest first, for whoever sees no picture. */
static void add_list(const struct lanes *lanes, struct mp_html *html) {
    const struct mp_show *show = lanes->show;
    size_t shown = 0;
    mp_page_fold(html, false, "the calls as a list, the newest first");
    mp_html_open(html, "ol");
    for (size_t i = show->event_count; i-- > 0 && shown < CALLS_NAMED;) {
        if (!is_call(&show->event[i]))
            continue;
        struct mp_strbuf words;
        mp_strbuf_init(&words);
        write_call(lanes, i, &words);
        mp_html_leaf(html, "li", part_of(lanes, i) >= PART_SIDE ? "bad-text" : NULL, "%s",
                     words.text);
        mp_strbuf_release(&words);
        shown++;
    }
    mp_html_close(html);
    mp_page_fold_end(html);
}

static void add_sides(const struct lanes *lanes, struct mp_html *html) {
    struct mp_strbuf line;
    if (lanes->side == NULL)
        return;
    mp_strbuf_init(&line);
    mp_page_facts(html);
    mp_show_write_thread(lanes->side->thread, &line);
    mp_strbuf_addf(&line, " was in %s on ", lanes->side->op);
    mp_show_write_object(lanes->side, &line);
    mp_page_fact(html, "one side", line.text);
    mp_strbuf_clear(&line);
    for (size_t i = 0; i < lanes->show->event_count; i++) {
        if (!is_meanwhile(lanes->show, lanes->side, i))
            continue;
        mp_strbuf_addstr(&line, line.len > 0 ? "; " : "");
        mp_show_write_thread(lanes->show->event[i].thread, &line);
        mp_strbuf_addf(&line, " in %s", lanes->show->event[i].op);
    }
    mp_page_fact(html, "meanwhile",
                 line.len > 0 ? line.text : "no other call on that object was recorded");
    mp_page_facts_end(html);
    mp_strbuf_release(&line);
}

void mp_timeline_add(const struct mp_show *show, struct mp_html *html) {
    bool has_call = false;
    for (size_t i = 0; i < show->event_count; i++)
        has_call = has_call || is_call(&show->event[i]);
    if (!has_call)
        return;
    struct lanes lanes = choose(show);
    mp_page_section(html, "timeline", "The last device calls");
    add_sides(&lanes, html);
    add_legend(&lanes, html);
    mp_html_open(html, "figure");
    size_t count = count_lanes(&lanes), rest = show->thread_count - count;
    draw(&lanes, count, html);
    mp_html_open(html, "figcaption");
    mp_html_text(html, "%s",
                 "As the flight recorder has them, written before and after each call; "
                 "time is that of the machine, and a call shorter than a pixel is drawn "
                 "wider. Both sides of a race stand first.");
    if (rest > 0)
        mp_html_text(html, " %zu other %s no lane: no call in this time, or no room.",
                     rest, mp_plural(rest, "thread has", "threads have"));
    mp_html_close(html);
    mp_html_close(html);
    add_list(&lanes, html);
    mp_page_section_end(html);
}
