/*
 * zone_row.c - a row of the catalogue into a struct zone.
 */
#include "base/base.h"

#include "issuer/dnsbl/zone_row.h"

#include "base/config_value.h"
#include "base/number.h"

enum {
    TITLE_MAX = 64,
    SENTENCE_MAX = 200,
    URL_MAX = 200,
    CODES_MAX = 64,    /* of one list; DroneBL has 17 */
    KEY_LABEL_MAX = 63 /* RFC 1035 2.3.4 */
};

static const char *const column_names[] = {
    [ZONE_COLUMN_NAME] = "zone",         [ZONE_COLUMN_TITLE] = "title",
    [ZONE_COLUMN_KIND] = "kind",         [ZONE_COLUMN_ASKER] = "asker",
    [ZONE_COLUMN_STATE] = "state",       [ZONE_COLUMN_GRANT] = "may_grant",
    [ZONE_COLUMN_CODES] = "codes",       [ZONE_COLUMN_OTHER] = "other",
    [ZONE_COLUMN_TEST] = "test_points",  [ZONE_COLUMN_TEXT] = "text",
    [ZONE_COLUMN_CLEARS] = "clears",     [ZONE_COLUMN_EXPIRY] = "expiry",
    [ZONE_COLUMN_LOOKUP] = "lookup_url", [ZONE_COLUMN_DELISTING] = "delisting",
    [ZONE_COLUMN_ALIASES] = "aliases",   [ZONE_COLUMN_STANDS_FOR] = "stands for",
    [ZONE_COLUMN_SOURCE] = "source",     [ZONE_COLUMN_FATE] = "fate",
};
_Static_assert(ARRAY_LEN(column_names) == ZONE_COLUMN_COUNT, "one name a column");

static const char *const kinds[] = {
    [ZONE_ADDRESS] = "address", [ZONE_WIDE] = "wide",
    [ZONE_POLICY] = "policy",   [ZONE_REPUTATION] = "reputation",
    [ZONE_DOMAIN] = "domain",   [ZONE_WHITE] = "white",
    [ZONE_PRIVATE] = "private",
};
_Static_assert(ARRAY_LEN(kinds) == ZONE_KIND_COUNT, "a word each");
static const char *const askers[] = {
    [ZONE_ASK_ANYONE] = "anyone",
    [ZONE_ASK_REGISTERED] = "registered",
    [ZONE_ASK_KEY] = "key",
    [ZONE_ASK_NOBODY] = "nobody",
};
_Static_assert(ARRAY_LEN(askers) == ZONE_ASKER_COUNT, "a word each");

/* What the reading of one row works with. */
struct row_reading {
    struct arena *mem;
    const struct zone_row *row;
    struct zone *zone;
    struct zone_code *codes;
    size_t listed_count; /* of zone->listed_codes */
    struct error *err;
};

static int wrong(const struct row_reading *r, enum zone_column column, const char *why)
{
    return error_set(r->err, ERROR_INVALID, "%s %s", column_names[column], why);
}

static struct slice cell_of(const struct row_reading *r, enum zone_column column)
{
    struct slice cell = r->row->cell[column];

    return slice_is(cell, "-") ? SLICE("") : cell;
}

static int read_word(const struct row_reading *r, enum zone_column column,
                     const char *const *words, size_t count, int *out)
{
    struct slice cell = r->row->cell[column];

    for (size_t i = 0; i < count; i++)
        if (slice_is(cell, words[i])) {
            *out = (int)i;
            return 0;
        }
    return error_set(r->err, ERROR_INVALID, "%s cannot be \"%.*s\"",
                     column_names[column], (int)slice_take(cell, 40).len, cell.at);
}

/* Text for people, at most max bytes; NULL where the cell has nothing. */
static int read_text(const struct row_reading *r, enum zone_column column, size_t max,
                     const char **out)
{
    struct slice cell = cell_of(r, column);

    if (cell.len > max)
        return wrong(r, column, "is too long");
    if (!slice_is_utf8(cell))
        return wrong(r, column, "must be text");
    for (size_t i = 0; i < cell.len; i++)
        if ((unsigned char)cell.at[i] < ' ' || cell.at[i] == 0x7f)
            return wrong(r, column, "must be text");
    *out = cell.len > 0 ? arena_slice(r->mem, cell) : NULL;
    return 0;
}

