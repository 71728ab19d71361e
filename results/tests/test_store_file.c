/* The file under bad conditions: other owners, several writers, a full disk, sudden
 * death.
 *
 * Where another process is needed, this program starts itself with a role: `PROGRAM ROLE
 * PATH`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "results/store/database.h"
#include "results/tests/fixture.h"

#define WRITERS      4
#define WRITER_COUNT 150
#define NOBODY       65534

extern char **environ;

static const char *program;
static struct fixture fixture;

static int set_up(void **state) {
    (void)state;
    fixture_make_folder(&fixture);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_close(&fixture);
    return 0;
}

static void attach(void) {
    fixture_attach(&fixture, fixture.path);
}

static void detach(void) {
    mp_store_close(fixture.store);
    fixture.store = NULL;
}

static int64_t make_cell(struct fixture *target) {
    struct mp_round_spec spec;
    fixture_spec(&spec, "null", "noop", "none");
    return fixture_cell(target, &spec, "subject");
}

/* `schema`: of a program that is not this one, NULL: of this one. */
static void assert_refused_with(enum mp_status expected, const struct mp_schema *schema,
                                enum mp_store_mode mode, const char *words) {
    struct mp_error err;
    struct mp_store *store = NULL;
    enum mp_status status =
        schema == NULL ? mp_store_open(fixture.path, mode, &store, &err)
                       : mp_database_open(fixture.path, mode, schema, &store, &err);
    assert_int_equal(status, expected);
    assert_null(store);
    if (strstr(err.text, words) == NULL || strstr(err.text, fixture.path) == NULL)
        fail_msg("'%s' and '%s' are not both in: %s", words, fixture.path, err.text);
}

static void assert_refused_as(const struct mp_schema *schema, enum mp_store_mode mode,
                              const char *words) {
    assert_refused_with(MP_STORE, schema, mode, words);
}

static void assert_refused(enum mp_store_mode mode, const char *words) {
    assert_refused_as(NULL, mode, words);
}

