/*
 * api_token.c - base 62, a checksum, and the table of scopes.
 *
 * The digest needs no slow hash: the token is machine-made with 256 bits (verifier.h says why).
 */
#include "base/base.h"

#include "core/api_token.h"

#include "base/limits.h"
#include "base/secret.h"

#define PREFIX "csat_"
#define DIGITS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

enum {
    BASE = 62,
    SECRET_BYTES = 32,
    CHECKED_LEN = API_TOKEN_LEN - API_TOKEN_CHECK_LEN
};
_Static_assert(sizeof DIGITS == BASE + 1, "a digit a value");

/* ---- how one looks ---- */

/* The number in bytes (most significant first) as `digits` digits; bytes is used up. */
static void put_base62(uint8_t *bytes, size_t len, char *out, size_t digits)
{
    while (digits > 0) {
        unsigned rest = 0;
        for (size_t i = 0; i < len; i++) {
            unsigned value = rest << 8 | bytes[i];
            bytes[i] = (uint8_t)(value / BASE);
            rest = value % BASE;
        }
        out[--digits] = DIGITS[rest];
    }
}

/* IEEE 802.3, reflected: that of zlib and PNG. Bit by bit, because 48 bytes need no table. */
static uint32_t crc32_of(const char *at, size_t len)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < len; i++) {
        crc ^= (uint8_t)at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0U - (crc & 1U)));
    }
    return ~crc;
}

static void put_check(const char *checked, char out[API_TOKEN_CHECK_LEN])
{
    uint32_t crc = crc32_of(checked, CHECKED_LEN);
    uint8_t bytes[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                        (uint8_t)crc};

    put_base62(bytes, sizeof bytes, out, API_TOKEN_CHECK_LEN);
}

void api_token_make(const struct random *random, char *text, uint8_t hash[DIGEST_BYTES])
{
    uint8_t bytes[SECRET_BYTES];

    random_fill(random, bytes, sizeof bytes);
    memcpy(text, PREFIX, sizeof PREFIX - 1);
    put_base62(bytes, sizeof bytes, text + sizeof PREFIX - 1, API_TOKEN_SECRET_LEN);
    put_check(text, text + CHECKED_LEN);
    text[API_TOKEN_LEN] = '\0';
    api_token_hash(slice_of(text, API_TOKEN_LEN), hash);
    secret_wipe(bytes, sizeof bytes);
}

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool api_token_is_well_formed(struct slice text)
{
    char check[API_TOKEN_CHECK_LEN];

    if (text.len != API_TOKEN_LEN || !slice_starts(text, PREFIX))
        return false;
    for (size_t i = sizeof PREFIX - 1; i < text.len; i++)
        if (!is_digit(text.at[i]))
            return false;
    put_check(text.at, check);
    return memcmp(text.at + CHECKED_LEN, check, sizeof check) == 0;
}

void api_token_hash(struct slice text, uint8_t hash[DIGEST_BYTES])
{
    digest_fields(NULL, "cs-api-token-v1", &text, 1, hash);
}

bool api_token_of_header(struct slice authorization, struct slice *out)
{
    if (!slice_starts_nocase(authorization, "bearer "))
        return false;
    *out = slice_trim(slice_skip(authorization, sizeof "bearer " - 1));
    return true;
}

/* ---- scopes ---- */

#define MAY(act) (1U << (act))

static const struct {
    const char *name;
    enum act act;  /* what it is for */
    unsigned also; /* what that needs to be of use */
    bool needs_approver;
} scopes_table[] = {
    [API_SCOPE_DIAGNOSE] = {"diagnose",     ACT_DIAGNOSE,   MAY(ACT_VIEW_CASES), false},
    [API_SCOPE_LEASE_CREATE] = {"lease:create", ACT_MINT,       MAY(ACT_VIEW_CASES), true },
    [API_SCOPE_LEASE_REVOKE] = {"lease:revoke", ACT_REVOKE,     MAY(ACT_VIEW_CASES), false},
    [API_SCOPE_POOL_READ] = {"pool:read",    ACT_VIEW_POOL,  0,                   false},
    [API_SCOPE_AUDIT_READ] = {"audit:read",   ACT_VIEW_AUDIT, 0,                   false},
};
_Static_assert(ARRAY_LEN(scopes_table) == API_SCOPE_COUNT, "one row a scope");