/* At most one "{ip}", and nothing that would need quoting. */
static int read_url(const struct row_reading *r, enum zone_column column,
                    const char **out)
{
    static const char mark[] = "{ip}";
    struct slice url = cell_of(r, column);
    bool is_mail = column == ZONE_COLUMN_DELISTING && slice_starts(url, "mailto:");

    if (url.len == 0) {
        *out = NULL;
        return 0;
    }
    if (!is_mail && !slice_starts(url, "http://") && !slice_starts(url, "https://"))
        return wrong(r, column, "must begin with http:// or https://");
    if (url.len > URL_MAX || !slice_is_printable(url))
        return wrong(r, column, "must be a URL");
    ptrdiff_t at = slice_find(url, slice_from(mark));
    for (size_t i = 0; i < url.len; i++) {
        if (at >= 0 && i == (size_t)at)
            i += strlen(mark) - 1;
        else if (strchr(" \"'<>\\`{}", url.at[i]) != NULL)
            return wrong(r, column, "must be a URL with {ip} once at most");
    }
    *out = arena_slice(r->mem, url);
    return 0;
}

/* Hours and days only: what a list says of itself is not finer. */
static bool take_span(struct slice text, int64_t *out_s)
{
    struct error ignored;

    return number_duration_s(text, out_s, &ignored) == 0;
}

/* "24h+4h", "72h", "by hand", "?" */
static bool parse_expiry(struct slice text, struct zone_expiry *out)
{
    struct zone_expiry made = {.how = ZONE_EXPIRES_ITSELF};
    ptrdiff_t plus = slice_find_byte(text, '+');

    if (slice_is(text, "?") || slice_is(text, "by hand")) {
        *out = (struct zone_expiry){.how = slice_is(text, "?") ? ZONE_EXPIRES_UNKNOWN
                                                               : ZONE_EXPIRES_BY_HAND};
        return true;
    }
    if (plus >= 0 && !take_span(slice_skip(text, (size_t)plus + 1), &made.slack_s))
        return false;
    if (!take_span(plus < 0 ? text : slice_take(text, (size_t)plus), &made.after_s))
        return false;
    *out = made;
    return true;
}

/* "127.0.0.2" or "127.0.0.2-11", in 127/8. */
static bool parse_code(struct slice text, struct zone_code *out)
{
    ptrdiff_t dash = slice_find_byte(text, '-');
    struct address first;
    uint64_t last;

    if (!address_parse(dash < 0 ? text : slice_take(text, (size_t)dash), &first) ||
        !address_is_v4(&first) || first.bytes[12] != 127)
        return false;
    memcpy(out->octets, first.bytes + 12, 4);
    out->last = out->octets[3];
    if (dash < 0)
        return true;
    if (!number_u64(slice_skip(text, (size_t)dash + 1), 255, &last) ||
        last <= out->octets[3])
        return false;
    out->last = (uint8_t)last;
    return true;
}

static bool overlaps(const struct zone_code *a, const struct zone_code *b)
{
    return memcmp(a->octets, b->octets, 3) == 0 && a->octets[3] <= b->last &&
           b->octets[3] <= a->last;
}

/* RFC 5782 2.3 and 5: the answers about an address are never 127.0.0.1; 127.255.255.0/24 is about
 * the asker. */
static bool is_about_an_address(const struct zone_code *code)
{
    static const uint8_t asker[] = {127, 255, 255};
    static const uint8_t unlisted[] = {127, 0, 0, 1};

    return memcmp(code->octets, asker, 3) != 0 &&
           (memcmp(code->octets, unlisted, 3) != 0 || code->octets[3] > 1);
}

/* "by hand", "no lease", "by hand, no lease". */
static bool read_brackets(struct slice inside, struct zone_code *out)
{
    struct slice word;

    while (slice_cut(&inside, ',', &word)) {
        word = slice_trim(word);
        if (out->is_listing && slice_is(word, "no lease"))
            out->may_grant = false;
        else if (!parse_expiry(word, &out->expiry))
            return false;
    }
    return true;
}