static void run_sql(const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(fixture.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static size_t read_file(char *buf, size_t size) {
    FILE *file = fopen(fixture.path, "rb");
    assert_non_null(file);
    size_t len = fread(buf, 1, size, file);
    fclose(file);
    return len;
}

/* The roles. Each committed round is told by one byte on stdout; an error by its text. */

static int role_write(struct fixture *own, unsigned count) {
    int64_t cell = make_cell(own);
    for (unsigned i = 0; i < count; i++) {
        struct mp_error err;
        enum mp_outcome outcome = i % 3 == 0 ? MP_OUTCOME_DROPPED : MP_OUTCOME_PASS;
        if (fixture_round(own, cell, outcome, NULL, NULL, &err) != MP_OK) {
            fprintf(stderr, "%s\n", err.text);
            return 6;
        }
        if (write(STDOUT_FILENO, "+", 1) != 1)
            return 2;
    }
    return 0;
}

/* Waits until the test has made the file PATH-go. */
static void linger(const char *path) {
    char go[512];
    snprintf(go, sizeof(go), "%s-go", path);
    for (int i = 0; i < 4000 && access(go, F_OK) != 0; i++)
        usleep(5000);
}

static int role_open(const char *path, enum mp_store_mode mode, bool lingers) {
    struct mp_error err;
    struct mp_store *store = NULL;
    if (getuid() == 0 &&
        (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        return 2;
    enum mp_status status = mp_store_open(path, mode, &store, &err);
    if (status != MP_OK) {
        printf("%s", err.text);
    } else if (mode == MP_STORE_READ) {
        printf("%d", (int)fixture_integer(mp_store_handle(store),
                                          "SELECT count(*) FROM round"));
    }
    fflush(stdout);
    if (lingers && status == MP_OK) {
        linger(path);
        status = mp_store_check(store, &err);
        printf("%s", status == MP_OK ? "" : err.text);
        fflush(stdout);
    }
    mp_store_close(store);
    return status == MP_STORE ? 6 : 0;
}

static int run_role(const char *role, const char *path) {
    bool lingers = strcmp(role, "linger") == 0;
    if (strcmp(role, "open") == 0)
        return role_open(path, MP_STORE_WRITE, false);
    if (strcmp(role, "read") == 0 || lingers)
        return role_open(path, MP_STORE_READ, lingers);
    struct fixture own = {.seq = 0};
    fixture_attach(&own, path);
    if (strcmp(role, "limited") == 0) {
        struct rlimit limit = {.rlim_cur = 400000, .rlim_max = 400000};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            return 2;
    }
    int code = role_write(&own, strcmp(role, "write") == 0 ? WRITER_COUNT : UINT32_MAX);
    mp_store_close(own.store);
    return code;
}

/* Starts a role; its stdout comes out of `ret_output`, a descriptor to be closed. */
static pid_t start_role(const char *role, int *ret_output) {
    int ends[2];
    pid_t pid = 0;
    char *arguments[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)role,
                         fixture.path, NULL};
    posix_spawn_file_actions_t actions;
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    assert_int_equal(posix_spawn(&pid, program, &actions, NULL, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *ret_output = ends[0];
    return pid;
}

/* Reads up to `max` bytes or to the end. */
static size_t read_output(int output, char *buf, size_t max) {
    size_t len = 0;
    ssize_t got = 1;
    while (len < max && got > 0) {
        got = read(output, buf + len, max - len);
        len += got > 0 ? (size_t)got : 0;
    }
    return len;
}

static int wait_exit(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The file is whole, all of `acknowledged` is in it, and the books balance. */
static void assert_whole(int64_t acknowledged) {
    attach();
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_string_equal(fixture_text(db, "PRAGMA integrity_check"), "ok");
    assert_string_equal(fixture_text(db, "PRAGMA foreign_key_check"), "");
    int64_t rounds = fixture_integer(db, "SELECT count(*) FROM round");
    assert_true(rounds >= acknowledged);
    assert_int_equal(
        fixture_integer(db, "SELECT count(*) FROM campaign WHERE (SELECT count(*) FROM"
                            " round WHERE campaign_id = campaign.id) <> coalesce((SELECT"
                            " max(seq) FROM round WHERE campaign_id = campaign.id), 0)"),
        0);
    assert_int_equal(
        fixture_integer(db, "SELECT count(*) FROM balance WHERE planned <> passed +"
                            " failed + no_verdict + lost"),
        0);
    assert_int_equal(
        fixture_integer(db, "SELECT count(*) FROM cell_rate WHERE low IS NULL"), 0);
    assert_int_equal(fixture_integer(db, "SELECT rounds FROM cell_rate"), rounds);
}

static void database_of_another_program_is_refused_and_left_untouched(void **state) {
    (void)state;
    char before[16384], after[16384];
    run_sql("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')");
    size_t len = read_file(before, sizeof(before));
    assert_refused(MP_STORE_WRITE, "another program");
    assert_refused(MP_STORE_READ, "another program");
    assert_int_equal(read_file(after, sizeof(after)), len);
    assert_memory_equal(before, after, len);
    run_sql("PRAGMA application_id = 305419896");
    assert_refused(MP_STORE_WRITE, "0x12345678");
}

static void newer_schema_is_refused_with_what_to_do(void **state) {
    (void)state;
    attach();
    detach();
    run_sql("PRAGMA user_version = 99");
    assert_refused(MP_STORE_WRITE, "newer mpstress (schema 99");
    assert_refused(MP_STORE_READ, "newer mpstress (schema 99");
}

static void file_that_is_no_database_is_refused(void **state) {
    (void)state;
    FILE *file = fopen(fixture.path, "w");
    for (int i = 0; i < 200; i++)
        fprintf(file, "a diary, not a database\n");
    fclose(file);
    assert_refused(MP_STORE_WRITE, "not a database");
    assert_refused(MP_STORE_READ, "not a database");
}

static void torn_file_is_refused(void **state) {
    (void)state;
    attach();
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 50);
    detach();
    struct stat info;
    assert_int_equal(stat(fixture.path, &info), 0);
    assert_int_equal(truncate(fixture.path, info.st_size / 2), 0);
    assert_refused(MP_STORE_WRITE, "damaged");
    assert_refused(MP_STORE_READ, "damaged");
    assert_int_equal(truncate(fixture.path, 50), 0);
    assert_refused(MP_STORE_WRITE, "damaged");
}

static void garbage_inside_the_file_is_an_error_and_not_a_crash(void **state) {
    (void)state;
    attach();
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 50);
    detach();
    struct stat info;
    assert_int_equal(stat(fixture.path, &info), 0);
    FILE *file = fopen(fixture.path, "r+b");
    fseek(file, 2 * 2048, SEEK_SET);
    for (long i = 2 * 2048; i < info.st_size; i++)
        fputc(0xa5, file);
    fclose(file);
    assert_refused(MP_STORE_WRITE, "damaged");
}

static void missing_folder_is_named(void **state) {
    (void)state;
    char folder[sizeof(fixture.folder)];
    snprintf(folder, sizeof(folder), "%s", fixture.folder);
    snprintf(fixture.path, sizeof(fixture.path), "%s/nowhere/rounds.db", folder);
    assert_refused(MP_STORE_WRITE, "nowhere does not exist");
    snprintf(fixture.path, sizeof(fixture.path), "%s", folder);
    assert_refused(MP_STORE_WRITE, "not a regular file");
    snprintf(fixture.path, sizeof(fixture.path), "%s/rounds.db", folder);
}

static void reading_makes_no_file_and_needs_rounds(void **state) {
    (void)state;
    assert_refused_with(MP_NOT_FOUND, NULL, MP_STORE_READ, "there is no database");
    assert_int_not_equal(access(fixture.path, F_OK), 0);
    fclose(fopen(fixture.path, "w"));
    assert_refused(MP_STORE_READ, "has no rounds yet");
}

static void reader_sees_what_a_writer_commits_and_cannot_write(void **state) {
    (void)state;
    attach();
    struct mp_error err;
    struct mp_store *reader = NULL;
    assert_int_equal(mp_store_open(fixture.path, MP_STORE_READ, &reader, &err), MP_OK);
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 3);
    sqlite3 *db = mp_store_handle(reader);
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM round"), 3);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM round", NULL, NULL, NULL),
                     SQLITE_READONLY);
    mp_store_close(reader);
}

static void read_only_file_is_refused(void **state) {
    (void)state;
    attach();
    detach();
    assert_int_equal(chmod(fixture.folder, 0755), 0);
    assert_int_equal(chmod(fixture.path, 0444), 0);
    int output = -1;
    char text[1024] = "";
    pid_t pid = start_role("open", &output);
    read_output(output, text, sizeof(text) - 1);
    close(output);
    assert_int_equal(wait_exit(pid), 6);
    assert_non_null(strstr(text, "cannot be written (read-only)"));
}

static void read_only_folder_is_refused(void **state) {
    (void)state;
    assert_int_equal(chmod(fixture.folder, 0555), 0);
    int output = -1;
    char text[1024] = "";
    pid_t pid = start_role("open", &output);
    read_output(output, text, sizeof(text) - 1);
    close(output);
    assert_int_equal(wait_exit(pid), 6);
    assert_non_null(strstr(text, "check the permissions of the file and its directory"));
    assert_int_equal(chmod(fixture.folder, 0755), 0);
}

static bool has_companion(const char *ending) {
    char path[512];
    snprintf(path, sizeof(path), "%s%s", fixture.path, ending);
    return access(path, F_OK) == 0;
}

/* Makes a database that a stranger may read, in a folder in which it may write. */
static void open_to_strangers(void) {
    if (getuid() != 0)
        skip(); /* cannot become a stranger */
    attach();
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 3);
    detach();
    assert_int_equal(chmod(fixture.folder, 0777), 0);
    assert_int_equal(chmod(fixture.path, 0644), 0);
}

