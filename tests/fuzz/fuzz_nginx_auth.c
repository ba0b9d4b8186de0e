/*
 * fuzz_nginx_auth.c - requests of nginx: the same request comes out of one piece and of two, and what is
 * read lies in the reader.
 */
#include "base/base.h"

#include "auth/nginx_auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct verify_request *request)
{
    const struct slice all[] = {request->login, request->password, request->service,
                                request->client};
    volatile char sum = 0;

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t k = 0; k < all[i].len; k++)
            sum = (char)(sum ^ all[i].at[k]);
    if (request->login.len > NGINX_VALUE_MAX || request->password.len > NGINX_VALUE_MAX)
        abort();
}

/* The first byte says where the second reader's input is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice input = slice_of((const char *)data + 1, size - 1);
    struct verify_request request = {0}, again = {0};
    struct nginx_reader whole, cut;

    nginx_reader_init(&whole);
    nginx_reader_init(&cut);
    enum nginx_step step = nginx_reader_take(&whole, input, &request);
    enum nginx_step first = nginx_reader_take(&cut, slice_take(input, data[0]), &again);
    if (step == NGINX_READY)
        look_at(&request);
    if (first == NGINX_READY)
        look_at(&again);
    if (first == NGINX_MORE) {
        if (nginx_reader_take(&cut, slice_skip(input, data[0]), &again) != step)
            abort();
        if (step == NGINX_READY && (!slice_equal(request.login, again.login) ||
                                    !slice_equal(request.password, again.password) ||
                                    !slice_equal(request.service, again.service) ||
                                    request.secured != again.secured))
            abort();
    }
    nginx_reader_release(&whole);
    nginx_reader_release(&cut);
    return 0;
}
