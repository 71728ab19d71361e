/* The program `mpstress-patch`: what the store-order patch would change in a driver's
 * binary, and a patched copy on request. Never touches the original.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/base/args.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/base/text.h"
#include "repro/patch/driver_file.h"

enum { EXIT_PATCHED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3, EXIT_SYSTEM = 6 };

static const struct mp_option rows[] = {
    {.name = "write",
     .type = MP_OPTION_TEXT,
     .metavar = "COPY",
     .help = "write a patched copy, and what was done as COPY.txt"},
    {.name = "version", .type = MP_OPTION_FLAG, .help = "print the version"},
    {.name = "help", .letter = 'h', .type = MP_OPTION_FLAG, .help = "print this text"},
    {.name = NULL},
};

static void print_help(void) {
    puts(
        "usage: mpstress-patch [--write COPY] FILE\n"
        "\n"
        "Finds the end of destroyImpl in a Metal driver of Apple's (a Mach-O file, fat or\n"
        "thin, with an arm64e slice), where the store of NULL stands behind the unlock, and\n"
        "shows what moving it before the unlock changes. Nothing is written without --write,\n"
        "and the original is never touched.\n");
    for (size_t row = 0; rows[row].name; row++) {
        char head[40];

        snprintf(head, sizeof(head), "--%s%s%s", rows[row].name,
                 rows[row].metavar ? " " : "",
                 rows[row].metavar ? rows[row].metavar : "");
        printf("  %-13s %s\n", head, rows[row].help);
    }
    puts(
        "\nexit codes: 0 the original order (a copy was written, if asked for), 1 patched\n"
        "already, 2 bad usage, 3 refused, 6 the system refused");
}

/* What the patch does to each way through the routine. */
static const char paths[] =
    "path 1     the pool has room: the context goes to the free list. Before, another\n"
    "           thread could take it between unlock and store, while the encoder still\n"
    "           pointed to it; after, the pointer is gone first.\n"
    "path 2     the pool is full: before, the context was freed; after, nothing frees it.\n"
    "           The patch has no room for the call: each such encoder leaks its context.\n"
    "left as is a reader that loads _impl without the lock still gets NULL, or keeps the\n"
    "           pointer that it loaded before. Public disassembly shows such readers.\n"
    "unknown    no patched driver was ever run, by us or in public.\n";

/* From public tools that change a sealed system volume (OpenCore Legacy Patcher). */
static const char before_signing[] =
    "To try it, on a Mac of your own that you can restore (these steps were not tried):\n"
    "  1. in recovery: csrutil disable, csrutil authenticated-root disable, restart; the\n"
    "     sealed system volume refuses any change otherwise\n"
    "  2. its old signature is no longer valid, and signing it changes its hash:\n"
    "     codesign --force --sign - ";
static const char after_signing[] =
    "\n  3. mount the system volume a second time, in a folder DIR; its device is that of /\n"
    "     (see mount) without the last s and number:\n"
    "     sudo mount -o nobrowse -t apfs /dev/diskXsY DIR\n"
    "  4. keep a backup of the original, and put the copy in its place under DIR, with the\n"
    "     same owner (root:wheel) and mode (755)\n"
    "  5. rebuild the kernel cache, make what stands in DIR the next system, restart:\n"
    "     sudo kmutil install --volume-root DIR --update-all\n"
    "     sudo bless --folder DIR/System/Library/CoreServices --bootefi --create-snapshot\n"
    "To restore: mount as in 3, then go back to Apple's own snapshot, restart, and in\n"
    "recovery csrutil authenticated-root enable, csrutil enable:\n"
    "     sudo bless --mount DIR --bootefi --last-sealed-snapshot\n"
    "If that snapshot is gone: put the backup back as in 4 and 5, or install macOS again.\n";

