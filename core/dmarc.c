/*
 * dmarc.c - policy records and alignment: RFC 7489 sections 3.1, 6.3, 6.4 and 6.6.3.
 */
#include "base/base.h"

#include "core/dmarc.h"

#include "base/number.h"

static const char *const policy_names[] = {
    [DMARC_POLICY_NONE] = "none",
    [DMARC_POLICY_QUARANTINE] = "quarantine",
    [DMARC_POLICY_REJECT] = "reject",
};
_Static_assert(ARRAY_LEN(policy_names) == DMARC_POLICY_COUNT, "one name a policy");

const char *dmarc_policy_name(enum dmarc_policy policy)
{
    assert((size_t)policy < ARRAY_LEN(policy_names));
    return policy_names[policy];
}

static const char *const result_names[] = {
    [DMARC_NO_POLICY] = "none",
    [DMARC_PASS] = "pass",
    [DMARC_BY_DKIM] = "by_dkim",
    [DMARC_UNKNOWN] = "unknown",
};
_Static_assert(ARRAY_LEN(result_names) == DMARC_RESULT_COUNT, "one name a result");

const char *dmarc_result_name(enum dmarc_result result)
{
    assert((size_t)result < ARRAY_LEN(result_names));
    return result_names[result];
}

/* What was seen so far; *_seen: the tag stood there and was well-formed. */
struct reading {
    struct dmarc_record record;
    bool has_policy, has_subdomain_policy, has_broken_policy, has_reports;
};

static bool read_policy(struct slice value, enum dmarc_policy *out)
{
    for (size_t i = 0; i < ARRAY_LEN(policy_names); i++)
        if (slice_is_nocase(value, policy_names[i])) {
            *out = (enum dmarc_policy)i;
            return true;
        }
    return false;
}

static void read_p(struct slice value, struct reading *reading)
{
    if (read_policy(value, &reading->record.policy))
        reading->has_policy = true;
    else
        reading->has_broken_policy = true;
}

static void read_sp(struct slice value, struct reading *reading)
{
    if (read_policy(value, &reading->record.subdomain_policy))
        reading->has_subdomain_policy = true;
    else
        reading->has_broken_policy = true;
}

static void read_aspf(struct slice value, struct reading *reading)
{
    reading->record.is_spf_strict = slice_is_nocase(value, "s");
}

static void read_adkim(struct slice value, struct reading *reading)
{
    reading->record.is_dkim_strict = slice_is_nocase(value, "s");
}

static void read_pct(struct slice value, struct reading *reading)
{
    uint64_t percent = 0;

    if (number_u64(value, 100, &percent))
        reading->record.percent = (unsigned)percent;
}

/* One URI of the list that names a scheme is enough to know that reports are wanted. */
static void read_rua(struct slice value, struct reading *reading)
{
    struct slice uri;

    while (slice_cut(&value, ',', &uri)) {
        uri = slice_trim(uri);
        ptrdiff_t colon = slice_find_byte(uri, ':');
        if (colon > 0 && (size_t)colon + 1 < uri.len && slice_is_printable(uri) &&
            slice_find_byte(uri, ' ') < 0)
            reading->has_reports = true;
    }
}

static const struct {
    const char *name;
    void (*read)(struct slice value, struct reading *reading);
} tags[] = {
    {"p",     read_p    },
    {"sp",    read_sp   },
    {"aspf",  read_aspf },
    {"adkim", read_adkim},
    {"pct",   read_pct  },
    {"rua",   read_rua  },
};

/* "name = value" of one tag; false when it is none. */
static bool split_tag(struct slice tag, struct slice *name, struct slice *value)
{
    ptrdiff_t equals = slice_find_byte(tag, '=');

    if (equals < 0)
        return false;
    *name = slice_trim(slice_take(tag, (size_t)equals));
    *value = slice_trim(slice_skip(tag, (size_t)equals + 1));
    return true;
}

bool dmarc_is_record(struct slice text)
{
    struct slice tag, name, value;

    /* 6.3: the version is compared with case, and nothing stands before it. */
    return slice_cut(&text, ';', &tag) && split_tag(tag, &name, &value) &&
           slice_is_nocase(name, "v") && slice_is(value, "DMARC1") &&
           (tag.at[0] == 'v' || tag.at[0] == 'V');
}

