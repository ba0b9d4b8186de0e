/*
 * dialogue.c - the protocols, each joined to what authd decides.
 */
#include "base/base.h"

#include "auth/dialogue.h"

#include <unistd.h>

#include "auth/dovecot_auth.h"
#include "auth/saslauthd_mux.h"
#include "auth/verify_record.h"
#include "base/alloc.h"
#include "base/log.h"

enum {
    COOKIE_BYTES = 16,
    /* A peer may cancel what waits and ask again; its timers are counted all the same. */
    DELAYED_MAX = 2 * DOVECOT_AUTH_PENDING_MAX
};

struct dialogue {
    struct authd *authd;
    enum socket_kind kind;
    struct dialogue_host host;
    struct strbuf out;
    unsigned delayed;
    struct dovecot_auth *auth;
    struct policy_reader policy;
    struct line_reader records; /* verify */
    struct strbuf held; /* verify: what came behind a record whose answer waits */
    struct saslauthd_reader saslauthd;
};

struct dialogue *dialogue_new(struct authd *authd, enum socket_kind kind,
                              uint64_t number, const struct dialogue_host *host)
{
    struct dialogue *dialogue = xcalloc(1, sizeof *dialogue);
    uint8_t cookie[COOKIE_BYTES];

    dialogue->authd = authd;
    dialogue->kind = kind;
    dialogue->host = *host;
    strbuf_init(&dialogue->out, DIALOGUE_OUT_MAX);
    switch (kind) {
    case SOCKET_AUTH:
        random_fill(&random_system, cookie, sizeof cookie);
        dialogue->auth = dovecot_auth_new(
            &(struct dovecot_auth_hello){
                .pid = getpid(),
                .connection = number,
                .cookie = cookie,
                .peer = authd_config(authd)->auth.peer,
            },
            &dialogue->out);
        break;
    case SOCKET_VERIFY:
        line_reader_init(&dialogue->records, VERIFY_RECORD_MAX);
        strbuf_init(&dialogue->held, DIALOGUE_INPUT_MAX);
        break;
    case SOCKET_POLICY: policy_reader_init(&dialogue->policy); break;
    case SOCKET_SASLAUTHD: saslauthd_reader_init(&dialogue->saslauthd); break;
    case SOCKET_KIND_COUNT: break;
    }
    return dialogue;
}

void dialogue_free(struct dialogue *dialogue)
{
    if (dialogue == NULL)
        return;
    dovecot_auth_free(dialogue->auth);
    policy_reader_release(&dialogue->policy);
    line_reader_release(&dialogue->records);
    strbuf_wipe(&dialogue->held);
    saslauthd_reader_forget(&dialogue->saslauthd);
    strbuf_release(&dialogue->out);
    free(dialogue);
}

struct strbuf *dialogue_out(struct dialogue *dialogue)
{
    return &dialogue->out;
}

bool dialogue_is_partial(const struct dialogue *dialogue)
{
    switch (dialogue->kind) {
    case SOCKET_AUTH: return dovecot_auth_is_partial(dialogue->auth);
    case SOCKET_VERIFY: return line_reader_is_partial(&dialogue->records);
    case SOCKET_POLICY: return policy_reader_is_partial(&dialogue->policy);
    case SOCKET_SASLAUTHD: return saslauthd_reader_is_partial(&dialogue->saslauthd);
    case SOCKET_KIND_COUNT: break;
    }
    return false;
}

bool dialogue_is_waiting(const struct dialogue *dialogue)
{
    return dialogue->delayed > 0;
}

bool dialogue_is_paused(const struct dialogue *dialogue)
{
    return dialogue->kind == SOCKET_VERIFY && dialogue->delayed > 0;
}

/* ---- answers ---------------------------------------------------------------------------------- */

static enum dialogue_fate answer_now(struct dialogue *dialogue, uint64_t ticket,
                                     const struct authd_login *login)
{
    const struct verify_line line = {.verdict = login->verdict,
                                     .username = login->username,
                                     .lane = login->lane,
                                     .address = login->address};

    if (dialogue->kind == SOCKET_VERIFY) {
        verify_record_answer(&line, &dialogue->out);
        return DIALOGUE_GO_ON;
    }
    if (dialogue->kind == SOCKET_SASLAUTHD)
        return saslauthd_answer(login->verdict, &dialogue->out) ? DIALOGUE_HANG_UP
                                                                : DIALOGUE_DROP;
    return dovecot_auth_answer(dialogue->auth, ticket, login->verdict, login->username,
                               &dialogue->out)
               ? DIALOGUE_GO_ON
               : DIALOGUE_DROP;
}

/* Now, or when its time has come. */
static enum dialogue_fate answer(struct dialogue *dialogue, uint64_t ticket,
                                 const struct authd_login *login)
{
    if (login->delay_ms <= 0)
        return answer_now(dialogue, ticket, login);
    if (dialogue->delayed >= DELAYED_MAX)
        return DIALOGUE_DROP;
    dialogue->delayed++;
    dialogue->host.delay(dialogue->host.context, ticket, login);
    return DIALOGUE_GO_ON;
}

/* ---- the protocols ----------------------------------------------------------------------------- */

