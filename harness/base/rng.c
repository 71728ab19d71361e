/* Seeded random numbers and hashes. No system entropy, no state outside the caller's
 * struct.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/rng.h"

#define GOLDEN_GAMMA UINT64_C(0x9e3779b97f4a7c15)
#define FNV_BASIS    UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME    UINT64_C(0x100000001b3)

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, unsigned bits) {
    return (x << bits) | (x >> (64 - bits));
}

static double to_unit(uint64_t bits) {
    return (double)(bits >> 11) * 0x1p-53;
}

void mp_rng_seed(struct mp_rng *rng, uint64_t seed) {
    for (unsigned i = 0; i < 4; i++) {
        seed += GOLDEN_GAMMA;
        rng->state[i] = mix(seed);
    }
}

uint64_t mp_rng_next(struct mp_rng *rng) {
    uint64_t *s = rng->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t mp_rng_below(struct mp_rng *rng, uint64_t limit) {
    /* Numbers below 2^64 mod limit would bias the low residues: draw again. */
    uint64_t first_fair = (0 - limit) % limit;
    uint64_t value;
    do {
        value = mp_rng_next(rng);
    } while (value < first_fair);
    return value % limit;
}

double mp_rng_unit(struct mp_rng *rng) {
    return to_unit(mp_rng_next(rng));
}

uint64_t mp_rng_hash(uint64_t seed, uint64_t counter) {
    /* The seed is mixed first, so that (seed, counter) and (seed + gamma, counter - 1)
     * differ. */
    return mix(mix(seed + GOLDEN_GAMMA) + (counter + 1) * GOLDEN_GAMMA);
}

double mp_rng_hash_unit(uint64_t seed, uint64_t counter) {
    return to_unit(mp_rng_hash(seed, counter));
}

uint64_t mp_rng_hash_bytes(const void *bytes, size_t len) {
    const unsigned char *p = bytes;
    uint64_t hash = FNV_BASIS;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * FNV_PRIME;
    return hash;
}
