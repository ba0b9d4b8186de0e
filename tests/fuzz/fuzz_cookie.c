/*
 * fuzz_cookie.c - Cookie headers: what is found lies inside the header, behind its name.
 */
#include "base/base.h"

#include "issuer/http/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice header = slice_of((const char *)data, size);
    struct slice value = cookie_find(header, "cs");

    if (value.at == NULL)
        return 0;
    if (value.at < header.at + 3 || value.at + value.len > header.at + header.len ||
        memcmp(value.at - 3, "cs=", 3) != 0 || slice_find_byte(value, ';') >= 0)
        abort();
    return 0;
}
