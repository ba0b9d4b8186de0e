/*
 * fuzz_socketmap.c - requests of the socketmap socket: the same come out of one piece and of two, and what
 * is read lies in the reader; every reply is one netstring again.
 */
#include "base/base.h"

#include "auth/socketmap.h"
#include "base/secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    REQUESTS_MAX = 64
};

struct seen {
    unsigned count;
    size_t map_len[REQUESTS_MAX], key_len[REQUESTS_MAX];
    char sum;
    enum socketmap_result end;
};

static void look_at(const struct socketmap_request *request, struct seen *seen)
{
    if (request->map.len + request->key.len > SOCKETMAP_REQUEST_MAX)
        abort();
    for (size_t i = 0; i < request->map.len; i++)
        seen->sum = (char)(seen->sum ^ request->map.at[i]);
    for (size_t i = 0; i < request->key.len; i++)
        seen->sum = (char)(seen->sum ^ request->key.at[i]);
    if (seen->count == REQUESTS_MAX)
        return;
    seen->map_len[seen->count] = request->map.len;
    seen->key_len[seen->count++] = request->key.len;
}

static void feed(struct socketmap_reader *reader, struct slice input, struct seen *seen)
{
    struct socketmap_request request;

    while ((seen->end = socketmap_reader_take(reader, &input, &request)) ==
           SOCKETMAP_READY)
        look_at(&request, seen);
    if (seen->end == SOCKETMAP_MORE && input.len != 0)
        abort();
}

/* A reply is read back by the reader of requests: word and text with the blank between them. */
static void answer(struct slice text)
{
    static const enum socketmap_status all[] = {
        SOCKETMAP_OK, SOCKETMAP_NOTFOUND, SOCKETMAP_TEMPORARY, SOCKETMAP_PERMANENT};
    struct socketmap_reader reader;
    struct socketmap_request back;
    struct strbuf out;

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        strbuf_init(&out, 2 * (size_t)SOCKETMAP_REPLY_MAX);
        socketmap_answer(all[i], slice_take(text, 5000), &out);
        struct slice rest = strbuf_slice(&out);
        socketmap_reader_init(&reader);
        if (socketmap_reader_take(&reader, &rest, &back) != SOCKETMAP_READY ||
            rest.len != 0 || !slice_equal(back.key, slice_take(text, 5000)))
            abort();
        socketmap_reader_release(&reader);
        strbuf_release(&out);
    }
}

/* The first byte says where the second reader's input is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct slice input = slice_of((const char *)data + 1, size - 1);
    struct socketmap_reader whole, cut;
    struct seen once = {0}, twice = {0};

    socketmap_reader_init(&whole);
    socketmap_reader_init(&cut);
    feed(&whole, input, &once);
    feed(&cut, slice_take(input, data[0]), &twice);
    if (twice.end == SOCKETMAP_MORE)
        feed(&cut, slice_skip(input, data[0]), &twice);
    if (once.end != twice.end || once.count != twice.count || once.sum != twice.sum ||
        memcmp(once.map_len, twice.map_len, sizeof once.map_len) != 0 ||
        memcmp(once.key_len, twice.key_len, sizeof once.key_len) != 0)
        abort();
    socketmap_reader_release(&whole);
    socketmap_reader_release(&cut);
    answer(input);
    return 0;
}
