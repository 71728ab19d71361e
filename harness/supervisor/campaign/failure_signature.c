/* What identifies a failure without a stack. The messages are the round's own
 * (harness/round/round.c) and those of the check of an output (scenarios/check.c), which
 * a test holds beside this.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/failure_signature.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/strbuf.h"

#define PLACE_MAX   384
#define PLACES_MAX  3 /* of a deadlock */
#define MESSAGE_MAX 200

/* Bytes of the number at `text`, which stands where a word may begin; 0: none. */
static size_t number_len(const char *text) {
    size_t len = text[0] == '-' || text[0] == '+';
    if (!isdigit((unsigned char)text[len]))
        return 0;
    while (isdigit((unsigned char)text[len]))
        len++;
    if (text[len] == '.' && isdigit((unsigned char)text[len + 1]))
        len += 1 + strspn(text + len + 1, "0123456789");
    if (text[len] == 'e' || text[len] == 'E') {
        size_t sign = text[len + 1] == '-' || text[len + 1] == '+';
        size_t digits = strspn(text + len + 1 + sign, "0123456789");
        len += digits > 0 ? 1 + sign + digits : 0;
    }
    bool is_word = isalnum((unsigned char)text[len]) || text[len] == '_';
    return is_word ? 0 : len; /* 3x, 0x1f: not ours to cut */
}

/* The message without what differs between rounds. */
static void normalise(const char *text, char *buf, size_t size) {
    struct mp_strbuf plain;
    mp_strbuf_init(&plain);
    bool may_begin = true;
    for (size_t i = 0; text[i] != '\0' && plain.len < MP_PAGE_TEXT_MAX;) {
        size_t len = may_begin ? number_len(text + i) : 0;
        may_begin = len == 0 && !isalnum((unsigned char)text[i]) && text[i] != '_';
        mp_strbuf_addch(&plain, len > 0 ? '0' : text[i]);
        i += len > 0 ? len : 1;
    }
    mp_assertion_normalise(plain.text, plain.len, buf, size);
    mp_strbuf_release(&plain);
}

/* What follows "worker 3: ": which thread it was is chance. */
static const char *skip_thread(const char *message) {
    size_t len = strncmp(message, "worker ", 7) == 0 ? 7 : 0;
    len += len > 0 ? strspn(message + len, "0123456789") : 0;
    return len > 7 && strncmp(message + len, ": ", 2) == 0 ? message + len + 2 : message;
}

/* Of "thread 2, op 7 (mp_mm): ..." or "(mp_mm, stage 2 of 3 of pass 1): ..." the kernel,
 * "" if the message has none. */
static void find_kernel(const char *message, char *buf, size_t size) {
    const char *op = strstr(message, "thread ");
    const char *open = op != NULL ? strstr(op, " (") : NULL;
    size_t len = open != NULL ? strcspn(open + 2, ",)") : 0;
    bool is_one = open != NULL && strstr(op, ", op ") != NULL;
    snprintf(buf, size, "%.*s", is_one ? (int)len : 0, is_one ? open + 2 : "");
}

/* How the numbers of an op are wrong, by what its check said. */
static const char *find_wrong(const char *message) {
    const char *got = strstr(message, "got "), *row = strstr(message, " vector is ");
    const char *unwritten = strstr(message, " of them never");
    char *end;
    got = got != NULL   ? got + strlen("got ")
          : row != NULL ? row + strlen(" vector is ")
                        : NULL;
    while (unwritten != NULL && unwritten > message &&
           isdigit((unsigned char)unwritten[-1]))
        unwritten--;
    if (unwritten != NULL && strtoull(unwritten, NULL, 10) > 0)
        return "written in part";
    if (got == NULL)
        return "";
    double value = strtod(got, &end);
    if (end == got)
        return "";
    if (value != value)
        return "not a number";
    return value == 0.0 ? "zero" : "wrong numbers";
}

