/* One pass over the text: the first rule that fits a place writes what stands for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/package/redact.h"

#include <ctype.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"

#define HOST_SIZE  256
#define CASE_MIN   3 /* bytes from which a name is found in any case */
#define SERIAL_MIN 10
#define SERIAL_MAX 12

enum what { ID, HOST, USER, MAIL, ADDRESS, WHATS };
static const char *const MARK[WHATS] = {"[id]", "[host]", "[user]", "[mail]",
                                        "[address]"};

struct key {
    const char *name;
    enum what what;
};
#define MP_REDACT_KEY(name, what) {name, what},
static const struct key KEYS[] = {
#include "results/package/redact.def"
};
#undef MP_REDACT_KEY

/* Where a name of a user may stand in a path. */
static const char *const HOMES[] = {"/Users/", "/home/", "/Volumes/", "/export/home/"};

/* What is on every machine, or belongs to nobody. */
static const char *const COMMON[] = {
    "root",   "admin",  "user",   "users",     "shared",    "guest",   "home",
    "runner", "ubuntu", "debian", "nobody",    "localhost", "build",   "builder",
    "ci",     "test",   "work",   "localhost", "daemon",    "default", "linuxbrew",
    "metal",  "model",  "none",   "(none)",    "mpstress",  "unknown"};

/* Folders that are the same on every machine. */
static const char *const SYSTEM[] = {
    "/System/", "/usr/", "/lib/",  "/lib32/", "/lib64/",   "/bin/",          "/sbin/",
    "/etc/",    "/dev/", "/proc/", "/sys/",   "/Library/", "/Applications/", "/opt/"};

void mp_redact_init(struct mp_redact *redact) {
    memset(redact, 0, sizeof(*redact));
}

