/*
 * api_leases.c - leases: list, mint, show, revoke, new link, reveal.
 */
#include "base/base.h"

#include "base/number.h"
#include "issuer/api/api_present.h"
#include "issuer/api/api_resources.h"
#include "issuer/leases/change.h"
#include "issuer/leases/mint.h"
#include "issuer/leases/reveal.h"

int api_lease_list(struct call *call, json_t **out, struct error *err)
{
    struct lease_filter filter = {0};
    struct lease *leases;
    struct store *store;
    struct page page;
    size_t count;

    if (call_query(call, "limit cursor case", err) != 0 ||
        call_page(call, &page, err) != 0 ||
        call_query_number(call, "case", 0, INT64_MAX, &filter.case_id, err) != 0)
        return -1;
    call_take_usage(call);
    if (app_take_reader(call->app, &store, err) != 0)
        return -1;
    filter.before = page.cursor;
    filter.max = page.limit + 1;
    int failed = store_lease_list(store, call->mem, &filter, &leases, &count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    size_t shown = count > page.limit ? page.limit : count;
    json_t *items = json_array();
    for (size_t i = 0; i < shown; i++)
        json_array_append_new(items, present_lease(&leases[i], call->now, NULL));
    *out = page_of(items, shown < count ? leases[shown - 1].id : 0);
    return 0;
}

static int find_lease(struct call *call, int64_t id, struct lease *out,
                      struct error *err)
{
    struct store *store;

    if (app_take_reader(call->app, &store, err) != 0)
        return -1;
    int result = store_lease_find(store, call->mem, id, out, err);
    app_give_back(call->app, store);
    return result;
}

/* id 0: nobody was asked. */
static void put_approval(const struct call *call, const struct approval *approval,
                         json_t *lease)
{
    if (approval->id != 0)
        json_object_set_new(lease, "approval",
                            present_approval(&call->speaker, approval));
}

int api_lease_show(struct call *call, json_t **out, struct error *err)
{
    struct usage_row *rows = NULL;
    struct lease_said *said = NULL;
    struct approval approval = {0};
    struct store *store;
    struct lease lease;
    size_t count = 0;
    size_t said_count = 0;
    int64_t id;

    if (call_id(call, &id, err) != 0 || call_query(call, "", err) != 0)
        return -1;
    call_take_usage(call);
    if (app_take_reader(call->app, &store, err) != 0)
        return -1;
    int failed = store_lease_find(store, call->mem, id, &lease, err);
    if (failed == 0)
        failed = store_usage_list(store, call->mem, id, API_LIMIT_DEFAULT, &rows,
                                  &count, err);
    if (failed == 0)
        failed = store_approval_of_lease(store, call->mem, id, &approval, err);
    if (failed == 0)
        failed = store_word_list(store, call->mem, id, API_LIMIT_DEFAULT, &said,
                                 &said_count, err);
    app_give_back(call->app, store);
    if (failed != 0)
        return -1;
    json_t *usage = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(usage, present_usage(&call->speaker, &rows[i]));
    *out = present_lease(&lease, call->now, NULL);
    put_approval(call, &approval, *out);
    put_last_refusal(*out, &call->speaker, rows, count);
    json_object_set_new(*out, "usage", usage);
    json_object_set_new(*out, "customer_said", present_said(said, said_count));
    return 0;
}

/* One to 64 visible characters: it is a key, not a text. */
static int read_key(struct call *call, const char **out, struct error *err)
{
    struct slice key = slice_trim(call->request->idempotency_key);

    if (key.len == 0)
        return error_set(err, ERROR_INVALID,
                         "the request needs the header Idempotency-Key");
    if (key.len > IDEMPOTENCY_KEY_MAX || !slice_is_printable(key))
        return error_set(err, ERROR_INVALID,
                         "Idempotency-Key must be up to %d visible characters",
                         (int)IDEMPOTENCY_KEY_MAX);
    *out = arena_slice(call->mem, key);
    return 0;
}

static int read_delivery(const char *word, enum lease_delivery *out, struct error *err)
{
    for (int i = 0; word != NULL && i < DELIVERY_COUNT; i++)
        if (strcmp(word, lease_delivery_name((enum lease_delivery)i)) == 0) {
            *out = (enum lease_delivery)i;
            return 0;
        }
    if (word == NULL)
        return 0;
    return error_set(err, ERROR_INVALID, "\"delivery\" cannot be \"%.40s\"", word);
}

/* -1: not told, and left 0. */
static int read_count(const char *key, json_int_t count, unsigned *out,
                      struct error *err)
{
    if (count != -1 && (count < 1 || count > UINT32_MAX))
        return error_set(err, ERROR_INVALID, "\"%s\" must be a number above 0", key);
    *out = count == -1 ? 0 : (unsigned)count;
    return 0;
}

static int read_mint(struct call *call, struct mint_request *out, struct error *err)
{
    json_int_t case_id = 0;
    json_int_t messages = -1;
    json_int_t recipients = -1;
    const char *size = NULL;
    const char *duration = NULL;
    const char *delivery = NULL;
    json_t *senders = NULL;
    json_t *domains = NULL;

    if (call_fields(call, err,
                    "{s:I, s?s, s?s, s?o, s?o, s?I, s?s, s?s, s?s, s?I, s?s, s?s, s?s}",
                    "case", &case_id, "mailbox", &out->mailbox, "for", &duration,
                    "senders", &senders, "recipient_domains", &domains, "messages",
                    &messages, "reason", &out->reason, "ticket", &out->ticket,
                    "delivery", &delivery, "recipients", &recipients, "message_size",
                    &size, "language", &out->language, "proof", &out->proof) != 0)
        return -1;
    if (duration != NULL &&
        number_duration_s(slice_from(duration), &out->for_s, err) != 0)
        return error_prefix(err, "\"for\"");
    if (size != NULL && number_size(slice_from(size), &out->message_size, err) != 0)
        return error_prefix(err, "\"message_size\"");
    if (read_count("messages", messages, &out->messages, err) != 0 ||
        read_count("recipients", recipients, &out->recipients, err) != 0)
        return -1;
    out->case_id = case_id;
    if (call_words(call, "senders", senders, &out->senders, err) != 0 ||
        call_words(call, "recipient_domains", domains, &out->recipient_domains, err) !=
            0)
        return -1;
    return read_delivery(delivery, &out->delivery, err);
}

/* Link and PIN stand in the answer that made them, and in no other. */
static json_t *given(struct call *call, const struct lease *lease, const char *link,
                     const char *pin)
{
    json_t *o = present_lease(lease, call->now, link);

    call->response->is_secret = true;
    if (pin != NULL)
        put_text(o, "pin", pin);
    return o;
}

int api_lease_mint(struct call *call, json_t **out, struct error *err)
{
    struct mint_request request = {.delivery = DELIVERY_LOGIN};
    struct minted minted = {0};

    if (read_key(call, &request.idempotency_key, err) != 0 ||
        read_mint(call, &request, err) != 0 ||
        lease_mint(call->app, call->mem, &call->actor, &request, &minted, err) != 0)
        return -1;
    http_header(
        call->response, "Location",
        arena_printf(call->mem, "/api/v1/leases/%lld", (long long)minted.lease.id));
    if (minted.is_replay)
        http_header(call->response, "Idempotency-Replayed", "true");
    bool is_pending = lease_state_at(&minted.lease, call->now) ==
                      LEASE_PENDING_APPROVAL;
    call->status = is_pending ? 202 : minted.is_replay ? 200 : 201;
    *out = given(call, &minted.lease, minted.link, minted.pin);
    put_approval(call, &minted.approval, *out);
    return 0;
}

int api_lease_revoke(struct call *call, json_t **out, struct error *err)
{
    const char *reason = NULL;
    struct lease lease;
    int64_t id;

    if (call_id(call, &id, err) != 0 ||
        call_fields(call, err, "{s?s}", "reason", &reason) != 0 ||
        lease_revoke(call->app, &call->actor, id, reason, err) != 0 ||
        find_lease(call, id, &lease, err) != 0)
        return -1;
    *out = present_lease(&lease, call->now, NULL);
    return 0;
}

int api_lease_extend(struct call *call, json_t **out, struct error *err)
{
    const char *duration = NULL;
    struct lease lease;
    int64_t id;
    int64_t by_s;

    if (call_id(call, &id, err) != 0 ||
        call_fields(call, err, "{s:s}", "for", &duration) != 0)
        return -1;
    if (number_duration_s(slice_from(duration), &by_s, err) != 0)
        return error_prefix(err, "\"for\"");
    if (lease_extend(call->app, call->mem, &call->actor, id, by_s, &lease, err) != 0)
        return -1;
    *out = present_lease(&lease, call->now, NULL);
    return 0;
}

int api_lease_link(struct call *call, json_t **out, struct error *err)
{
    struct new_link made;
    struct lease lease;
    int64_t id;

    if (call_id(call, &id, err) != 0 || call_fields(call, err, "{}") != 0 ||
        lease_new_link(call->app, call->mem, &call->actor, id, &made, err) != 0 ||
        find_lease(call, id, &lease, err) != 0)
        return -1;
    *out = given(call, &lease, made.url, made.pin);
    return 0;
}

/* Why there are no details, in words for the person at the terminal. */
static const char *why_not(enum reveal_answer answer)
{
    switch (answer) {
    case REVEAL_READY: return "the details cannot be shown now";
    case REVEAL_LOCKED:
        return "the link is locked after too many wrong tries: make a new one";
    case REVEAL_SHOWN_ENOUGH:
        return "the details were shown as often as allowed: revoke it and give a new lease";
    case REVEAL_IN_USE: return "the login is in use: its password is never shown again";
    case REVEAL_LINK_OVER: return "the link is over: make a new one";
    case REVEAL_EXPIRED: return "the lease has expired";
    case REVEAL_REVOKED: return "the lease was revoked";
    case REVEAL_NOT_READY: return "the lease is not ready";
    case REVEAL_PIN_USED: return "the PIN was used: make a new link";
    case REVEAL_ANSWER_COUNT: break;
    }
    return "the details cannot be shown now";
}

/* The password goes from the guarded secret into the body, which is wiped after it was sent. It
 * takes the place of as many blanks, so that no JSON value and no moved buffer ever holds it. Its
 * alphabet (core/credential.h) needs no escaping. */
void api_write_credential(struct call *call, const struct lease *lease,
                          const struct secret *password)
{
    const struct config *config = app_config(call->app);
    struct strbuf *body = &call->response->body;
    json_t *o = json_object();

    put_text(o, "server", config->submission.host);
    put_number(o, "port", config->submission.port);
    put_number(o, "starttls_port", config->submission.starttls_port);
    put_text(o, "username", lease->username);
    json_object_set_new(o, "lease", present_lease(lease, call->now, NULL));
    char *text = json_dumps(o, JSON_COMPACT);
    json_decref(o);

    call->response->is_secret = true;
    call->response->content_type = "application/json";
    strbuf_add(body, text, strlen(text) - 1); /* without the closing brace */
    free(text);
    strbuf_puts(body, ",\"password\":\"");
    size_t at = body->len;
    for (size_t i = 0; i < password->len; i++)
        strbuf_putc(body, ' ');
    strbuf_puts(body, "\"}\n");
    if (!body->full)
        memcpy(body->at + at, password->at, password->len);
}

int api_lease_reveal(struct call *call, json_t **out, struct error *err)
{
    struct reveal_result shown = {0};
    int64_t id;

    if (call_id(call, &id, err) != 0 || call_fields(call, err, "{}") != 0 ||
        reveal_local(call->app, call->mem, &call->actor, id, &shown, err) != 0)
        return -1;
    if (shown.outcome != REVEAL_DONE)
        return error_set(err, ERROR_REFUSED, "%s", why_not(shown.answer));
    api_write_credential(call, &shown.lease, &shown.password);
    secret_free(&shown.password);
    *out = NULL;
    return 0;
}
