/*
 * fuzz_sink.c - a session gives the same replies and messages however the network cuts it, and takes
 * nothing that is not of this run.
 */
#include "base/base.h"

#include "issuer/cli/doctor/sink.h"

#define RUN "abcdefghjkmnpqrs"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static size_t talk(struct sink *sink, struct slice said, size_t step,
                   struct sink_message *last)
{
    size_t count = 0;

    sink_init(sink, "probe.test", "probe@remote.test", RUN);
    while (said.len > 0) {
        struct slice piece = slice_take(said, step);
        said = slice_skip(said, piece.len);
        while (sink_take(sink, &piece, last)) {
            must(slice_starts(slice_from(last->value), RUN));
            must(strlen(last->helo) > 0);
            count++;
        }
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice said = slice_of((const char *)data, size);
    struct sink_message first = {0}, second = {0};
    struct sink whole, cut;

    size_t count = talk(&whole, said, SIZE_MAX, &first);
    must(talk(&cut, said, 1, &second) == count);
    must(strcmp(whole.replies.at, cut.replies.at) == 0);
    must(whole.state == cut.state && whole.errors == cut.errors);
    must(strcmp(first.value, second.value) == 0);
    sink_release(&whole);
    sink_release(&cut);
    return 0;
}
