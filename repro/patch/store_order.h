/* The end of -[AGX...ComputeContext destroyImpl]: thirteen instructions that give a
 * context back and then, after the unlock, clear the encoder's `_impl`. The patch moves
 * the store of NULL before the unlock, in nine of the thirteen words.
 *
 * Known from AGXMetalG16X 329.2 (macOS 15.7.3, 24G419), UUID
 * 0CE453FF-9F17-321F-BC18-383573A48221, where they begin at 0x2be05c. No patched driver
 * was ever run: what the patch does to the crash rate is not known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPRO_PATCH_STORE_ORDER_H
#define MP_REPRO_PATCH_STORE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_STORE_ORDER_WORDS   9
#define MP_STORE_ORDER_ADDRESS UINT64_C(0x2be05c) /* in the build known by UUID */
#define MP_STORE_ORDER_SIZE    52 /* bytes from the first to the last word */
#define MP_STORE_ORDER_UUID    "0CE453FF-9F17-321F-BC18-383573A48221"

enum mp_store_order {
    MP_STORE_ORDER_NEITHER,
    MP_STORE_ORDER_ORIGINAL, /* unlock, then the store of NULL */
    MP_STORE_ORDER_PATCHED   /* the store of NULL, then unlock */
};

struct mp_store_order_word {
    unsigned offset; /* from the first word, bytes */
    uint32_t before; /* in the known build */
    uint32_t after;
    const char *before_does; /* what it is for */
    const char *after_does;
};

extern const struct mp_store_order_word mp_store_order_word[MP_STORE_ORDER_WORDS];

/* What the MP_STORE_ORDER_SIZE bytes at `code` are, whatever their registers and the
 * distance of their calls: the nine words have their forms, both paths unlock by the same
 * function with the same argument, and the branches meet where they must. */
enum mp_store_order mp_store_order_of(const uint8_t *code);

/* Whether they are, word by word, those of the known build in `order`. */
bool mp_store_order_is_known(const uint8_t *code, enum mp_store_order order);

/* The first word, in number, that is not that of the known build in its original order;
 * MP_STORE_ORDER_WORDS if all are. */
unsigned mp_store_order_differs(const uint8_t *code);

/* Writes one of these words, which stands at `address`, as assembler text ("bl
 * 0x6d49e4"); another word as a number. */
void mp_store_order_text(uint32_t word, uint64_t address, char *buf, size_t size);

/* All places in the `size` bytes at `code` that are either of the two: returns how many,
 * and the offsets of the first `max` in `ret_at`. */
size_t mp_store_order_search(const uint8_t *code, size_t size, size_t *ret_at,
                             size_t max);

/* Changes an original in place; it must be one. */
void mp_store_order_patch(uint8_t *code);

#endif