static void stranger_who_reads_leaves_nothing_that_stops_the_owner(void **state) {
    (void)state;
    open_to_strangers();
    int output = -1;
    char text[1024] = "";
    pid_t pid = start_role("read", &output);
    read_output(output, text, sizeof(text) - 1);
    close(output);
    assert_int_equal(wait_exit(pid), 0);
    assert_string_equal(text, "3");
    assert_false(has_companion("-wal"));
    assert_false(has_companion("-shm"));
}

static void what_is_written_while_a_stranger_reads_is_noticed(void **state) {
    (void)state;
    open_to_strangers();
    int output = -1;
    char text[1024] = "", go[512];
    pid_t pid = start_role("linger", &output);
    assert_int_equal(read_output(output, text, 1), 1);
    assert_string_equal(text, "3");
    attach();
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 1);
    detach();
    snprintf(go, sizeof(go), "%s-go", fixture.path);
    fclose(fopen(go, "w"));
    read_output(output, text, sizeof(text) - 1);
    close(output);
    assert_int_equal(wait_exit(pid), 6);
    assert_non_null(strstr(text, "while it was being read"));
}

static void read_only_folder_can_be_read(void **state) {
    (void)state;
    attach();
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 3);
    detach();
    assert_int_equal(chmod(fixture.path, 0444), 0);
    assert_int_equal(chmod(fixture.folder, 0555), 0);
    int output = -1;
    char text[1024] = "";
    pid_t pid = start_role("read", &output);
    read_output(output, text, sizeof(text) - 1);
    close(output);
    assert_int_equal(chmod(fixture.folder, 0755), 0);
    assert_string_equal(text, "3");
    assert_int_equal(wait_exit(pid), 0);
}

