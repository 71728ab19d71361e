/* The bytes of a file as the text in it, whatever wrapped it: gz, UTF-16, foreign line
 * ends, Markdown and HTML around it. Any bytes are safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REPORT_TEXT_H
#define MP_CAPTURE_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

/* Adds the text of a file to `text` (initialised, empty) as UTF-8 with lines that end in
 * '\n': unpacked, in one encoding, without byte order mark and without non-breaking
 * blanks. At most `max` bytes are unpacked; `ret_is_cut` tells that there were more, or
 * that the packed file ends too early. MP_USAGE: it is packed and damaged from its
 * beginning. */
enum mp_status mp_report_text_decode(const char *bytes, size_t len, size_t max,
                                     struct mp_strbuf *text, bool *ret_is_cut,
                                     struct mp_error *err);

/* Takes away what people put around a report: quotation marks at the start of lines,
 * fences of Markdown, elements of HTML; resolves escapes of HTML. Rewrites `text`. */
void mp_report_text_unwrap(struct mp_strbuf *text);

#endif
