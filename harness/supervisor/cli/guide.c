/* The guides, and their markup as mdoc.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/guide.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define LITERAL "    "
#define HEADING "== "

#define MP_GUIDE(name) extern const char mp_guide_##name[];
#include "harness/supervisor/cli/guides.def"
#undef MP_GUIDE

static const struct mp_guide GUIDES[] = {
#define MP_GUIDE(name) {#name, mp_guide_##name},
#include "harness/supervisor/cli/guides.def"
#undef MP_GUIDE
    {NULL, NULL},
};

const struct mp_guide *mp_guide_list_all(void) {
    return GUIDES;
}

const struct mp_guide *mp_guide_find(const char *name) {
    for (const struct mp_guide *guide = GUIDES; guide->name != NULL; guide++)
        if (strcmp(guide->name, name) == 0)
            return guide;
    return NULL;
}

/* What follows "NAME - " in the first line. */
static void add_summary(const struct mp_guide *guide, struct mp_strbuf *buf) {
    const char *summary = guide->text + strlen(guide->name) + strlen(" - ");
    mp_strbuf_add(buf, summary, strcspn(summary, "\n"));
}

void mp_guide_add_list(struct mp_strbuf *buf) {
    for (const struct mp_guide *guide = GUIDES; guide->name != NULL; guide++) {
        mp_strbuf_addf(buf, "  %-24s", guide->name);
        add_summary(guide, buf);
        mp_strbuf_addch(buf, '\n');
    }
}

static bool begins(const char *line, const char *with) {
    return strncmp(line, with, strlen(with)) == 0;
}

/* A line of the text, escaped so that nothing in it is taken as markup. Where lines are
 * filled each sentence begins a line of the source, as mdoc wants it. */
static void add_escaped(const char *line, size_t len, bool is_filled,
                        struct mp_strbuf *buf) {
    bool is_start = true;
    for (size_t i = 0; i < len; i++) {
        bool ends_sentence = i > 0 && strchr(".!?", line[i - 1]) != NULL;
        if (is_start && (line[i] == '.' || line[i] == '\''))
            mp_strbuf_addstr(buf, "\\&");
        is_start = is_filled && line[i] == ' ' && ends_sentence;
        if (is_start)
            mp_strbuf_addch(buf, '\n');
        else if (line[i] == '\\')
            mp_strbuf_addstr(buf, "\\e");
        else if (line[i] == '-')
            mp_strbuf_addstr(buf, "\\-");
        else if (line[i] == '\'')
            mp_strbuf_addstr(buf, "\\(aq");
        else
            mp_strbuf_addch(buf, line[i]);
    }
    mp_strbuf_addch(buf, '\n');
}

static void add_heading(const char *line, size_t len, struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, ".Sh ");
    for (size_t i = strlen(HEADING); i < len; i++)
        mp_strbuf_addch(buf, (char)toupper((unsigned char)line[i]));
    mp_strbuf_addch(buf, '\n');
}

/* Where the page is: in literal text, and whether a break is due before text. */
struct place {
    bool is_literal, is_open;
};

/* Neither empty nor a heading. */
static void add_words(const char *line, size_t len, struct place *place,
                      struct mp_strbuf *buf) {
    bool wants_literal = begins(line, LITERAL);
    if (wants_literal && !place->is_literal)
        mp_strbuf_addstr(buf, ".Bd -literal -offset indent\n");
    if (!wants_literal && place->is_open && line[-2] == '\n')
        mp_strbuf_addstr(buf, ".Pp\n");
    size_t skipped = wants_literal ? strlen(LITERAL) : 0;
    add_escaped(line + skipped, len - skipped, !wants_literal, buf);
    place->is_literal = wants_literal;
    place->is_open = true;
}

static void add_line(const char *line, size_t len, struct place *place,
                     struct mp_strbuf *buf) {
    if (place->is_literal && !begins(line, LITERAL)) {
        mp_strbuf_addstr(buf, ".Ed\n");
        place->is_literal = false;
    }
    if (begins(line, HEADING)) {
        add_heading(line, len, buf);
        place->is_open = false;
    } else if (len > 0) {
        add_words(line, len, place, buf);
    }
}

void mp_guide_add_man(const struct mp_guide *guide, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf,
                   ".\\\" Made by 'mpstress help %s --format=man'. Do not edit.\n"
                   ".Dd " MP_GUIDE_DATE "\n.Dt MPSTRESS-",
                   guide->name);
    for (const char *at = guide->name; *at != '\0'; at++)
        mp_strbuf_addch(buf, (char)toupper((unsigned char)*at));
    mp_strbuf_addf(buf, " 7\n.Os\n.Sh NAME\n.Nm mpstress-%s\n.Nd ", guide->name);
    add_summary(guide, buf);
    mp_strbuf_addstr(buf, "\n.Sh DESCRIPTION\n");
    struct place place = {0};
    const char *line = guide->text + strcspn(guide->text, "\n");
    while (*line == '\n') {
        size_t len = strcspn(++line, "\n");
        add_line(line, len, &place, buf);
        line += len;
    }
    mp_strbuf_addstr(buf, ".Sh SEE ALSO\n.Xr mpstress 1\n");
}
