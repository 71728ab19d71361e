/* Figures in words and as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/figures.h"

#include <string.h>

#include "harness/base/clock.h"
#include "results/report/json.h"

#define NS_PER_MS 1e6

static void load(struct mp_figures *figures, struct mp_query *query, const char *sql,
                 int64_t first, int64_t second) {
    sqlite3_stmt *rows = mp_query_rows(query, sql, first, second);
    memset(figures, 0, sizeof(*figures));
    while (mp_query_next(query, rows)) {
        enum mp_figure figure = mp_figure_find(mp_query_text(rows, 0));
        if (figure == MP_FIGURES)
            continue; /* from another version */
        figures->of[figure].rounds = sqlite3_column_double(rows, 1);
        figures->of[figure].total = sqlite3_column_double(rows, 2);
        figures->of[figure].most = sqlite3_column_double(rows, 3);
    }
}

void mp_figures_load_cell(struct mp_figures *figures, struct mp_query *query,
                          int64_t campaign_id, int64_t cell_id) {
    load(figures, query,
         "SELECT name, rounds, total, most FROM cell_figure"
         " WHERE campaign_id = ?1 AND cell_id = ?2 AND rounds > 0",
         campaign_id, cell_id);
}

void mp_figures_load_round(struct mp_figures *figures, struct mp_query *query,
                           int64_t round_id) {
    load(figures, query,
         "SELECT key, 1, value, value FROM round, json_each(ifnull(figures, '{}'))"
         " WHERE round.id = ?1",
         round_id, 0);
}

static double total(const struct mp_figures *figures, enum mp_figure figure) {
    return figures->of[figure].total;
}

/* Adds ", 17 (7.1 %) words" if the part is not 0. */
static void add_part(double part, double whole, const char *words,
                     struct mp_strbuf *buf) {
    if (part > 0)
        mp_strbuf_addf(buf, ", %.0f (%.3g %%) %s", part, 100 * part / whole, words);
}

static bool write_arm(const struct mp_figures *figures, struct mp_strbuf *buf) {
    double passes = total(figures, MP_FIGURE_ARM_PASSES);
    double groups = total(figures, MP_FIGURE_ARM_GROUPS);
    double spared = total(figures, MP_FIGURE_ARM_SPARED);
    double peak = figures->of[MP_FIGURE_ARM_PEAK].most;

    if (figures->of[MP_FIGURE_ARM_PASSES].rounds == 0)
        return false;
    if (passes == 0) {
        mp_strbuf_addstr(buf, "it did nothing: no call that it governs was made");
        return true;
    }
    mp_strbuf_addf(buf, "it governed %.0f %s", passes,
                   mp_plural((uint64_t)passes, "call", "calls"));
    add_part(total(figures, MP_FIGURE_ARM_WAITS), passes, "waited for another thread",
             buf);
    if (spared > 0)
        mp_strbuf_addf(buf, " and left out %.0f ops that they do without", spared);
    if (groups > 0)
        mp_strbuf_addf(buf, ", gathered them into %.0f submissions", groups);
    if (peak > 0)
        mp_strbuf_addf(buf, "; at most %.0f %s past it at once", peak,
                       peak > 1 ? "threads were" : "thread was");
    return false;
}

static bool write_gate(const struct mp_figures *figures, struct mp_strbuf *buf) {
    double asked = total(figures, MP_FIGURE_GATE_ASKED);
    double kept = total(figures, MP_FIGURE_GATE_KEPT);
    double alone = total(figures, MP_FIGURE_GATE_ALONE);
    if (asked == 0)
        return false;
    mp_strbuf_addf(buf, "the gate chose %.0f hostile %s", asked,
                   mp_plural((uint64_t)asked, "sync", "syncs"));
    add_part(asked > kept + alone ? asked - kept - alone : 0, asked, "met a victim", buf);
    add_part(kept, asked,
             mp_plural((uint64_t)kept, "was kept from landing by the arm",
                       "were kept from landing by the arm"),
             buf);
    add_part(alone, asked, "found no victim in time", buf);
    if (2 * (kept + alone) <= asked)
        return false;
    mp_strbuf_addstr(buf, kept > 0
                              ? ": the arm keeps the gate's victim away, so the rate is "
                                "not one of this injection"
                              : ": most found nobody to disturb, so the rate is lower "
                                "than the injection's");
    return true;
}

