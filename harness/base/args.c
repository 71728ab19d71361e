/* Reads command lines. Knows no option by name.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define NAME_MAX_SHOWN 40

/* The row of an option of `len` bytes, as written after "--". */
static const struct mp_option *find_row(const struct mp_option *rows, const char *name,
                                        size_t len) {
    for (; rows->name != NULL; rows++)
        if (strlen(rows->name) == len && strncmp(rows->name, name, len) == 0)
            return rows;
    return NULL;
}

static enum mp_status refuse_option(const struct mp_option *rows, const char *text,
                                    size_t len, struct mp_error *err) {
    char names[MP_OPTION_ROWS_MAX][NAME_MAX_SHOWN];
    const char *words[MP_OPTION_ROWS_MAX + 1] = {NULL};
    char shown[64];
    for (size_t i = 0; rows[i].name != NULL; i++) {
        snprintf(names[i], sizeof(names[i]), "--%s", rows[i].name);
        words[i] = names[i];
    }
    snprintf(shown, sizeof(shown), "%.*s", (int)len, text);
    return mp_option_unknown(err, "option", shown, words);
}

static enum mp_status take(struct mp_args *args, const struct mp_option *row,
                           const char *text, struct mp_error *err) {
    if (text != NULL && *text == '\0')
        return mp_error_set(err, MP_USAGE, "--%s: the value is empty", row->name);
    enum mp_status status = mp_option_set(&args->values, row->name, text, err);
    if (status != MP_OK) {
        mp_error_prefix(err, "command line");
        return status;
    }
    args->given =
        mp_memory_resize(args->given, args->given_count + 1, sizeof(*args->given));
    args->given[args->given_count++] = (struct mp_args_given){.row = row, .text = text};
    return MP_OK;
}

/* Takes "--name" or "--name=value" at argv[0]; adds the number of words used to
 * `*used`. */
static enum mp_status take_long(struct mp_args *args, char *const *argv, size_t *used,
                                struct mp_error *err) {
    const char *name = argv[0] + 2;
    size_t len = strcspn(name, "=");
    const struct mp_option *row = find_row(args->values.rows, name, len);
    if (row == NULL)
        return refuse_option(args->values.rows, argv[0], len + 2, err);
    *used += 1;
    if (name[len] == '=')
        return take(args, row, name + len + 1, err);
    if (row->type == MP_OPTION_FLAG)
        return take(args, row, NULL, err);
    if (argv[1] == NULL)
        return mp_error_set(err, MP_USAGE, "--%s needs a value: --%s %s", row->name,
                            row->name, row->metavar != NULL ? row->metavar : "VALUE");
    *used += 1;
    return take(args, row, argv[1], err);
}

/* Takes "-v" or "-vq": letters are flags. */
static enum mp_status take_letters(struct mp_args *args, const char *word,
                                   struct mp_error *err) {
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const struct mp_option *row = args->values.rows;
        while (row->name != NULL && row->letter != *letter)
            row++;
        if (row->name == NULL)
            return refuse_option(args->values.rows, word, strlen(word), err);
        enum mp_status status = take(args, row, NULL, err);
        if (status != MP_OK)
            return status;
    }
    return MP_OK;
}

static void take_operand(struct mp_args *args, const char *text) {
    args->operand =
        mp_memory_resize(args->operand, args->operand_count + 1, sizeof(*args->operand));
    args->operand[args->operand_count++] = text;
}

enum mp_status mp_args_parse(const struct mp_option *rows, char *const *argv,
                             struct mp_args *ret_args, struct mp_error *err) {
    enum mp_status status = MP_OK;
    bool only_operands = false;
    memset(ret_args, 0, sizeof(*ret_args));
    mp_option_values_init(&ret_args->values, rows);
    for (size_t i = 0; status == MP_OK && argv[i] != NULL;) {
        const char *word = argv[i];
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            take_operand(ret_args, word);
            i++;
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
            ret_args->operands_before = ret_args->operand_count;
            i++;
        } else if (word[1] == '-') {
            status = take_long(ret_args, &argv[i], &i, err);
        } else {
            status = take_letters(ret_args, word, err);
            i++;
        }
    }
    if (!only_operands)
        ret_args->operands_before = ret_args->operand_count;
    return status;
}

void mp_args_release(struct mp_args *args) {
    free(args->given);
    free(args->operand);
    memset(args, 0, sizeof(*args));
}

size_t mp_args_texts(const struct mp_args *args, const char *name, const char **ret_texts,
                     size_t max) {
    size_t count = 0;
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].row->name, name) == 0) {
            if (count < max)
                ret_texts[count] = args->given[i].text;
            count++;
        }
    }
    return count;
}

bool mp_args_is_set(const struct mp_args *args, const char *name) {
    return mp_args_texts(args, name, NULL, 0) > 0;
}

bool mp_args_flag(const struct mp_args *args, const char *name) {
    return mp_args_is_set(args, name) && mp_option_get(&args->values, name)->integer != 0;
}

int64_t mp_args_integer(const struct mp_args *args, const char *name, int64_t otherwise) {
    return mp_args_is_set(args, name) ? mp_option_get(&args->values, name)->integer
                                      : otherwise;
}

const char *mp_args_text(const struct mp_args *args, const char *name) {
    const char *text = NULL;
    for (size_t i = 0; i < args->given_count; i++)
        if (strcmp(args->given[i].row->name, name) == 0)
            text = args->given[i].text;
    return text;
}
