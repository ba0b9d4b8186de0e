/*
 * fuzz_webhook_url.c - the host that a webhook's URL was judged by is the one that libcurl would ask.
 *
 * A URL that two parsers read differently is how a post gets to where it must not go.
 */
#include "base/base.h"

#include <arpa/inet.h>
#include <strings.h>

#include <curl/curl.h>

#include "core/webhook.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* libcurl writes numeric addresses its own way: "[2001:DB8::1]", 0x7f.1 as 127.0.0.1. */
static bool is_same_host(const char *ours, const char *curls)
{
    unsigned char six[2][sizeof(struct in6_addr)];
    struct in_addr four[2];
    char bare[WEBHOOK_URL_MAX + 1];
    size_t len = strlen(curls);

    if (strcasecmp(ours, curls) == 0)
        return true;
    if (curls[0] == '[' && len >= 2) {
        memcpy(bare, curls + 1, len - 2);
        bare[len - 2] = '\0';
        return strcasecmp(ours, bare) == 0 ||
               (inet_pton(AF_INET6, ours, six[0]) == 1 &&
                inet_pton(AF_INET6, bare, six[1]) == 1 &&
                memcmp(six[0], six[1], sizeof six[0]) == 0);
    }
    return inet_aton(ours, &four[0]) == 1 && inet_pton(AF_INET, curls, &four[1]) == 1 &&
           four[0].s_addr == four[1].s_addr;
}

/* libcurl may refuse it, which harms nobody. */
static void check_against_curl(const char *url, const char *host)
{
    CURLU *parsed = curl_url();
    char *part = NULL;

    must(parsed != NULL);
    if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
        must(curl_url_get(parsed, CURLUPART_HOST, &part, 0) == CURLUE_OK);
        must(is_same_host(host, part));
        curl_free(part);
        must(curl_url_get(parsed, CURLUPART_FRAGMENT, &part, 0) == CURLUE_NO_FRAGMENT);
        must(curl_url_get(parsed, CURLUPART_USER, &part, 0) == CURLUE_NO_USER);
    }
    curl_url_cleanup(parsed);
}

static void check_valid(struct slice url, struct slice host)
{
    char text[WEBHOOK_URL_MAX + 1], name[WEBHOOK_URL_MAX + 1];

    must(url.len <= WEBHOOK_URL_MAX && host.len > 0);
    must(host.at >= url.at && host.at + host.len <= url.at + url.len);
    for (size_t i = 0; i < url.len; i++)
        must(url.at[i] > ' ' && url.at[i] < 0x7f &&
             strchr("#\\\"<>`", url.at[i]) == NULL);
    memcpy(text, url.at, url.len);
    text[url.len] = '\0';
    memcpy(name, host.at, host.len);
    name[host.len] = '\0';
    check_against_curl(text, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice url = slice_of((const char *)data, size);
    struct slice host = {0}, again = {0};

    if (!webhook_url_is_valid(url, true, &host))
        must(!webhook_url_is_valid(url, false, &again));
    else {
        check_valid(url, host);
        bool is_https = slice_starts(url, "https://");
        must(webhook_url_is_valid(url, false, &again) == is_https);
        must(!is_https || slice_equal(host, again));
    }
    return 0;
}
