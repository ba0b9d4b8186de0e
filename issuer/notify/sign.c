/*
 * sign.c - HMAC-SHA256 of a post.
 */
#include "base/base.h"

#include "issuer/notify/sign.h"

#include <sodium.h>

#include "base/encode.h"
#include "base/secret.h"

static void put_base64(char *text, size_t size, const char *prefix, const void *bytes,
                       size_t len)
{
    size_t used = strlen(prefix);

    (void)snprintf(text, size, "%s", prefix);
    sodium_bin2base64(text + used, size - used, bytes, len,
                      sodium_base64_VARIANT_ORIGINAL);
}

void sign_secret_format(const void *bytes, size_t len, char *text)
{
    assert(len <= SIGN_SECRET_MAX);
    put_base64(text, SIGN_SECRET_TEXT_MAX + 1, "whsec_", bytes, len);
}

static void add(crypto_auth_hmacsha256_state *state, const char *at, size_t len)
{
    crypto_auth_hmacsha256_update(state, (const unsigned char *)at, len);
}

void sign_post(struct slice secret, const char *id, int64_t timestamp,
               struct slice body, char *text)
{
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    char head[32];

    int len = snprintf(head, sizeof head, ".%lld.", (long long)timestamp);
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.at, secret.len);
    add(&state, id, strlen(id));
    add(&state, head, (size_t)len);
    add(&state, body.at, body.len);
    crypto_auth_hmacsha256_final(&state, mac);
    secret_wipe(&state, sizeof state);
    put_base64(text, SIGN_TEXT_MAX + 1, "v1,", mac, sizeof mac);
}
