/*
 * fuzz_address.c - what is read as an address or a network reads the same once written.
 */
#include "base/base.h"

#include "base/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_address(struct slice text)
{
    char shown[ADDRESS_TEXT_MAX + 1];
    char name[DOMAIN_MAX + 1];
    struct address address;
    struct address again;

    if (!address_parse(text, &address))
        return;
    address_format(&address, shown);
    must(address_parse(slice_from(shown), &again) && address_equal(&address, &again));
    must(address_dnsbl_name(&address, "bl.example", name, sizeof name));
    must(slice_ends_nocase(slice_from(name), ".bl.example"));
    (void)address_is_special(&address);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    char shown[ADDRESS_TEXT_MAX + 1];
    struct error err = {0};
    struct network net;
    struct network again;

    check_address(text);
    if (network_parse(text, &net, &err) != 0) {
        must(err.kind == ERROR_INVALID && err.text[0] != '\0');
        return 0;
    }
    network_format(&net, shown);
    must(network_parse(slice_from(shown), &again, NULL) == 0);
    must(again.prefix == net.prefix && address_equal(&again.base, &net.base));
    must(network_contains(&net, &net.base));
    return 0;
}