/* "CODE=MEANING" or "CODE=MEANING [by hand]" or "CODE=MEANING [by hand, no lease]". */
static int read_code(struct row_reading *r, enum zone_column column, struct slice text)
{
    bool is_listing = column == ZONE_COLUMN_CODES;
    struct zone_code made = {.is_listing = is_listing,
                             .may_grant = is_listing && r->zone->may_grant};
    struct slice code;
    struct slice meaning = text;

    if (!slice_cut(&meaning, '=', &code) || !parse_code(code, &made))
        return wrong(r, column, "must be such as \"127.0.0.2=source of spam\"");
    if (made.is_listing && !is_about_an_address(&made))
        return wrong(r, column,
                     "cannot have 127.0.0.1 or 127.255.255.x, which are no listings");
    ptrdiff_t bracket = slice_find(meaning, SLICE(" ["));
    if (bracket >= 0) {
        struct slice inside = slice_skip(meaning, (size_t)bracket + 2);
        if (inside.len == 0 || inside.at[inside.len - 1] != ']' ||
            !read_brackets(slice_take(inside, inside.len - 1), &made))
            return wrong(r, column, "has brackets that say nothing");
        meaning = slice_take(meaning, (size_t)bracket);
    }
    if (meaning.len == 0 || meaning.len > TITLE_MAX || !slice_is_utf8(meaning))
        return wrong(r, column, "must say what each code means");
    made.meaning = arena_slice(r->mem, meaning);
    for (size_t i = 0; i < r->zone->codes_count; i++)
        if (overlaps(&r->codes[i], &made))
            return wrong(r, column, "must have each code once");
    if (r->zone->codes_count == CODES_MAX)
        return wrong(r, column, "has too many codes");
    r->codes[r->zone->codes_count++] = made;
    return 0;
}

static int read_codes(struct row_reading *r, enum zone_column column)
{
    struct slice rest = cell_of(r, column);
    struct slice piece;

    if (rest.len == 0)
        return 0;
    while (slice_cut(&rest, ';', &piece))
        if (read_code(r, column, slice_trim(piece)) != 0)
            return -1;
    return 0;
}

/* The codes that are listings, neighbours joined into one range, for core/listing. */
static int join_codes(struct row_reading *r)
{
    size_t count = 0;

    for (size_t i = 0; i < r->zone->codes_count; i++) {
        const struct zone_code *code = &r->codes[i];
        unsigned last = code->last;
        if (!code->is_listing)
            continue;
        while (i + 1 < r->zone->codes_count && r->codes[i + 1].is_listing &&
               memcmp(r->codes[i + 1].octets, code->octets, 3) == 0 &&
               r->codes[i + 1].octets[3] == last + 1)
            last = r->codes[++i].last;
        if (count == ARRAY_LEN(r->zone->listed_codes))
            return wrong(r, ZONE_COLUMN_CODES, "has too many separate codes");
        const uint8_t *o = code->octets;
        const char *range = last == o[3] ? "" : arena_printf(r->mem, "-%u", last);
        r->zone->listed_codes[count++] = arena_printf(r->mem, "%u.%u.%u.%u%s", o[0],
                                                      o[1], o[2], o[3], range);
    }
    r->listed_count = count;
    return 0;
}

static int read_words(struct row_reading *r)
{
    static const char *const states[] = {"alive", "dead", "doubtful"};
    static const char *const answers[] = {"no", "yes"};
    static const char *const tests[] = {"-", "rfc5782"};
    static const char *const texts[] = {"-", "always"};
    struct zone *zone = r->zone;
    int kind = 0;
    int asker = 0;
    int state = 0;
    int grant = 0;
    int test = 0;
    int text = 0;

    if (read_word(r, ZONE_COLUMN_KIND, kinds, ARRAY_LEN(kinds), &kind) != 0 ||
        read_word(r, ZONE_COLUMN_ASKER, askers, ARRAY_LEN(askers), &asker) != 0 ||
        read_word(r, ZONE_COLUMN_STATE, states, ARRAY_LEN(states), &state) != 0 ||
        read_word(r, ZONE_COLUMN_GRANT, answers, ARRAY_LEN(answers), &grant) != 0 ||
        read_word(r, ZONE_COLUMN_TEST, tests, ARRAY_LEN(tests), &test) != 0 ||
        read_word(r, ZONE_COLUMN_TEXT, texts, ARRAY_LEN(texts), &text) != 0)
        return -1;
    zone->kind = (enum zone_kind)kind;
    zone->asker = (enum zone_asker)asker;
    zone->is_alive = state == 0;
    zone->may_grant = grant != 0;
    zone->has_test_points = test != 0;
    zone->always_has_text = text != 0;
    zone->lists_addresses = kind != ZONE_DOMAIN && kind != ZONE_WHITE;
    return 0;
}

/* A name of DNS, or private:NAME. */
static int read_name(struct row_reading *r)
{
    const char *name = arena_slice(r->mem, r->row->cell[ZONE_COLUMN_NAME]);
    bool is_label = slice_starts(slice_from(name), "private:") &&
                    r->zone->kind == ZONE_PRIVATE;

    if (!is_label && !config_is_zone(name))
        return wrong(r, ZONE_COLUMN_NAME, "must be a name of DNS, in lower case");
    r->zone->name = name;
    return 0;
}

