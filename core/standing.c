/*
 * standing.c - the judgement, and the words of a spam refusal.
 */
#include "base/base.h"

#include "core/standing.h"

/* What is said of a standing is found by its name. */
/* clang-format off */
#define STANDING_ROW(n) {n, {"{said.cause.standing." n "}"}}

static const struct {
    const char *name;
    struct sentence words;
} rows[] = {
    [STANDING_OK] = STANDING_ROW("ok"),
    [STANDING_UNUSUAL] = STANDING_ROW("unusual"),
    [STANDING_CAUSE] = STANDING_ROW("cause"),
    [STANDING_UNKNOWN] = STANDING_ROW("unknown"),
};
/* clang-format on */
_Static_assert(ARRAY_LEN(rows) == STANDING_COUNT, "a row a standing");

const char *standing_name(enum standing standing)
{
    return rows[standing].name;
}

struct sentence standing_words(enum standing standing)
{
    return rows[standing].words;
}

static int compare_counts(const void *a, const void *b)
{
    const unsigned *left = a;
    const unsigned *right = b;

    return (*left > *right) - (*left < *right);
}

/* The median of the covered days before the last one; of an even number the upper of the two in the
 * middle, in the customer's favour. false when too few are covered. */
static bool find_usual(const struct standing_counts *counts, unsigned *out)
{
    unsigned days[STANDING_DAYS];
    size_t count = 0;

    for (size_t i = 1; i <= STANDING_DAYS; i++)
        if (counts->is_covered[i])
            days[count++] = counts->messages[i];
    if (count < STANDING_DAYS_MIN)
        return false;
    qsort(days, count, sizeof days[0], compare_counts);
    *out = days[count / 2];
    return true;
}

static bool is_cause(const struct standing_counts *counts)
{
    uint64_t refused = counts->refused_7d;

    if (refused > STANDING_REFUSED_MAX)
        return true;
    return refused >= STANDING_REFUSED_MIN &&
           refused * 100 > (uint64_t)counts->attempts_7d * STANDING_REFUSED_PERCENT;
}

static void measure_cover(const struct standing_counts *counts,
                          struct standing_report *report)
{
    enum {
        WEEK = 7
    };

    report->has_day = counts->is_covered[0];
    report->has_week = true;
    for (size_t i = 0; i < WEEK; i++)
        report->has_week = report->has_week && counts->is_covered[i];
    for (size_t i = 1; i <= STANDING_DAYS; i++)
        report->covered_days += counts->is_covered[i];
}

void standing_judge(const struct standing_counts *counts, struct standing_report *out)
{
    struct standing_report report = {.standing = STANDING_OK,
                                     .messages_24h = counts->messages[0],
                                     .refused_24h = counts->refused_24h,
                                     .refused_7d = counts->refused_7d,
                                     .attempts_7d = counts->attempts_7d};

    measure_cover(counts, &report);
    report.has_usual = find_usual(counts, &report.usual);
    if (is_cause(counts))
        report.standing = STANDING_CAUSE;
    else if (!report.has_usual || !counts->is_covered[0])
        report.standing = STANDING_UNKNOWN;
    else if (report.messages_24h > STANDING_UNUSUAL_MIN &&
             report.messages_24h > (uint64_t)report.usual * STANDING_UNUSUAL_FACTOR)
        report.standing = STANDING_UNUSUAL;
    *out = report;
}

/* Words of refusals for the address we sent from: its listing is not this customer's doing, and
 * the names of the lists are full of "spam". Searched anywhere in the reply. */
static const char *const address_words[] = {
    "blocked using",   "blocked by",     "block list",
    "blocklist",       "blacklist",      "black list",
    "denylist",        "dnsbl",          "rbl",
    "listed",          "ip reputation",  "reputation of",
    "poor reputation", "bad reputation", "client host",
    "sending ip",
};

/* Words of refusals for the content or the campaign, as whole words. */
static const char *const spam_words[] = {
    "spam",
    "spamming",
    "spammy",
    "unsolicited",
    "bulk mail",
    "bulk",
    "junk",
    "phishing",
    "phish",
    "virus",
    "infected",
    "malware",
    "scam",
    "content rejected",
    "message content",
    "uce",
    "ube",
    "suspicious content",
};

static bool is_name_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || byte == '@' || byte == '/';
}

/* "spam" in "spam.example" or "anti-spam.example" is part of a name, at the end of a sentence it
 * is a word. */
static bool is_whole_word(struct slice text, size_t at, size_t len)
{
    static const char joints[] = ".-";

    if (at > 0 && is_name_byte(text.at[at - 1]))
        return false;
    if (at > 1 && strchr(joints, text.at[at - 1]) != NULL && text.at[at - 1] != '\0' &&
        is_name_byte(text.at[at - 2]))
        return false;
    struct slice rest = slice_skip(text, at + len);
    if (rest.len > 0 && is_name_byte(rest.at[0]))
        return false;
    return !(rest.len > 1 && rest.at[0] != '\0' && strchr(joints, rest.at[0]) != NULL &&
             is_name_byte(rest.at[1]));
}

static bool has_word(struct slice text, const char *word)
{
    struct slice needle = slice_from(word);

    for (size_t from = 0; from < text.len;) {
        ptrdiff_t found = slice_find_nocase(slice_skip(text, from), needle);
        if (found < 0)
            return false;
        if (is_whole_word(text, from + (size_t)found, needle.len))
            return true;
        from += (size_t)found + 1;
    }
    return false;
}

bool standing_is_spam_refusal(struct slice reply)
{
    for (size_t i = 0; i < ARRAY_LEN(address_words); i++)
        if (slice_find_nocase(reply, slice_from(address_words[i])) >= 0)
            return false;
    for (size_t i = 0; i < ARRAY_LEN(spam_words); i++)
        if (has_word(reply, spam_words[i]))
            return true;
    return false;
}
