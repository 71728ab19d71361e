/* Seeds on the command line.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/seed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "harness/base/clock.h"

enum mp_status mp_seed_read(const struct mp_args *args, const char *name,
                            uint64_t *ret_seed, struct mp_error *err) {
    const char *text = mp_args_text(args, name);
    if (text == NULL)
        return MP_OK;
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    const char *allowed = is_hex ? "0123456789abcdefABCDEF" : "0123456789";
    errno = 0;
    uint64_t seed = strtoull(text, NULL, is_hex ? 16 : 10);
    if (*digits == '\0' || strspn(digits, allowed) != strlen(digits) || errno != 0)
        return mp_error_set(
            err, MP_USAGE,
            "command line: --%s '%s' is not a number of at most 64 bits, decimal or "
            "0x...",
            name, text);
    *ret_seed = seed;
    return MP_OK;
}

uint64_t mp_seed_draw(void) {
    uint64_t seed = 0;
    if (getentropy(&seed, sizeof(seed)) != 0)
        seed = mp_clock_wall_ns() ^ (uint64_t)getpid();
    return seed;
}
