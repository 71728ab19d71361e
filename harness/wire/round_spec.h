/* The spec of one round, a text that can be read, kept and run standalone:
 *
 *     mpstress-spec 1
 *     device   metal@model:defects=destroy_race,reader=U
 *     scenario destroy_impl
 *     param    threads 8
 *     arm      none
 *     seed     0x1f2e3d4c5b6a7988
 *     timeout_ms 10000
 *     silence_ms 2000        only if there is a limit
 *     recorder on
 *
 * An arm that injects a library is written fix=DIGITS (or fix_encoder=DIGITS), the
 * first digits of its SHA-256, and, if the library reads variables that are set,
 * ":NAME=VALUE ..." (program.h, env:). Three more lines say which it is; a standalone run
 * has to preload it:
 *
 *     arm        fix=3b8e5f0c2a17
 *     fix        /usr/local/lib/libfix.so
 *     fix_id     9d1c...                     build id or UUID; may be left out
 *     fix_sha256 3b8e5f0c2a17...             may be left out
 *
 * A round of a user's program (program.h) has a line "number N": which round of
 * its campaign it is.
 *
 * A line "capture off" asks that nobody traces the round; it stands only where that is
 * wanted.
 *
 * A line that starts with # is a comment. Unknown keys are errors that name the line.
 * The spec says what to do, never how it ended.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_ROUND_SPEC_H
#define MP_WIRE_ROUND_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

#define MP_SPEC_PARAMS_MAX     24
#define MP_SPEC_NAME_MAX       32
#define MP_SPEC_VALUE_MAX      512
#define MP_SPEC_ARM_MAX        512
#define MP_SPEC_DEVICE_MAX     512
#define MP_SPEC_TEXT_MAX       4096
#define MP_SPEC_FIX_MAX        512
#define MP_SPEC_ID_MAX         72 /* 64 hex digits and a NUL fit */
#define MP_SPEC_FIX_DIGITS     12 /* of the SHA-256, in the arm */
#define MP_SPEC_TIMEOUT_MS_MAX UINT64_C(86400000)

struct mp_spec_param {
    char name[MP_SPEC_NAME_MAX];
    char value[MP_SPEC_VALUE_MAX];
};

/* Plain data; may be copied. Parameters keep the order in which they were added. */
struct mp_round_spec {
    char device[MP_SPEC_DEVICE_MAX]; /* client[@provider][:settings], canonical */
    char scenario[MP_SPEC_NAME_MAX];
    struct mp_spec_param param[MP_SPEC_PARAMS_MAX];
    size_t param_count;
    char arm[MP_SPEC_ARM_MAX];       /* "none", "fix=3b8e5f0c2a17", "env:NAME=VALUE" */
    char fix[MP_SPEC_FIX_MAX];       /* path of the injected library, "" none */
    char fix_id[MP_SPEC_ID_MAX];     /* its build id or UUID, "" any */
    char fix_sha256[MP_SPEC_ID_MAX]; /* of the file, "" unknown */
    uint64_t seed;
    uint64_t number; /* of the round in its campaign, from 1; 0: none */
    uint64_t timeout_ms;
    uint64_t silence_ms; /* no progress for this long is a hang; 0: no limit. Not in a
                          * standalone round. */
    uint32_t turns; /* rounds that its process may run, 0: this one. Not in the text. */
    bool recorder;  /* flight recorder and call counters on */
    bool capture;   /* may be traced */
};

/* Empty scenario, device "null", arm "none", seed 0, timeout 10 s, recorder and capture
 * on. */
void mp_round_spec_init(struct mp_round_spec *spec);

/* Adds or replaces one parameter. MP_LIMIT if it does not fit. */
enum mp_status mp_round_spec_set_param(struct mp_round_spec *spec, const char *name,
                                       const char *value, struct mp_error *err);
/* Value of a parameter or NULL. Borrowed from `spec`. */
const char *mp_round_spec_param(const struct mp_round_spec *spec, const char *name);

/* True for the arms that inject a library: "fix", "fix=...", "fix:...", and those whose
 * names begin with fix_. */
bool mp_round_spec_arm_injects(const char *arm);

/* Adds the text of `spec` to `buf`. */
void mp_round_spec_format(const struct mp_round_spec *spec, struct mp_strbuf *buf);

/* Reads `len` bytes of text. `origin` ("FILE" or "the round page") is named in errors,
 * with the line. Untrusted input: any byte sequence is safe. */
enum mp_status mp_round_spec_parse(const char *text, size_t len, const char *origin,
                                   struct mp_round_spec *ret_spec, struct mp_error *err);

/* The cell this round belongs to: a hash over device, scenario, parameters (sorted) and
 * arm, not over seed, number, timeout, silence or recorder. 16 hex digits and a NUL. */
void mp_round_spec_cell_hash(const struct mp_round_spec *spec, char ret_hash[17]);

#endif
