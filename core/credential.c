/*
 * credential.c - usernames, passwords and link keys: made, and read back as people type them.
 */
#include "base/base.h"

#include "core/credential.h"

#define DIGITS "0123456789"

enum {
    GROUP_LEN = 5,
    PREFIX_LEN = sizeof(USERNAME_PREFIX) - 1
};
_Static_assert(PASSWORD_SHOWN_LEN == PASSWORD_LEN + PASSWORD_LEN / GROUP_LEN - 1, "");
_Static_assert(LINK_KEY_SHOWN_LEN == LINK_KEY_LEN + LINK_KEY_LEN / GROUP_LEN - 1, "");

static char lower(char byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

/* A bit for each byte. */
struct alphabet {
    uint64_t bits[4];
};

#define BIT(byte) (UINT64_C(1) << ((byte)&63))
#define BITS(from, to) (BIT(to) | (BIT(to) - BIT(from)))
/* CREDENTIAL_ALPHABET */
static const struct alphabet letters = {
    {['2' >> 6] = BITS('2', '9'),
     ['a' >> 6] = BITS('a', 'z') & ~(BIT('i') | BIT('l') | BIT('o') | BIT('u'))}
};
static const struct alphabet digits = {{['0' >> 6] = BITS('0', '9')}};

/* The same steps for each byte: it may be of a password. */
static bool is_of(const struct alphabet *alphabet, char byte)
{
    unsigned char number = (unsigned char)byte;

    return (alphabet->bits[number >> 6] >> (number & 63) & 1) != 0;
}

static bool in_alphabet(char byte)
{
    return is_of(&letters, byte);
}

void username_make(const struct random *random, char *text)
{
    memcpy(text, USERNAME_PREFIX, PREFIX_LEN);
    random_text(random, CREDENTIAL_ALPHABET, text + PREFIX_LEN,
                USERNAME_LEN - PREFIX_LEN);
}

bool username_parse(struct slice login, struct slice realm, char *out)
{
    char name[USERNAME_LEN + 1];

    if (login.len < USERNAME_LEN || !slice_starts_nocase(login, USERNAME_PREFIX))
        return false;
    struct slice rest = slice_skip(login, USERNAME_LEN);
    if (rest.len > 0 &&
        (rest.at[0] != '@' || !slice_equal_nocase(slice_skip(rest, 1), realm)))
        return false;
    for (size_t i = 0; i < USERNAME_LEN; i++) {
        name[i] = lower(login.at[i]);
        if (i >= PREFIX_LEN && !in_alphabet(name[i]))
            return false;
    }
    name[USERNAME_LEN] = '\0';
    memcpy(out, name, sizeof name);
    return true;
}

struct secret password_make(const struct random *random)
{
    char plain[PASSWORD_LEN + 1];
    struct secret shown = secret_new(PASSWORD_SHOWN_LEN);
    size_t at = 0;

    random_text(random, CREDENTIAL_ALPHABET, plain, PASSWORD_LEN);
    for (size_t i = 0; i < PASSWORD_LEN; i++) {
        if (i > 0 && i % GROUP_LEN == 0)
            shown.at[at++] = '-';
        shown.at[at++] = plain[i];
    }
    secret_wipe(plain, sizeof plain);
    return shown;
}

/* Exactly len characters of the alphabet, with blanks and hyphens wherever they are. */
static bool normalise(struct slice typed, const struct alphabet *alphabet, char *out,
                      size_t len)
{
    char plain[PASSWORD_LEN + 1] = {0};
    size_t count = 0;
    bool is_good = true;

    assert(len < sizeof plain);
    for (size_t i = 0; i < typed.len && is_good; i++) {
        char byte = lower(typed.at[i]);
        if (byte == '-' || byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n')
            continue;
        is_good = count < len && is_of(alphabet, byte);
        if (is_good)
            plain[count++] = byte;
    }
    is_good = is_good && count == len;
    if (is_good)
        memcpy(out, plain, len + 1);
    secret_wipe(plain, sizeof plain);
    return is_good;
}

bool password_normalise(struct slice typed, char out[PASSWORD_LEN + 1])
{
    return normalise(typed, &letters, out, PASSWORD_LEN);
}

void link_id_make(const struct random *random, char *text)
{
    random_text(random, CREDENTIAL_ALPHABET, text, LINK_ID_LEN);
}

void link_key_make(const struct random *random, char *text)
{
    random_text(random, CREDENTIAL_ALPHABET, text, LINK_KEY_LEN);
}

bool link_key_normalise(struct slice typed, char out[LINK_KEY_LEN + 1])
{
    typed = slice_trim(typed);
    if (slice_starts(typed, "#"))
        typed = slice_skip(typed, 1);
    return normalise(typed, &letters, out, LINK_KEY_LEN);
}

bool link_id_is_valid(struct slice text)
{
    if (text.len != LINK_ID_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!in_alphabet(text.at[i]))
            return false;
    return true;
}

void pin_make(const struct random *random, char *text)
{
    random_text(random, DIGITS, text, PIN_LEN);
}

bool pin_normalise(struct slice typed, char out[PIN_LEN + 1])
{
    return normalise(typed, &digits, out, PIN_LEN);
}
