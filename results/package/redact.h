/* Takes out of foreign text what says whose machine it was: names of users and hosts,
 * folders, addresses, serial numbers and ids of the device. What it does not know it
 * keeps; one should look at a package before it is sent.
 *
 * In brackets stands what was there: [user], [host], [home], [path], [mail], [address],
 * [id]. Paths keep their last part; those of the system stay whole, as do ids of modules
 * and of incidents, which say nothing about a person.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_REDACT_H
#define MP_PACKAGE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/strbuf.h"

/* The names that were learned, the longest first. */
struct mp_redact {
    struct mp_redact_name {
        char *name; /* owned */
        bool is_host;
    } * name;
    size_t count;
};

void mp_redact_init(struct mp_redact *redact);
void mp_redact_release(struct mp_redact *redact);

/* A name that is to go wherever it stands as a word. Nothing for a name of one byte, or
 * one that machines usually have (root, admin, localhost). */
void mp_redact_learn(struct mp_redact *redact, const char *name, bool is_host);
/* Learns the users whose home folders a text names, and what it says the user or the host
 * is called. */
void mp_redact_learn_text(struct mp_redact *redact, const char *text, size_t len);
/* Learns the user and the host of this process. */
void mp_redact_learn_here(struct mp_redact *redact);

/* Adds `text`, redacted. */
void mp_redact_add(const struct mp_redact *redact, const char *text, size_t len,
                   struct mp_strbuf *buf);

#endif
