/* Reads the parameters and arms of a program. Starts nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/program.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"

#define CODE_MAX 255

extern char **environ;

static const struct {
    const char *word;
    enum mp_program_arm kind;
} arms[] = {
    {"env:", MP_PROGRAM_ENV}, {"wrap:", MP_PROGRAM_WRAP}, {"exec:", MP_PROGRAM_EXEC}};

bool mp_program_is_spec(const struct mp_round_spec *spec) {
    return strcmp(spec->scenario, MP_PROGRAM_SCENARIO) == 0;
}

enum mp_program_arm mp_program_arm_kind(const char *arm) {
    for (size_t i = 0; i < MP_COUNT(arms); i++)
        if (strncmp(arm, arms[i].word, strlen(arms[i].word)) == 0)
            return arms[i].kind;
    return MP_PROGRAM_ARM_OTHER;
}

bool mp_program_arm_has_variables(const char *arm) {
    return mp_program_arm_kind(arm) == MP_PROGRAM_ENV ||
           (mp_round_spec_arm_injects(arm) && strchr(arm, ':') != NULL);
}

static bool is_build(const char *word) {
    size_t len = strspn(word, "0123456789abcdef");
    return len == MP_PROGRAM_DIGITS && word[len] == '\0';
}

/* Whether a word is NAME=VALUE with a name that a shell could set. */
static bool is_variable(const char *word) {
    size_t len = 0;
    while (isalnum((unsigned char)word[len]) || word[len] == '_')
        len++;
    return len > 0 && word[len] == '=' && !isdigit((unsigned char)word[0]);
}

enum mp_status mp_program_arm_split(const char *arm, struct mp_words *ret_words,
                                    char *ret_build, struct mp_error *err) {
    enum mp_program_arm kind = mp_program_arm_kind(arm);
    bool is_env = mp_program_arm_has_variables(arm);
    struct mp_words all = {0};
    *ret_words = (struct mp_words){0};
    ret_build[0] = '\0';
    enum mp_status status = mp_words_split(strchr(arm, ':') + 1, &all, err);
    size_t first = status == MP_OK && kind == MP_PROGRAM_EXEC && all.count > 0 &&
                   is_build(all.word[0]);
    if (first == 1)
        memcpy(ret_build, all.word[0], MP_PROGRAM_DIGITS + 1);
    for (size_t i = first; i < all.count; i++)
        mp_words_add(ret_words, all.word[i]);
    mp_words_release(&all);
    if (status != MP_OK)
        return mp_error_prefix(err, "arm"), status;
    if (ret_words->count == 0)
        return mp_error_set(err, MP_USAGE, "arm '%.80s' names no %s", arm,
                            is_env ? "variable: write :NAME=VALUE" : "command");
    for (size_t i = 0; is_env && i < ret_words->count; i++)
        if (!is_variable(ret_words->word[i]))
            return mp_error_set(err, MP_USAGE,
                                "arm %.*s: '%.80s' is not written NAME=VALUE",
                                (int)strcspn(arm, ":"), arm, ret_words->word[i]);
    return MP_OK;
}

static int compare_names(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

enum mp_status mp_program_variables_sort(struct mp_words *words, struct mp_error *err) {
    if (words->count > 1)
        qsort(words->word, words->count, sizeof(*words->word), compare_names);
    for (size_t i = 1; i < words->count;) {
        char *last = words->word[i - 1], *word = words->word[i];
        size_t len = strcspn(word, "=") + 1;
        if (strncmp(last, word, len) != 0) {
            i++;
            continue;
        }
        if (strcmp(last, word) != 0)
            return mp_error_set(err, MP_USAGE,
                                "an arm gives one variable two values, '%.80s' and "
                                "'%.80s': leave one out",
                                last, word);
        free(word);
        words->count--;
        memmove(&words->word[i], &words->word[i + 1],
                (words->count - i) * sizeof(*words->word));
    }
    return MP_OK;
}

enum mp_status mp_program_arm_write(const char *arm, const char *build,
                                    char ret_text[MP_SPEC_ARM_MAX],
                                    struct mp_error *err) {
    char own[MP_PROGRAM_DIGITS + 1];
    struct mp_words words;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    enum mp_status status = mp_program_arm_split(arm, &words, own, err);
    if (status == MP_OK && mp_program_arm_has_variables(arm))
        status = mp_program_variables_sort(&words, err);
    if (status == MP_OK) {
        mp_strbuf_addf(&text, "%.*s", (int)(strchr(arm, ':') + 1 - arm), arm);
        if (build[0] != '\0')
            mp_strbuf_addf(&text, "%s ", build);
        mp_words_join(&words, &text);
        if (text.len >= MP_SPEC_ARM_MAX)
            status = mp_error_set(err, MP_LIMIT,
                                  "arm '%.40s...' is longer than %d bytes: put the "
                                  "command into a script",
                                  arm, MP_SPEC_ARM_MAX - 1);
        else
            memcpy(ret_text, text.text, text.len + 1);
    }
    mp_strbuf_release(&text);
    mp_words_release(&words);
    return status;
}

bool mp_program_arm_sets(const char *arm, const char *entry) {
    size_t len = strcspn(entry, "=");
    char build[MP_PROGRAM_DIGITS + 1];
    struct mp_words words;
    struct mp_error ignored;
    bool sets = false;
    if (!mp_program_arm_has_variables(arm))
        return false;
    if (mp_program_arm_split(arm, &words, build, &ignored) == MP_OK)
        for (size_t i = 0; i < words.count; i++)
            sets |= strcspn(words.word[i], "=") == len &&
                    strncmp(words.word[i], entry, len) == 0;
    mp_words_release(&words);
    return sets;
}

static bool is_set(const char *word) {
    size_t len = strcspn(word, "=");
    for (char **at = environ; *at != NULL; at++)
        if (strncmp(*at, word, len) == 0 && (*at)[len] == '=')
            return strcmp(*at, word) == 0;
    return false;
}

bool mp_program_arm_is_set(const char *arm, char *missing, size_t size) {
    char build[MP_PROGRAM_DIGITS + 1];
    struct mp_words words;
    struct mp_error err;
    bool is_all = mp_program_arm_split(arm, &words, build, &err) == MP_OK;
    for (size_t i = 0; is_all && i < words.count; i++) {
        is_all = is_set(words.word[i]);
        if (!is_all)
            snprintf(missing, size, "%s", words.word[i]);
    }
    mp_words_release(&words);
    return is_all;
}

bool mp_program_arm_is_same(const char *a, const char *b) {
    char first[MP_SPEC_ARM_MAX], second[MP_SPEC_ARM_MAX];
    struct mp_error ignored;
    return mp_program_arm_kind(a) != MP_PROGRAM_ARM_OTHER &&
           mp_program_arm_kind(b) != MP_PROGRAM_ARM_OTHER &&
           mp_program_arm_write(a, "", first, &ignored) == MP_OK &&
           mp_program_arm_write(b, "", second, &ignored) == MP_OK &&
           strcmp(first, second) == 0;
}

/* Adds `word` with the values of the round in it. */
static void add_expanded(struct mp_words *words, const char *word,
                         const struct mp_round_spec *spec) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    while (*word != '\0') {
        if (strncmp(word, "{seed}", 6) == 0) {
            mp_strbuf_addf(&text, "%" PRIu64, spec->seed);
            word += 6;
        } else if (strncmp(word, "{round}", 7) == 0) {
            mp_strbuf_addf(&text, "%" PRIu64, spec->number);
            word += 7;
        } else {
            mp_strbuf_addch(&text, *word++);
        }
    }
    mp_words_add(words, text.text);
    mp_strbuf_release(&text);
}

