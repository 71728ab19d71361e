/* Settings of the driver: what the disassembly leaves open, and the planted defects. Set
 * before the device commits its first command buffer, constant from then on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_SETTINGS_H
#define MP_MODEL_SETTINGS_H

#include <stdbool.h>

/* The planted defects. What each does stands in defect.c or at the one place where it
 * acts. */
enum mp_defect {
#define MP_DEFECT(id, name, every, plants, finder, basis) MP_DEFECT_##id,
#include "repro/model/defect.def"
#undef MP_DEFECT
    MP_DEFECT_COUNT
};

/* How a method reads its context when destroy_race is on. */
enum mp_reader {
    MP_READER_UNLOCKED, /* U: load once, no lock, no check (as disassembled) */
    MP_READER_LOCKED,   /* L: lock, check, load again for the use, unlock */
    MP_READER_SPLIT,    /* S: check under the lock, unlock, load again */
    MP_READER_SINGLE    /* P: lock, load once, check and use that copy, unlock */
};

struct mp_settings {
    enum mp_reader reader;
    bool patched_order; /* destroyImpl stores NULL before the unlock */
    unsigned freelist;  /* contexts kept for reuse */
    unsigned executors;
    bool end_destroys; /* endEncoding does not keep the encoder to be opened again */
    bool commit_is_unlocked; /* commit and what takes the previous encoder lock nothing */
    bool late_is_held;       /* committed work waits until no client holds its encoders */
    bool rendezvous; /* the destroyer holds its window open until a reader is inside */
    bool validation; /* calls against Apple's rules abort, as under MTL_DEBUG_LAYER */
    char scar[256];  /* path; "": a device recovers after a hang */
    bool defect[MP_DEFECT_COUNT];
};

/* Whether work waits for the holders of its encoders: destroy_race goes before late. */
static inline bool mp_settings_hold(const struct mp_settings *settings) {
    return settings->late_is_held && !settings->defect[MP_DEFECT_DESTROY_RACE];
}

/* Whether a freed encoder keeps its memory, with garbage for a class, so that a message
 * to it always faults (object.h). */
static inline bool mp_settings_bury(const struct mp_settings *settings) {
    return settings->commit_is_unlocked || settings->defect[MP_DEFECT_DOUBLE_RELEASE];
}

/* Reads "reader=U,defects=destroy_race+silent_drop"; unnamed settings keep their
 * defaults. Returns NULL, or a text that names the bad setting and what is allowed
 * (static memory of the thread). */
const char *mp_settings_parse(const char *text, struct mp_settings *ret_settings);

/* One line per setting: name TAB default TAB choices or range. */
const char *mp_settings_describe(void);

#endif