static int read_texts(struct row_reading *r)
{
    struct zone *zone = r->zone;
    const size_t aliases_max = (size_t)2 * SENTENCE_MAX;

    if (read_text(r, ZONE_COLUMN_TITLE, TITLE_MAX, &zone->title) != 0 ||
        read_text(r, ZONE_COLUMN_EXPIRY, SENTENCE_MAX, &zone->expiry) != 0 ||
        read_text(r, ZONE_COLUMN_ALIASES, aliases_max, &zone->aliases) != 0 ||
        read_text(r, ZONE_COLUMN_STANDS_FOR, DOMAIN_MAX, &zone->stands_for) != 0 ||
        read_text(r, ZONE_COLUMN_SOURCE, SENTENCE_MAX, &zone->source) != 0 ||
        read_text(r, ZONE_COLUMN_FATE, SENTENCE_MAX, &zone->fate) != 0 ||
        read_url(r, ZONE_COLUMN_LOOKUP, &zone->lookup_url) != 0 ||
        read_url(r, ZONE_COLUMN_DELISTING, &zone->delisting_url) != 0)
        return -1;
    if (zone->title == NULL)
        return wrong(r, ZONE_COLUMN_TITLE, "must not be empty");
    if (zone->expiry == NULL)
        return wrong(r, ZONE_COLUMN_EXPIRY, "must not be empty");
    if (zone->source == NULL)
        return wrong(r, ZONE_COLUMN_SOURCE, "must not be empty");
    if (zone->stands_for != NULL && !config_is_zone(zone->stands_for))
        return wrong(r, ZONE_COLUMN_STANDS_FOR, "must be a name of DNS");
    if (!parse_expiry(r->row->cell[ZONE_COLUMN_CLEARS], &zone->clears))
        return wrong(r, ZONE_COLUMN_CLEARS,
                     "must be such as 24h+4h, or \"by hand\", or \"?\"");
    return 0;
}

/* What cells say together. */
static int check_sense(const struct row_reading *r)
{
    const struct zone *zone = r->zone;
    bool has_ground = false;
    bool needs_codes = zone->is_alive && zone->asker != ZONE_ASK_NOBODY &&
                       (zone->kind == ZONE_ADDRESS || zone->kind == ZONE_WIDE ||
                        zone->kind == ZONE_POLICY);

    for (size_t i = 0; i < zone->codes_count; i++)
        has_ground = has_ground || zone->codes[i].may_grant;
    if ((zone->kind == ZONE_PRIVATE) != (zone->asker == ZONE_ASK_NOBODY))
        return wrong(r, ZONE_COLUMN_ASKER, "must be nobody for a private list only");
    if (zone->is_alive != (zone->fate == NULL))
        return wrong(r, ZONE_COLUMN_FATE, "must tell of lists that are not alive only");
    if (needs_codes && r->listed_count == 0)
        return wrong(r, ZONE_COLUMN_CODES, "must have one that is a listing");
    if (zone->may_grant && zone->kind != ZONE_ADDRESS)
        return wrong(r, ZONE_COLUMN_GRANT, "cannot be yes but for an address list");
    if (zone->may_grant && !zone->is_alive)
        return wrong(r, ZONE_COLUMN_GRANT,
                     "cannot be yes for a list that is not alive");
    if (zone->may_grant && !zone->has_test_points)
        return wrong(
            r, ZONE_COLUMN_GRANT,
            "cannot be yes without test points: the list could not be verified");
    if (zone->may_grant != has_ground)
        return wrong(r, ZONE_COLUMN_GRANT,
                     "cannot be yes where no code grants a lease");
    return 0;
}

int zone_row_read(struct arena *mem, const struct zone_row *row, struct zone *out,
                  struct error *err)
{
    struct zone zone = {0};
    struct row_reading r = {
        .mem = mem,
        .row = row,
        .zone = &zone,
        .codes = arena_array(mem, CODES_MAX, sizeof *r.codes),
        .err = err,
    };

    zone.codes = r.codes;
    if (read_words(&r) != 0 || read_name(&r) != 0 || read_texts(&r) != 0 ||
        read_codes(&r, ZONE_COLUMN_CODES) != 0 ||
        read_codes(&r, ZONE_COLUMN_OTHER) != 0 || join_codes(&r) != 0 ||
        check_sense(&r) != 0)
        return -1;
    *out = zone;
    return 0;
}

bool zone_row_is_key(struct slice key)
{
    if (key.len == 0 || key.len > KEY_LABEL_MAX)
        return false;
    for (size_t i = 0; i < key.len; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-",
                   key.at[i]) == NULL ||
            key.at[i] == '\0')
            return false;
    return true;
}