static void add_all(struct mp_words *words, const struct mp_words *from,
                    const struct mp_round_spec *spec) {
    for (size_t i = 0; i < from->count; i++)
        add_expanded(words, from->word[i], spec);
}

enum mp_status mp_program_make(const struct mp_round_spec *spec,
                               struct mp_program *ret_program, struct mp_error *err) {
    const char *text = mp_round_spec_param(spec, "exec");
    enum mp_program_arm kind = mp_program_arm_kind(spec->arm);
    bool is_env = mp_program_arm_has_variables(spec->arm);
    struct mp_words command = {0}, arm = {0};
    char build[MP_PROGRAM_DIGITS + 1];
    *ret_program = (struct mp_program){0};
    if (text == NULL)
        return mp_error_set(err, MP_USAGE,
                            "the program is missing: give its command as exec=COMMAND");
    enum mp_status status = mp_words_split(text, &command, err);
    if (status == MP_OK && (is_env || kind != MP_PROGRAM_ARM_OTHER))
        status = mp_program_arm_split(spec->arm, &arm, build, err);
    if (status == MP_OK) {
        add_all(is_env ? &ret_program->env : &ret_program->argv, &arm, spec);
        if (kind != MP_PROGRAM_EXEC)
            add_all(&ret_program->argv, &command, spec);
    }
    if (status == MP_OK && (command.count == 0 || ret_program->argv.word[0][0] == '\0'))
        status = mp_error_set(err, MP_USAGE, "the command is empty");
    mp_words_release(&command);
    mp_words_release(&arm);
    return status;
}

void mp_program_release(struct mp_program *program) {
    mp_words_release(&program->argv);
    mp_words_release(&program->env);
}

/* A code at `*at`, which is moved behind it; -1 if there is none. */
static int take_code(const char **at) {
    int code = 0;
    if (!isdigit((unsigned char)**at))
        return -1;
    for (; isdigit((unsigned char)**at); ++*at)
        code = code <= CODE_MAX ? 10 * code + (**at - '0') : code;
    return code;
}

/* Gives the codes in `text` ("0 3 5-7") a meaning. */
static enum mp_status mark_codes(const char *name, const char *text,
                                 enum mp_code_meaning meaning,
                                 struct mp_program_codes *codes, struct mp_error *err) {
    for (const char *at = text; *at != '\0';) {
        if (*at == ' ' || *at == ',') {
            at++;
            continue;
        }
        int first = take_code(&at), last = first;
        if (first >= 0 && *at == '-') {
            at++;
            last = take_code(&at);
        }
        bool is_end = *at == '\0' || *at == ' ' || *at == ',';
        if (first < 0 || last < first || last > CODE_MAX || !is_end)
            return mp_error_set(err, MP_USAGE,
                                "%s '%.40s': write exit codes from 0 to 255 and ranges "
                                "of them, such as 0,3,5-7",
                                name, text);
        for (int code = first; code <= last; code++)
            codes->means[code] = (uint8_t)meaning;
    }
    return MP_OK;
}

enum mp_status mp_program_codes_read(const struct mp_round_spec *spec,
                                     struct mp_program_codes *ret_codes,
                                     struct mp_error *err) {
    const char *ok = mp_round_spec_param(spec, "ok_codes");
    const char *skip = mp_round_spec_param(spec, "skip_codes");
    memset(ret_codes->means, MP_CODE_FAILS, sizeof(ret_codes->means));
    enum mp_status status =
        mark_codes("ok_codes", ok != NULL ? ok : "0", MP_CODE_PASSES, ret_codes, err);
    if (status == MP_OK && skip != NULL)
        status = mark_codes("skip_codes", skip, MP_CODE_SKIPS, ret_codes, err);
    return status;
}
