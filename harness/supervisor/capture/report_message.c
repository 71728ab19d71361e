/* Weighs messages by what they say. See the header.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/report_message.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/supervisor/capture/assertion.h"
#include "harness/supervisor/capture/os_report.h"

enum weight {
    NOTHING, /* how the process ended, which the report says anyway */
    CONTEXT, /* what it was about, never why */
    WORDS,
    LAST_WORDS,  /* a process that stops itself ... */
    WITH_REASON, /* ... and says why */
};

static const struct {
    const char *words;
    enum weight weight;
} marks[] = {
    {"abort() called", NOTHING},
    {"BUG IN CLIENT OF LIBDISPATCH", WITH_REASON},
    {"BUG IN CLIENT OF LIBMALLOC", WITH_REASON},
    {"BUG IN LIBDISPATCH", WITH_REASON},
    {"BUG IN CLIENT OF", WITH_REASON},
    {"Fatal error: ", WITH_REASON},
    {"Fatal error", LAST_WORDS},
    {"Precondition failed", WITH_REASON},
    {"*** Terminating app due to uncaught exception", WITH_REASON},
    {"Crashing on exception: ", WITH_REASON},
    {"dyld2 mode", NOTHING},
    {"dyld3 mode", NOTHING},
    {"dyld4 config", NOTHING},
    {"dyld: in dlopen", CONTEXT},
    {"selector name: ", CONTEXT},
    {"Performing @selector(", CONTEXT},
    {"Selector name found in current argument registers", CONTEXT},
    {"Bundle controller class", NOTHING},
    {"Namespace SIGNAL, Code", NOTHING},
    {"Abort trap: ", NOTHING},
    {"Segmentation fault: ", NOTHING},
    {"Bus error: ", NOTHING},
    {"Trace/BPT trap: ", NOTHING},
    {"Illegal instruction: ", NOTHING},
    {"Killed: ", NOTHING},
};

/* Whether a line is one word without a sentence in it: a selector, a symbol. */
static bool is_one_word(const char *line, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (isspace((unsigned char)line[i]))
            return false;
    return true;
}

static int weigh(const char *line, size_t len) {
    char text[1024];
    snprintf(text, sizeof(text), "%.*s",
             (int)(len < sizeof(text) ? len : sizeof(text) - 1), line);
    if (len == 0)
        return NOTHING;
    int own = mp_assertion_weigh(line, len);
    if (own > 0)
        return own == 2 ? WITH_REASON : LAST_WORDS;
    for (size_t i = 0; i < MP_COUNT(marks); i++)
        if (strstr(text, marks[i].words) != NULL)
            return marks[i].weight;
    return is_one_word(line, len) ? CONTEXT : WORDS;
}

static size_t line_len(const char *text) {
    return strcspn(text, "\n");
}

/* From the line that says most to the end: what follows it belongs to it as a rule. */
static const char *best_line(const char *text, int *ret_weight) {
    const char *best = text;
    int best_weight = -1;
    while (*text != '\0') {
        size_t len = line_len(text);
        int weight = weigh(text, len);
        if (weight > best_weight) {
            best = text;
            best_weight = weight;
        }
        text += len + (text[len] == '\n');
    }
    *ret_weight = best_weight;
    return best;
}

/* Without half of a character at the end. */
static void keep(const char *text, size_t len, char *buf, size_t size) {
    size_t kept = len < size ? len : size - 1;
    while (kept < len && kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80)
        kept--;
    memcpy(buf, text, kept);
    buf[kept] = '\0';
}

void mp_report_message_offer(struct mp_report_message *message, const char *text) {
    int weight = NOTHING;
    text += strspn(text, " \t\r\n");
    const char *best = best_line(text, &weight);
    size_t len = strlen(best);
    while (len > 0 && isspace((unsigned char)best[len - 1]))
        len--;
    bool is_first = message->text[0] == '\0';
    if (len == 0 || (!is_first && weight <= message->weight))
        return;
    keep(best, len, message->text, sizeof(message->text));
    message->weight = weight;
    message->total = len;
}

bool mp_report_message_says_why(const struct mp_report_message *message) {
    return message->weight > CONTEXT;
}

void mp_report_message_settle(const struct mp_report_message *message,
                              struct mp_os_report *report) {
    snprintf(report->message, sizeof(report->message), "%s", message->text);
    report->message_total = message->total;
}

void mp_report_message_put(struct mp_os_report *report, const char *text, size_t len) {
    keep(text, len, report->message, sizeof(report->message));
    report->message_total = len;
}
