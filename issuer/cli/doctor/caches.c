/*
 * caches.c - flags of saslauthd, sizes of Dovecot.
 */
#include "base/base.h"

#include "issuer/cli/doctor/caches.h"

#include "base/number.h"

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

/* A line that is not indented and what is below it. */
struct block {
    bool is_ours, is_kept_out, has_key;
};

static bool is_top(struct slice line)
{
    return line.len > 0 && line.at[0] != ' ' && line.at[0] != '\t';
}

static bool next_block(struct slice *rest, struct block *out)
{
    struct slice line;
    bool is_begun = false;

    *out = (struct block){0};
    for (struct slice before = *rest; slice_line(rest, &line); before = *rest) {
        if (is_top(line) && is_begun) {
            *rest = before;
            return true;
        }
        is_begun = true;
        if (is_top(line))
            continue;
        out->is_ours |= slice_find_nocase(line, SLICE("cleansmtp")) >= 0;
        out->is_kept_out |= slice_find_nocase(line, SLICE("checkpassword")) >= 0 ||
                            slice_is(slice_trim(line), "use_cache = no");
        out->has_key |= slice_find(line, SLICE(" cache_key=")) >= 0;
    }
    return is_begun;
}

bool dovecot_caches_us(struct slice config)
{
    struct block block;

    while (next_block(&config, &block))
        if (block.is_ours && !block.is_kept_out)
            return true;
    return false;
}

bool dovecot_keys_us(struct slice config)
{
    struct block block;

    while (next_block(&config, &block))
        if (block.is_ours && block.has_key)
            return true;
    return false;
}

bool dovecot_size_is_on(struct slice text)
{
    text = slice_trim(text);
    return text.len > 0 && text.at[0] != '0';
}
