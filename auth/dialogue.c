/*
 * dialogue.c - the protocols, each joined to what authd decides.
 *
 * One row a socket in `protocols`; what a protocol remembers of a connection is its own struct,
 * made by its begin and freed by its end. The rest of this file knows no protocol by name.
 */
#include "base/base.h"

#include "auth/dialogue.h"

#include <unistd.h>

#include "auth/dovecot_auth.h"
#include "auth/nginx_auth.h"
#include "auth/saslauthd_mux.h"
#include "auth/verify_record.h"
#include "base/alloc.h"
#include "base/log.h"

enum {
    COOKIE_BYTES = 16,
    /* A peer may cancel what waits and ask again; its timers are counted all the same. */
    DELAYED_MAX = 2 * DOVECOT_AUTH_PENDING_MAX
};

struct protocol {
    struct dialogue_kind kind;
    bool is_in_order; /* nothing is read while an answer waits */
    /* What the protocol remembers of this connection; it may greet. */
    void *(*begin)(struct dialogue *dialogue, uint64_t number);
    void (*end)(void *state);
    bool (*is_partial)(const void *state);
    /* A question of several lines is half way. NULL: there are none. */
    bool (*is_busy)(const void *state);
    enum dialogue_fate (*take)(struct dialogue *dialogue, struct slice *input);
    /* Write the answer to a login. NULL: this protocol asks for none. */
    enum dialogue_fate (*answer)(struct dialogue *dialogue, uint64_t ticket,
                                 const struct authd_login *login);
    /* The peer will say no more. NULL: answers may still be written. */
    enum dialogue_fate (*hear_end)(struct dialogue *dialogue);
};

struct dialogue {
    const struct protocol *protocol;
    void *state; /* the protocol's own */
    struct authd *authd;
    struct dialogue_host host;
    struct strbuf out;
    struct strbuf
        held; /* what came behind a question whose answer waits (is_in_order) */
    unsigned delayed;
    bool
        has_promise; /* out holds a promise from promised_from on; counted in delayed */
    size_t promised_from;
};

