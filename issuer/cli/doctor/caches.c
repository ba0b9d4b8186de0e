/*
 * caches.c - flags of saslauthd, sizes of Dovecot.
 */
#include "base/base.h"

#include "issuer/cli/doctor/caches.h"

#include "base/number.h"
#include "core/credential.h"

/* Flags of saslauthd(8) that take a value; the others stand alone and may stand together. */
static const char valued[] = "aOmnst";

enum {
    TIMEOUT_DEFAULT_S = 28800
};

static bool next_word(struct slice *rest, struct slice *word)
{
    size_t start = 0;

    while (start < rest->len && (rest->at[start] == ' ' || rest->at[start] == '\0' ||
                                 rest->at[start] == '\t'))
        start++;
    *rest = slice_skip(*rest, start);
    size_t len = 0;
    while (len < rest->len && rest->at[len] != ' ' && rest->at[len] != '\0' &&
           rest->at[len] != '\t')
        len++;
    *word = slice_take(*rest, len);
    *rest = slice_skip(*rest, len);
    return len > 0;
}

static void take_timeout(struct slice value, struct saslauthd_cache *out)
{
    uint64_t seconds;

    if (number_u64(value, UINT32_MAX, &seconds))
        out->seconds = (unsigned)seconds;
}

/* "-ct", "-m/run": letters until one that takes the rest, or the next word, as its value. */
static void take_flags(struct slice flags, struct slice *rest,
                       struct saslauthd_cache *out)
{
    struct slice value;

    while (flags.len > 0) {
        char flag = flags.at[0];
        flags = slice_skip(flags, 1);
        if (flag == 'c')
            out->is_on = true;
        if (flag == '\0' || strchr(valued, flag) == NULL)
            continue;
        if (flags.len > 0)
            value = flags;
        else if (!next_word(rest, &value))
            return;
        if (flag == 't')
            take_timeout(value, out);
        return;
    }
}

void saslauthd_read(struct slice words, struct saslauthd_cache *out)
{
    struct slice word;

    *out = (struct saslauthd_cache){.seconds = TIMEOUT_DEFAULT_S};
    while (next_word(&words, &word))
        if (word.len > 1 && word.at[0] == '-' && word.at[1] != '-')
            take_flags(slice_skip(word, 1), &words, out);
}

struct slice saslauthd_options(struct slice file)
{
    struct slice found = {0};
    struct slice line;

    while (slice_line(&file, &line)) {
        line = slice_trim(line);
        if (!slice_starts(line, "OPTIONS="))
            continue;
        found = slice_skip(line, 8);
        if (found.len >= 2 && (found.at[0] == '"' || found.at[0] == '\''))
            found = slice_take(slice_skip(found, 1), found.len - 2);
    }
    return found;
}

struct slice dovecot_value(struct slice line)
{
    ptrdiff_t place = slice_find(line, SLICE(" = "));

    if (place < 0)
        return (struct slice){0};
    return slice_trim(slice_skip(line, (size_t)place + 3));
}

/* ---- a passdb ---- */

struct passdb {
    bool is_ours;
    bool has_key;           /* 2.3: cache_key= in its args */
    bool is_new;            /* of 2.4: it has a name */
    struct slice driver;    /* the name, unless it is said */
    struct slice use_cache; /* 2.4; empty: as for all */
};

static bool is_top(struct slice line)
{
    return line.len > 0 && line.at[0] != ' ' && line.at[0] != '\t';
}

/* "passdb {", "passdb NAME {" */
static bool passdb_begins(struct slice line, struct passdb *out)
{
    struct slice word;

    *out = (struct passdb){0};
    if (!next_word(&line, &word) || !slice_is(word, "passdb") ||
        !next_word(&line, &word))
        return false;
    out->is_new = !slice_is(word, "{");
    if (out->is_new)
        out->driver = word;
    return true;
}

static void passdb_line(struct passdb *passdb, struct slice line)
{
    line = slice_trim(line);
    if (slice_starts(line, "driver = "))
        passdb->driver = dovecot_value(line);
    if (slice_starts(line, "use_cache = "))
        passdb->use_cache = dovecot_value(line);
    passdb->is_ours |= slice_find_nocase(line, SLICE("cleansmtp")) >= 0 ||
                       (slice_starts(line, "username_filter = ") &&
                        slice_find_nocase(line, SLICE(USERNAME_PREFIX)) >= 0);
    passdb->has_key |= slice_find(line, SLICE(" cache_key=")) >= 0;
}

/* The next one in *rest. */
static bool next_passdb(struct slice *rest, struct passdb *out)
{
    struct slice line;
    bool is_in = false;

    for (struct slice before = *rest; slice_line(rest, &line); before = *rest) {
        if (is_in && is_top(line)) {
            *rest = before;
            return true;
        }
        if (is_in)
            passdb_line(out, line);
        else
            is_in = passdb_begins(line, out);
    }
    return is_in;
}

static bool is_kept(const struct passdb *passdb, bool is_kept_by_default)
{
    if (slice_is(passdb->driver, "checkpassword"))
        return false;
    if (slice_is(passdb->driver, "pam") && !passdb->is_new)
        return passdb->has_key;
    return passdb->use_cache.len > 0 ? !slice_is(passdb->use_cache, "no")
                                     : is_kept_by_default;
}

static bool all_are_kept(struct slice config)
{
    struct slice line;

    while (slice_line(&config, &line))
        if (slice_is(slice_trim(line), "passdb_use_cache = no"))
            return false;
    return true;
}

enum dovecot_cache dovecot_caches_us(struct slice config)
{
    enum dovecot_cache worst = DOVECOT_CACHE_NOT_OURS;
    bool by_default = all_are_kept(config);
    struct passdb passdb;

    while (next_passdb(&config, &passdb)) {
        if (!is_kept(&passdb, by_default))
            continue;
        if (passdb.is_ours)
            return DOVECOT_CACHE_OURS;
        if (slice_is(passdb.driver, "pam") || slice_is(passdb.driver, "lua"))
            worst = DOVECOT_CACHE_UNSEEN;
    }
    return worst;
}

bool dovecot_keys_us(struct slice config)
{
    struct passdb passdb;

    while (next_passdb(&config, &passdb))
        if (passdb.is_ours && passdb.has_key)
            return true;
    return false;
}

bool dovecot_size_is_on(struct slice text)
{
    text = slice_trim(text);
    return text.len > 0 && text.at[0] != '0';
}
