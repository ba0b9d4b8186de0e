/*
 * address.c - IP addresses and networks as 16 bytes.
 */
#include "base/base.h"

#include "base/address.h"

#include <arpa/inet.h>

#include "base/number.h"

static const uint8_t v4_prefix[12] = {[10] = 0xff, [11] = 0xff};

bool address_parse(struct slice text, struct address *out)
{
    char plain[INET6_ADDRSTRLEN];
    struct address parsed;

    if (text.len == 0 || text.len >= sizeof plain || memchr(text.at, '\0', text.len))
        return false;
    memcpy(plain, text.at, text.len);
    plain[text.len] = '\0';
    /* glibc's inet_pton refuses leading zeros in IPv4 octets, which some programs read as octal. */
    if (inet_pton(AF_INET, plain, parsed.bytes + 12) == 1)
        memcpy(parsed.bytes, v4_prefix, sizeof v4_prefix);
    else if (inet_pton(AF_INET6, plain, parsed.bytes) != 1)
        return false;
    *out = parsed;
    return true;
}

bool address_is_v4(const struct address *a)
{
    return memcmp(a->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void address_format(const struct address *a, char *text)
{
    const char *done = address_is_v4(a)
                           ? inet_ntop(AF_INET, a->bytes + 12, text,
                                       ADDRESS_TEXT_MAX + 1)
                           : inet_ntop(AF_INET6, a->bytes, text, ADDRESS_TEXT_MAX + 1);
    assert(done != NULL);
    (void)done;
}

bool address_is_special(const struct address *a)
{
    static const char *const special[] = {
        "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10",  "127.0.0.0/8",
        "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/4",
        "240.0.0.0/4",    "::/127", /* unspecified and loopback */
        "fc00::/7",       "fe80::/10",     "ff00::/8",
    };

    return address_is_among(a, special, ARRAY_LEN(special));
}

bool address_is_among(const struct address *a, const char *const *networks,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct network net = {0};
        if (network_parse(slice_from(networks[i]), &net, NULL) == 0 &&
            network_contains(&net, a))
            return true;
    }
    return false;
}

static void mask(struct address *a, unsigned prefix)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = prefix > i * 8 ? prefix - i * 8 : 0;
        if (keep < 8)
            a->bytes[i] &= (uint8_t)(0xff00u >> keep);
    }
}

static bool network_split(struct slice text, struct network *out)
{
    struct slice rest = text;
    struct slice base = {0};
    struct network net;

    if (!slice_cut(&rest, '/', &base) || !address_parse(base, &net.base))
        return false;
    unsigned width = address_is_v4(&net.base) ? 32 : 128;
    uint64_t prefix = width;
    if (rest.at != NULL && !number_u64(rest, width, &prefix))
        return false;
    net.prefix = (unsigned)prefix + (128 - width);
    *out = net;
    return true;
}

int network_parse(struct slice text, struct network *out, struct error *err)
{
    struct network net = {0};
    int shown = (int)(text.len > 60 ? 60 : text.len);

    if (!network_split(text, &net))
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" is not an address or a network such as 192.0.2.0/24",
                         shown, text.at == NULL ? "" : text.at);
    struct address masked = net.base;
    mask(&masked, net.prefix);
    if (!address_equal(&masked, &net.base))
        return error_set(err, ERROR_INVALID,
                         "\"%.*s\" has bits behind its prefix length", shown, text.at);
    *out = net;
    return 0;
}

bool network_contains(const struct network *net, const struct address *a)
{
    struct address masked = *a;

    mask(&masked, net->prefix);
    return address_equal(&masked, &net->base);
}

bool networks_contain(const struct network *nets, size_t count, const struct address *a)
{
    for (size_t i = 0; i < count; i++)
        if (network_contains(&nets[i], a))
            return true;
    return false;
}

void network_format(const struct network *net, char *text)
{
    bool v4 = address_is_v4(&net->base);
    unsigned width = v4 ? 32 : 128;
    unsigned prefix = net->prefix - (128 - width);

    address_format(&net->base, text);
    if (prefix == width)
        return;
    size_t len = strlen(text);
    int added = snprintf(text + len, ADDRESS_TEXT_MAX + 1 - len, "/%u", prefix);
    assert(added > 0 && len + (size_t)added <= ADDRESS_TEXT_MAX);
    (void)added;
}

bool address_dnsbl_name(const struct address *a, const char *zone, char *name,
                        size_t size)
{
    char labels[16 * 4 + 1];
    size_t len = 0;

    if (address_is_v4(a)) {
        int done = snprintf(labels, sizeof labels, "%u.%u.%u.%u.", a->bytes[15],
                            a->bytes[14], a->bytes[13], a->bytes[12]);
        assert(done > 0 && (size_t)done < sizeof labels);
        len = (size_t)done;
    } else {
        for (int i = 15; i >= 0; i--) {
            labels[len++] = "0123456789abcdef"[a->bytes[i] & 15];
            labels[len++] = '.';
            labels[len++] = "0123456789abcdef"[a->bytes[i] >> 4];
            labels[len++] = '.';
        }
        labels[len] = '\0';
    }
    size_t zone_len = strlen(zone);
    if (zone_len == 0 || len + zone_len > DOMAIN_MAX || len + zone_len >= size)
        return false;
    memcpy(name, labels, len);
    memcpy(name + len, zone, zone_len + 1);
    return true;
}
