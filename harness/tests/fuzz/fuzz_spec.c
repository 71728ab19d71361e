/* Fuzzes the reader of round specs: what is read is written and read again as the same.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/wire/round_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct mp_round_spec first, second;
    struct mp_error err;
    if (mp_round_spec_parse((const char *)data, size, "fuzz", &first, &err) != MP_OK)
        return 0;
    struct mp_strbuf once, twice;
    mp_strbuf_init(&once);
    mp_strbuf_init(&twice);
    mp_round_spec_format(&first, &once);
    if (mp_round_spec_parse(once.text, once.len, "again", &second, &err) != MP_OK)
        abort();
    mp_round_spec_format(&second, &twice);
    if (strcmp(once.text, twice.text) != 0)
        abort();
    mp_strbuf_release(&once);
    mp_strbuf_release(&twice);
    return 0;
}
