/* Matches lines. A NUL in a line is read as a blank, since it would hide the rest.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/program_output.h"

#include <stdio.h>
#include <string.h>

#include "harness/wire/program.h"

enum mp_status mp_program_output_open(struct mp_program_output *output,
                                      const struct mp_round_spec *spec,
                                      struct mp_error *err) {
    const char *text = mp_round_spec_param(spec, "fail_output");
    struct mp_words words = {0};
    output->has_pattern = false;
    if (text == NULL)
        return MP_OK;
    enum mp_status status = mp_words_split(text, &words, err);
    if (status == MP_OK && words.count != 1)
        status = mp_error_set(err, MP_USAGE,
                              "is one regular expression: put it between single quotes");
    int code = status == MP_OK
                   ? regcomp(&output->pattern, words.word[0], REG_EXTENDED | REG_NOSUB)
                   : 0;
    if (code != 0) {
        char why[128];
        regerror(code, &output->pattern, why, sizeof(why));
        status = mp_error_set(err, MP_USAGE, "'%.80s' is not a regular expression: %s",
                              words.word[0], why);
    }
    output->has_pattern = status == MP_OK;
    mp_words_release(&words);
    if (status != MP_OK)
        mp_error_prefix(err, "fail_output");
    return status;
}

static void look(struct mp_program_output *output) {
    output->line[output->len] = '\0';
    output->len = 0;
    if (output->match[0] == '\0' && output->line[0] != '\0' &&
        regexec(&output->pattern, output->line, 0, NULL, 0) == 0)
        snprintf(output->match, sizeof(output->match), "%.*s",
                 (int)sizeof(output->match) - 1, output->line);
}

void mp_program_output_add(struct mp_program_output *output, const char *bytes,
                           size_t len) {
    for (size_t i = 0; output->has_pattern && i < len; i++) {
        if (bytes[i] == '\n' || output->len == sizeof(output->line) - 1)
            look(output);
        if (bytes[i] != '\n')
            output->line[output->len++] = bytes[i] != '\0' ? bytes[i] : ' ';
    }
}

void mp_program_output_end(struct mp_program_output *output) {
    if (output->has_pattern)
        look(output);
}

void mp_program_output_close(struct mp_program_output *output) {
    if (output->has_pattern)
        regfree(&output->pattern);
    output->has_pattern = false;
}