static void writers_at_the_same_time_lose_nothing(void **state) {
    (void)state;
    pid_t pids[WRITERS];
    int outputs[WRITERS];
    for (int i = 0; i < WRITERS; i++) /* they also make the file at the same time */
        pids[i] = start_role("write", &outputs[i]);
    for (int i = 0; i < WRITERS; i++) {
        char bytes[WRITER_COUNT + 1];
        assert_int_equal(read_output(outputs[i], bytes, sizeof(bytes)), WRITER_COUNT);
        close(outputs[i]);
        assert_int_equal(wait_exit(pids[i]), 0);
    }
    assert_whole(WRITERS * WRITER_COUNT);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM round"),
                     WRITERS * WRITER_COUNT);
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM cell"), 1);
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM environment"), 1);
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM campaign"), WRITERS + 1);
}

static void killed_writer_leaves_every_committed_round(void **state) {
    (void)state;
    int output = -1;
    char bytes[200];
    pid_t pid = start_role("forever", &output);
    assert_int_equal(read_output(output, bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(wait_exit(pid), 128 + SIGKILL);
    close(output);
    assert_whole(sizeof(bytes));
    assert_string_equal(fixture_text(mp_store_handle(fixture.store),
                                     "SELECT state FROM campaign WHERE id = 1"),
                        "running");
}

static void full_file_system_keeps_every_committed_round(void **state) {
    (void)state;
    int output = -1;
    char bytes[8192];
    pid_t pid = start_role("limited", &output);
    size_t acknowledged = read_output(output, bytes, sizeof(bytes));
    close(output);
    assert_int_equal(wait_exit(pid), 6);
    assert_true(acknowledged > 10 && acknowledged < sizeof(bytes));
    assert_whole((int64_t)acknowledged);
}

static void full_database_says_so_and_stays_readable(void **state) {
    (void)state;
    attach();
    int64_t cell = make_cell(&fixture), count = 0;
    sqlite3 *db = mp_store_handle(fixture.store);
    fixture_text(db, "PRAGMA max_page_count = 60");
    struct mp_error err;
    struct mp_crash *crash = fixture_crash(0x5c8);
    while (count < 100000 && fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash,
                                           &FIXTURE_SIGNATURE, &err) == MP_OK)
        count++;
    assert_true(count > 0 && count < 100000);
    assert_non_null(strstr(err.text, "the disk is full"));
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM round"), count);
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM crash"), count);
    assert_int_equal(fixture_integer(db, "SELECT failures FROM cell_rate"), count);
    fixture_text(db, "PRAGMA max_page_count = 100000");
    fixture.seq = (uint64_t)count;
    assert_int_equal(
        fixture_round(&fixture, cell, MP_OUTCOME_CRASH, crash, &FIXTURE_SIGNATURE, &err),
        MP_OK);
    mp_crash_destroy(crash);
    detach();
    assert_whole(count + 1);
}

/* What the next two versions could bring; the second step breaks off in its middle. */
static const char *const STEPS[] = {
    mp_schema_2_sql,
    mp_schema_3_sql,
    mp_schema_4_sql,
    mp_schema_5_sql,
    ("CREATE TABLE note (round_id INTEGER, text TEXT);"
     "INSERT INTO note SELECT id, outcome FROM round"),
    "ALTER TABLE note ADD COLUMN author TEXT; INSERT INTO nowhere VALUES (1)"};
static const struct mp_schema NEXT = {mp_schema_sql, STEPS, 5};
static const struct mp_schema AFTER = {mp_schema_sql, STEPS, 6};

/* A file of this version with three rounds. */
static void make_older(void) {
    attach();
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 3);
    detach();
}

