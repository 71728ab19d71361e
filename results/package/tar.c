/* A header of 512 bytes before each file.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/tar.h"

#include <stdio.h>
#include <string.h>

#define BLOCK  512
#define RECORD (20 * BLOCK)

struct header {
    char name[MP_TAR_NAME_MAX], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
    char kind, link[100], magic[6], version[2], owner[32], group[32], major[8], minor[8];
    char prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static void fill(struct mp_strbuf *archive, size_t unit) {
    static const char zeros[BLOCK];
    while (archive->len % unit != 0) {
        size_t missing = unit - archive->len % unit;
        mp_strbuf_add(archive, zeros, missing < BLOCK ? missing : BLOCK);
    }
}

void mp_tar_add(struct mp_strbuf *archive, const char *name, const void *bytes,
                size_t len) {
    struct header header;
    unsigned sum = 0;
    memset(&header, 0, sizeof(header));
    snprintf(header.name, sizeof(header.name), "%s", name);
    memcpy(header.mode, "0000644", 8);
    memcpy(header.uid, "0000000", 8);
    memcpy(header.gid, "0000000", 8);
    snprintf(header.size, sizeof(header.size), "%011lo", (unsigned long)len);
    memcpy(header.mtime, "00000000000", 12);
    memset(header.sum, ' ', sizeof(header.sum)); /* as the sum is made */
    header.kind = '0';
    memcpy(header.magic, "ustar", 6);
    memcpy(header.version, "00", 2);
    memcpy(header.major, "0000000", 8);
    memcpy(header.minor, "0000000", 8);
    for (size_t i = 0; i < sizeof(header); i++)
        sum += ((const unsigned char *)&header)[i];
    snprintf(header.sum, sizeof(header.sum), "%06o", sum);
    header.sum[7] = ' ';
    mp_strbuf_add(archive, &header, sizeof(header));
    mp_strbuf_add(archive, bytes, len);
    fill(archive, BLOCK);
}

void mp_tar_end(struct mp_strbuf *archive) {
    static const char zeros[2 * BLOCK];
    mp_strbuf_add(archive, zeros, sizeof(zeros));
    fill(archive, RECORD);
}
