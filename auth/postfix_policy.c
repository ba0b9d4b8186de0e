/*
 * postfix_policy.c - policy requests out of bytes.
 */
#include "base/base.h"

#include "auth/postfix_policy.h"

#include "base/number.h"

static const struct {
    const char *name;
    enum policy_state state;
} states[] = {
    {"MAIL",           POLICY_MAIL          },
    {"RCPT",           POLICY_RCPT          },
    {"DATA",           POLICY_DATA          },
    {"END-OF-MESSAGE", POLICY_END_OF_MESSAGE},
};

void policy_reader_init(struct policy_reader *reader)
{
    *reader = (struct policy_reader){0};
    strbuf_init(&reader->text, POLICY_REQUEST_MAX);
    line_reader_init(&reader->lines, POLICY_REQUEST_MAX);
}

void policy_reader_release(struct policy_reader *reader)
{
    strbuf_release(&reader->text);
    line_reader_release(&reader->lines);
}

static enum policy_state state_of(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (slice_is(name, states[i].name))
            return states[i].state;
    return POLICY_OTHER;
}

/* A request in the making. */
struct parsing {
    struct policy_request request;
    struct slice protocol, state, recipient_count, size;
};

/* The attributes that we use, by length first: Postfix sends thirty with each request. */
#define ATTRIBUTE(name, field)                              \
 {                                                          \
  {name, sizeof(name) - 1}, offsetof(struct parsing, field) \
 }
static const struct {
    struct slice name;
    size_t offset;
} attributes[] = {
    ATTRIBUTE("request", protocol),
    ATTRIBUTE("protocol_state", state),
    ATTRIBUTE("recipient_count", recipient_count),
    ATTRIBUTE("size", size),
    ATTRIBUTE("sasl_username", request.sasl_username),
    ATTRIBUTE("sender", request.sender),
    ATTRIBUTE("recipient", request.recipient),
    ATTRIBUTE("instance", request.instance),
    ATTRIBUTE("client_address", request.client),
    ATTRIBUTE("queue_id", request.queue_id),
    ATTRIBUTE("policy_context", request.context),
    ATTRIBUTE("helo_name", request.helo),
};

/* Where an attribute goes, or NULL when we do not use it. */
static struct slice *place_of(struct slice name, struct parsing *parsing)
{
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (name.len == attributes[i].name.len &&
            memcmp(name.at, attributes[i].name.at, name.len) == 0)
            return (struct slice *)(void *)((char *)parsing + attributes[i].offset);
    return NULL;
}

static bool parse_count(struct slice text, uint64_t *out)
{
    *out = 0;
    return text.len == 0 || number_u64(text, UINT64_MAX, out);
}

static bool parse_request(struct slice text, struct policy_request *out)
{
    struct parsing parsing = {0};
    struct slice line;

    if (slice_find_byte(text, '\0') >= 0)
        return false;
    while (slice_cut(&text, '\n', &line) && line.len > 0) {
        struct slice name, value = line;
        if (!slice_cut(&value, '=', &name) || value.at == NULL)
            return false;
        struct slice *place = place_of(name, &parsing);
        /* Twice the same name would let a value speak for another. */
        if (place != NULL && place->at != NULL)
            return false;
        if (place != NULL)
            *place = value;
    }
    if (!slice_is(parsing.protocol, "smtpd_access_policy") || parsing.state.len == 0 ||
        !parse_count(parsing.recipient_count, &parsing.request.recipient_count) ||
        !parse_count(parsing.size, &parsing.request.size_bytes))
        return false;
    parsing.request.state = state_of(parsing.state);
    *out = parsing.request;
    return true;
}

/* Where the empty line is that ends a request, or -1. (memmem is slow with so short a needle.) */
static ptrdiff_t find_empty_line(struct slice text)
{
    size_t at = 0;
    ptrdiff_t end;

    while ((end = slice_find_byte(slice_skip(text, at), '\n')) >= 0) {
        at += (size_t)end + 1;
        if (at < text.len && text.at[at] == '\n')
            return (ptrdiff_t)at;
    }
    return -1;
}

/* A whole request in one piece, as Postfix sends it, is read where it stands. */
static bool take_whole(const struct policy_reader *reader, struct slice *input,
                       struct slice *out)
{
    if (reader->text.len > 0 || line_reader_is_partial(&reader->lines) ||
        slice_starts(*input, "\n"))
        return false;
    ptrdiff_t end = find_empty_line(*input);
    if (end < 0 || end > POLICY_REQUEST_MAX)
        return false;
    *out = slice_take(*input, (size_t)end);
    *input = slice_skip(*input, (size_t)end + 1);
    return true;
}

enum policy_result policy_reader_take(struct policy_reader *reader, struct slice *input,
                                      struct policy_request *out)
{
    struct slice line, whole;

    if (reader->was_handed_out) {
        strbuf_reset(&reader->text);
        reader->was_handed_out = false;
    }
    if (take_whole(reader, input, &whole))
        return parse_request(whole, out) ? POLICY_READY : POLICY_BROKEN;
    for (;;) {
        enum line_result result = line_reader_take(&reader->lines, input, &line);
        if (result == LINE_MORE)
            return POLICY_MORE;
        if (result == LINE_TOO_LONG)
            return POLICY_BROKEN;
        if (line.len == 0)
            break;
        strbuf_add_slice(&reader->text, line);
        strbuf_putc(&reader->text, '\n');
        if (reader->text.full)
            return POLICY_BROKEN;
    }
    reader->was_handed_out = true;
    return parse_request(strbuf_slice(&reader->text), out) ? POLICY_READY
                                                           : POLICY_BROKEN;
}

bool policy_reader_is_partial(const struct policy_reader *reader)
{
    return line_reader_is_partial(&reader->lines) ||
           (!reader->was_handed_out && reader->text.len > 0);
}
