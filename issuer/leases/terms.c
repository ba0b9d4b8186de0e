/*
 * terms.c - limits of a lease, in the order in which a person should hear about them.
 */
#include "base/base.h"

#include "issuer/leases/terms.h"

#include "base/number.h"
#include "base/timetext.h"
#include "core/mailbox.h"
#include "core/words.h"

enum {
    FOR_MIN_S = 60 /* a lease that ends before anybody can use it helps nobody */
};

static int read_mailbox(struct arena *mem, const char *given, const char *case_mailbox,
                        const char **out, struct error *err)
{
    char mailbox[MAILBOX_MAX + 1];
    bool is_given = given != NULL && given[0] != '\0';
    const char *text = is_given ? given : case_mailbox;

    if (text == NULL)
        return error_set(err, ERROR_INVALID,
                         "the case names no mailbox: say whose lease it shall be");
    if (!mailbox_parse(slice_from(text), mailbox))
        return error_set(err, ERROR_INVALID, "\"%.100s\" is not a mailbox", text);
    *out = arena_strdup(mem, mailbox);
    return 0;
}

/* "@domain" or a mailbox, only of the domain of the lease's mailbox. */
static int read_sender(struct arena *mem, const char *given, const char *mailbox,
                       const char **out, struct error *err)
{
    char parsed[MAILBOX_MAX + 1];
    const char *own = mailbox_domain(mailbox);
    const char *domain;

    if (given[0] == '@') {
        parsed[0] = '@';
        char only[DOMAIN_MAX + 1];
        if (!domain_parse(slice_from(given + 1), only))
            return error_set(err, ERROR_INVALID, "\"%.100s\" is not a sender", given);
        memcpy(parsed + 1, only, strlen(only) + 1);
        domain = parsed + 1;
    } else {
        if (!mailbox_parse(slice_from(given), parsed))
            return error_set(err, ERROR_INVALID, "\"%.100s\" is not a sender", given);
        domain = mailbox_domain(parsed);
    }
    if (strcmp(domain, own) != 0)
        return error_set(err, ERROR_REFUSED,
                         "the sender \"%.100s\" is not of the domain of \"%.100s\"",
                         given, mailbox);
    *out = arena_strdup(mem, parsed);
    return 0;
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;

    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

static int read_senders(struct arena *mem, const struct mint_request *request,
                        const char *mailbox, const char *const **out, struct error *err)
{
    size_t count = count_of(request->senders);

    if (count > TERMS_SENDERS_MAX)
        return error_set(err, ERROR_INVALID, "a lease names at most %d senders",
                         (int)TERMS_SENDERS_MAX);
    const char **senders = arena_array(mem, count + 2, sizeof *senders);
    if (count == 0)
        senders[0] = mailbox;
    for (size_t i = 0; i < count; i++)
        if (read_sender(mem, request->senders[i], mailbox, &senders[i], err) != 0)
            return -1;
    *out = senders;
    return 0;
}

static int read_domains(struct arena *mem, const struct mint_request *request,
                        const char *const **out, struct error *err)
{
    size_t count = count_of(request->recipient_domains);

    if (count > TERMS_DOMAINS_MAX)
        return error_set(err, ERROR_INVALID,
                         "a lease names at most %d recipient domains",
                         (int)TERMS_DOMAINS_MAX);
    const char **domains = arena_array(mem, count + 1, sizeof *domains);
    for (size_t i = 0; i < count; i++) {
        char domain[DOMAIN_MAX + 1];
        if (!domain_parse(slice_from(request->recipient_domains[i]), domain))
            return error_set(err, ERROR_INVALID, "\"%.100s\" is not a domain",
                             request->recipient_domains[i]);
        domains[i] = arena_strdup(mem, domain);
    }
    *out = domains;
    return 0;
}

static int read_counts(const struct config *config, const struct mint_request *request,
                       struct terms *out, struct error *err)
{
    char size[NUMBER_SIZE_MAX + 1];

    out->messages_max = request->messages != 0 ? request->messages
                                               : config->policy.messages_max;
    out->recipients_max = request->recipients != 0 ? request->recipients
                                                   : config->policy.recipients_max;
    out->message_size_max = request->message_size != 0
                                ? request->message_size
                                : config->policy.message_size_max;
    out->messages_per_hour = config->policy.messages_per_hour;
    out->recipients_per_message = config->policy.recipients_per_message;
    if (out->messages_max > config->policy.messages_max)
        return error_set(err, ERROR_REFUSED, "a lease allows at most %u messages",
                         config->policy.messages_max);
    if (out->recipients_max > config->policy.recipients_max)
        return error_set(err, ERROR_REFUSED, "a lease allows at most %u recipients",
                         config->policy.recipients_max);
    if (out->message_size_max > config->policy.message_size_max) {
        number_size_format(config->policy.message_size_max, size);
        return error_set(err, ERROR_REFUSED, "a lease allows messages of at most %sB",
                         size);
    }
    return 0;
}

static int read_limits(const struct config *config, struct arena *mem,
                       const struct mint_request *request, struct terms *out,
                       struct error *err)
{
    out->for_s = request->for_s != 0 ? request->for_s : config->policy.lease_default_s;
    if (out->for_s < FOR_MIN_S)
        return error_set(err, ERROR_INVALID, "a lease lasts at least %d seconds",
                         (int)FOR_MIN_S);
    if (out->for_s > config->policy.lease_max_s)
        return error_set(err, ERROR_REFUSED, "a lease lasts at most %s",
                         timetext_span(mem, config->policy.lease_max_s));
    return read_counts(config, request, out, err);
}

/* Nobody can ask a private list, so a lease for one goes where the refusal came from only, and
 * not far. */
static int narrow(struct arena *mem, const struct case_row *row, struct terms *terms,
                  struct error *err)
{
    const char *recipient = row->evidence.recipient;
    char mailbox[MAILBOX_MAX + 1];

    if (row->verdict != DIAGNOSIS_PRIVATE_PROVEN)
        return 0;
    if (recipient == NULL || !mailbox_parse(slice_from(recipient), mailbox))
        return error_set(
            err, ERROR_REFUSED,
            "the bounce names no recipient, and a lease for a private list "
            "goes to one domain only");
    const char *domain = arena_strdup(mem, mailbox_domain(mailbox));
    const char *const *asked = terms->recipient_domains;
    for (; asked != NULL && *asked != NULL; asked++)
        if (strcmp(*asked, domain) != 0)
            return error_set(err, ERROR_REFUSED,
                             "a lease for a private list goes to \"%s\" only", domain);
    const char **only = arena_array(mem, 2, sizeof *only);
    only[0] = domain;
    terms->recipient_domains = only;
    if (terms->messages_max > TERMS_PRIVATE_MESSAGES)
        terms->messages_max = TERMS_PRIVATE_MESSAGES;
    if (terms->recipients_max > TERMS_PRIVATE_RECIPIENTS)
        terms->recipients_max = TERMS_PRIVATE_RECIPIENTS;
    return 0;
}

static int check_language(const struct config *config, const char *language,
                          struct error *err)
{
    if (language == NULL)
        return 0;
    for (size_t i = 0; i < config->languages.count; i++)
        if (strcmp(config->languages.at[i], language) == 0)
            return 0;
    return error_set(err, ERROR_INVALID,
                     "\"%.20s\" is none of the languages in the configuration",
                     language);
}

/* Policy's proof, or a stronger one. */
static int read_proof(const struct config *config, const char *asked,
                      enum lease_proof *out, struct error *err)
{
    *out = config->policy.needs_pin ? PROOF_PIN : PROOF_MAILBOX;
    if (asked == NULL)
        return 0;
    if (!lease_proof_from(slice_from(asked), out))
        return error_set(err, ERROR_INVALID,
                         "the proof \"%.20s\" is neither \"mailbox\" nor \"pin\"",
                         asked);
    if (*out == PROOF_MAILBOX && config->policy.needs_pin)
        return error_set(err, ERROR_REFUSED, "policy.proof asks for a PIN");
    return 0;
}

int terms_read(const struct config *config, struct arena *mem,
               const struct mint_request *request, const struct case_row *row,
               struct terms *out, struct error *err)
{
    struct terms terms = {0};

    if (request->delivery != DELIVERY_LOGIN)
        return error_set(err, ERROR_INVALID,
                         "this version delivers by login only, not by route");
    if (words_check("reason", request->reason, REASON_MAX, err) != 0 ||
        words_check("ticket", request->ticket, TICKET_MAX, err) != 0 ||
        words_check("idempotency key", request->idempotency_key, IDEMPOTENCY_KEY_MAX,
                    err) != 0)
        return -1;
    if (request->idempotency_key != NULL && request->idempotency_key[0] == '\0')
        return error_set(err, ERROR_INVALID, "the idempotency key is empty");
    if (read_mailbox(mem, request->mailbox, row->mailbox, &terms.mailbox, err) != 0 ||
        read_senders(mem, request, terms.mailbox, &terms.senders, err) != 0 ||
        read_domains(mem, request, &terms.recipient_domains, err) != 0 ||
        read_limits(config, mem, request, &terms, err) != 0 ||
        narrow(mem, row, &terms, err) != 0 ||
        read_proof(config, request->proof, &terms.proof, err) != 0 ||
        check_language(config, request->language, err) != 0)
        return -1;
    terms.language = arena_strdup(mem, request->language);
    terms.reason = arena_strdup(mem, request->reason);
    terms.ticket = arena_strdup(mem, request->ticket);
    *out = terms;
    return 0;
}

/* One list as a digest of its own, so that the lists stay apart. */
static void list_hash(const char *const *list, uint8_t out[DIGEST_BYTES])
{
    struct slice fields[TERMS_SENDERS_MAX + TERMS_DOMAINS_MAX];
    size_t count = count_of(list);

    /* Longer lists are refused by terms_read before the hash counts. */
    if (count > ARRAY_LEN(fields))
        count = ARRAY_LEN(fields);
    for (size_t i = 0; i < count; i++)
        fields[i] = slice_from(list[i]);
    digest_fields(NULL, "cs-mint-list-v1", fields, count, out);
}

void terms_request_hash(const struct mint_request *request, uint8_t out[DIGEST_BYTES])
{
    uint8_t senders[DIGEST_BYTES];
    uint8_t domains[DIGEST_BYTES];
    char numbers[160];

    list_hash(request->senders, senders);
    list_hash(request->recipient_domains, domains);
    int len = snprintf(numbers, sizeof numbers, "%lld %lld %u %d",
                       (long long)request->case_id, (long long)request->for_s,
                       request->messages, (int)request->delivery);
    /* Not told, they leave no trace: keys that were used before this version stay good. */
    if (request->recipients != 0 || request->message_size != 0)
        len += snprintf(numbers + len, sizeof numbers - (size_t)len,
                        " recipients %u size %llu", request->recipients,
                        (unsigned long long)request->message_size);
    if (request->proof != NULL)
        len += snprintf(numbers + len, sizeof numbers - (size_t)len, " proof %.8s",
                        request->proof);
    if (request->language != NULL)
        len += snprintf(numbers + len, sizeof numbers - (size_t)len, " language %.8s",
                        request->language);
    assert(len > 0 && (size_t)len < sizeof numbers);
    struct slice fields[] = {slice_of(numbers, (size_t)len),
                             slice_from(request->mailbox),
                             slice_of((const char *)senders, sizeof senders),
                             slice_of((const char *)domains, sizeof domains),
                             slice_from(request->reason),
                             slice_from(request->ticket)};
    digest_fields(NULL, "cs-mint-v1", fields, ARRAY_LEN(fields), out);
}
