/* Reads claims without the locale; every error shows its position.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/claim.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"

#define DIGITS           9 /* of a number that count */
#define CONFIDENCE_MIN   0.5
#define ALPHA_MIN        1e-9
#define CONFIDENCE_USUAL 0.95

static void skip_blanks(const char **at) {
    while (**at == ' ' || **at == '\t')
        (*at)++;
}

static bool take(const char **at, const char *word) {
    skip_blanks(at);
    if (strncmp(*at, word, strlen(word)) != 0)
        return false;
    *at += strlen(word);
    return true;
}

/* A percentage with as many digits as count and no more: "0.1", "99.9". */
static void format_percent(double share, char *buf, size_t size) {
    double percent = share * 100.0;
    int whole = percent > 0.0 ? (int)floor(log10(percent)) + 1 : 1;
    int decimals = DIGITS - whole;
    snprintf(buf, size, "%.*f", decimals < 0 ? 0 : decimals, percent);
    if (strchr(buf, '.') != NULL) {
        size_t len = strlen(buf);
        while (buf[len - 1] == '0')
            buf[--len] = '\0';
        if (buf[len - 1] == '.')
            buf[len - 1] = '\0';
    }
}

/* Digits with a point and an exponent, then '%' or nothing. A share of [0, 1] comes out,
 * exactly the one that format_percent would write. */
static bool take_share(const char **at, double *ret_share, bool *ret_is_percent) {
    char digits[40];
    skip_blanks(at);
    size_t len = strspn(*at, "0123456789.");
    if (len > 0 && ((*at)[len] == 'e' || (*at)[len] == 'E')) {
        size_t sign = (*at)[len + 1] == '-' || (*at)[len + 1] == '+';
        size_t power = strspn(*at + len + 1 + sign, "0123456789");
        len += power > 0 ? 1 + sign + power : 0;
    }
    if (len == 0 || len >= sizeof(digits))
        return false;
    snprintf(digits, sizeof(digits), "%.*s", (int)len, *at);
    char *end = NULL;
    double value = strtod(digits, &end);
    if (*end != '\0')
        return false;
    *at += len;
    *ret_is_percent = take(at, "%");
    double share = *ret_is_percent ? value / 100.0 : value;
    if (share > 0.0 && share <= 1.0) {
        format_percent(share, digits, sizeof(digits));
        share = strtod(digits, NULL) / 100.0;
    }
    *ret_share = share;
    return true;
}

static enum mp_status refuse(struct mp_error *err, const char *text, const char *why) {
    return mp_error_set(
        err, MP_USAGE,
        "claim '%.80s': %s; a claim is written '%s', which means a rate below 0.1 %% "
        "with 95 %% confidence",
        text, why, MP_CLAIM_FORM);
}

static enum mp_status refuse_at(struct mp_error *err, const char *text,
                                const char *wanted, const char *at) {
    char why[160];
    snprintf(why, sizeof(why),
             *at == '\0' ? "%s is missing at the end" : "%s is expected at '%.40s'",
             wanted, at);
    return refuse(err, text, why);
}

static enum mp_status parse_target(const char *text, const char **at,
                                   struct mp_claim *claim, struct mp_error *err) {
    bool is_percent = false;
    if (!take_share(at, &claim->target, &is_percent))
        return refuse_at(err, text, "a number such as 0.1%, 0.001 or 1e-3", *at);
    if (claim->target >= 1.0 && !is_percent)
        return refuse(err, text, "a rate without '%' is a share of all rounds, below 1");
    if (!(claim->target >= MP_CLAIM_TARGET_MIN && claim->target <= MP_CLAIM_TARGET_MAX))
        return refuse(err, text, "the rate must be between 0.0000001% and 99%");
    return MP_OK;
}

static enum mp_status parse_confidence(const char *text, const char **at,
                                       double *ret_confidence, struct mp_error *err) {
    bool is_percent = false;
    if (!take_share(at, ret_confidence, &is_percent))
        return refuse_at(err, text, "a confidence such as 95% or 0.95", *at);
    if (*ret_confidence > 1.0 && !is_percent)
        return refuse(err, text, "a confidence above 1 needs a '%'");
    if (!(*ret_confidence >= CONFIDENCE_MIN && 1.0 - *ret_confidence >= ALPHA_MIN))
        return refuse(err, text, "the confidence must be at least 50% and below 100%");
    return MP_OK;
}

static const char *const WORDS[] = {[MP_CLAIM_RATE] = "rate",
                                    [MP_CLAIM_EXCESS] = "excess",
                                    [MP_CLAIM_DIFFERENCE] = "difference"};

