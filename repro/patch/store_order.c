/* The nine words, their forms, and the change.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/patch/store_order.h"

#include <inttypes.h>
#include <stdio.h>

/* Indices of the nine words. */
enum { BRANCH, FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, LAST };

/* clang-format off */
const struct mp_store_order_word mp_store_order_word[MP_STORE_ORDER_WORDS] = {
    {0x00, 0x54000108, 0x54000128, "to path 2 if the pool is full", "to path 2 if the pool is full"},
    {0x14, 0x8b150320, 0xf8386a7f, "the lock of the pool",          "_impl = NULL"},
    {0x18, 0x94105a5c, 0x8b150320, "unlock",                        "the lock of the pool"},
    {0x1c, 0x14000005, 0x94105a5b, "to the store",                  "unlock"},
    {0x20, 0x8b150320, 0x14000005, "path 2: the lock of the pool",  "to the end"},
    {0x24, 0x94105a59, 0xf8386a7f, "unlock",                        "path 2: _impl = NULL"},
    {0x28, 0xaa1403e0, 0x8b150320, "the context",                   "the lock of the pool"},
    {0x2c, 0x9410598f, 0x94105a57, "free",                          "unlock; nothing frees the context"},
    {0x30, 0xf8386a7f, 0x14000001, "_impl = NULL",                  "to the end"},
};
/* clang-format on */

#define B_HI_TO(words) (0x54000008U | (words) << 5)
#define B_TO(words)    (0x14000000U | (words))

/* Forms of arm64 instructions: Arm's Architecture Reference Manual, DDI 0487, C6. */
static bool is_bl(uint32_t word) {
    return (word & 0xfc000000U) == 0x94000000U;
}
static bool is_add_to_x0(uint32_t word) {
    return (word & 0xffe0fc1fU) == 0x8b000000U;
}
static bool is_store_of_null(uint32_t word) {
    return (word & 0xffe0fc1fU) == 0xf820681fU;
}
static bool is_mov_to_x0(uint32_t word) {
    return (word & 0xffe0ffffU) == 0xaa0003e0U;
}

static uint32_t get(const uint8_t *at) {
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static void put(uint8_t *at, uint32_t word) {
    at[0] = (uint8_t)word;
    at[1] = (uint8_t)(word >> 8);
    at[2] = (uint8_t)(word >> 16);
    at[3] = (uint8_t)(word >> 24);
}

static void read_words(const uint8_t *code, uint32_t words[MP_STORE_ORDER_WORDS]) {
    for (unsigned i = 0; i < MP_STORE_ORDER_WORDS; i++)
        words[i] = get(code + mp_store_order_word[i].offset);
}

/* The same `bl`, moved by so many words further on. */
static uint32_t moved(uint32_t bl, uint32_t words) {
    return 0x94000000U | ((bl - words) & 0x03ffffffU);
}

static bool is_original(const uint32_t word[MP_STORE_ORDER_WORDS]) {
    return word[BRANCH] == B_HI_TO(8U) && is_add_to_x0(word[FIRST]) &&
           is_bl(word[SECOND]) && word[THIRD] == B_TO(5U) &&
           word[FOURTH] == word[FIRST] && word[FIFTH] == moved(word[SECOND], 3) &&
           is_mov_to_x0(word[SIXTH]) && is_bl(word[SEVENTH]) &&
           is_store_of_null(word[LAST]);
}

static bool is_patched(const uint32_t word[MP_STORE_ORDER_WORDS]) {
    return word[BRANCH] == B_HI_TO(9U) && is_store_of_null(word[FIRST]) &&
           is_add_to_x0(word[SECOND]) && is_bl(word[THIRD]) && word[FOURTH] == B_TO(5U) &&
           word[FIFTH] == word[FIRST] && word[SIXTH] == word[SECOND] &&
           word[SEVENTH] == moved(word[THIRD], 4) && word[LAST] == B_TO(1U);
}

enum mp_store_order mp_store_order_of(const uint8_t *code) {
    uint32_t word[MP_STORE_ORDER_WORDS];

    read_words(code, word);
    if (is_original(word))
        return MP_STORE_ORDER_ORIGINAL;
    return is_patched(word) ? MP_STORE_ORDER_PATCHED : MP_STORE_ORDER_NEITHER;
}

bool mp_store_order_is_known(const uint8_t *code, enum mp_store_order order) {
    bool is_known = order != MP_STORE_ORDER_NEITHER;

    for (unsigned i = 0; i < MP_STORE_ORDER_WORDS; i++) {
        const struct mp_store_order_word *row = &mp_store_order_word[i];
        uint32_t expected = order == MP_STORE_ORDER_PATCHED ? row->after : row->before;
        is_known = is_known && get(code + row->offset) == expected;
    }
    return is_known;
}

unsigned mp_store_order_differs(const uint8_t *code) {
    unsigned i = 0;

    while (i < MP_STORE_ORDER_WORDS &&
           get(code + mp_store_order_word[i].offset) == mp_store_order_word[i].before)
        i++;
    return i;
}

/* Where a branch at `address` goes whose distance in words has `bits` bits. */
static uint64_t target(uint64_t address, uint32_t distance, unsigned bits) {
    int64_t words = (int64_t)distance;

    if (distance >> (bits - 1) != 0)
        words -= INT64_C(1) << bits;
    return address + (uint64_t)(words * 4);
}

void mp_store_order_text(uint32_t word, uint64_t address, char *buf, size_t size) {
    unsigned m = word >> 16 & 31;
    unsigned n = word >> 5 & 31;

    if ((word & 0xff00001fU) == 0x54000008U)
        snprintf(buf, size, "b.hi %#" PRIx64, target(address, word >> 5 & 0x7ffff, 19));
    else if (is_bl(word))
        snprintf(buf, size, "bl %#" PRIx64, target(address, word & 0x03ffffff, 26));
    else if ((word & 0xfc000000U) == 0x14000000U)
        snprintf(buf, size, "b %#" PRIx64, target(address, word & 0x03ffffff, 26));
    else if (is_add_to_x0(word))
        snprintf(buf, size, "add x0, x%u, x%u", n, m);
    else if (is_mov_to_x0(word))
        snprintf(buf, size, "mov x0, x%u", m);
    else if (is_store_of_null(word))
        snprintf(buf, size, "str xzr, [x%u, x%u]", n, m);
    else
        snprintf(buf, size, "%#010" PRIx32, word);
}

size_t mp_store_order_search(const uint8_t *code, size_t size, size_t *ret_at,
                             size_t max) {
    size_t count = 0;

    for (size_t at = 0; at + MP_STORE_ORDER_SIZE <= size; at += 4) {
        if (mp_store_order_of(code + at) == MP_STORE_ORDER_NEITHER)
            continue;
        if (count < max)
            ret_at[count] = at;
        count++;
    }
    return count;
}

void mp_store_order_patch(uint8_t *code) {
    uint32_t word[MP_STORE_ORDER_WORDS];

    read_words(code, word);
    const uint32_t patched[MP_STORE_ORDER_WORDS] = {
        [BRANCH] = B_HI_TO(9U), [FIRST] = word[LAST],
        [SECOND] = word[FIRST], [THIRD] = moved(word[SECOND], 1),
        [FOURTH] = B_TO(5U),    [FIFTH] = word[LAST],
        [SIXTH] = word[FIRST],  [SEVENTH] = moved(word[FIFTH], 2),
        [LAST] = B_TO(1U),
    };
    for (unsigned i = 0; i < MP_STORE_ORDER_WORDS; i++)
        put(code + mp_store_order_word[i].offset, patched[i]);
}
