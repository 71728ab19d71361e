/* The examples of FIPS 180-4 (NIST's "SHA256" example document and the million letters
 * a).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "harness/base/sha256.h"

static void expect(const void *bytes, size_t len, const char *digest) {
    char hex[MP_SHA256_HEX_SIZE];
    mp_sha256_hex(bytes, len, hex);
    assert_string_equal(hex, digest);
}

static void sha256_gives_the_digests_of_the_standard(void **state) {
    (void)state;
    expect("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    expect(two, strlen(two),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    expect("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void sha256_digests_a_million_letters(void **state) {
    (void)state;
    size_t len = 1000000;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'a', len);
    expect(text, len, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(text);
}

/* Lengths around the end of a block: where the mark and the length no longer fit. */
static void sha256_pads_at_the_end_of_a_block(void **state) {
    (void)state;
    uint8_t zeros[64] = {0};
    expect(zeros, 55, "02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7");
    expect(zeros, 56, "d4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb");
    expect(zeros, 64, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_digests_of_the_standard),
        cmocka_unit_test(sha256_digests_a_million_letters),
        cmocka_unit_test(sha256_pads_at_the_end_of_a_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