/* What the policy of the stream pool did to threads, if it hands streams out. */
static bool write_pool(const struct mp_figures *figures, struct mp_strbuf *buf) {
    double lent = total(figures, MP_FIGURE_POOL_LENT);
    double refused = total(figures, MP_FIGURE_POOL_REFUSED);
    double waits = total(figures, MP_FIGURE_POOL_WAITS);
    if (lent + refused == 0)
        return false;
    mp_strbuf_addf(buf, "the stream pool lent a stream %.0f %s", lent,
                   mp_plural((uint64_t)lent, "time", "times"));
    add_part(waits, lent + refused, "after a wait", buf);
    if (waits > 0)
        mp_strbuf_addf(buf, " of %.3g ms on average",
                       total(figures, MP_FIGURE_POOL_WAIT_NS) / waits / NS_PER_MS);
    add_part(total(figures, MP_FIGURE_POOL_GROWN), lent, "made for it", buf);
    add_part(refused, lent + refused, "wishes refused", buf);
    return refused > 0;
}

/* What an injected library owns and did. A doubt: it owns nothing, or calls passed it
 * without protection. */
static bool write_fix(const struct mp_figures *figures, struct mp_strbuf *buf) {
    double asked = figures->of[MP_FIGURE_FIX_ASKED].most;
    double owned = figures->of[MP_FIGURE_FIX_OWNED].most;
    double calls = total(figures, MP_FIGURE_FIX_CALLS);
    double rejected = total(figures, MP_FIGURE_FIX_REJECTED);
    double skipped = total(figures, MP_FIGURE_FIX_SKIPPED);
    double longest_ns = figures->of[MP_FIGURE_FIX_WAIT_NS].most;
    char longest[32];
    if (asked > 0)
        mp_strbuf_addf(buf, "its library owns %.0f of %.0f methods of the driver", owned,
                       asked);
    if (calls == 0)
        return asked > 0 && owned == 0;
    mp_strbuf_addf(buf, "%s%.0f %s came through it", asked > 0 ? "; " : "", calls,
                   mp_plural((uint64_t)calls, "call", "calls"));
    add_part(total(figures, MP_FIGURE_FIX_WAITS), calls, "waited for another one", buf);
    if (longest_ns > 0) {
        mp_clock_format_short((uint64_t)longest_ns, longest, sizeof(longest));
        mp_strbuf_addf(buf, ", the longest %s", longest);
    }
    add_part(rejected, calls, "came too late and were not made: their work is missing",
             buf);
    add_part(skipped, calls, "were made without protection", buf);
    return rejected > 0 || skipped > 0 || (asked > 0 && owned == 0);
}

/* What is alive or lost at the end, each with its words. */
static bool write_driver(const struct mp_figures *figures, struct mp_strbuf *buf) {
    size_t start = buf->len;
    for (int i = 0; i < MP_FIGURES; i++) {
        const struct mp_figure_kind *kind = mp_figure_kind((enum mp_figure)i);
        if (kind->of != MP_FIGURE_OF_DRIVER || figures->of[i].total == 0)
            continue;
        mp_strbuf_addf(buf, "%s%.0f %s", buf->len > start ? "; " : "the driver counted ",
                       figures->of[i].total, kind->words);
        if (figures->of[i].rounds > 1)
            mp_strbuf_addf(buf, " (in %.0f rounds, at most %.0f in one)",
                           figures->of[i].rounds, figures->of[i].most);
    }
    return buf->len > start;
}

void mp_figures_write(const struct mp_figures *figures, enum mp_figure_of of,
                      struct mp_strbuf *buf, bool *ret_is_warning) {
    bool is_warning = of == MP_FIGURE_OF_ARM    ? write_arm(figures, buf)
                      : of == MP_FIGURE_OF_GATE ? write_gate(figures, buf)
                      : of == MP_FIGURE_OF_POOL ? write_pool(figures, buf)
                      : of == MP_FIGURE_OF_FIX  ? write_fix(figures, buf)
                                                : write_driver(figures, buf);
    if (ret_is_warning != NULL)
        *ret_is_warning = is_warning;
}

void mp_figures_add_json(const struct mp_figures *figures, struct json_object *to) {
    struct json_object *all = mp_json_add_object(to, "figures");
    for (int i = 0; i < MP_FIGURES; i++) {
        if (figures->of[i].rounds == 0)
            continue;
        struct json_object *one =
            mp_json_add_object(all, mp_figure_kind((enum mp_figure)i)->name);
        mp_json_add_number(one, "rounds", figures->of[i].rounds);
        mp_json_add_number(one, "total", figures->of[i].total);
        mp_json_add_number(one, "most", figures->of[i].most);
    }
}
