/* mpstress run with everything that defines a round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/repeat.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/words.h"
#include "harness/wire/finder.h"
#include "harness/wire/program.h"
#include "results/report/line.h"
#include "results/report/repeat_program.h"

#define PARTS 3 /* parts of a command, between which a line may break */

/* The word of an arm with a library: its name, and the variables that the library reads.
 * The stored arm includes the library's digest, which no command accepts. */
static void write_fix(const struct mp_repeat *repeat, struct mp_strbuf *buf) {
    int len = (int)strcspn(repeat->arm, "=:");
    const char *colon = strchr(repeat->arm, ':');
    struct mp_strbuf word;
    mp_strbuf_init(&word);
    mp_strbuf_addf(&word, "%.*s%s", len, repeat->arm, colon != NULL ? colon : "");
    mp_text_quote(buf, word.text);
    mp_strbuf_release(&word);
    if (len != 3) /* a built-in one */
        return;
    mp_strbuf_addstr(buf, " --fix ");
    mp_text_quote(buf, repeat->fix);
}

/* The word of a cell. The blank keeps what stands where a scenario should from being read
 * as an option. */
static void write_cell(const struct mp_repeat *repeat, struct mp_strbuf *buf) {
    struct mp_strbuf word;
    mp_strbuf_init(&word);
    mp_strbuf_addf(&word, "%s%s", repeat->cell[0] == '-' ? " " : "", repeat->cell);
    mp_text_quote(buf, word.text);
    mp_strbuf_release(&word);
}

static void write_parts(const struct mp_repeat *repeat,
                        struct mp_strbuf ret_part[PARTS]) {
    bool injects = repeat->fix != NULL, is_program = mp_repeat_is_program(repeat->cell);
    for (size_t i = 0; i < PARTS; i++)
        mp_strbuf_init(&ret_part[i]);
    mp_strbuf_addstr(&ret_part[0], "mpstress run ");
    if (is_program) {
        mp_repeat_write_program(repeat->cell, &ret_part[0], &ret_part[1]);
    } else {
        write_cell(repeat, &ret_part[0]);
        mp_strbuf_addstr(&ret_part[1], "--device ");
        mp_text_quote(&ret_part[1], repeat->device);
    }
    mp_strbuf_addstr(&ret_part[2], "--arm ");
    if (injects)
        write_fix(repeat, &ret_part[2]);
    else
        mp_text_quote(&ret_part[2], repeat->arm);
    if (repeat->is_uncaptured)
        mp_strbuf_addstr(&ret_part[2], " --capture off");
    mp_strbuf_addstr(&ret_part[2], " --round-seed ");
    mp_text_quote(&ret_part[2], repeat->seed);
    if (is_program)
        mp_strbuf_addf(&ret_part[2], " --round-number %lld", (long long)repeat->number);
    mp_strbuf_addstr(&ret_part[2], " --replay --db ");
    mp_text_quote(&ret_part[2], repeat->db);
}

void mp_repeat_write(const struct mp_repeat *repeat, struct mp_strbuf *buf) {
    struct mp_strbuf part[PARTS];
    write_parts(repeat, part);
    for (size_t i = 0; i < PARTS; i++) {
        mp_strbuf_addstr(buf, i > 0 ? " " : "");
        mp_strbuf_addstr(buf, part[i].text);
        mp_strbuf_release(&part[i]);
    }
}

/* Adds a command of several parts, wrapped for a shell if it does not fit on one line. */
static void add_command(struct mp_text *text, const char *label, struct mp_strbuf *part,
                        size_t count) {
    size_t columns = MP_LINE_INDENT + MP_LABEL_WIDTH;
    for (size_t i = 0; i < count; i++)
        columns += mp_text_columns(part[i].text) + 1;
    mp_line_begin(text, label);
    for (size_t i = 0; i < count; i++) {
        mp_text_add(text, MP_PLAIN, "%s", part[i].text);
        if (i + 1 < count && columns <= text->width) {
            mp_text_add(text, MP_PLAIN, " ");
        } else if (i + 1 < count) {
            mp_text_add(text, MP_PLAIN, " \\");
            mp_text_end(text);
            mp_strbuf_pad(text->buf, ' ', MP_LINE_INDENT + MP_LABEL_WIDTH + 4);
        }
        mp_strbuf_release(&part[i]);
    }
    mp_text_end(text);
}