static void open_as(const struct mp_schema *schema, enum mp_store_mode mode) {
    struct mp_error err;
    if (mp_database_open(fixture.path, mode, schema, &fixture.store, &err) != MP_OK)
        fail_msg("%s", err.text);
}

static void writer_brings_an_older_file_forward_with_its_rounds(void **state) {
    (void)state;
    make_older();
    open_as(&NEXT, MP_STORE_WRITE);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_int_equal(fixture_integer(db, "PRAGMA user_version"), 6);
    assert_string_equal(fixture_text(db, "SELECT group_concat(text) FROM note"),
                        "pass,pass,pass");
    fixture_rounds(&fixture, 1, MP_OUTCOME_PASS, 1);
    assert_int_equal(fixture_integer(db, "SELECT count(*) FROM round"), 4);
    detach();
    open_as(&NEXT, MP_STORE_WRITE); /* not a second time */
    assert_int_equal(
        fixture_integer(mp_store_handle(fixture.store), "SELECT count(*) FROM note"), 3);
    detach();
    assert_refused(MP_STORE_WRITE,
                   "newer mpstress (schema 6; this program supports up to 5)");
    assert_refused(MP_STORE_READ,
                   "newer mpstress (schema 6; this program supports up to 5)");
}

/* By a copy: the file stays as it is. */
static void older_file_is_read_as_if_it_were_brought_forward(void **state) {
    (void)state;
    static char before[1 << 20], after[sizeof(before)];
    make_older();
    size_t len = read_file(before, sizeof(before));
    open_as(&NEXT, MP_STORE_READ);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_int_equal(fixture_integer(db, "PRAGMA user_version"), 6);
    assert_string_equal(fixture_text(db, "SELECT group_concat(text) FROM note"),
                        "pass,pass,pass");
    detach();
    assert_int_equal(read_file(after, sizeof(after)), len);
    assert_memory_equal(before, after, len);
}

/* The whole schema of a file, a line an object; columns of tables by their names, since a
 * step adds some at the end. */
static void write_schema(sqlite3 *db, char *ret_text, size_t size) {
    snprintf(ret_text, size, "%s",
             fixture_text(db, "SELECT group_concat(name || ' ' || (SELECT group_concat("
                              "name) FROM pragma_table_info(s.name)), char(10)) FROM"
                              " (SELECT * FROM sqlite_schema WHERE name NOT LIKE"
                              " 'sqlite%' ORDER BY type, name) AS s"));
}

/* A file that mpstress of version 1 of the schema wrote. */
static void file_of_version_1_is_read_and_brought_forward(void **state) {
    (void)state;
    static char upgraded[1 << 16], made[sizeof(upgraded)];
    char command[1024];
    snprintf(command, sizeof(command), "cp %s %s", MP_SCHEMA_1_DATABASE, fixture.path);
    assert_int_equal(system(command), 0);
    struct mp_error err;
    for (int mode = MP_STORE_READ; mode <= (int)MP_STORE_WRITE; mode++) {
        assert_int_equal(
            mp_store_open(fixture.path, (enum mp_store_mode)mode, &fixture.store, &err),
            MP_OK);
        sqlite3 *db = mp_store_handle(fixture.store);
        assert_int_equal(fixture_integer(db, "SELECT count(*) FROM round"), 9);
        assert_int_equal(fixture_integer(db, "SELECT count(*) FROM cell_figure"), 0);
        assert_int_equal(fixture_integer(db, "SELECT count(*) FROM round WHERE"
                                             " signature_id = 1 AND outcome = 'crash'"),
                         4);
        write_schema(db, upgraded, sizeof(upgraded));
        detach();
    }
    assert_int_equal(unlink(fixture.path), 0);
    attach();
    write_schema(mp_store_handle(fixture.store), made, sizeof(made));
    assert_string_equal(upgraded, made);
}

