/*
 * seal.c - the key file, and closing and opening with it.
 */
#include "base/base.h"

#include "base/seal.h"

#include <sodium.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/key_file.h"

enum {
    KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    FILE_BYTES = 2 * KEY_BYTES + 1, /* as we make it: and a line feed */
    FILE_BYTES_MAX = 4096           /* what somebody wrote behind the key is not read */
};
_Static_assert(SEAL_OVERHEAD == NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "seal.h says how much longer it gets");

static int make_file(const char *path, const struct random *random, struct error *err)
{
    struct secret key = secret_new(KEY_BYTES);
    struct secret text = secret_new(FILE_BYTES);

    random_fill(random, key.at, KEY_BYTES);
    hex_encode(key.at, KEY_BYTES, text.at);
    text.at[FILE_BYTES - 1] = '\n';
    int result = file_write(path, slice_of(text.at, FILE_BYTES), 0600, err);
    secret_free(&text);
    secret_free(&key);
    return result;
}

static int read_file(const char *path, struct secret *text, struct error *err)
{
    return key_file_read(path, KEY_LINK_REFUSED, FILE_BYTES_MAX, text, err);
}

int seal_open(const char *path, const struct random *random, struct seal *out,
              struct error *err)
{
    struct secret text = {0};
    struct error why = {0};
    int result = read_file(path, &text, &why);

    if (result != 0 && why.kind == ERROR_NOT_FOUND) {
        why = (struct error){0};
        result = make_file(path, random, &why);
        if (result == 0)
            result = read_file(path, &text, &why);
    }
    if (result != 0) {
        *err = why;
        return -1;
    }
    struct secret key = secret_new(KEY_BYTES);
    if (text.len < 2 * (size_t)KEY_BYTES ||
        !hex_decode(slice_of(text.at, 2 * (size_t)KEY_BYTES), key.at, KEY_BYTES)) {
        secret_free(&key);
        result = error_set(err, ERROR_INVALID, "\"%s\" holds no key of 64 hex digits",
                           path);
    } else {
        out->key = key;
    }
    secret_free(&text);
    return result;
}

void seal_close(struct seal *seal)
{
    secret_free(&seal->key);
}

void seal_lock(const struct seal *seal, const struct random *random,
               const char *purpose, struct slice text, uint8_t *out)
{
    unsigned long long len = 0;

    random_fill(random, out, NONCE_BYTES);
    if (crypto_aead_xchacha20poly1305_ietf_encrypt(
            out + NONCE_BYTES, &len, (const unsigned char *)text.at, text.len,
            (const unsigned char *)purpose, strlen(purpose), NULL, out,
            (const unsigned char *)seal->key.at) != 0)
        abort();
}

bool seal_unlock(const struct seal *seal, const char *purpose, const uint8_t *sealed,
                 size_t len, char *out)
{
    unsigned long long got = 0;

    return len >= SEAL_OVERHEAD &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(
               (unsigned char *)out, &got, NULL, sealed + NONCE_BYTES,
               len - NONCE_BYTES, (const unsigned char *)purpose, strlen(purpose),
               sealed, (const unsigned char *)seal->key.at) == 0;
}
