/*
 * fuzz_postfix_policy.c - bytes of a mail server into the policy parser, cut where the first byte
 * says: every request must come out the same as when read in one piece.
 */
#include "base/base.h"

#include "auth/postfix_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct tally {
    unsigned requests;
    size_t bytes;
    bool is_broken;
};

static void feed(struct policy_reader *reader, struct slice input, struct tally *tally)
{
    struct policy_request request;
    enum policy_result result;

    while (!tally->is_broken &&
           (result = policy_reader_take(reader, &input, &request)) != POLICY_MORE) {
        tally->is_broken = result == POLICY_BROKEN;
        if (result == POLICY_READY) {
            tally->requests++;
            tally->bytes += request.sasl_username.len + request.sender.len +
                            request.recipient.len + request.instance.len;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tally cut = {0}, whole = {0};
    struct policy_reader reader;

    if (size < 1)
        return 0;
    struct slice input = slice_of((const char *)data + 1, size - 1);
    policy_reader_init(&reader);
    feed(&reader, slice_take(input, data[0]), &cut);
    feed(&reader, slice_skip(input, data[0]), &cut);
    policy_reader_release(&reader);
    policy_reader_init(&reader);
    feed(&reader, input, &whole);
    policy_reader_release(&reader);
    if (cut.requests != whole.requests || cut.bytes != whole.bytes ||
        cut.is_broken != whole.is_broken)
        abort();
    return 0;
}
