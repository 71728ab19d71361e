/* Runs a short campaign once for each line of a list, with one allocation that fails, and
 * looks after each what is left: the exit code, the rounds that were told and the balance
 * of the database, files, processes, memory of SQLite.
 *
 *   alloc_sweep LIBRARY LIST STATE SECONDS CODE FAILURES PROGRAM ARGUMENT...
 *
 * A line of LIST is `PROGRAM WORD STAYS NUMBER` as fault_alloc.c has them, WORD - for any.
 * PROGRAM ARGUMENT... is the campaign, which writes x.db in the working folder, ends with
 * CODE and has FAILURES rounds that fail. STATE has how many lines are done, and how many
 * tries failed: what stands there is not tried again. No try begins after SECONDS.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harness/tests/fault_alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    BOOKS_EVERY = 32, /* the next run and doctor cost ten times as much */
    LIMIT_S = 180,
    TEXT_MAX = 512,
    EXIT_NO_MEMORY = 6,
};

struct sweep {
    const char *library, *state;
    char *const *command;
    int code, failures;
    long done, failed;
    pid_t server; /* 0: none */
    int orders, replies;
    unsigned long begun; /* the allocations before the server's */
};

/* One line of the list, and what was found wrong with it. */
struct attempt {
    char program[64], word[64], number[32];
    bool stays;
    char why[TEXT_MAX];
};

__attribute__((format(printf, 2, 3))) static void fails(struct attempt *attempt,
                                                        const char *format, ...) {
    size_t length = strlen(attempt->why);
    va_list args;
    va_start(args, format);
    length += (size_t)snprintf(attempt->why + length, TEXT_MAX - length, "; ");
    if (length < TEXT_MAX)
        vsnprintf(attempt->why + length, TEXT_MAX - length, format, args);
    va_end(args);
}

static void redirect(int descriptor, const char *path, int flags) {
    int fd = open(path, flags, 0600);
    if (fd < 0 || dup2(fd, descriptor) < 0)
        _exit(127);
    close(fd);
}

/* In a child: becomes the command, with faults unless attempt is NULL. */
static _Noreturn void become(const struct sweep *sweep, const struct attempt *attempt,
                             char *const *command) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    redirect(STDOUT_FILENO, "out", O_WRONLY | O_CREAT | O_APPEND);
    redirect(STDERR_FILENO, "err", O_WRONLY | O_CREAT | O_APPEND);
    setenv("TMPDIR", "tmp", 1);
    if (attempt != NULL) {
        setenv("LD_PRELOAD", sweep->library, 1);
        setenv("FAULT_PROGRAM", attempt->program, 1);
        setenv("FAULT_ALLOC", attempt->number, 1);
        setenv("FAULT_TALLY", "tally", 1);
        if (strcmp(attempt->word, "-") != 0)
            setenv("FAULT_WORD", attempt->word, 1);
        if (attempt->stays)
            setenv("FAULT_STAYS", "1", 1);
    }
    execv(command[0], command);
    _exit(127);
}

/* Runs a command; its status, or -1 past the limit. */
static int play(const struct sweep *sweep, const struct attempt *attempt,
                char *const *command) {
    sigset_t child;
    struct timespec limit = {.tv_sec = LIMIT_S};
    int status = -1;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(sweep, attempt, command);
    /* Others' ends arrive as well, since orphans become ours. */
    while (waitpid(pid, &status, WNOHANG) == 0)
        if (sigtimedwait(&child, NULL, &limit) < 0 && errno == EAGAIN) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            return -1;
        }
    return status;
}

/* Starts the program that forks at its first database; without it each try starts anew. */
static void start_server(struct sweep *sweep) {
    static const struct attempt nothing = {
        .program = "mpstress", .word = "-", .number = "0"};
    int orders[2], replies[2];
    if (pipe2(orders, O_CLOEXEC) != 0 || pipe2(replies, O_CLOEXEC) != 0)
        return;
    sweep->server = fork();
    if (sweep->server == 0) {
        setenv("FAULT_SERVER", "1", 1);
        if (dup2(orders[0], MP_FAULT_ORDERS) < 0 ||
            dup2(replies[1], MP_FAULT_REPLIES) < 0)
            _exit(127);
        become(sweep, &nothing, sweep->command);
    }
    close(orders[0]);
    close(replies[1]);
    sweep->orders = orders[1];
    sweep->replies = replies[0];
    if (read(sweep->replies, &sweep->begun, sizeof(sweep->begun)) != sizeof(sweep->begun))
        sweep->begun = (unsigned long)-1;
}

