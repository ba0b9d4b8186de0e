/*
 * dialogue.c - one connection: what its protocol takes, holds back and promises.
 */
#include "base/base.h"

#include "auth/dialogue_internal.h"

#include "auth/dovecot_auth.h"
#include "base/alloc.h"
#include "base/log.h"

enum {
    /* A peer may cancel what waits and ask again; its timers are counted all the same. */
    DELAYED_MAX = 2 * DOVECOT_AUTH_PENDING_MAX
};

static const struct protocol *const protocols[] = {
    [CONFIG_SOCKET_DOVECOT] = &protocol_dovecot,
    [CONFIG_SOCKET_VERIFY] = &protocol_verify,
    [CONFIG_SOCKET_POLICY] = &protocol_policy,
    [CONFIG_SOCKET_SOCKETMAP] = &protocol_socketmap,
    [CONFIG_SOCKET_SASLAUTHD] = &protocol_saslauthd,
    [CONFIG_SOCKET_NGINX] = &protocol_nginx,
};
_Static_assert(ARRAY_LEN(protocols) == CONFIG_SOCKET_COUNT, "a row a socket");

/* ---- for the protocols --------------------------------------------------------------------------- */

enum dialogue_fate dialogue_judge(struct dialogue *dialogue, uint64_t ticket,
                                  const struct verify_request *request)
{
    struct verify_request told = *request;
    struct authd_login login;

    told.socket = dialogue->protocol->kind.name;
    authd_login(dialogue->authd, &told, &login);
    if (login.delay_ms <= 0)
        return dialogue->protocol->answer(dialogue, ticket, &login);
    if (dialogue->delayed >= DELAYED_MAX)
        return DIALOGUE_DROP;
    dialogue->delayed++;
    dialogue->host.delay(dialogue->host.context, ticket, &login);
    return DIALOGUE_GO_ON;
}

void dialogue_log_foreign(const struct dialogue *dialogue, const char *event)
{
    log_event(LOG_LEVEL_WARNING, event, "socket", dialogue->protocol->kind.name, NULL);
}

/* ---- one connection ------------------------------------------------------------------------------ */

const struct dialogue_kind *dialogue_kind(enum config_socket socket)
{
    return &protocols[socket]->kind;
}

struct dialogue *dialogue_new(struct authd *authd, enum config_socket socket,
                              uint64_t number, const struct dialogue_host *host)
{
    struct dialogue *dialogue = xcalloc(1, sizeof *dialogue);

    dialogue->protocol = protocols[socket];
    dialogue->authd = authd;
    dialogue->host = *host;
    strbuf_init(&dialogue->out, DIALOGUE_OUT_MAX);
    strbuf_init(&dialogue->held, DIALOGUE_INPUT_MAX);
    dialogue->state = dialogue->protocol->begin(dialogue, number);
    return dialogue;
}

void dialogue_free(struct dialogue *dialogue)
{
    if (dialogue == NULL)
        return;
    dialogue->protocol->end(dialogue->state);
    strbuf_wipe(&dialogue->held);
    strbuf_release(&dialogue->out);
    free(dialogue);
}

struct strbuf *dialogue_out(struct dialogue *dialogue)
{
    return &dialogue->out;
}

bool dialogue_is_partial(const struct dialogue *dialogue)
{
    return dialogue->protocol->is_partial(dialogue->state);
}

bool dialogue_is_waiting(const struct dialogue *dialogue)
{
    return dialogue->delayed > 0;
}

bool dialogue_is_quiet(const struct dialogue *dialogue)
{
    const struct protocol *protocol = dialogue->protocol;

    return !dialogue_is_partial(dialogue) && !dialogue_is_waiting(dialogue) &&
           dialogue->out.len == 0 &&
           (protocol->is_busy == NULL || !protocol->is_busy(dialogue->state));
}

bool dialogue_is_paused(const struct dialogue *dialogue)
{
    return dialogue->protocol->is_in_order && dialogue->delayed > 0;
}

enum dialogue_fate dialogue_take(struct dialogue *dialogue, struct slice input)
{
    enum dialogue_fate fate = dialogue->protocol->take(dialogue, &input);

    if (!dialogue_is_paused(dialogue))
        return fate;
    strbuf_add_slice(&dialogue->held, input);
    return dialogue->held.full ? DIALOGUE_DROP : fate;
}

/* What came behind an answer that waited has its turn; it may be held back again. */
static enum dialogue_fate take_held(struct dialogue *dialogue)
{
    struct strbuf held = dialogue->held;

    if (held.len == 0)
        return DIALOGUE_GO_ON;
    strbuf_init(&dialogue->held, DIALOGUE_INPUT_MAX);
    enum dialogue_fate fate = dialogue_take(dialogue, strbuf_slice(&held));
    strbuf_wipe(&held);
    return fate;
}

enum dialogue_fate dialogue_answer(struct dialogue *dialogue, uint64_t ticket,
                                   const struct authd_login *login)
{
    enum dialogue_fate fate = dialogue->protocol->answer(dialogue, ticket, login);

    dialogue->delayed--;
    return fate == DIALOGUE_GO_ON ? take_held(dialogue) : fate;
}

bool dialogue_has_promise(const struct dialogue *dialogue)
{
    return dialogue->has_promise;
}

enum dialogue_fate dialogue_committed(struct dialogue *dialogue, bool is_committed)
{
    dialogue->has_promise = false;
    dialogue->delayed--;
    if (!is_committed) {
        strbuf_truncate(&dialogue->out, dialogue->promised_from);
        authd_fault(&dialogue->out);
    }
    return take_held(dialogue);
}

enum dialogue_fate dialogue_end(struct dialogue *dialogue)
{
    return dialogue->protocol->hear_end != NULL ? dialogue->protocol->hear_end(dialogue)
                                                : DIALOGUE_GO_ON;
}
