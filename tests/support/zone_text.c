/*
 * zone_text.c - answers out of lines.
 */
#include "base/base.h"

#include "tests/support/zone_text.h"

static const char *const types[] = {
    [SPF_ASK_TXT] = "TXT", [SPF_ASK_A] = "A",     [SPF_ASK_AAAA] = "AAAA",
    [SPF_ASK_MX] = "MX",   [SPF_ASK_PTR] = "PTR",
};
_Static_assert(ARRAY_LEN(types) == SPF_QUESTION_COUNT, "one name a question");

struct found {
    struct slice *texts;
    struct address *addresses;
    const char **names;
    size_t count;
};

static bool split(struct slice line, struct slice *name, struct slice *type,
                  struct slice *value)
{
    if (!slice_cut(&line, ' ', name) || !slice_cut(&line, ' ', type) || line.at == NULL)
        return false;
    *value = line;
    return true;
}

/* false: the value says how the question ends. */
static bool take(struct arena *mem, enum spf_question question, struct slice value,
                 struct found *found, enum dns_status *status)
{
    static const struct {
        const char *value;
        enum dns_status status;
    } endings[] = {
        {"!failed",  DNS_FAILED },
        {"!timeout", DNS_TIMEOUT},
        {"!empty",   DNS_ANSWER },
    };
    struct address address;

    for (size_t i = 0; i < ARRAY_LEN(endings); i++)
        if (slice_is(value, endings[i].value)) {
            *status = endings[i].status;
            return false;
        }
    if (question == SPF_ASK_TXT)
        found->texts[found->count++] = value;
    else if (question == SPF_ASK_MX || question == SPF_ASK_PTR)
        found->names[found->count++] = arena_slice(mem, value);
    else if (address_parse(value, &address) &&
             address_is_v4(&address) == (question == SPF_ASK_A))
        found->addresses[found->count++] = address;
    return true;
}

static size_t count_lines(struct slice text)
{
    struct slice line;
    size_t count = 0;

    while (slice_line(&text, &line))
        count++;
    return count;
}

static void zone_text_ask(void *context, struct arena *mem, const char *name,
                          enum spf_question question, struct spf_answer *out)
{
    struct zone_text *zone = context;
    struct slice rest = zone->text, line, owner, type, value;
    size_t most = count_lines(rest);
    struct found found = {arena_array(mem, most, sizeof(struct slice)),
                          arena_array(mem, most, sizeof(struct address)),
                          arena_array(mem, most, sizeof(char *)), 0};
    enum dns_status status = DNS_NXDOMAIN;

    zone->questions++;
    while (slice_line(&rest, &line)) {
        if (!split(line, &owner, &type, &value) || !slice_is(type, types[question]) ||
            (!slice_is(owner, "*") && !slice_is_nocase(owner, name)))
            continue;
        status = DNS_ANSWER;
        if (!take(mem, question, value, &found, &status)) {
            found.count = 0;
            break;
        }
    }
    *out = (struct spf_answer){.status = status};
    if (question == SPF_ASK_TXT) {
        out->texts = found.texts;
        out->texts_count = found.count;
    } else if (question == SPF_ASK_MX || question == SPF_ASK_PTR) {
        out->names = found.names;
        out->names_count = found.count;
    } else {
        out->addresses = found.addresses;
        out->addresses_count = found.count;
    }
}

struct spf_dns zone_text_dns(struct zone_text *zone)
{
    return (struct spf_dns){.ask = zone_text_ask, .context = zone};
}