int dmarc_parse(struct slice text, struct dmarc_record *out, struct error *err)
{
    struct reading reading = {.record.percent = 100};
    unsigned seen = 0;
    struct slice tag, name, value;

    if (text.len > DMARC_RECORD_MAX)
        return error_set(err, ERROR_INVALID, "it is longer than %d bytes",
                         (int)DMARC_RECORD_MAX);
    if (!dmarc_is_record(text) || !slice_cut(&text, ';', &tag))
        return error_set(err, ERROR_INVALID, "it does not start with v=DMARC1");
    while (slice_cut(&text, ';', &tag)) {
        if (!split_tag(tag, &name, &value))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
            /* A tag that stands twice counts once, the first (RFC 6376 3.2 forbids the second). */
            if (!slice_is_nocase(name, tags[i].name) || (seen & 1U << i) != 0)
                continue;
            seen |= 1U << i;
            tags[i].read(value, &reading);
        }
    }
    if (!reading.has_policy || reading.has_broken_policy) {
        if (!reading.has_reports)
            return error_set(err, ERROR_INVALID, "it has no policy that can be read");
        reading.record.policy = DMARC_POLICY_NONE;
        reading.has_subdomain_policy = false;
    }
    if (!reading.has_subdomain_policy)
        reading.record.subdomain_policy = reading.record.policy;
    *out = reading.record;
    return 0;
}

bool dmarc_is_aligned(const char *domain, const char *domain_organisation,
                      const char *from, const char *from_organisation, bool is_strict)
{
    if (is_strict)
        return slice_is_nocase(slice_from(domain), from);
    return slice_is_nocase(slice_from(domain_organisation), from_organisation);
}

/* What the domain publishes at _dmarc. 1: *out is it; 0: nothing; -1: cannot be read now. */
static int fetch(const struct spf_dns *dns, struct arena *mem, const char *domain,
                 struct dmarc_record *out)
{
    const char *name = arena_printf(mem, "_dmarc.%s", domain);
    struct spf_answer answer = {0};
    struct slice record = {0};
    size_t count = 0;

    if (strlen(name) > DOMAIN_MAX)
        return 0;
    dns->ask(dns->context, mem, name, SPF_ASK_TXT, &answer);
    if (answer.status == DNS_NXDOMAIN)
        return 0;
    if (answer.status != DNS_ANSWER)
        return -1;
    for (size_t i = 0; i < answer.texts_count; i++)
        if (dmarc_is_record(answer.texts[i])) {
            record = answer.texts[i];
            count++;
        }
    /* 6.6.3: several records, or one without a policy, are none. */
    return count == 1 && dmarc_parse(record, out, NULL) == 0 ? 1 : 0;
}

/* The policy for from: its own, else its organisation's for what is below it. */
static int discover(const struct dmarc_request *request, const struct spf_dns *dns,
                    struct arena *mem, struct dmarc_record *record,
                    struct dmarc_outcome *out)
{
    int found = fetch(dns, mem, request->from, record);

    if (found > 0) {
        out->domain = request->from;
        out->policy = record->policy;
    } else if (found == 0 && !slice_is_nocase(slice_from(request->from),
                                              request->from_organisation)) {
        found = fetch(dns, mem, request->from_organisation, record);
        if (found > 0) {
            out->domain = request->from_organisation;
            out->policy = record->subdomain_policy;
        }
    }
    return found;
}

static void judge(const struct dmarc_request *request,
                  const struct dmarc_record *record, struct arena *mem,
                  struct dmarc_outcome *out)
{
    const char *policy = dmarc_policy_name(out->policy);

    out->is_aligned = dmarc_is_aligned(request->spf_domain, request->spf_organisation,
                                       request->from, request->from_organisation,
                                       record->is_spf_strict);
    if (out->is_aligned && request->spf == SPF_PASS) {
        out->result = DMARC_PASS;
        out->why = SAY(mem, "said.dmarc.passes", SAY_TEXT("from", request->from),
                       SAY_TEXT("policy", policy));
    } else if (out->is_aligned && request->spf == SPF_TEMPERROR) {
        out->result = DMARC_UNKNOWN;
        out->why = SAY(mem, "said.dmarc.unchecked", SAY_TEXT("policy", policy),
                       SAY_TEXT("domain", out->domain));
    } else {
        out->result = DMARC_BY_DKIM;
        out->why =
            out->is_aligned
                ? SAY(mem, "said.dmarc.by_dkim",
                      SAY_TEXT("spf", spf_result_name(request->spf)),
                      SAY_TEXT("from", request->from), SAY_TEXT("policy", policy),
                      SAY_TEXT("domain", out->domain))
                : SAY(mem, "said.dmarc.not_aligned", SAY_TEXT("from", request->from),
                      SAY_TEXT("policy", policy), SAY_TEXT("domain", out->domain));
    }
}

void dmarc_check(const struct dmarc_request *request, const struct spf_dns *dns,
                 struct arena *mem, struct dmarc_outcome *out)
{
    struct dmarc_outcome outcome = {.result = DMARC_NO_POLICY};
    struct dmarc_record record;
    int found = discover(request, dns, mem, &record, &outcome);

    if (found > 0) {
        judge(request, &record, mem, &outcome);
    } else if (found < 0) {
        outcome.result = DMARC_UNKNOWN;
        outcome.why = SAY(mem, "said.dmarc.unread", SAY_TEXT("domain", request->from));
    } else {
        outcome.why = SAY(mem, "said.dmarc.none", SAY_TEXT("domain", request->from));
    }
    *out = outcome;
}