static void stop_server(struct sweep *sweep) {
    close(sweep->orders);
    close(sweep->replies);
    kill(sweep->server, SIGKILL);
    waitpid(sweep->server, NULL, 0);
    sweep->server = 0;
}

/* A child of the server goes on with the fault; its status, or -1 past the limit. */
static int order(struct sweep *sweep, const struct attempt *attempt) {
    struct mp_fault_order order = {.number = strtoul(attempt->number, NULL, 10),
                                   .stays = attempt->stays};
    struct pollfd reply = {.fd = sweep->replies, .events = POLLIN};
    int status = -1;
    if (write(sweep->orders, &order, sizeof(order)) == sizeof(order) &&
        poll(&reply, 1, LIMIT_S * 1000) == 1 &&
        read(sweep->replies, &status, sizeof(status)) == sizeof(status))
        return status;
    stop_server(sweep);
    return -1;
}

static int run_campaign(struct sweep *sweep, const struct attempt *attempt) {
    bool is_ours = strcmp(attempt->program, "mpstress") == 0;
    if (is_ours && sweep->server == 0)
        start_server(sweep);
    return is_ours && strtoul(attempt->number, NULL, 10) > sweep->begun
               ? order(sweep, attempt)
               : play(sweep, attempt, sweep->command);
}

/* Whether there is a child beside the server. */
static bool has_child(const struct sweep *sweep) {
    FILE *file = fopen("/proc/thread-self/children", "r");
    int pid = 0;
    bool is_other = false;
    while (file != NULL && !is_other && fscanf(file, "%d", &pid) == 1)
        is_other = pid != sweep->server;
    if (file != NULL)
        fclose(file);
    return is_other;
}

/* Nothing that it started lives on; what was killed needs a moment. */
static void expect_nobody(const struct sweep *sweep, struct attempt *attempt) {
    const struct timespec moment = {.tv_nsec = 20000000};
    for (int i = 0; i < 500; i++) {
        siginfo_t info;
        while (has_child(sweep) && (info.si_pid = 0) == 0 &&
               waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
               info.si_pid != 0 && info.si_pid != sweep->server)
            waitpid(info.si_pid, NULL, WNOHANG);
        if (!has_child(sweep))
            return;
        nanosleep(&moment, NULL);
    }
    fails(attempt, "a process is left");
}

