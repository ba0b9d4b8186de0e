/*
 * verifier.c - the keyed digest that is stored instead of a password, and the pepper file.
 */
#include "base/base.h"

#include "core/verifier.h"

#include "base/encode.h"
#include "base/number.h"
#include "core/credential.h"

#define VERIFIER_DOMAIN "cs-verifier-v1"

enum {
    PEPPER_ID_MAX = 65535
};

static const struct secret *key_of(const struct pepper *pepper, unsigned id)
{
    for (size_t i = 0; i < pepper->count; i++)
        if (pepper->keys[i].id == id)
            return &pepper->keys[i].key;
    return NULL;
}

static int add_key(struct pepper *pepper, struct slice line, unsigned number,
                   struct error *err)
{
    uint8_t bytes[PEPPER_BYTES];
    struct slice id_text;
    uint64_t id = 0;

    if (!slice_cut(&line, ' ', &id_text) || !number_u64(id_text, PEPPER_ID_MAX, &id) ||
        id == 0)
        return error_set(
            err, ERROR_INVALID,
            "line %u of the pepper does not start with a key id from 1 to %d", number,
            PEPPER_ID_MAX);
    if (key_of(pepper, (unsigned)id) != NULL)
        return error_set(err, ERROR_INVALID, "line %u of the pepper repeats key id %u",
                         number, (unsigned)id);
    if (pepper->count == PEPPER_KEYS_MAX)
        return error_set(err, ERROR_INVALID, "the pepper has more than %d keys",
                         PEPPER_KEYS_MAX);
    /* The text of the line is a secret: no message may quote it. */
    if (!hex_decode(slice_trim(line), bytes, sizeof bytes))
        return error_set(err, ERROR_INVALID,
                         "line %u of the pepper is not a key id and %d hex digits",
                         number, 2 * PEPPER_BYTES);
    pepper->keys[pepper->count].id = (unsigned)id;
    pepper->keys[pepper->count].key = secret_from(bytes, sizeof bytes);
    pepper->count++;
    secret_wipe(bytes, sizeof bytes);
    return 0;
}

int pepper_parse(struct slice text, struct pepper *out, struct error *err)
{
    struct pepper pepper = {0};
    struct slice line;
    unsigned number = 0;

    while (slice_line(&text, &line)) {
        number++;
        line = slice_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        if (add_key(&pepper, line, number, err) != 0)
            goto fail;
    }
    if (pepper.count == 0) {
        (void)error_set(err, ERROR_INVALID, "the pepper has no key");
        goto fail;
    }
    *out = pepper;
    return 0;
fail:
    pepper_release(&pepper);
    return -1;
}

void pepper_release(struct pepper *pepper)
{
    for (size_t i = 0; i < pepper->count; i++)
        secret_free(&pepper->keys[i].key);
    *pepper = (struct pepper){0};
}

unsigned pepper_newest(const struct pepper *pepper)
{
    return pepper->count == 0 ? 0 : pepper->keys[pepper->count - 1].id;
}

static void compute(const struct secret *key, struct slice username,
                    const char *normalised, uint8_t out[DIGEST_BYTES])
{
    const struct slice fields[] = {
        username, {normalised, PASSWORD_LEN}
    };

    digest_fields(key, VERIFIER_DOMAIN, fields, ARRAY_LEN(fields), out);
}

bool verifier_make(const struct pepper *pepper, unsigned pepper_id,
                   struct slice username, struct slice password, struct verifier *out)
{
    const struct secret *key = key_of(pepper, pepper_id);
    char normalised[PASSWORD_LEN + 1];

    if (key == NULL || !password_normalise(password, normalised))
        return false;
    out->pepper_id = pepper_id;
    compute(key, username, normalised, out->bytes);
    secret_wipe(normalised, sizeof normalised);
    return true;
}

bool verifier_check(const struct pepper *pepper, const struct verifier *stored,
                    struct slice username, struct slice typed_password,
                    bool *out_known_key)
{
    static const struct verifier nobody = {0};
    char normalised[PASSWORD_LEN + 1] = {0};
    uint8_t bytes[DIGEST_BYTES];
    /* Key id 0: the link was never used, so there is no password that could be right. */
    bool has_password = stored != NULL && stored->pepper_id != 0;
    const struct verifier *against = has_password ? stored : &nobody;
    const struct secret *key = key_of(pepper, has_password ? stored->pepper_id
                                                           : pepper_newest(pepper));
    bool is_form = password_normalise(typed_password, normalised);

    compute(key, username, normalised, bytes);
    bool is_same = secret_same_bytes(bytes, against->bytes, sizeof bytes);
    secret_wipe(normalised, sizeof normalised);
    secret_wipe(bytes, sizeof bytes);
    *out_known_key = key != NULL;
    return is_same && is_form && has_password && key != NULL;
}