static enum dialogue_fate take_auth(struct dialogue *dialogue, struct slice *input)
{
    struct dovecot_auth_attempt attempt;
    struct authd_login login;
    enum dialogue_fate fate = DIALOGUE_GO_ON;

    while (fate == DIALOGUE_GO_ON) {
        switch (dovecot_auth_step(dialogue->auth, input,
                                  authd_monotonic_ms(dialogue->authd), &dialogue->out,
                                  &attempt)) {
        case DOVECOT_AUTH_MORE: return DIALOGUE_GO_ON;
        case DOVECOT_AUTH_DROP:
            log_event(LOG_LEVEL_WARNING, "auth.protocol", "socket", "auth", NULL);
            return DIALOGUE_DROP;
        case DOVECOT_AUTH_ATTEMPT: break;
        }
        authd_login(dialogue->authd, &attempt.request, &login);
        fate = answer(dialogue, attempt.ticket, &login);
    }
    return fate;
}

static enum dialogue_fate take_record(struct dialogue *dialogue, struct slice record)
{
    enum dialogue_fate fate = DIALOGUE_CLOSE;
    struct verify_request request;
    struct authd_login login;
    struct strbuf space;

    strbuf_init(&space, VERIFY_RECORD_MAX);
    if (verify_record_parse(record, &space, &request)) {
        authd_login(dialogue->authd, &request, &login);
        fate = answer(dialogue, 0, &login);
    } else {
        verify_record_malformed(&dialogue->out);
    }
    strbuf_wipe(&space);
    return fate;
}

static enum dialogue_fate take_verify(struct dialogue *dialogue, struct slice *input)
{
    enum dialogue_fate fate = DIALOGUE_GO_ON;
    struct slice record;

    while (fate == DIALOGUE_GO_ON && dialogue->delayed == 0) {
        enum line_result result = line_reader_take(&dialogue->records, input, &record);
        if (result == LINE_MORE)
            return DIALOGUE_GO_ON;
        if (result == LINE_TOO_LONG) {
            verify_record_malformed(&dialogue->out);
            return DIALOGUE_CLOSE;
        }
        fate = take_record(dialogue, record);
    }
    strbuf_add_slice(&dialogue->held, *input);
    return dialogue->held.full ? DIALOGUE_DROP : fate;
}

static enum dialogue_fate take_policy(struct dialogue *dialogue, struct slice *input)
{
    struct policy_request request;

    for (;;) {
        switch (policy_reader_take(&dialogue->policy, input, &request)) {
        case POLICY_MORE: return DIALOGUE_GO_ON;
        case POLICY_BROKEN:
            log_event(LOG_LEVEL_WARNING, "policy.protocol", "socket", "policy", NULL);
            return DIALOGUE_CLOSE;
        case POLICY_READY: break;
        }
        authd_policy(dialogue->authd, &request, &dialogue->out);
    }
}

static enum dialogue_fate take_saslauthd(struct dialogue *dialogue, struct slice input)
{
    struct verify_request request;
    struct authd_login login;

    switch (saslauthd_reader_take(&dialogue->saslauthd, input, &request)) {
    case SASLAUTHD_MORE: return DIALOGUE_GO_ON;
    case SASLAUTHD_BROKEN:
        log_event(LOG_LEVEL_WARNING, "saslauthd.protocol", "socket", "saslauthd", NULL);
        return DIALOGUE_DROP;
    case SASLAUTHD_READY: break;
    }
    authd_login(dialogue->authd, &request, &login);
    saslauthd_reader_forget(&dialogue->saslauthd);
    return answer(dialogue, 0, &login);
}

enum dialogue_fate dialogue_take(struct dialogue *dialogue, struct slice input)
{
    switch (dialogue->kind) {
    case SOCKET_AUTH: return take_auth(dialogue, &input);
    case SOCKET_VERIFY: return take_verify(dialogue, &input);
    case SOCKET_POLICY: return take_policy(dialogue, &input);
    case SOCKET_SASLAUTHD: return take_saslauthd(dialogue, input);
    case SOCKET_KIND_COUNT: break;
    }
    return DIALOGUE_DROP;
}

enum dialogue_fate dialogue_answer(struct dialogue *dialogue, uint64_t ticket,
                                   const struct authd_login *login)
{
    enum dialogue_fate fate = answer_now(dialogue, ticket, login);

    dialogue->delayed--;
    if (fate != DIALOGUE_GO_ON || dialogue->kind != SOCKET_VERIFY ||
        dialogue->held.len == 0)
        return fate;
    /* What came behind it has its turn; it may be held back again. */
    struct strbuf held = dialogue->held;
    strbuf_init(&dialogue->held, DIALOGUE_INPUT_MAX);
    fate = dialogue_take(dialogue, strbuf_slice(&held));
    strbuf_wipe(&held);
    return fate;
}

enum dialogue_fate dialogue_end(struct dialogue *dialogue)
{
    if (dialogue->kind == SOCKET_AUTH)
        return DIALOGUE_DROP;
    if (dialogue->kind == SOCKET_VERIFY && dialogue_is_partial(dialogue)) {
        verify_record_malformed(&dialogue->out);
        return DIALOGUE_CLOSE;
    }
    return DIALOGUE_GO_ON;
}
