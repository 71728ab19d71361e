/* Turns what the runner saw into a verdict on one round. Reads no clock, no database, no
 * file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/judgement.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/excerpt.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/failure_signature.h"
#include "harness/supervisor/capture/assertion.h"

/* Of what a program said, in whatever words. */
#define WORDS_MAX 200

/* Adds why a round hung, as far as two samples can tell. */
static void add_hang(const struct mp_round_end *end, char *detail, size_t size) {
    char circle[256];
    size_t len = strlen(detail);
    if (end->second == NULL || end->hang_class == MP_HANG_STOPPED)
        return; /* the outcome says that it was stopped */
    mp_hang_describe_cycle(end->second, circle, sizeof(circle));
    bool has_circle = end->hang_class == MP_HANG_DEADLOCK;
    snprintf(detail + len, size - len, "; %s%s%s", mp_hang_words(end->hang_class),
             has_circle ? ": " : "", has_circle ? circle : "");
}

/* What the process said about why it ended: on stderr if it aborted or failed, and in
 * what it left for a report of the system. False if nothing. */
static bool find_message(const struct mp_round_end *end, enum mp_outcome outcome,
                         struct mp_assertion *ret_said) {
    bool is_exit = (outcome == MP_OUTCOME_DROPPED || outcome == MP_OUTCOME_EXIT) &&
                   end->exit.kind == MP_EXIT_CODE && end->exit.code != 0;
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    if (outcome == MP_OUTCOME_ABORT || is_exit)
        mp_strbuf_addf(&text, "%s\n", end->stderr_text);
    if (end->crash != NULL)
        mp_strbuf_addstr(&text, end->crash->said); /* last: of equals it counts */
    bool is_found = mp_assertion_find(text.text, text.len, ret_said);
    mp_strbuf_release(&text);
    return is_found;
}

static void add_message(const struct mp_assertion *said, char *detail, size_t size) {
    size_t len = strlen(detail);
    if (said->known != NULL) {
        snprintf(detail + len, size - len, "; it said %s (%s: %s)", said->text,
                 said->known->name, said->known->meaning);
    } else {
        snprintf(detail + len, size - len, "; it said %s", said->text);
    }
}

static void add_words(const char *before, const char *text, size_t len, char *detail,
                      size_t size) {
    size_t used = strlen(detail);
    char kept[WORDS_MAX + 1];
    struct mp_strbuf words;
    mp_strbuf_init(&words);
    mp_excerpt_start(kept, sizeof(kept), text, len);
    mp_strbuf_add_escaped(&words, kept, strlen(kept), 0);
    snprintf(detail + used, size - used, "; %s %s", before, words.text);
    mp_strbuf_release(&words);
}

/* A program that fails or skips by its code mostly says why in its last line. */
static bool says_why(const struct mp_round_end *end, enum mp_outcome outcome) {
    bool is_by_code =
        end->exit.kind == MP_EXIT_CODE &&
        (end->exit.code_means == MP_CODE_FAILS || end->exit.code_means == MP_CODE_SKIPS);
    bool is_so = outcome == MP_OUTCOME_EXIT || outcome == MP_OUTCOME_SKIP;
    return is_by_code && is_so && end->exit.said[0] == '\0';
}

static void add_last_line(const char *output, char *detail, size_t size) {
    size_t stop = strlen(output);
    while (stop > 0 && strchr("\n\r\t ", output[stop - 1]) != NULL)
        stop--;
    size_t start = stop;
    while (start > 0 && output[start - 1] != '\n')
        start--;
    if (start < stop)
        add_words("its last line:", output + start, stop - start, detail, size);
}

/* A stack or a message of a crash first; else how it failed. A crash in a round without a
 * verdict has its own too. */
static void sign(const struct mp_round_end *end, const struct mp_assertion *said,
                 const char *frames, struct mp_judgement *made) {
    bool has_crash = end->crash != NULL && end->crash->kind == MP_CRASH_OF_SIGNAL;
    bool has_failed = mp_outcome_class(made->outcome) == MP_CLASS_FAILURE;
    made->signature = (struct mp_signature){.is_incomplete = true};
    made->has_signature = has_crash || has_failed;
    if (has_crash)
        mp_signature_make_assertion(end->crash, said, frames, &made->signature);
    if (made->signature.is_incomplete && has_failed) {
        struct mp_signature other;
        mp_failure_signature_make(end, made->outcome, made->detail, said, frames, &other);
        snprintf(other.other_key, sizeof(other.other_key), "%s",
                 made->signature.other_key);
        made->signature = other;
    }
}

void mp_judgement_make(const struct mp_round_end *end, const char *frames,
                       struct mp_judgement *ret_judgement) {
    struct mp_judgement *made = ret_judgement;
    struct mp_assertion said;
    made->detail[0] = '\0';
    made->is_withdrawn = false;
    made->outcome = mp_outcome_decide(&end->exit, &end->page, end->crash,
                                      end->has_claim ? &end->claim : NULL, made->detail,
                                      sizeof(made->detail));
    bool is_crash = end->crash != NULL && end->crash->kind == MP_CRASH_OF_SIGNAL;
    bool has_said = find_message(end, made->outcome, &said);
    sign(end, has_said ? &said : NULL, frames, made);
    add_hang(end, made->detail, sizeof(made->detail));
    if (has_said)
        add_message(&said, made->detail, sizeof(made->detail));
    else if (says_why(end, made->outcome))
        add_last_line(end->stderr_text, made->detail, sizeof(made->detail));
    else if (is_crash && end->crash->said[0] != '\0')
        add_words("it said", end->crash->said, strlen(end->crash->said), made->detail,
                  sizeof(made->detail));
}

void mp_judgement_withdraw(struct mp_judgement *judgement, const char *words) {
    struct mp_strbuf detail;
    if (judgement->outcome == MP_OUTCOME_LOST)
        return;
    mp_strbuf_init(&detail);
    mp_strbuf_addf(&detail, "%s; without that it would be %s: %s", words,
                   mp_outcome_name(judgement->outcome), judgement->detail);
    snprintf(judgement->detail, sizeof(judgement->detail), "%s", detail.text);
    mp_strbuf_release(&detail);
    judgement->outcome = MP_OUTCOME_BROKEN;
    judgement->has_signature = false;
    judgement->is_withdrawn = true;
}