const char *api_scope_name(enum api_scope scope)
{
    assert((size_t)scope < ARRAY_LEN(scopes_table));
    return scopes_table[scope].name;
}

enum act api_scope_act(enum api_scope scope)
{
    assert((size_t)scope < ARRAY_LEN(scopes_table));
    return scopes_table[scope].act;
}

bool api_scope_needs_approver(enum api_scope scope)
{
    assert((size_t)scope < ARRAY_LEN(scopes_table));
    return scopes_table[scope].needs_approver;
}

static bool scope_parse(struct slice word, unsigned *scopes)
{
    for (size_t i = 0; i < ARRAY_LEN(scopes_table); i++)
        if (slice_is(word, scopes_table[i].name)) {
            *scopes |= API_SCOPE(i);
            return true;
        }
    return false;
}

bool api_scopes_parse(struct slice text, unsigned *out)
{
    unsigned scopes = 0;
    struct slice word;

    while (slice_cut(&text, ' ', &word))
        if (!scope_parse(word, &scopes))
            return false;
    *out = scopes;
    return true;
}

void api_scopes_format(unsigned scopes, char out[API_SCOPES_TEXT_MAX + 1])
{
    size_t len = 0;

    for (size_t i = 0; i < ARRAY_LEN(scopes_table); i++) {
        size_t name_len = strlen(scopes_table[i].name);
        if ((scopes & API_SCOPE(i)) == 0)
            continue;
        assert(len + 1 + name_len <= API_SCOPES_TEXT_MAX);
        if (len > 0)
            out[len++] = ' ';
        memcpy(out + len, scopes_table[i].name, name_len);
        len += name_len;
    }
    out[len] = '\0';
}

bool api_scopes_allow(unsigned scopes, enum act act)
{
    unsigned acts = 0;

    for (size_t i = 0; i < ARRAY_LEN(scopes_table); i++)
        if ((scopes & API_SCOPE(i)) != 0)
            acts |= MAY(scopes_table[i].act) | scopes_table[i].also;
    return (size_t)act < ACT_COUNT && (acts & MAY(act)) != 0;
}

/* ---- networks ---- */

static bool is_between(char c)
{
    return slice_find_byte(SLICE(" ,\t\r\n"), c) >= 0;
}

/* The next word of text, blanks and commas between; false at the end. */
static bool next_word(struct slice *text, struct slice *word)
{
    size_t len = 0;

    while (text->len > 0 && is_between(text->at[0]))
        *text = slice_skip(*text, 1);
    while (len < text->len && !is_between(text->at[len]))
        len++;
    *word = slice_take(*text, len);
    *text = slice_skip(*text, len);
    return len > 0;
}

int api_networks_parse(struct slice text, struct api_networks *out, struct error *err)
{
    struct api_networks networks = {0};
    struct slice word;

    while (next_word(&text, &word)) {
        if (networks.count == API_NETWORKS_MAX)
            return error_set(err, ERROR_INVALID,
                             "a token names at most %d addresses or networks",
                             (int)API_NETWORKS_MAX);
        if (network_parse(word, &networks.at[networks.count], err) != 0)
            return -1;
        networks.count++;
    }
    *out = networks;
    return 0;
}

void api_networks_format(const struct api_networks *networks,
                         char out[API_NETWORKS_TEXT_MAX + 1])
{
    char text[ADDRESS_TEXT_MAX + 1];
    size_t len = 0;

    for (size_t i = 0; i < networks->count; i++) {
        if (i > 0)
            out[len++] = ' ';
        network_format(&networks->at[i], text);
        memcpy(out + len, text, strlen(text));
        len += strlen(text);
    }
    out[len] = '\0';
}

bool api_networks_allow(const struct api_networks *networks, struct slice client)
{
    struct address address;

    return networks->count == 0 ||
           (address_parse(client, &address) &&
            networks_contain(networks->at, networks->count, &address));
}
