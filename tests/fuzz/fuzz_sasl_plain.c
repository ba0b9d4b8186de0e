/*
 * fuzz_sasl_plain.c - a decoded PLAIN message.
 */
#include "base/base.h"

#include "auth/sasl_plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sasl_plain plain;

    if (sasl_plain_parse(slice_of((const char *)data, size), &plain) &&
        (plain.login.len == 0 || plain.password.len == 0 ||
         slice_find_byte(plain.login, '\0') >= 0 ||
         slice_find_byte(plain.password, '\0') >= 0 ||
         plain.login.len + plain.password.len + 2 > size))
        abort();
    return 0;
}