void mp_redact_release(struct mp_redact *redact) {
    for (size_t i = 0; i < redact->count; i++)
        free(redact->name[i].name);
    free(redact->name);
    mp_redact_init(redact);
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

void mp_redact_learn(struct mp_redact *redact, const char *name, bool is_host) {
    size_t len = strlen(name), at = 0;
    for (size_t i = 0; i < MP_COUNT(COMMON); i++)
        if (strcasecmp(COMMON[i], name) == 0)
            return;
    for (size_t i = 0; i < redact->count; i++)
        if (strcasecmp(redact->name[i].name, name) == 0)
            return;
    if (len < 2 || strspn(name, "0123456789.") == len)
        return;
    redact->name =
        mp_memory_resize(redact->name, redact->count + 1, sizeof(*redact->name));
    while (at < redact->count && strlen(redact->name[at].name) >= len)
        at++;
    memmove(&redact->name[at + 1], &redact->name[at],
            (redact->count - at) * sizeof(*redact->name));
    redact->name[at] =
        (struct mp_redact_name){.name = mp_memory_copy_text(name), .is_host = is_host};
    redact->count++;
}

void mp_redact_learn_here(struct mp_redact *redact) {
    static const char *const names[] = {"USER", "LOGNAME", "SUDO_USER"};
    char host[HOST_SIZE] = "";
    const struct passwd *self = getpwuid(getuid());
    if (self != NULL)
        mp_redact_learn(redact, self->pw_name, false);
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (getenv(names[i]) != NULL)
            mp_redact_learn(redact, getenv(names[i]), false);
    if (gethostname(host, sizeof(host) - 1) != 0)
        return;
    mp_redact_learn(redact, host, true);
    host[strcspn(host, ".")] = '\0';
    mp_redact_learn(redact, host, true);
}

/* -- what stands in the text -- */

/* A place in a text. JSON may write "/" as "\/". */
struct place {
    const char *text;
    size_t len, at;
};

static char peek(const struct place *place, size_t ahead) {
    return place->at + ahead < place->len ? place->text[place->at + ahead] : '\0';
}

static char before(const struct place *place) {
    return place->at > 0 ? place->text[place->at - 1] : '\n';
}

/* Bytes of the word that stands here, with what may be inside of names. */
static size_t span(const struct place *place, const char *also) {
    size_t len = 0;
    while (place->at + len < place->len &&
           (is_word(peek(place, len)) ||
            (peek(place, len) != '\0' && strchr(also, peek(place, len)) != NULL)))
        len++;
    return len;
}

/* Bytes of the key that stands here, 0: another text does. */
static size_t match_key(const struct place *place, const struct key *key) {
    size_t len = 0;
    const char *name = key->name;
    while (*name != '\0' && place->at + len < place->len) {
        char c = peek(place, len);
        if (tolower((unsigned char)c) == *name)
            name++;
        else if (len == 0 || c == '\0' || strchr(" _-/", c) == NULL)
            return 0;
        len++;
    }
    return *name == '\0' ? len : 0;
}

/* A value with its key: "user": "jane", User: jane, USER=jane. */
struct value {
    enum what what;
    size_t start, len; /* of the value, from the place on */
};

static size_t skip_blanks(const struct place *place, size_t at) {
    while (peek(place, at) == ' ' || peek(place, at) == '\t')
        at++;
    return at;
}

static bool find_value(const struct place *place, struct value *ret_value) {
    for (size_t i = 0; i < MP_COUNT(KEYS) && !is_word(before(place)); i++) {
        size_t at = match_key(place, &KEYS[i]);
        if (at == 0)
            continue;
        at += peek(place, at) == '"';
        size_t blanks = at;
        at = skip_blanks(place, at);
        char sign = peek(place, at);
        if ((sign != ':' && sign != '=') || (sign == '=' && at != blanks))
            continue;
        at = skip_blanks(place, at + 1);
        bool is_quoted = peek(place, at) == '"' || peek(place, at) == '\'';
        const char ends[] = {is_quoted ? peek(place, at) : '\n', '\n', '\r',
                             is_quoted || sign == ':' ? '\n' : ' ', '\0'};
        at += is_quoted;
        size_t len = 0;
        while (place->at + at + len < place->len && peek(place, at + len) != '\0' &&
               strchr(ends, peek(place, at + len)) == NULL)
            len++;
        *ret_value = (struct value){KEYS[i].what, at, len};
        if (len > 0)
            return true;
    }
    return false;
}

/* Whether the path that stands here begins with `start`. */
static bool begins(const struct place *place, const char *start, size_t *ret_len) {
    size_t len = 0;
    for (; *start != '\0'; start++, len++) {
        len += *start == '/' && peek(place, len) == '\\' && peek(place, len + 1) == '/';
        if (peek(place, len) != *start)
            return false;
    }
    *ret_len = len;
    return true;
}

/* The length of a home folder with its user, 0: none stands here. */
static size_t match_home(const struct place *place, size_t *ret_name_at) {
    for (size_t i = 0; i < MP_COUNT(HOMES); i++) {
        size_t start = 0, len = 0;
        if (!begins(place, HOMES[i], &start))
            continue;
        struct place name = {place->text, place->len, place->at + start};
        len = span(&name, ".-+@");
        *ret_name_at = start;
        return len > 0 ? start + len : 0;
    }
    return 0;
}

/* Behind "-I", "-L": an option of one letter, which a path follows without a blank. */
static bool is_behind_option(const struct place *place) {
    const char *end = place->text + place->at;
    return place->at >= 2 && isalpha((unsigned char)end[-1]) && end[-2] == '-' &&
           (place->at == 2 || !is_word(end[-3]));
}

/* Behind "file://". */
static bool is_behind_scheme(const struct place *place) {
    return place->at >= 3 && strncmp(place->text + place->at - 3, "://", 3) == 0;
}

static bool is_path_start(const struct place *place) {
    char c = before(place);
    bool is_behind = is_behind_option(place) || is_behind_scheme(place) ||
                     (!is_word(c) && strchr("</.~]", c) == NULL && c != '\\');
    bool is_slash =
        peek(place, 0) == '/' || (peek(place, 0) == '\\' && peek(place, 1) == '/');
    char next = peek(place, peek(place, 0) == '\\' ? 2 : 1);
    return is_slash && is_behind && (is_word(next) || next == '.');
}

/* Bytes of the path: to the end of its quotes, else to a sign that paths seldom have.
 * Without quotes, a blank belongs to it only if the path goes on behind the next word,
 * which is no option. */
static size_t path_span(const struct place *place) {
    char quote = before(place);
    bool is_quoted = quote == '"' || quote == '\'';
    size_t len = 0;
    for (; place->at + len < place->len; len++) {
        char c = peek(place, len);
        if (c == '\n' || c == '\r' || c == '\0' || (is_quoted && c == quote))
            break;
        if (is_quoted)
            continue;
        bool is_genitive = c == '\'' && len > 0 && is_word(peek(place, len - 1)) &&
                           is_word(peek(place, len + 1));
        if ((strchr("\"'`,;()[]{}<>|\t", c) != NULL && !is_genitive) ||
            (c == ':' && !is_word(peek(place, len + 1))))
            break;
        if (c == ' ') {
            struct place rest = {place->text, place->len, place->at + len + 1};
            size_t word = span(&rest, ".+-'\x80");
            if (word == 0 || peek(&rest, 0) == '-' || peek(&rest, word) != '/')
                break;
        }
    }
    return len;
}

/* -- learning -- */

static void learn_bytes(struct mp_redact *redact, const char *bytes, size_t len,
                        bool is_host) {
    struct mp_strbuf name;
    mp_strbuf_init(&name);
    mp_strbuf_add(&name, bytes, len);
    while (name.len > 0 && strchr(" ,\"'", name.text[name.len - 1]) != NULL)
        name.text[--name.len] = '\0';
    mp_redact_learn(redact, name.text, is_host);
    mp_strbuf_release(&name);
}

void mp_redact_learn_text(struct mp_redact *redact, const char *text, size_t len) {
    struct place place = {text, len, 0};
    for (; place.at < len; place.at++) {
        size_t name_at = 0;
        struct value value;
        size_t home = is_path_start(&place) ? match_home(&place, &name_at) : 0;
        if (home > 0)
            learn_bytes(redact, text + place.at + name_at, home - name_at, false);
        else if (find_value(&place, &value) &&
                 (value.what == USER || value.what == HOST) && value.len < HOST_SIZE)
            learn_bytes(redact, text + place.at + value.start, value.len,
                        value.what == HOST);
    }
}

/* -- rules; each returns how many bytes of the text it has taken -- */

static void add_bytes(const struct mp_redact *redact, const char *text, size_t len,
                      struct mp_strbuf *buf);

static size_t take_value(const struct place *place, struct mp_strbuf *buf) {
    struct value value;
    if (!find_value(place, &value))
        return 0;
    mp_strbuf_add(buf, place->text + place->at, value.start);
    mp_strbuf_addstr(buf, MARK[value.what]);
    return value.start + value.len;
}

static bool is_system(const struct place *place) {
    size_t len = 0;
    for (size_t i = 0; i < MP_COUNT(SYSTEM); i++)
        if (begins(place, SYSTEM[i], &len))
            return true;
    return false;
}

/* The last part of a path stays: it says which file. */
static size_t take_path(const struct mp_redact *redact, const struct place *place,
                        struct mp_strbuf *buf) {
    size_t name_at = 0;
    if (!is_path_start(place))
        return 0;
    size_t len = path_span(place), home = match_home(place, &name_at);
    size_t last = len;
    const char *path = place->text + place->at;
    while (last > 0 && path[last - 1] != '/')
        last--;
    if (is_system(place)) {
        add_bytes(redact, path, 1, buf);
        return 1; /* what follows is looked at for names */
    }
    bool is_home = home >= len;
    mp_strbuf_addstr(buf, home > 0 ? "[home]" : "[path]");
    if (!is_home && last < len) {
        mp_strbuf_addch(buf, '/');
        add_bytes(redact, path + last, len - last, buf);
    }
    return len;
}

static size_t take_mail(const struct place *place, struct mp_strbuf *buf) {
    size_t len = is_word(before(place)) ? 0 : span(place, ".%+-@"), at = 0;
    while (at < len && peek(place, at) != '@')
        at++;
    size_t dot = len;
    while (dot > at && peek(place, dot - 1) != '.')
        dot--;
    bool is_mail = at > 0 && at < len && dot > at + 2 && len >= dot + 2 &&
                   isalpha((unsigned char)peek(place, dot));
    if (is_mail)
        mp_strbuf_addstr(buf, MARK[MAIL]);
    return is_mail ? len : 0;
}

/* Of a network card: six pairs of digits. */
static size_t take_card(const struct place *place, struct mp_strbuf *buf) {
    size_t len = 0;
    if (is_word(before(place)) || before(place) == ':')
        return 0;
    for (int pair = 0; pair < 6; pair++, len += 3)
        if (!isxdigit((unsigned char)peek(place, len)) ||
            !isxdigit((unsigned char)peek(place, len + 1)) ||
            (pair < 5 && peek(place, len + 2) != ':'))
            return 0;
    len--;
    if (is_word(peek(place, len)) || peek(place, len) == ':')
        return 0;
    mp_strbuf_addstr(buf, MARK[ADDRESS]);
    return len;
}

/* In a private network (RFC 1918, RFC 3927); others may be numbers of versions. */
static size_t take_number(const struct place *place, struct mp_strbuf *buf) {
    unsigned part[4] = {0};
    size_t len = 0;
    if (is_word(before(place)) || before(place) == '.')
        return 0;
    for (int i = 0; i < 4; i++) {
        size_t digits = 0;
        for (; digits < 3 && isdigit((unsigned char)peek(place, len)); digits++, len++)
            part[i] = part[i] * 10 + (unsigned)(peek(place, len) - '0');
        if (digits == 0 || part[i] > 255 || (i < 3 && peek(place, len) != '.'))
            return 0;
        len += i < 3;
    }
    bool is_private = (part[0] == 192 && part[1] == 168) || part[0] == 10 ||
                      (part[0] == 172 && part[1] >= 16 && part[1] < 32) ||
                      (part[0] == 169 && part[1] == 254);
    if (!is_private || is_word(peek(place, len)))
        return 0;
    mp_strbuf_addstr(buf, MARK[ADDRESS]);
    return len;
}

/* A name that only a local network knows. */
static size_t take_host(const struct place *place, struct mp_strbuf *buf) {
    static const char *const ends[] = {".local", ".lan",      ".home",
                                       ".corp",  ".internal", ".localdomain"};
    size_t len = is_word(before(place)) || before(place) == '.' ? 0 : span(place, ".-");
    for (size_t i = 0; i < MP_COUNT(ends); i++) {
        size_t end = strlen(ends[i]);
        if (len > end &&
            strncasecmp(place->text + place->at + len - end, ends[i], end) == 0) {
            mp_strbuf_addstr(buf, MARK[HOST]);
            return len;
        }
    }
    return 0;
}

/* "GPU-5f0c...", as the tools of NVIDIA call a device. */
static size_t take_device(const struct place *place, struct mp_strbuf *buf) {
    static const char *const starts[] = {"GPU-", "MIG-"};
    size_t len = is_word(before(place)) ? 0 : span(place, "-");
    for (size_t i = 0; i < MP_COUNT(starts) && len >= 4 + 36; i++)
        if (strncmp(place->text + place->at, starts[i], 4) == 0) {
            mp_strbuf_addstr(buf, MARK[ID]);
            return len;
        }
    return 0;
}

/* Ten to twelve capitals and digits, some of each, and not of base 16: as the serial
 * numbers of devices are written. */
static size_t take_serial(const struct place *place, struct mp_strbuf *buf) {
    size_t len = is_word(before(place)) || before(place) == '-' ? 0 : span(place, "");
    size_t digits = 0, letters = 0, others = 0;
    for (size_t i = 0; i < len; i++) {
        char c = peek(place, i);
        digits += isdigit((unsigned char)c) != 0;
        letters += isupper((unsigned char)c) != 0;
        others += isupper((unsigned char)c) != 0 && c > 'F';
    }
    if (len < SERIAL_MIN || len > SERIAL_MAX || digits < 2 || others == 0 ||
        digits + letters != len || peek(place, len) == '-')
        return 0;
    mp_strbuf_addstr(buf, MARK[ID]);
    return len;
}

static size_t take_name(const struct mp_redact *redact, const struct place *place,
                        struct mp_strbuf *buf) {
    const char *text = place->text + place->at;
    for (size_t i = 0; i < redact->count && !is_word(before(place)); i++) {
        const struct mp_redact_name *name = &redact->name[i];
        size_t len = strlen(name->name);
        bool is_same = place->len - place->at >= len &&
                       (len < CASE_MIN ? strncmp(text, name->name, len) == 0
                                       : strncasecmp(text, name->name, len) == 0);
        if (is_same && !is_word(peek(place, len))) {
            mp_strbuf_addstr(buf, MARK[name->is_host ? HOST : USER]);
            return len;
        }
    }
    return 0;
}

/* Names alone: in what is left of a path. */
static void add_bytes(const struct mp_redact *redact, const char *text, size_t len,
                      struct mp_strbuf *buf) {
    struct place place = {text, len, 0};
    while (place.at < len) {
        size_t taken = take_name(redact, &place, buf);
        if (taken == 0)
            mp_strbuf_addch(buf, text[place.at++]);
        place.at += taken;
    }
}

void mp_redact_add(const struct mp_redact *redact, const char *text, size_t len,
                   struct mp_strbuf *buf) {
    static size_t (*const rules[])(const struct place *, struct mp_strbuf *) = {
        take_value, take_mail,   take_card,  take_number,
        take_host,  take_device, take_serial};
    struct place place = {text, len, 0};
    while (place.at < len) {
        size_t taken = take_name(redact, &place, buf);
        if (taken == 0)
            taken = take_path(redact, &place, buf);
        for (size_t i = 0; i < MP_COUNT(rules) && taken == 0; i++)
            taken = rules[i](&place, buf);
        if (taken == 0)
            mp_strbuf_addch(buf, text[place.at++]);
        place.at += taken;
    }
}
