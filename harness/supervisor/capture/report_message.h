/* Which of the many messages in a report says why its process ended. Pure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REPORT_MESSAGE_H
#define MP_CAPTURE_REPORT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct mp_os_report;

/* The message so far. Zeroed: none. */
struct mp_report_message {
    char text[512];
    int weight;
    size_t total; /* its bytes before it was cut to `text` */
};

/* Takes `text` of one source if it says more than what is there; of two that say the same
 * the first stays. Assertions, the allocator's and Swift's last words beat everything,
 * anything beats "abort() called", the modes of dyld and names of selectors. Of several
 * lines the one that says most is kept, with those that belong to it. */
void mp_report_message_offer(struct mp_report_message *message, const char *text);
/* Whether it says more than how the process ended, or what it was about. */
bool mp_report_message_says_why(const struct mp_report_message *message);
/* The message that was chosen becomes the report's. */
void mp_report_message_settle(const struct mp_report_message *message,
                              struct mp_os_report *report);
/* The first `len` bytes of `text` become the report's message, as far as it has room. */
void mp_report_message_put(struct mp_os_report *report, const char *text, size_t len);

#endif
