/* Lines of a report: titles, labels, notes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_LINE_H
#define MP_REPORT_LINE_H

#include <stdint.h>

#include "harness/base/text.h"

#define MP_LABEL_WIDTH 11
#define MP_LINE_INDENT 5 /* indent of an item's lines */

#define MP_MODEL_NOTE                                                                    \
    "@model is a software model of the driver: nothing here was seen on Apple's driver."

#define MP_SOFTWARE_NOTE                                                                 \
    "@lavapipe is a real driver that runs on the CPU: nothing here was seen on a GPU."

#define MP_VIRTUAL_NOTE                                                                  \
    "virtual: the GPU of a virtual machine, which says nothing about Apple's GPU driver"

/* An empty line, and a title. */
void mp_line_title(struct mp_text *text, const char *title);
/* A label and its text, wrapped. */
void mp_line_add(struct mp_text *text, const char *label, enum mp_style style,
                 const char *content);
/* A label and a command, on one line however long it is, so that a shell takes it. */
void mp_line_command(struct mp_text *text, const char *label, const char *command);
/* The head of a view of a signature: number, title, family, key. */
void mp_line_signature(struct mp_text *text, int64_t id, const char *title,
                       const char *family, const char *key);
/* A label and its text, indented. */
void mp_line_item(struct mp_text *text, const char *label, enum mp_style style,
                  const char *content);
/* Appends ", 64 of 512 frames" if `kept` is less than `total`, which may be
 * MP_FIELD_NULL; without the comma to an empty line. */
void mp_line_write_cut(uint64_t kept, int64_t total, const char *what,
                       struct mp_strbuf *line);
/* An indented label; the caller continues the line. */
void mp_line_begin(struct mp_text *text, const char *label);

#endif
