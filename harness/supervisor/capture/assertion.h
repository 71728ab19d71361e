/* Why a process aborted, from what it wrote to stderr: finds the message, normalises what
 * differs between rounds, knows Metal's own. Pure; any bytes are safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_ASSERTION_H
#define MP_CAPTURE_ASSERTION_H

#include <stdbool.h>
#include <stddef.h>

#define MP_ASSERTION_TEXT_MAX 384
#define MP_ASSERTION_KEY_MAX  161

/* A known message of Metal (assertion.def). */
struct mp_assertion_known {
    const char *name;    /* "double_commit" */
    const char *text;    /* stands in the message */
    bool ends_process;   /* false: the process continues */
    const char *meaning; /* what happened, in Metal's terms */
    const char *misuse;  /* which misuse causes it */
};

struct mp_assertion {
    char text[MP_ASSERTION_TEXT_MAX]; /* one line, escaped, cut */
    char key[MP_ASSERTION_KEY_MAX];   /* the same for every round that says it: the known
                                         name, or the text normalised */
    const struct mp_assertion_known *known; /* NULL: none of Metal's */
};

/* Finds the message with which a process aborted in `len` bytes of its stderr:
 * assert() of glibc, BSD and Metal, heap errors of the C library, uncaught exceptions,
 * the SUMMARY of a sanitizer. A message with a reason beats one without, then the last
 * one counts. False if there is none. */
bool mp_assertion_find(const char *text, size_t len, struct mp_assertion *ret_assertion);

/* How much such a message says: 0 that it is none, 1 that the process stops itself, 2
 * why. */
int mp_assertion_weigh(const char *text, size_t len);

/* `len` bytes of a message as a key: addresses, numbers, ids and folders become words,
 * quotes of any kind ', GPU families *; escaped for terminals. Cut to `size`. */
void mp_assertion_normalise(const char *text, size_t len, char *buf, size_t size);

/* The known message that stands in `text`, or NULL. */
const struct mp_assertion_known *mp_assertion_recognise(const char *text);

#endif
