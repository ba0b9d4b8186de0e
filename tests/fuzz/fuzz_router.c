/*
 * fuzz_router.c - paths against the console's and the customer's routes.
 */
#include "base/base.h"

#include "issuer/http/router.h"
#include "issuer/web/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_site(const struct site *site, struct slice path)
{
    struct slice params[HTTP_PARAMS_MAX] = {0};
    bool exists = false;

    for (int m = 0; m < HTTP_METHOD_COUNT; m++) {
        const struct route *route = router_match(site, (enum http_method)m, path,
                                                 params, &exists);
        if (route == NULL)
            continue;
        if (!exists || path.len == 0 || path.at[0] != '/')
            abort();
        for (size_t i = 0; i < HTTP_PARAMS_MAX && params[i].at != NULL; i++)
            if (params[i].len == 0 || slice_find_byte(params[i], '/') >= 0)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct web web = {0};
    struct slice path = slice_of((const char *)data, size);
    struct site site;

    web_console_site(&web, &site);
    check_site(&site, path);
    web_customer_site(&web, &site);
    check_site(&site, path);
    return 0;
}
