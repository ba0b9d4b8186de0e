/*
 * fuzz_api_token.c - an Authorization header, and the texts a token is stored with: what is accepted
 * is written and read again as the same.
 */
#include "base/base.h"

#include "core/actor.h"
#include "core/api_token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void try_header(struct slice header)
{
    struct slice token;

    if (!api_token_of_header(header, &token))
        return;
    check(token.at >= header.at && token.at + token.len <= header.at + header.len);
    if (!api_token_is_well_formed(token))
        return;
    /* One character changed is no token any more. */
    char copy[API_TOKEN_LEN];
    memcpy(copy, token.at, sizeof copy);
    copy[token.len - 1] = copy[token.len - 1] == '0' ? '1' : '0';
    check(!api_token_is_well_formed(slice_of(copy, sizeof copy)));
}

static void try_scopes(struct slice text)
{
    char out[API_SCOPES_TEXT_MAX + 1];
    unsigned scopes;
    unsigned again;

    if (!api_scopes_parse(text, &scopes))
        return;
    check(scopes != 0 && scopes < 1U << API_SCOPE_COUNT);
    check(!api_scopes_allow(scopes, ACT_APPROVE));
    api_scopes_format(scopes, out);
    check(api_scopes_parse(slice_from(out), &again) && again == scopes);
}

static void try_networks(struct slice text)
{
    char out[API_NETWORKS_TEXT_MAX + 1];
    struct api_networks networks;
    struct api_networks again;

    if (api_networks_parse(text, &networks, NULL) != 0)
        return;
    check(networks.count <= API_NETWORKS_MAX);
    api_networks_format(&networks, out);
    check(api_networks_parse(slice_from(out), &again, NULL) == 0 &&
          again.count == networks.count);
    (void)api_networks_allow(&networks, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);

    try_header(text);
    try_scopes(text);
    try_networks(text);
    (void)actor_for_is_valid(text);
    return 0;
}
