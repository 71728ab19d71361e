/* Seeded random numbers: the same seed gives the same rounds on every machine.
 * xoshiro256** seeded by splitmix64 (Blackman and Vigna, public domain algorithms).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_RNG_H
#define MP_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct mp_rng {
    uint64_t state[4];
};

void mp_rng_seed(struct mp_rng *rng, uint64_t seed);
uint64_t mp_rng_next(struct mp_rng *rng);
/* Uniform in [0, limit), without modulo bias; `limit` > 0. */
uint64_t mp_rng_below(struct mp_rng *rng, uint64_t limit);
/* Uniform in [0, 1). */
double mp_rng_unit(struct mp_rng *rng);

/* A well mixed number from a seed and a counter, without state (splitmix64 finalizer). */
uint64_t mp_rng_hash(uint64_t seed, uint64_t counter);
/* The same as a number in [0, 1). */
double mp_rng_hash_unit(uint64_t seed, uint64_t counter);
/* FNV-1a of bytes, for spec hashes. */
uint64_t mp_rng_hash_bytes(const void *bytes, size_t len);

#endif