void mp_repeat_add(const struct mp_round_facts *round, const char *db,
                   struct mp_text *text) {
    struct mp_strbuf part[PARTS];
    bool is_off = round->untraced != NULL && strcmp(round->untraced, "off") == 0;
    write_parts(&(struct mp_repeat){.cell = round->cell,
                                    .device = round->device,
                                    .arm = round->arm,
                                    .fix = round->fix,
                                    .seed = round->seed,
                                    .number = round->number,
                                    .is_uncaptured = is_off,
                                    .db = db},
                part);
    add_command(text, "repeat", part, PARTS);
    if (round->turn > 1) {
        struct mp_strbuf note;
        mp_strbuf_init(&note);
        mp_strbuf_addf(&note,
                       "It was round %lld of its process; this repeats it alone, in a "
                       "fresh one, without what the rounds before it may have left",
                       (long long)round->turn);
        mp_line_add(text, "", MP_PLAIN, note.text);
        mp_strbuf_release(&note);
    }
}

/* The variables of an arm, as assignments before a command. What is none is one word,
 * which no shell finds. */
static void write_variables(const char *arm, struct mp_strbuf *buf) {
    char build[MP_PROGRAM_DIGITS + 1];
    struct mp_words words = {0};
    struct mp_error ignored;
    bool is_list = mp_program_arm_split(arm, &words, build, &ignored) == MP_OK;
    for (size_t i = 0; i < words.count && is_list; i++) {
        size_t name = strcspn(words.word[i], "=") + 1;
        mp_strbuf_add(buf, words.word[i], name);
        mp_text_quote(buf, words.word[i] + name);
        mp_strbuf_addch(buf, ' ');
    }
    if (!is_list) {
        mp_text_quote(buf, strchr(arm, ':') + 1);
        mp_strbuf_addch(buf, ' ');
    }
    mp_words_release(&words);
}

void mp_repeat_quote_line(char **line) {
    struct mp_words words = {0};
    struct mp_error ignored;
    struct mp_strbuf buf;
    if (*line == NULL || (*line)[0] == '\0')
        return;
    mp_strbuf_init(&buf);
    if (mp_words_split(*line, &words, &ignored) == MP_OK)
        for (size_t i = 0; i < words.count; i++) {
            mp_strbuf_addstr(&buf, i > 0 ? " " : "");
            mp_text_quote(&buf, words.word[i]);
        }
    else
        mp_text_quote(&buf, *line);
    mp_words_release(&words);
    free(*line);
    *line = mp_memory_copy_text(buf.text);
    mp_strbuf_release(&buf);
}

void mp_repeat_add_standalone(const struct mp_round_facts *round, const char *db,
                              struct mp_text *text) {
    struct mp_strbuf part[2];
    mp_strbuf_init(&part[0]);
    mp_strbuf_init(&part[1]);
    mp_strbuf_addf(&part[0], "mpstress show round %lld --spec --db ",
                   (long long)round->id);
    mp_text_quote(&part[0], db);
    mp_strbuf_addstr(&part[0], " > round.spec &&");
    if (round->fix != NULL) {
        const char *suffix = strrchr(round->fix, '.');
        bool is_dylib = suffix != NULL && strcmp(suffix, ".dylib") == 0;
        mp_strbuf_addstr(&part[1], is_dylib ? "DYLD_INSERT_LIBRARIES=" : "LD_PRELOAD=");
        mp_text_quote(&part[1], round->fix);
        mp_strbuf_addch(&part[1], ' ');
    }
    if (mp_program_arm_has_variables(round->arm))
        write_variables(round->arm, &part[1]);
    const struct mp_finder *finder = mp_finder_find(round->arm);
    for (size_t i = 0; finder != NULL && finder->variable[i] != NULL; i++)
        mp_strbuf_addf(&part[1], "%s ", finder->variable[i]);
    mp_strbuf_addstr(&part[1], "mpstress-round --spec round.spec");
    add_command(text, "standalone", part, 2);
}
