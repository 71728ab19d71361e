/* Lines of a report.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/line.h"

void mp_line_title(struct mp_text *text, const char *title) {
    mp_text_end(text);
    mp_text_add(text, MP_BOLD, "%s", title);
    mp_text_end(text);
}

void mp_line_add(struct mp_text *text, const char *label, enum mp_style style,
                 const char *content) {
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, label);
    mp_text_wrap(text, style, MP_LABEL_WIDTH, content);
}

void mp_line_command(struct mp_text *text, const char *label, const char *command) {
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, label);
    mp_text_add(text, MP_PLAIN, "%s", command);
    mp_text_end(text);
}

void mp_line_signature(struct mp_text *text, int64_t id, const char *title,
                       const char *family, const char *key) {
    mp_text_add(text, MP_BAD, "signature %lld  ", (long long)id);
    mp_text_wrap(text, MP_BOLD, MP_LABEL_WIDTH, title);
    mp_line_add(text, "family", MP_PLAIN, family);
    mp_line_add(text, "key", MP_PLAIN, key);
}

void mp_line_item(struct mp_text *text, const char *label, enum mp_style style,
                  const char *content) {
    mp_line_begin(text, label);
    mp_text_wrap(text, style, MP_LINE_INDENT + MP_LABEL_WIDTH, content);
}

void mp_line_write_cut(uint64_t kept, int64_t total, const char *what,
                       struct mp_strbuf *line) {
    if (total > 0 && (uint64_t)total > kept)
        mp_strbuf_addf(line, "%s%llu of %lld %s", line->len > 0 ? ", " : "",
                       (unsigned long long)kept, (long long)total, what);
}

void mp_line_begin(struct mp_text *text, const char *label) {
    mp_strbuf_pad(text->buf, ' ', MP_LINE_INDENT);
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, label);
}
