/*
 * fuzz_received.c - whatever a mailbox holds, the address that is read out of it stands in it, and
 * in our message's header.
 */
#include "base/base.h"

#include "issuer/cli/doctor/canary_note.h"
#include "issuer/cli/doctor/received.h"

#define TOKEN "abcdefghjkmnpqrs-001"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_note(struct slice text)
{
    struct canary_note note, again;
    struct strbuf written;

    if (!canary_note_parse(text, &note))
        return;
    strbuf_init(&written, 1024);
    canary_note_format(&note, &written);
    must(canary_note_parse(strbuf_slice(&written), &again));
    must(strcmp(note.token, again.token) == 0 && strcmp(note.lane, again.lane) == 0);
    must(strcmp(note.helo, again.helo) == 0 && note.of == again.of);
    must(address_equal(&note.address, &again.address));
    strbuf_release(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct hop hop = {0};

    received_parse(text, &hop);
    must(strlen(hop.helo) <= DOMAIN_MAX);
    must(!hop.has_address || slice_find_nocase(text, SLICE("from")) >= 0);
    enum received_result result = received_find(text, TOKEN, &hop);
    if (result != RECEIVED_NOT_HERE)
        must(slice_find_nocase(text, SLICE(TOKEN)) >= 0 &&
             slice_find_nocase(text, SLICE(CANARY_FIELD ":")) >= 0);
    must(result != RECEIVED_FOUND || hop.has_address);
    check_note(text);
    return 0;
}
