/* NT_GNU_BUILD_ID.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/build_id_linux.h"

#include <elf.h>
#include <string.h>

bool mp_build_id_find(const uint8_t *note, size_t len, uint8_t *ret_id, size_t max,
                      size_t *ret_len) {
    size_t left = len;
    Elf64_Nhdr head;
    while (left >= sizeof(head)) {
        memcpy(&head, note, sizeof(head));
        size_t name_len = ((size_t)head.n_namesz + 3) & ~(size_t)3;
        size_t body_len = ((size_t)head.n_descsz + 3) & ~(size_t)3;
        if (name_len + body_len > left - sizeof(head))
            return false;
        const uint8_t *name = note + sizeof(head), *body = name + name_len;
        if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
            memcmp(name, "GNU", 4) == 0 && head.n_descsz > 0 && head.n_descsz <= max) {
            memcpy(ret_id, body, head.n_descsz);
            *ret_len = head.n_descsz;
            return true;
        }
        note = body + body_len;
        left -= sizeof(head) + name_len + body_len;
    }
    return false;
}