/* A key and a title from the same parts. */
static void write_parts(struct mp_signature *made, const char *outcome, const char *place,
                        const char *what) {
    bool has_place = place[0] != '\0', has_what = what[0] != '\0';
    snprintf(made->key, sizeof(made->key), "%s%s%s%s%s", outcome, has_place ? "/" : "",
             place, has_what ? "/" : "", what);
    snprintf(made->title, sizeof(made->title), "%s%s%.110s%s%.120s", outcome,
             has_place ? " in " : "", place, has_what ? ": " : "", what);
    snprintf(made->family, sizeof(made->family), "%s%s%.40s", outcome,
             has_place || has_what ? ":" : "", has_place ? place : what);
}

/* The newest event of the thread, NULL: none is kept. */
static const struct mp_flight_event *newest_event(const struct mp_flight *flight,
                                                  uint32_t thread) {
    for (size_t i = flight->event_count; i-- > 0;)
        if (flight->event[i].thread == thread)
            return &flight->event[i];
    return NULL;
}

/* The thread that has been in a call of the device for the longest, NULL: none is. */
static const struct mp_flight_thread *find_longest(const struct mp_flight *flight) {
    const struct mp_flight_thread *longest = NULL;
    uint64_t since = UINT64_MAX;
    for (size_t i = 0; i < flight->thread_count; i++) {
        const struct mp_flight_thread *thread = &flight->thread[i];
        const struct mp_flight_event *event = newest_event(flight, thread->thread);
        if (thread->in_flight == MP_PAGE_OP_NONE || event == NULL ||
            event->time_ns >= since)
            continue;
        longest = thread;
        since = event->time_ns;
    }
    return longest;
}

static int compare_places(const void *a, const void *b) {
    return strcmp(a, b);
}

/* Where the threads of a cycle stand, in an order that does not depend on who came
 * first. */
static void place_cycle(const struct mp_crash *sample, const char *frames, char *buf,
                        size_t size) {
    char place[PLACES_MAX][PLACE_MAX / PLACES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < sample->thread_count && count < PLACES_MAX; i++)
        if (mp_hang_is_in_cycle(sample, i))
            mp_signature_place(sample, &sample->thread[i], frames, place[count++],
                               sizeof(place[0]));
    qsort(place, count, sizeof(place[0]), compare_places);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(place[i], place[i - 1]) != 0)
            used += (size_t)snprintf(buf + used, size - used, "%s%s", i > 0 ? " + " : "",
                                     place[i]);
}

/* The main thread if none is wanted; NULL if it is gone. */
static const struct mp_crash_thread *find_thread(const struct mp_crash *sample,
                                                 const struct mp_flight_thread *wanted) {
    for (size_t i = 0; i < sample->thread_count; i++)
        if (wanted == NULL || sample->thread[i].tid == wanted->tid)
            return &sample->thread[i];
    return NULL;
}

static void sign_hang(const struct mp_round_end *end, const char *frames,
                      struct mp_signature *made) {
    const struct mp_flight_thread *longest = find_longest(&end->flight);
    const char *call = longest != NULL ? mp_page_op_name(longest->in_flight) : "";
    bool has_class = end->second != NULL;
    enum mp_hang_class class = has_class ? end->hang_class : MP_HANG_CLASS_COUNT;
    const char *words =
        has_class ? mp_hang_words(class) : "its threads were not looked at";
    char place[PLACE_MAX] = "", first[PLACE_MAX], kind[24];
    if (class == MP_HANG_SLOW)
        call = "";
    else if (end->crash != NULL && class == MP_HANG_DEADLOCK)
        place_cycle(end->crash, frames, place, sizeof(place));
    else if (end->crash != NULL && (class != MP_HANG_SPINNING || longest == NULL))
        mp_signature_place(end->crash, find_thread(end->crash, longest), frames, place,
                           sizeof(place));
    bool has_call = call[0] != '\0', has_place = place[0] != '\0';
    snprintf(kind, sizeof(kind), "hang/%s", mp_hang_name(class));
    snprintf(first, sizeof(first), "%.*s", (int)strcspn(place, "|"), place);
    write_parts(made, kind, call, place);
    snprintf(made->title, sizeof(made->title), "hang%s%.120s: %s",
             has_call || has_place ? " in " : "", has_place ? first : call, words);
    snprintf(made->family, sizeof(made->family), "hang:%s", mp_hang_name(class));
}