static void add_words(const struct mp_driver_file *file, bool is_after,
                      struct mp_strbuf *buf) {
    for (unsigned i = 0; i < MP_STORE_ORDER_WORDS; i++) {
        const struct mp_store_order_word *row = &mp_store_order_word[i];
        const uint8_t *at = file->bytes + file->offset + row->offset;
        uint32_t word =
            (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
        char text[48];

        mp_store_order_text(word, file->address + row->offset, text, sizeof(text));
        mp_strbuf_addf(buf, "  %#-10" PRIx64 " %02x %02x %02x %02x  %-22s %s\n",
                       file->address + row->offset, at[0], at[1], at[2], at[3], text,
                       is_after ? row->after_does : row->before_does);
    }
}

static const char *order_text(enum mp_store_order order) {
    return order == MP_STORE_ORDER_PATCHED ? "patched: the store of NULL, then unlock"
                                           : "original: unlock, then the store of NULL";
}

static void add_file(const struct mp_driver_file *file, struct mp_strbuf *buf) {
    const struct mp_macho *macho = &file->macho;
    struct mp_text text = {.buf = buf, .width = SIZE_MAX};

    mp_text_add(&text, MP_PLAIN, "file       %s", file->path);
    mp_text_end(&text);
    mp_strbuf_addf(buf, "           %zu bytes, SHA-256 %s\n", file->size, file->sha256);
    mp_strbuf_addf(buf, "slice      arm64e at %#zx (%s), UUID %s, %s\n", macho->slice,
                   macho->is_fat ? "fat file" : "thin file",
                   macho->uuid[0] != '\0' ? macho->uuid : "none",
                   macho->is_signed ? "signed" : "not signed");
    mp_strbuf_addf(buf, "build      %s\n",
                   file->is_known_build
                       ? "AGXMetalG16X 329.2 of macOS 15.7.3 (24G419)"
                       : "not known: found by the form of its instructions, once");
    mp_strbuf_addf(buf, "routine    %#" PRIx64 ", at %#zx of the file\n", file->address,
                   file->offset);
    mp_strbuf_addf(buf, "order      %s\n\n", order_text(file->order));
    add_words(file, file->order == MP_STORE_ORDER_PATCHED, buf);
}

/* The original is in `buf`; adds the change, and writes the copy if one is wanted. */
static enum mp_status patch(struct mp_driver_file *file, const char *copy,
                            struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_strbuf name;
    enum mp_status status = MP_OK;

    if (copy)
        status = mp_driver_file_write_patched(file, copy, err);
    else
        mp_store_order_patch(file->bytes + file->offset);
    if (status != MP_OK)
        return status;
    mp_strbuf_addstr(buf, "\npatched\n\n");
    add_words(file, true, buf);
    mp_strbuf_addf(buf, "\n%s", paths);
    if (!copy) {
        mp_strbuf_addstr(
            buf,
            "\nNothing was written (dry run); --write COPY writes a patched copy.\n");
        return MP_OK;
    }
    mp_strbuf_addf(buf, "\nwritten    ");
    mp_text_quote(buf, copy);
    mp_strbuf_addf(buf, "\n           %zu bytes, SHA-256 %s\n\n%s", file->size,
                   file->sha256, before_signing);
    mp_text_quote(buf, copy);
    mp_strbuf_addstr(buf, after_signing);
    mp_strbuf_init(&name);
    mp_strbuf_addf(&name, "%s.txt", copy);
    status = mp_driver_file_write_text(name.text, buf->text, err);
    if (status != MP_OK)
        (void)unlink(copy); /* a copy is nothing without what was done */
    mp_strbuf_release(&name);
    return status;
}

static int exit_code(enum mp_status status) {
    if (status == MP_USAGE)
        return EXIT_USAGE;
    return status == MP_SYSTEM ? EXIT_SYSTEM : EXIT_REFUSED;
}

static int examine(const char *path, const char *copy) {
    struct mp_driver_file file;
    struct mp_strbuf buf;
    struct mp_error err;
    bool is_patched = false;
    enum mp_status status = mp_driver_file_read(path, &file, &err);

    mp_strbuf_init(&buf);
    if (status == MP_OK) {
        is_patched = file.order == MP_STORE_ORDER_PATCHED;
        add_file(&file, &buf);
        if (is_patched)
            mp_strbuf_addf(&buf, "\n%s", paths);
        else
            status = patch(&file, copy, &buf, &err);
    }
    if (status == MP_OK) {
        fwrite(buf.text, 1, buf.len, stdout);
        if (is_patched && copy)
            mp_log(MP_LOG_WARN, "it is patched already; no copy was written");
    } else {
        mp_log(MP_LOG_ERROR, "%s", err.text);
    }
    mp_strbuf_release(&buf);
    mp_driver_file_release(&file);
    if (status != MP_OK)
        return exit_code(status);
    return is_patched ? EXIT_PATCHED : 0;
}

static int run(const struct mp_args *args) {
    if (mp_args_flag(args, "help")) {
        print_help();
        return 0;
    }
    if (mp_args_flag(args, "version")) {
        puts("mpstress-patch " MP_VERSION);
        return 0;
    }
    if (args->operand_count != 1) {
        mp_log(MP_LOG_ERROR, "give one file, the binary of a driver; see --help");
        return EXIT_USAGE;
    }
    return examine(args->operand[0], mp_args_text(args, "write"));
}

int main(int argc, char **argv) {
    struct mp_args *args = mp_memory_zeroed(1, sizeof(*args));
    struct mp_error err;
    int code = EXIT_USAGE;
    /* A limit on the size of files is then an error that is told. */
    (void)signal(SIGXFSZ, SIG_IGN);
    enum mp_status status = mp_args_parse(rows, argc > 0 ? argv + 1 : argv, args, &err);

    if (status == MP_OK)
        code = run(args);
    else
        mp_log(MP_LOG_ERROR, "%s", err.text);
    mp_args_release(args);
    free(args);
    if (fflush(stdout) != 0) {
        mp_log(MP_LOG_ERROR, "cannot write the output");
        return EXIT_SYSTEM;
    }
    return code;
}
