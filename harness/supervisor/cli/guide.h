/* Guides: texts of harness/manual, in the program, as plain text and as manual pages. The
 * first line of one is "NAME - SUMMARY"; "== " begins a section; lines with four blanks
 * before them are shown as they are; an empty line ends a paragraph.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_GUIDE_H
#define MP_CLI_GUIDE_H

#include "harness/base/strbuf.h"

/* Of all manual pages: that of MP_VERSION; a build date would make builds differ. */
#define MP_GUIDE_DATE "January 1, 2026"

struct mp_guide {
    const char *name;
    const char *text;
};

/* All of them, ended by a row without a name. */
const struct mp_guide *mp_guide_list_all(void);
/* NULL: there is none of that name. */
const struct mp_guide *mp_guide_find(const char *name);
/* Adds "NAME  SUMMARY" lines. */
void mp_guide_add_list(struct mp_strbuf *buf);
/* Adds its manual page, mpstress-NAME(7), in mdoc. */
void mp_guide_add_man(const struct mp_guide *guide, struct mp_strbuf *buf);

#endif
