/*
 * fuzz_dns_answer.c - DNS messages: the first byte is the type asked for, the rest the message. What
 * comes out keeps its ceilings, and a reply without a record is never an answer.
 */
#include "base/base.h"

#include "issuer/dnsbl/resolver_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_host_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.at[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
                        byte == '-' || byte == '_' || byte == '.';
        if (!is_plain)
            return false;
    }
    return text.len <= DOMAIN_MAX;
}

static void check_record(enum dns_type type, const struct dns_record *record)
{
    bool has_text = type == DNS_TYPE_TXT || type == DNS_TYPE_MX || type == DNS_TYPE_PTR;

    if (!has_text)
        return;
    if (record->text.at[record->text.len] != '\0')
        abort();
    if (type == DNS_TYPE_TXT ? record->text.len > DNS_TXT_MAX
                             : !is_host_name(record->text))
        abort();
}

static void check_reply(enum dns_type type, const struct dns_reply *reply)
{
    size_t bytes = 0;

    if ((reply->status == DNS_ANSWER) != (reply->count > 0 || reply->has_more) ||
        reply->status == DNS_TIMEOUT || reply->status == DNS_CONFLICT ||
        reply->count > DNS_RECORDS_MAX)
        abort();
    for (size_t i = 0; i < reply->count; i++) {
        check_record(type, &reply->records[i]);
        bytes += reply->records[i].text.len;
    }
    if (type == DNS_TYPE_TXT && bytes > DNS_REPLY_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_question question = {.name = "host.example"};
    struct dns_reply reply;
    struct arena mem;

    if (size < 1)
        return 0;
    question.type = (enum dns_type)(data[0] % DNS_TYPE_COUNT);
    arena_init(&mem);
    dns_answer_read(&question, slice_of((const char *)data + 1, size - 1), &mem,
                    &reply);
    check_reply(question.type, &reply);
    arena_release(&mem);
    return 0;
}
