/*
 * fuzz_saslauthd_mux.c - requests of the saslauthd socket: the same request comes out of one piece and of
 * two, and what is read lies in the reader.
 */
#include "base/base.h"

#include "auth/saslauthd_mux.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct verify_request *request)
{
    const struct slice all[] = {request->login, request->password, request->service,
                                request->client};
    volatile char sum = 0;

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (size_t k = 0; k < all[i].len; k++)
            sum = (char)(sum ^ all[i].at[k]);
    if (request->login.len > 2 * SASLAUTHD_FIELD_MAX + 1 ||
        request->password.len > SASLAUTHD_FIELD_MAX ||
        request->service.len > SASLAUTHD_FIELD_MAX ||
        request->client.len > SASLAUTHD_FIELD_MAX)
        abort();
}

/* The first byte says where the second reader's input is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice input = slice_of((const char *)data + 1, size - 1);
    struct saslauthd_reader whole, cut;
    struct verify_request request = {0}, again = {0};

    saslauthd_reader_init(&whole);
    saslauthd_reader_init(&cut);
    enum saslauthd_step step = saslauthd_reader_take(&whole, input, &request);
    enum saslauthd_step first = saslauthd_reader_take(&cut, slice_take(input, data[0]),
                                                      &again);
    if (step == SASLAUTHD_READY)
        look_at(&request);
    if (first == SASLAUTHD_READY)
        look_at(&again);
    if (first == SASLAUTHD_MORE) {
        if (saslauthd_reader_take(&cut, slice_skip(input, data[0]), &again) != step)
            abort();
        if (step == SASLAUTHD_READY &&
            (!slice_equal(request.login, again.login) ||
             !slice_equal(request.password, again.password) ||
             !slice_equal(request.service, again.service) ||
             !slice_equal(request.client, again.client)))
            abort();
    }
    saslauthd_reader_forget(&whole);
    saslauthd_reader_forget(&cut);
    return 0;
}