static void step_that_fails_leaves_the_file_as_it_was(void **state) {
    (void)state;
    static char before[1 << 20], after[sizeof(before)];
    make_older();
    size_t len = read_file(before, sizeof(before));
    assert_refused_as(&AFTER, MP_STORE_WRITE, "no such table: nowhere");
    assert_int_equal(read_file(after, sizeof(after)), len);
    assert_memory_equal(before, after, len);
    assert_whole(3);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_int_equal(fixture_integer(db, "PRAGMA user_version"), 5);
    assert_int_equal(
        fixture_integer(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'note'"), 0);
}

static void new_file_is_of_the_newest_version_without_any_step(void **state) {
    (void)state;
    open_as(&AFTER, MP_STORE_WRITE);
    sqlite3 *db = mp_store_handle(fixture.store);
    assert_int_equal(fixture_integer(db, "PRAGMA user_version"), 7);
    assert_int_equal(fixture_integer(db, "PRAGMA application_id"),
                     MP_STORE_APPLICATION_ID);
}

static void plain_sqlite3_shell_can_query_the_views(void **state) {
    (void)state;
    if (system("command -v sqlite3 > /dev/null") != 0)
        skip();
    attach();
    fixture_rounds(&fixture, make_cell(&fixture), MP_OUTCOME_PASS, 20);
    char command[512], text[256] = "";
    snprintf(command, sizeof(command),
             "sqlite3 -readonly %s 'SELECT device, rounds, failures, high FROM "
             "cell_rate;"
             " SELECT * FROM balance'",
             fixture.path);
    FILE *shell = popen(command, "r");
    size_t len = fread(text, 1, sizeof(text) - 1, shell);
    text[len] = '\0';
    assert_int_equal(pclose(shell), 0);
    assert_string_equal(text, "null|20|0|0.14\n1|20|20|0|0|0\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv) {
    program = argv[0];
    if (argc == 3)
        return run_role(argv[1], argv[2]);
    const struct CMUnitTest tests[] = {
        TEST(database_of_another_program_is_refused_and_left_untouched),
        TEST(newer_schema_is_refused_with_what_to_do),
        TEST(file_that_is_no_database_is_refused),
        TEST(torn_file_is_refused),
        TEST(garbage_inside_the_file_is_an_error_and_not_a_crash),
        TEST(missing_folder_is_named),
        TEST(reading_makes_no_file_and_needs_rounds),
        TEST(reader_sees_what_a_writer_commits_and_cannot_write),
        TEST(read_only_file_is_refused),
        TEST(read_only_folder_is_refused),
        TEST(read_only_folder_can_be_read),
        TEST(stranger_who_reads_leaves_nothing_that_stops_the_owner),
        TEST(what_is_written_while_a_stranger_reads_is_noticed),
        TEST(writers_at_the_same_time_lose_nothing),
        TEST(killed_writer_leaves_every_committed_round),
        TEST(full_file_system_keeps_every_committed_round),
        TEST(full_database_says_so_and_stays_readable),
        TEST(writer_brings_an_older_file_forward_with_its_rounds),
        TEST(older_file_is_read_as_if_it_were_brought_forward),
        TEST(file_of_version_1_is_read_and_brought_forward),
        TEST(step_that_fails_leaves_the_file_as_it_was),
        TEST(new_file_is_of_the_newest_version_without_any_step),
        TEST(plain_sqlite3_shell_can_query_the_views),
    };
    return cmocka_run_group_tests_name("store file", tests, NULL, NULL);
}
