/*
 * fuzz_caches.c - what saslauthd and Dovecot say about the logins that they keep: a block of ours is one
 * that is there, and more blocks take none away.
 */
#include "base/base.h"

#include "issuer/cli/doctor/caches.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_saslauthd(struct slice text)
{
    struct saslauthd_cache cache;
    struct slice options = saslauthd_options(text);

    must(options.len == 0 ||
         (options.at >= text.at && options.at + options.len <= text.at + text.len));
    saslauthd_read(text, &cache);
    must(!cache.is_on || slice_find_byte(text, 'c') >= 0);
    saslauthd_read(options, &cache);
    must(!cache.is_on || slice_find_byte(text, 'c') >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    bool is_ours = dovecot_caches_us(text), has_key = dovecot_keys_us(text);

    check_saslauthd(text);
    must(!has_key || slice_find(text, SLICE(" cache_key=")) >= 0);
    (void)is_ours;
    (void)dovecot_size_is_on(text);
    return 0;
}
