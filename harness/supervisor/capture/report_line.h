/* Lines of a report in text form.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REPORT_LINE_H
#define MP_CAPTURE_REPORT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text that is read line by line. */
struct mp_report_lines {
    const char *at, *end;
    char *line;          /* owned; the line read last, without blanks around it */
    size_t size, indent; /* indent: the blanks in front of it */
    bool was_cut;        /* it was longer than MP_REPORT_LINE_MAX */
};

#define MP_REPORT_LINE_MAX 16384

void mp_report_lines_init(struct mp_report_lines *lines, const char *text, size_t len);
void mp_report_lines_release(struct mp_report_lines *lines);
/* Reads the next line; false at the end of the text. NUL bytes become blanks. */
bool mp_report_lines_next(struct mp_report_lines *lines);
/* How many lines of a text are longer than is read of one. */
size_t mp_report_lines_cut(const char *text, size_t len);

/* The text behind "KEY:" and its blanks, or NULL. */
const char *mp_report_value(const char *line, const char *key);
/* Reads digits of `base` that `text` begins with; for 16 with or without "0x". False if
 * there are none. */
bool mp_report_number(const char *text, int base, uint64_t *ret_value,
                      const char **ret_end);
bool mp_report_begins(const char *text, const char *start);
/* "#3  main () at a.c:1": the number, and what stands behind it. */
bool mp_report_frame_number(const char *line, uint64_t *ret_number,
                            const char **ret_rest);
/* This system's number of the signal whose name `text` begins with, with or without
 * "SIG"; 0 if it is none. */
int mp_report_signal(const char *text);

#endif
