/*
 * fuzz_api_json.c - bodies of API requests: any bytes.
 */
#include "base/base.h"

#include "issuer/api/api_call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(struct call *call, const json_t *array)
{
    const char *const *words;
    struct error err = {0};

    if (call_words(call, "list", array, &words, &err) != 0)
        return;
    for (size_t i = 0; words[i] != NULL; i++)
        assert(slice_is_utf8(slice_from(words[i])));
}

static void read_as_mint(struct call *call)
{
    const char *texts[5] = {0};
    json_int_t numbers[2];
    json_t *lists[2] = {0};
    struct error err = {0};

    if (call_fields(call, &err, "{s:I, s?s, s?s, s?o, s?o, s?I, s?s, s?s, s?s}", "case",
                    &numbers[0], "mailbox", &texts[0], "for", &texts[1], "senders",
                    &lists[0], "recipient_domains", &lists[1], "messages", &numbers[1],
                    "reason", &texts[2], "ticket", &texts[3], "delivery",
                    &texts[4]) != 0)
        return;
    check_words(call, lists[0]);
    check_words(call, lists[1]);
}

static void read_as_bounce(struct call *call)
{
    const char *texts[4] = {0};
    struct error err = {0};

    if (call_fields(call, &err, "{s?s, s?s, s?s, s?s}", "bounce", &texts[0],
                    "bounce_base64", &texts[1], "mailbox", &texts[2], "ticket",
                    &texts[3]) == 0)
        assert(slice_is_utf8(slice_from(texts[0])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct api api = {.told = NULL};
    struct arena mem;
    struct call call = {.api = &api, .mem = &mem};
    struct error err = {0};

    arena_init(&mem);
    if (api_parse(slice_of((const char *)data, size), &call.body, &err) == 0) {
        read_as_mint(&call);
        read_as_bounce(&call);
    }
    json_decref(call.body);
    arena_release(&mem);
    return 0;
}
