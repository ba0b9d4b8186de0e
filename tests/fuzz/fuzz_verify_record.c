/*
 * fuzz_verify_record.c - a record of the verify socket: what is read lies in the record or in its
 * unescaped copy, and no longer.
 */
#include "base/base.h"

#include "auth/verify_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice record = slice_of((const char *)data, size);
    struct verify_request request;
    struct strbuf space;

    if (size > VERIFY_RECORD_MAX || slice_find_byte(record, '\n') >= 0)
        return 0;
    strbuf_init(&space, VERIFY_RECORD_MAX);
    if (verify_record_parse(record, &space, &request) == VERIFY_RECORD_GOOD) {
        if (request.login.len == 0 || request.service.len == 0 ||
            request.login.len + request.password.len + request.client.len > size)
            abort();
        volatile char sum = 0;
        const struct slice all[] = {request.login, request.password, request.service,
                                    request.client};
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
            for (size_t k = 0; k < all[i].len; k++)
                sum = (char)(sum ^ all[i].at[k]);
    }
    strbuf_release(&space);
    return 0;
}
