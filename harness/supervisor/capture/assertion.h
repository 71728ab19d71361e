/* Why a process stopped itself, out of what it wrote to stderr: finds the message among
 * the rest, frees it of what differs from round to round, knows Metal's own. Pure; any
 * bytes are safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_ASSERTION_H
#define MP_CAPTURE_ASSERTION_H

#include <stdbool.h>
#include <stddef.h>

#define MP_ASSERTION_TEXT_MAX 384
#define MP_ASSERTION_KEY_MAX  161

/* A message that Metal is known for (assertion.def). */
struct mp_assertion_known {
    const char *name;    /* "double_commit" */
    const char *text;    /* stands in the message */
    bool ends_process;   /* false: it is said and the process goes on */
    const char *meaning; /* what happened, as Metal has it */
    const char *misuse;  /* which use of it brings that about */
};

struct mp_assertion {
    char text[MP_ASSERTION_TEXT_MAX]; /* one line, escaped, cut */
    char key[MP_ASSERTION_KEY_MAX];   /* the same for every round that says it: the known
                                         name, or the   text normalised */
    const struct mp_assertion_known *known; /* NULL: none of Metal's */
};

/* Finds the message for which a process stopped itself in `len` bytes of its stderr:
 * assert() of glibc, BSD and Metal, heap errors of the C library, uncaught exceptions,
 * the SUMMARY of a sanitizer. A message with a reason beats one without, then the last
 * one counts. False if there is none. */
bool mp_assertion_find(const char *text, size_t len, struct mp_assertion *ret_assertion);

/* `len` bytes of a message as a key: addresses, numbers, ids and folders become words,
 * quotes of any kind ', GPU families *; no byte of it acts on a terminal. Cut to
 * `size`. */
void mp_assertion_normalise(const char *text, size_t len, char *buf, size_t size);

/* The known message that stands in `text`, or NULL. */
const struct mp_assertion_known *mp_assertion_recognise(const char *text);

#endif