static enum mp_status parse(const char *text, enum mp_claim_kind kind,
                            struct mp_claim *ret_claim, struct mp_error *err) {
    const char *at = text;
    struct mp_claim claim = {.kind = kind};
    double confidence = CONFIDENCE_USUAL;
    if (!take(&at, WORDS[kind]) || isalnum((unsigned char)*at) || *at == '_')
        return refuse(err, text, "it must start with the word 'rate'");
    if (take(&at, ">"))
        return refuse(err, text,
                      "only '<' can be claimed; a rate that is too high is reported as a "
                      "regression");
    if (!take(&at, "<"))
        return refuse_at(err, text, "'<'", at);
    if (*at == '=')
        at++;
    enum mp_status status = parse_target(text, &at, &claim, err);
    if (status == MP_OK && take(&at, "@"))
        status = parse_confidence(text, &at, &confidence, err);
    skip_blanks(&at);
    if (status == MP_OK && *at != '\0')
        status = refuse_at(err, text, "'@' and a confidence, or nothing,", at);
    if (status == MP_OK) {
        claim.alpha = 1.0 - confidence;
        *ret_claim = claim;
    }
    return status;
}

enum mp_status mp_claim_parse(const char *text, struct mp_claim *ret_claim,
                              struct mp_error *err) {
    return parse(text, MP_CLAIM_RATE, ret_claim, err);
}

enum mp_status mp_claim_parse_any(const char *text, struct mp_claim *ret_claim,
                                  struct mp_error *err) {
    const char *at = text;
    skip_blanks(&at);
    enum mp_claim_kind kind = strncmp(at, "excess", 6) == 0        ? MP_CLAIM_EXCESS
                              : strncmp(at, "difference", 10) == 0 ? MP_CLAIM_DIFFERENCE
                                                                   : MP_CLAIM_RATE;
    return parse(text, kind, ret_claim, err);
}

void mp_claim_format(const struct mp_claim *claim, char ret_text[MP_CLAIM_TEXT_MAX]) {
    char target[24], confidence[24];
    format_percent(claim->target, target, sizeof(target));
    format_percent(1.0 - claim->alpha, confidence, sizeof(confidence));
    snprintf(ret_text, MP_CLAIM_TEXT_MAX, "%s<%s%%@%s%%", WORDS[claim->kind], target,
             confidence);
}

enum mp_status mp_claim_parse_rate(const char *text, const char *what, double *ret_rate,
                                   struct mp_error *err) {
    const char *at = text;
    bool is_percent = false;
    double rate = 0.0;
    bool is_number = take_share(&at, &rate, &is_percent);
    skip_blanks(&at);
    if (!is_number || *at != '\0' || !(rate >= 0.0 && rate <= 1.0))
        return mp_error_set(
            err, MP_USAGE,
            "%s '%.40s' is not a share between 0 and 1, such as 10%%, 0.1 or 1e-3", what,
            text);
    *ret_rate = rate;
    return MP_OK;
}

/* The end of "1 % more": words that say what the number is anyway. `is_percent` is set by
 * a unit that stands for "%". */
static void take_margin_words(const char **at, bool *is_percent) {
    static const char *const units[] = {"percentage points", "percentage point",
                                        "percent", "points", "point"};
    static const char *const directions[] = {"more or fewer", "more or less", "more"};
    for (size_t i = 0; i < MP_COUNT(units); i++) {
        if (take(at, units[i])) {
            *is_percent = true;
            break;
        }
    }
    for (size_t i = 0; i < MP_COUNT(directions); i++)
        if (take(at, directions[i]))
            break;
    skip_blanks(at);
}

enum mp_status mp_claim_parse_margin(const char *text, const char *what,
                                     double *ret_margin, struct mp_error *err) {
    const char *at = text;
    bool is_share = false, is_percent = false;
    double margin = 0.0;
    bool is_number = take_share(&at, &margin, &is_share);
    take_margin_words(&at, &is_percent);
    if (is_percent && !is_share)
        margin /= 100.0;
    if (!is_number || *at != '\0')
        return mp_error_set(err, MP_USAGE,
                            "%s '%.40s' is not a difference of two rates, such as 1%%, "
                            "0.01, '1 %% more' or '1 point'",
                            what, text);
    if (!(margin >= MP_CLAIM_MARGIN_MIN && margin <= MP_CLAIM_TARGET_MAX))
        return mp_error_set(err, MP_USAGE,
                            "%s '%.40s': must be a difference of rates between 0.1 and "
                            "99 %%",
                            what, text);
    *ret_margin = margin;
    return MP_OK;
}