static void expect_files(struct attempt *attempt, const char *folder,
                         const char *const *known) {
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        bool is_known = entry->d_name[0] == '.';
        for (const char *const *name = known; *name != NULL && !is_known; name++)
            is_known = strcmp(entry->d_name, *name) == 0;
        if (!is_known)
            fails(attempt, "left behind: %s/%s", folder, entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
}

/* How many lines of the file begin with text. */
static int count_lines(const char *path, const char *text) {
    FILE *file = fopen(path, "r");
    char line[4096];
    int count = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        count += strncmp(line, text, strlen(text)) == 0;
    if (file != NULL)
        fclose(file);
    return count;
}

/* One number of the database; -1 if it cannot be had. */
static int ask(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    int number = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

/* The rounds that were told are there, no failure was made up, the balance holds. */
static void expect_kept(const struct sweep *sweep, struct attempt *attempt, int told,
                        bool is_whole) {
    sqlite3 *db = NULL;
    if (access("x.db", F_OK) != 0) {
        if (told > 0)
            fails(attempt, "%d rounds were told, and there is no database", told);
        return;
    }
    sqlite3_open_v2("x.db", &db, SQLITE_OPEN_READWRITE, NULL);
    if (ask(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'balance'") != 1) {
        if (told > 0)
            fails(attempt, "%d rounds were told, and there is no table of them", told);
    } else {
        int rounds = ask(db, "SELECT count(*) FROM round");
        int failures = ask(db, "SELECT count(*) FROM round WHERE outcome NOT IN ('pass', "
                               "'no_overlap', 'broken', 'lost')");
        if (rounds < told || (is_whole && rounds != 2))
            fails(attempt, "%d rounds of %d that were told", rounds, told);
        if (failures < 0 || failures > sweep->failures)
            fails(attempt, "%d rounds that failed", failures);
        if (ask(db, "SELECT count(*) FROM balance WHERE planned <> passed + failed + "
                    "no_verdict + lost") != 0)
            fails(attempt, "the books are out of balance");
    }
    if (ask(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> "
                "'ok'") != 0)
        fails(attempt, "the database is damaged");
    sqlite3_close(db);
}

/* The next run and doctor take the database. */
static void expect_books(const struct sweep *sweep, struct attempt *attempt) {
    char *const doctor[] = {sweep->command[0], "doctor", "--db", "x.db", NULL};
    int status = play(sweep, NULL, sweep->command);
    if (status < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != sweep->code)
        fails(attempt, "the next run ends with status %d", status);
    status = play(sweep, NULL, doctor);
    if (status != 0)
        fails(attempt, "doctor ends with status %d", status);
}

/* SQLite gave all back, where the program ended by itself. */
static void expect_no_leak(struct attempt *attempt) {
    FILE *file = fopen("tally", "r");
    unsigned long number;
    long long left = 0;
    if (file != NULL && fscanf(file, "%lu %lld", &number, &left) == 2 && left != 0)
        fails(attempt, "SQLite keeps %lld bytes", left);
    if (file != NULL)
        fclose(file);
}

/* A server has out and err open. */
static void clear_folder(void) {
    static const char *const files[] = {"x.db", "x.db-wal", "x.db-shm", "x.db-journal",
                                        "tally"};
    static const char *const kept[] = {"out", "err"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        unlink(files[i]);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (truncate(kept[i], 0) != 0 && errno != ENOENT)
            perror(kept[i]);
    mkdir("tmp", 0700);
}

static void try_line(struct sweep *sweep, struct attempt *attempt) {
    static const char *const files[] = {"out",          "err",      "tmp",
                                        "tally",        "x.db",     "x.db-wal",
                                        "x.db-journal", "x.db-shm", NULL};
    static const char *const none[] = {NULL};
    clear_folder();
    int status = run_campaign(sweep, attempt);
    int told = count_lines("err", "mpstress: round ");
    int code = status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    bool is_ours = strcmp(attempt->program, "mpstress") == 0;
    struct stat info = {0};
    if (status < 0)
        fails(attempt, "does not end");
    else if (code < 0 || code > EXIT_NO_MEMORY)
        fails(attempt, "ends with status %d", status);
    else if (is_ours && code != sweep->code && code != EXIT_NO_MEMORY)
        fails(attempt, "exit %d", code);
    else if (code == EXIT_NO_MEMORY && (stat("err", &info) != 0 || info.st_size == 0))
        fails(attempt, "exit %d without a word", code);
    expect_nobody(sweep, attempt);
    expect_no_leak(attempt);
    expect_files(attempt, ".", files);
    expect_files(attempt, "tmp", none);
    expect_kept(sweep, attempt, told, is_ours && code == sweep->code);
    if (sweep->done % BOOKS_EVERY == 0)
        expect_books(sweep, attempt);
}

/* How far it got, at the beginning of the file and as long as before. */
static void note(const struct sweep *sweep) {
    char line[64];
    int length =
        snprintf(line, sizeof(line), "%10ld %10ld\n", sweep->done, sweep->failed);
    int fd = open(sweep->state, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)length) != length)
        perror(sweep->state);
    close(fd);
}

static void resume(struct sweep *sweep) {
    FILE *file = fopen(sweep->state, "r");
    if (file != NULL && fscanf(file, "%ld %ld", &sweep->done, &sweep->failed) != 2)
        sweep->done = sweep->failed = 0;
    if (file != NULL)
        fclose(file);
}

static bool parse(const char *line, struct attempt *attempt) {
    int stays = 0;
    *attempt = (struct attempt){.why = ""};
    bool is_line = sscanf(line, "%63s %63s %d %31s", attempt->program, attempt->word,
                          &stays, attempt->number) == 4;
    attempt->stays = stays != 0;
    return is_line;
}

int main(int argc, char **argv) {
    if (argc < 8) {
        fprintf(stderr, "alloc_sweep: see the head of alloc_sweep.c\n");
        return 2;
    }
    struct sweep sweep = {.library = argv[1],
                          .state = argv[3],
                          .command = &argv[7],
                          .code = atoi(argv[5]),
                          .failures = atoi(argv[6])};
    FILE *list = fopen(argv[2], "r");
    time_t until = time(NULL) + atol(argv[4]);
    char line[256];
    struct attempt attempt;
    if (list == NULL) {
        perror(argv[2]);
        return 2;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    resume(&sweep);
    for (long at = 0; fgets(line, sizeof(line), list) != NULL && time(NULL) < until;
         at++) {
        if (at < sweep.done || !parse(line, &attempt))
            continue;
        try_line(&sweep, &attempt);
        sweep.done++;
        if (attempt.why[0] != '\0') {
            sweep.failed++;
            printf("%s %s %d %s%s\n", attempt.program, attempt.word, attempt.stays,
                   attempt.number, attempt.why);
            fflush(stdout);
        }
        note(&sweep);
    }
    if (sweep.server != 0)
        stop_server(&sweep);
    fclose(list);
    return sweep.failed > 0;
}
