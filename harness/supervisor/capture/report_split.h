/* Where the reports of one text begin and end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_REPORT_SPLIT_H
#define MP_CAPTURE_REPORT_SPLIT_H

#include <stddef.h>

#include "harness/supervisor/capture/report_form.h"

#define MP_REPORT_PARTS_MAX 256

enum mp_report_part_kind {
    MP_PART_JSON, /* one or two objects, or one and a text */
    MP_PART_TEXT, /* Apple's text form */
    MP_PART_FORM  /* another one */
};

struct mp_report_part {
    enum mp_report_part_kind kind;
    const struct mp_report_form *form; /* of MP_PART_FORM */
    size_t at, len;
};

/* Finds the parts of `text`. Returns how many there are; those above
 * MP_REPORT_PARTS_MAX are counted and not written. */
size_t mp_report_split(const char *text, size_t len,
                       struct mp_report_part ret_part[MP_REPORT_PARTS_MAX]);

#endif