/* Ask authd, and answer now or when the time has come. */
static enum dialogue_fate judge(struct dialogue *dialogue, uint64_t ticket,
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

/* What the peer says is not the socket's protocol. */
static void log_foreign(const struct dialogue *dialogue, const char *event)
{
    log_event(LOG_LEVEL_WARNING, event, "socket", dialogue->protocol->kind.name, NULL);
}

/* ---- Dovecot's auth protocol ------------------------------------------------------------------- */

static void *begin_dovecot(struct dialogue *dialogue, uint64_t number)
{
    uint8_t cookie[COOKIE_BYTES];

    random_fill(&random_system, cookie, sizeof cookie);
    return dovecot_auth_new(
        &(struct dovecot_auth_hello){
            .pid = getpid(),
            .connection = number,
            .cookie = cookie,
            .peer = authd_config(dialogue->authd)->auth.peer,
        },
        &dialogue->out);
}

static void end_dovecot(void *state)
{
    dovecot_auth_free(state);
}

static bool is_dovecot_partial(const void *state)
{
    return dovecot_auth_is_partial(state);
}

static bool is_dovecot_busy(const void *state)
{
    return dovecot_auth_is_busy(state);
}

static enum dialogue_fate take_dovecot(struct dialogue *dialogue, struct slice *input)
{
    struct dovecot_auth_attempt attempt;
    enum dialogue_fate fate = DIALOGUE_GO_ON;

    while (fate == DIALOGUE_GO_ON) {
        switch (dovecot_auth_step(dialogue->state, input,
                                  authd_monotonic_ms(dialogue->authd), &dialogue->out,
                                  &attempt)) {
        case DOVECOT_AUTH_MORE: return DIALOGUE_GO_ON;
        case DOVECOT_AUTH_DROP:
            log_foreign(dialogue, "auth.protocol");
            return DIALOGUE_DROP;
        case DOVECOT_AUTH_ATTEMPT: break;
        }
        fate = judge(dialogue, attempt.ticket, &attempt.request);
    }
    return fate;
}

static enum dialogue_fate answer_dovecot(struct dialogue *dialogue, uint64_t ticket,
                                         const struct authd_login *login)
{
    return dovecot_auth_answer(dialogue->state, ticket, login->verdict, login->username,
                               &dialogue->out)
               ? DIALOGUE_GO_ON
               : DIALOGUE_DROP;
}

static enum dialogue_fate hear_dovecot_end(struct dialogue *dialogue)
{
    (void)dialogue;
    return DIALOGUE_DROP;
}

/* ---- verify records ---------------------------------------------------------------------------- */

static void *begin_verify(struct dialogue *dialogue, uint64_t number)
{
    struct line_reader *records = xcalloc(1, sizeof *records);

    (void)dialogue;
    (void)number;
    line_reader_init(records, VERIFY_RECORD_MAX);
    return records;
}

static void end_verify(void *state)
{
    line_reader_release(state);
    free(state);
}

static bool is_verify_partial(const void *state)
{
    return line_reader_is_partial(state);
}

static enum dialogue_fate take_record(struct dialogue *dialogue, struct slice record)
{
    enum dialogue_fate fate = DIALOGUE_GO_ON;
    struct verify_request request;
    struct strbuf space;

    strbuf_init(&space, VERIFY_RECORD_MAX);
    switch (verify_record_parse(record, &space, &request)) {
    case VERIFY_RECORD_GOOD: fate = judge(dialogue, 0, &request); break;
    case VERIFY_RECORD_FOREIGN: verify_record_foreign(&dialogue->out); break;
    case VERIFY_RECORD_MALFORMED:
        verify_record_malformed(&dialogue->out);
        fate = DIALOGUE_CLOSE;
        break;
    }
    strbuf_wipe(&space);
    return fate;
}

static enum dialogue_fate take_verify(struct dialogue *dialogue, struct slice *input)
{
    enum dialogue_fate fate = DIALOGUE_GO_ON;
    struct slice record;

    while (fate == DIALOGUE_GO_ON && dialogue->delayed == 0) {
        enum line_result result = line_reader_take(dialogue->state, input, &record);
        if (result == LINE_MORE)
            return DIALOGUE_GO_ON;
        if (result == LINE_TOO_LONG) {
            verify_record_malformed(&dialogue->out);
            return DIALOGUE_CLOSE;
        }
        fate = take_record(dialogue, record);
    }
    return fate;
}

static enum dialogue_fate answer_verify(struct dialogue *dialogue, uint64_t ticket,
                                        const struct authd_login *login)
{
    const struct verify_line line = {.verdict = login->verdict,
                                     .username = login->username,
                                     .lane = login->lane,
                                     .address = login->address};

    (void)ticket;
    verify_record_answer(&line, &dialogue->out);
    return DIALOGUE_GO_ON;
}

static enum dialogue_fate hear_verify_end(struct dialogue *dialogue)
{
    if (!is_verify_partial(dialogue->state))
        return DIALOGUE_GO_ON;
    verify_record_malformed(&dialogue->out);
    return DIALOGUE_CLOSE;
}

/* ---- Postfix's policy delegation ----------------------------------------------------------------- */

static void *begin_policy(struct dialogue *dialogue, uint64_t number)
{
    struct policy_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    policy_reader_init(reader);
    return reader;
}

static void end_policy(void *state)
{
    policy_reader_release(state);
    free(state);
}

static bool is_policy_partial(const void *state)
{
    return policy_reader_is_partial(state);
}

static enum dialogue_fate take_policy(struct dialogue *dialogue, struct slice *input)
{
    struct policy_request request;

    while (!dialogue->has_promise) {
        switch (policy_reader_take(dialogue->state, input, &request)) {
        case POLICY_MORE: return DIALOGUE_GO_ON;
        case POLICY_BROKEN:
            log_foreign(dialogue, "policy.protocol");
            return DIALOGUE_CLOSE;
        case POLICY_READY: break;
        }
        size_t from = dialogue->out.len;
        if (authd_policy(dialogue->authd, &request, &dialogue->out)) {
            dialogue->has_promise = true;
            dialogue->promised_from = from;
            dialogue->delayed++;
        }
    }
    return DIALOGUE_GO_ON;
}

/* ---- Postfix's socketmap tables ------------------------------------------------------------------ */

static void *begin_socketmap(struct dialogue *dialogue, uint64_t number)
{
    struct socketmap_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    socketmap_reader_init(reader);
    return reader;
}

static void end_socketmap(void *state)
{
    socketmap_reader_release(state);
    free(state);
}

static bool is_socketmap_partial(const void *state)
{
    return socketmap_reader_is_partial(state);
}

static enum dialogue_fate take_socketmap(struct dialogue *dialogue, struct slice *input)
{
    struct socketmap_request request;

    for (;;) {
        switch (socketmap_reader_take(dialogue->state, input, &request)) {
        case SOCKETMAP_MORE: return DIALOGUE_GO_ON;
        case SOCKETMAP_BROKEN:
            log_foreign(dialogue, "socketmap.protocol");
            return DIALOGUE_CLOSE;
        case SOCKETMAP_READY: break;
        }
        authd_map(dialogue->authd, &request, &dialogue->out);
    }
}

/* ---- Cyrus saslauthd ----------------------------------------------------------------------------- */

static void *begin_saslauthd(struct dialogue *dialogue, uint64_t number)
{
    struct saslauthd_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    saslauthd_reader_init(reader);
    return reader;
}

static void end_saslauthd(void *state)
{
    saslauthd_reader_forget(state);
    free(state);
}

static bool is_saslauthd_partial(const void *state)
{
    return saslauthd_reader_is_partial(state);
}

static enum dialogue_fate take_saslauthd(struct dialogue *dialogue, struct slice *input)
{
    struct verify_request request;

    switch (saslauthd_reader_take(dialogue->state, *input, &request)) {
    case SASLAUTHD_MORE: return DIALOGUE_GO_ON;
    case SASLAUTHD_BROKEN:
        log_foreign(dialogue, "saslauthd.protocol");
        return DIALOGUE_DROP;
    case SASLAUTHD_READY: break;
    }
    enum dialogue_fate fate = judge(dialogue, 0, &request);
    saslauthd_reader_forget(dialogue->state);
    return fate;
}

static enum dialogue_fate answer_saslauthd(struct dialogue *dialogue, uint64_t ticket,
                                           const struct authd_login *login)
{
    (void)ticket;
    return saslauthd_answer(login->verdict, &dialogue->out) ? DIALOGUE_HANG_UP
                                                            : DIALOGUE_DROP;
}

/* ---- nginx --------------------------------------------------------------------------------------- */

static void *begin_nginx(struct dialogue *dialogue, uint64_t number)
{
    struct nginx_reader *reader = xcalloc(1, sizeof *reader);

    (void)dialogue;
    (void)number;
    nginx_reader_init(reader);
    return reader;
}

static void end_nginx(void *state)
{
    nginx_reader_release(state);
    free(state);
}

static bool is_nginx_partial(const void *state)
{
    return nginx_reader_is_partial(state);
}

static enum dialogue_fate take_nginx(struct dialogue *dialogue, struct slice *input)
{
    struct verify_request request;

    switch (nginx_reader_take(dialogue->state, *input, &request)) {
    case NGINX_MORE: return DIALOGUE_GO_ON;
    case NGINX_BROKEN: log_foreign(dialogue, "nginx.protocol"); return DIALOGUE_DROP;
    case NGINX_READY: break;
    }
    *input = slice_skip(*input, input->len);
    return judge(dialogue, 0, &request);
}

static enum dialogue_fate answer_nginx(struct dialogue *dialogue, uint64_t ticket,
                                       const struct authd_login *login)
{
    const struct nginx_reader *reader = dialogue->state;
    const struct config *config = authd_config(dialogue->authd);

    (void)ticket;
    nginx_auth_answer(
        &(struct nginx_answer){
            .verdict = login->verdict,
            .username = login->username,
            .address = config->auth.nginx_address,
            .port = config->auth.nginx_port,
            .attempt = reader->attempt,
        },
        &dialogue->out);
    return DIALOGUE_CLOSE;
}

/* ---- the table ----------------------------------------------------------------------------------- */

static const struct protocol protocols[] = {
  /* Postfix keeps its connection for as long as the smtpd lives. */
    [CONFIG_SOCKET_DOVECOT] =
        {
                                 .kind = {"auth", .idle_ms = 0, .partial_ms = 30000},
                                 .begin = begin_dovecot,
                                 .end = end_dovecot,
                                 .is_partial = is_dovecot_partial,
                                 .is_busy = is_dovecot_busy,
                                 .take = take_dovecot,
                                 .answer = answer_dovecot,
                                 .hear_end = hear_dovecot_end,
                                 },
    [CONFIG_SOCKET_VERIFY] =
        {
                                 .kind = {"verify", .idle_ms = 300000, .partial_ms = 10000},
                                 .is_in_order = true,
                                 .begin = begin_verify,
                                 .end = end_verify,
                                 .is_partial = is_verify_partial,
                                 .take = take_verify,
                                 .answer = answer_verify,
                                 .hear_end = hear_verify_end,
                                 },
 /* 300 s is Postfix's own limit. */
    [CONFIG_SOCKET_POLICY] =
        {
                                 .kind = {"policy", .idle_ms = 300000, .partial_ms = 30000},
                                 .is_in_order = true,
                                 .begin = begin_policy,
                                 .end = end_policy,
                                 .is_partial = is_policy_partial,
                                 .take = take_policy,
                                 },
    [CONFIG_SOCKET_SOCKETMAP] =
        {
                                 .kind = {"socketmap", .idle_ms = 300000, .partial_ms = 30000},
                                 .begin = begin_socketmap,
                                 .end = end_socketmap,
                                 .is_partial = is_socketmap_partial,
                                 .take = take_socketmap,
                                 },
    [CONFIG_SOCKET_SASLAUTHD] =
        {
                                 .kind = {"saslauthd", .idle_ms = 10000, .partial_ms = 10000},
                                 .begin = begin_saslauthd,
                                 .end = end_saslauthd,
                                 .is_partial = is_saslauthd_partial,
                                 .take = take_saslauthd,
                                 .answer = answer_saslauthd,
                                 },
    [CONFIG_SOCKET_NGINX] =
        {
                                 .kind = {"nginx", .idle_ms = 10000, .partial_ms = 10000},
                                 .begin = begin_nginx,
                                 .end = end_nginx,
                                 .is_partial = is_nginx_partial,
                                 .take = take_nginx,
                                 .answer = answer_nginx,
                                 },
};
_Static_assert(ARRAY_LEN(protocols) == CONFIG_SOCKET_COUNT, "a row a socket");

/* ---- one connection ------------------------------------------------------------------------------ */

const struct dialogue_kind *dialogue_kind(enum config_socket socket)
{
    return &protocols[socket].kind;
}

struct dialogue *dialogue_new(struct authd *authd, enum config_socket socket,
                              uint64_t number, const struct dialogue_host *host)
{
    struct dialogue *dialogue = xcalloc(1, sizeof *dialogue);

    dialogue->protocol = &protocols[socket];
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