/* A driver's error by its numbers and text; else what the round said. */
static void sign_error(const struct mp_page_summary *page, const char *message,
                       struct mp_signature *made) {
    const struct mp_gpu_error *error = &page->gpu_error;
    char what[MESSAGE_MAX], domain[MP_GPU_ERROR_DOMAIN_MAX + 24];
    if (page->gpu_blame == MP_GPU_NO_ERROR) {
        normalise(message, what, sizeof(what));
        write_parts(made, "gpu_error", "", what);
        return;
    }
    normalise(error->text, what, sizeof(what));
    snprintf(domain, sizeof(domain), "%s %lld", error->domain, (long long)error->code);
    write_parts(made, "gpu_error", domain, what);
}

/* A crash of which nobody saw a stack. */
static void sign_death(const struct mp_round_end *end, enum mp_outcome outcome,
                       const struct mp_assertion *said, struct mp_signature *made) {
    char number[16], how[48];
    int signal = end->crash != NULL ? end->crash->signal : end->exit.signal;
    bool has_code = end->exit.kind == MP_EXIT_CODE && end->exit.code != 0;
    const char *name = signal != 0 ? mp_crash_signal_name(signal, number, sizeof(number))
                                   : mp_outcome_name(outcome);
    if (has_code && signal == 0)
        snprintf(how, sizeof(how), "code %d", end->exit.code);
    else
        snprintf(how, sizeof(how), "no stack");
    write_parts(made, name, how, said != NULL ? said->key : "");
    snprintf(made->title, sizeof(made->title), "%s, %s%s%.200s", name, how,
             said != NULL ? ": " : "", said != NULL ? said->text : "");
}

void mp_failure_signature_make(const struct mp_round_end *end, enum mp_outcome outcome,
                               const char *detail, const struct mp_assertion *said,
                               const char *frames, struct mp_signature *ret_signature) {
    const struct mp_page_summary *page = &end->page;
    struct mp_signature made = {0};
    const char *message = skip_thread(page->message[0] != '\0' ? page->message : detail);
    const char *name = mp_outcome_name(outcome);
    bool has_left = end->exit.kind == MP_EXIT_CODE && page->phase < MP_PHASE_DONE;
    char kernel[64], what[MESSAGE_MAX];
    find_kernel(message, kernel, sizeof(kernel));
    normalise(message, what, sizeof(what));
    if (outcome == MP_OUTCOME_HANG && (end->crash != NULL || page->message[0] == '\0')) {
        sign_hang(end, frames, &made);
    } else if (outcome == MP_OUTCOME_CRASH || outcome == MP_OUTCOME_ABORT) {
        sign_death(end, outcome, said, &made);
    } else if (outcome == MP_OUTCOME_GPU_ERROR) {
        sign_error(page, message, &made);
    } else if (outcome == MP_OUTCOME_EXIT) {
        char code[32];
        snprintf(code, sizeof(code), "exit/code %d", end->exit.code);
        normalise(end->exit.said, what, sizeof(what));
        write_parts(&made, code, "", said != NULL ? said->key : what);
    } else if (outcome == MP_OUTCOME_DROPPED && has_left) {
        snprintf(what, sizeof(what), "left in phase %s with code %d",
                 mp_page_phase_name(page->phase), end->exit.code);
        write_parts(&made, name, said != NULL ? said->key : "", what);
    } else if (kernel[0] != '\0') {
        const char *wrong =
            outcome == MP_OUTCOME_DROPPED ? "no output" : find_wrong(message);
        write_parts(&made, name, kernel, wrong[0] != '\0' ? wrong : what);
    } else {
        write_parts(&made, name, "", what);
    }
    *ret_signature = made;
}
