/* mpstress run with everything that makes a round what it is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/repeat.h"

#include "results/report/text.h"

void mp_repeat_write_parts(const struct mp_repeat *repeat,
                           struct mp_strbuf ret_part[MP_REPEAT_PARTS]) {
    bool injects = repeat->fix[0] != '\0';
    for (size_t i = 0; i < MP_REPEAT_PARTS; i++)
        mp_strbuf_init(&ret_part[i]);
    mp_strbuf_addstr(&ret_part[0], "mpstress run ");
    mp_text_quote(&ret_part[0], repeat->cell);
    mp_strbuf_addstr(&ret_part[1], "--device ");
    mp_text_quote(&ret_part[1], repeat->device);
    /* The arm of an injected library is stored with the library's digest behind it, which
     * no command takes. */
    mp_strbuf_addstr(&ret_part[2], "--arm ");
    mp_text_quote(&ret_part[2], injects ? "fix" : repeat->arm);
    if (injects) {
        mp_strbuf_addstr(&ret_part[2], " --fix ");
        mp_text_quote(&ret_part[2], repeat->fix);
    }
    if (repeat->is_uncaptured)
        mp_strbuf_addstr(&ret_part[2], " --capture off");
    mp_strbuf_addf(&ret_part[2], " --round-seed %s --db ", repeat->seed);
    mp_text_quote(&ret_part[2], repeat->db);
}

void mp_repeat_write(const struct mp_repeat *repeat, struct mp_strbuf *buf) {
    struct mp_strbuf part[MP_REPEAT_PARTS];
    mp_repeat_write_parts(repeat, part);
    for (size_t i = 0; i < MP_REPEAT_PARTS; i++) {
        mp_strbuf_addstr(buf, i > 0 ? " " : "");
        mp_strbuf_addstr(buf, part[i].text);
        mp_strbuf_release(&part[i]);
    }
}
