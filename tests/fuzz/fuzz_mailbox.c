/*
 * fuzz_mailbox.c - what is read as a mailbox or a domain is in its compared form.
 */
#include "base/base.h"

#include "core/mailbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_mailbox(struct slice text)
{
    char mailbox[MAILBOX_MAX + 1], again[MAILBOX_MAX + 1], domain[DOMAIN_MAX + 1];

    if (!mailbox_parse(text, mailbox))
        return;
    must(mailbox_parse(slice_from(mailbox), again) && strcmp(mailbox, again) == 0);
    must(slice_is_utf8(slice_from(mailbox)));
    must(domain_parse(slice_from(mailbox_domain(mailbox)), domain));
    must(strcmp(domain, mailbox_domain(mailbox)) == 0);
    must(mailbox_matches(mailbox, mailbox));
    must(mailbox_matches(mailbox, strchr(mailbox, '@')));
    must(!mailbox_matches(mailbox, "@"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    char domain[DOMAIN_MAX + 1], again[DOMAIN_MAX + 1];

    check_mailbox(text);
    if (domain_parse(text, domain))
        must(domain_parse(slice_from(domain), again) && strcmp(domain, again) == 0);
    return 0;
}
