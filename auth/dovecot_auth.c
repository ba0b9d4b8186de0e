/*
 * dovecot_auth.c - the Dovecot auth protocol as a state machine.
 *
 * Sources: Dovecot 2.3 src/auth/auth-client-connection.c and auth-request-handler.c for what is
 * legal, Postfix src/xsasl/xsasl_dovecot_server.c and Exim src/auths/dovecot.c for what is sent.
 */
#include "base/base.h"

#include "auth/dovecot_auth.h"

#include "auth/line_reader.h"
#include "auth/sasl_plain.h"
#include "base/alloc.h"
#include "base/encode.h"
#include "base/escape.h"
#include "base/number.h"

enum slot_state {
    SLOT_FREE,
    SLOT_PLAIN,          /* waits for the PLAIN message */
    SLOT_LOGIN_USER,     /* waits for the user name of LOGIN */
    SLOT_LOGIN_PASSWORD, /* waits for its password */
    SLOT_ANSWERING       /* handed out, waits for dovecot_auth_answer */
};

enum {
    SERVICE_MAX = 32,
    COOKIE_BYTES = 16
};

/* A request between its lines. The login is kept here, the password never is. */
struct slot {
    enum slot_state state;
    uint32_t id;
    uint64_t ticket;
    int64_t since_ms;
    bool is_secured;
    size_t login_len;
    char service[SERVICE_MAX + 1];
    char client[ADDRESS_TEXT_MAX + 1];
    char login[SASL_FIELD_MAX];
};

struct dovecot_auth {
    enum config_peer peer;
    struct line_reader lines;
    uint64_t client_minor;
    uint64_t last_ticket;
    char response
        [SASL_PLAIN_MAX]; /* decoded, of the line in hand; wiped with each step */
    size_t response_len;
    size_t
        reached; /* slots behind it were never taken: most peers need one, and all are far apart in memory */
    struct slot slots[DOVECOT_AUTH_PENDING_MAX];
};

/* What one line leads to. */
enum outcome {
    OUTCOME_NEXT,
    OUTCOME_ATTEMPT,
    OUTCOME_DROP
};

/* The parameters of an AUTH line that we use. */
struct auth_line {
    uint32_t id;
    struct slice mechanism, service, client, response;
    bool has_response, is_secured;
};

struct dovecot_auth *dovecot_auth_new(const struct dovecot_auth_hello *hello,
                                      struct strbuf *out)
{
    struct dovecot_auth *auth = xcalloc(1, sizeof *auth);
    char cookie[2 * COOKIE_BYTES + 1];

    auth->peer = hello->peer;
    line_reader_init(&auth->lines, AUTH_LINE_MAX);
    hex_encode(hello->cookie, COOKIE_BYTES, cookie);
    strbuf_printf(out,
                  "VERSION\t1\t1\n"
                  "MECH\tPLAIN\tplaintext\n"
                  "MECH\tLOGIN\tplaintext\n"
                  "SPID\t%ld\nCUID\t%llu\nCOOKIE\t%s\nDONE\n",
                  (long)hello->pid, (unsigned long long)hello->connection, cookie);
    return auth;
}

static void forget_response(struct dovecot_auth *auth)
{
    secret_wipe(auth->response, auth->response_len);
    auth->response_len = 0;
}

void dovecot_auth_free(struct dovecot_auth *auth)
{
    if (auth == NULL)
        return;
    line_reader_release(&auth->lines);
    secret_wipe(auth, sizeof *auth);
    free(auth);
}

bool dovecot_auth_is_partial(const struct dovecot_auth *auth)
{
    return line_reader_is_partial(&auth->lines);
}

bool dovecot_auth_is_busy(const struct dovecot_auth *auth)
{
    for (size_t i = 0; i < ARRAY_LEN(auth->slots); i++)
        if (auth->slots[i].state != SLOT_FREE)
            return true;
    return false;
}

/* ---- slots -------------------------------------------------------------------------------- */

/* Waits for its peer, who says nothing any more: Postfix does so when its client aborts. */
static bool is_abandoned(const struct slot *slot, int64_t now_ms)
{
    return slot->state != SLOT_FREE && slot->state != SLOT_ANSWERING &&
           now_ms - slot->since_ms >= DOVECOT_AUTH_ABANDONED_MS;
}

static struct slot *find_slot(struct dovecot_auth *auth, uint32_t id, int64_t now_ms)
{
    for (size_t i = 0; i < auth->reached; i++) {
        struct slot *slot = &auth->slots[i];
        if (slot->state == SLOT_FREE || slot->id != id)
            continue;
        if (!is_abandoned(slot, now_ms))
            return slot;
        slot->state = SLOT_FREE;
    }
    return NULL;
}

/* A free slot. Abandoned requests give theirs, and the oldest that waits for the peer when there is
 * no other room. NULL: all are being answered, which no honest peer brings about. */
static struct slot *take_slot(struct dovecot_auth *auth, int64_t now_ms)
{
    struct slot *oldest = NULL;

    for (size_t i = 0; i < ARRAY_LEN(auth->slots); i++) {
        struct slot *slot = &auth->slots[i];
        if (slot->state == SLOT_ANSWERING)
            continue;
        if (is_abandoned(slot, now_ms))
            slot->state = SLOT_FREE;
        if (slot->state == SLOT_FREE) {
            if (auth->reached <= i)
                auth->reached = i + 1;
            return slot;
        }
        if (oldest == NULL || slot->since_ms < oldest->since_ms)
            oldest = slot;
    }
    return oldest;
}

/* ---- answers ------------------------------------------------------------------------------ */

static void say_continue(uint32_t id, const char *challenge, struct strbuf *out)
{
    strbuf_printf(out, "CONT\t%u\t%s\n", id, challenge);
}

/* Not a verdict: the exchange itself went wrong. */
static void say_fail(uint32_t id, const char *code, const char *reason,
                     struct strbuf *out)
{
    strbuf_printf(out, "FAIL\t%u", id);
    if (code != NULL)
        strbuf_printf(out, "\tcode=%s", code);
    strbuf_printf(out, "\treason=%s\n", reason);
}

static struct slot *find_ticket(struct dovecot_auth *auth, uint64_t ticket)
{
    for (size_t i = 0; i < auth->reached; i++)
        if (auth->slots[i].state == SLOT_ANSWERING && auth->slots[i].ticket == ticket)
            return &auth->slots[i];
    return NULL;
}

bool dovecot_auth_answer(struct dovecot_auth *auth, uint64_t ticket,
                         enum verdict verdict, const char *username, struct strbuf *out)
{
    const struct verdict_answer *words = verdict_answer(verdict);
    struct slot *slot = find_ticket(auth, ticket);
    bool is_dovecot = auth->peer == CONFIG_PEER_DOVECOT;

    if (slot == NULL)
        return true;
    slot->state = SLOT_FREE;
    if (verdict == VERDICT_TEMPORARY && !is_dovecot)
        return false;
    strbuf_puts(out, verdict == VERDICT_OK ? "OK\t" : "FAIL\t");
    strbuf_add_u64(out, slot->id);
    strbuf_puts(out, "\tuser=");
    escape_append(out, ESCAPE_DOVECOT,
                  username[0] != '\0' ? slice_from(username)
                                      : slice_of(slot->login, slot->login_len));
    if (verdict != VERDICT_OK && is_dovecot && words->dovecot_code != NULL)
        strbuf_printf(out, "\tcode=%s", words->dovecot_code);
    if (verdict != VERDICT_OK && words->reason != NULL) {
        strbuf_puts(out, "\treason=");
        escape_append(out, ESCAPE_DOVECOT, slice_from(words->reason));
    }
    strbuf_putc(out, '\n');
    return true;
}

/* ---- an exchange --------------------------------------------------------------------------- */

static enum outcome hand_out(struct dovecot_auth *auth, struct slot *slot,
                             struct slice password, struct dovecot_auth_attempt *out)
{
    slot->state = SLOT_ANSWERING;
    slot->ticket = ++auth->last_ticket;
    out->ticket = slot->ticket;
    out->request = (struct verify_request){
        .login = slice_of(slot->login, slot->login_len),
        .password = password,
        .service = slice_from(slot->service),
        .client = slice_from(slot->client),
        .secured = slot->is_secured,
    };
    return OUTCOME_ATTEMPT;
}

/* A malformed message is a refusal like any other, without a name. */
static enum outcome refuse(struct slot *slot, const char *code, const char *reason,
                           struct strbuf *out)
{
    slot->state = SLOT_FREE;
    say_fail(slot->id, code, reason, out);
    return OUTCOME_NEXT;
}

/* The client's message for this slot: auth->response. */
static enum outcome advance(struct dovecot_auth *auth, struct slot *slot,
                            struct strbuf *out, struct dovecot_auth_attempt *attempt)
{
    struct slice message = slice_of(auth->response, auth->response_len);
    struct sasl_plain plain;

    switch (slot->state) {
    case SLOT_PLAIN:
        if (!sasl_plain_parse(message, &plain))
            return refuse(slot, NULL, "malformed PLAIN message", out);
        memcpy(slot->login, plain.login.at, plain.login.len);
        slot->login_len = plain.login.len;
        return hand_out(auth, slot, plain.password, attempt);
    case SLOT_LOGIN_USER:
        if (message.len > SASL_FIELD_MAX)
            return refuse(slot, NULL, "user name is too long", out);
        memcpy(slot->login, message.at, message.len);
        slot->login_len = message.len;
        slot->state = SLOT_LOGIN_PASSWORD;
        say_continue(slot->id, "UGFzc3dvcmQ6", out); /* "Password:" */
        return OUTCOME_NEXT;
    case SLOT_LOGIN_PASSWORD: return hand_out(auth, slot, message, attempt);
    case SLOT_ANSWERING:
    case SLOT_FREE: break;
    }
    return OUTCOME_NEXT;
}

/* Base64 of the peer into auth->response; "=" is how RFC 4954 writes an empty response. */
static bool decode_response(struct dovecot_auth *auth, struct slice text)
{
    size_t len = 0;

    if (!slice_is(text, "=") && text.len > 0 &&
        !base64_decode(text, auth->response, sizeof auth->response, &len)) {
        secret_wipe(auth->response, sizeof auth->response);
        return false;
    }
    auth->response_len = len;
    return true;
}

static enum outcome respond(struct dovecot_auth *auth, struct slot *slot,
                            struct slice text, struct strbuf *out,
                            struct dovecot_auth_attempt *attempt)
{
    if (!decode_response(auth, text))
        return refuse(slot, "invalid_base64", "invalid base64 data", out);
    return advance(auth, slot, out, attempt);
}

/* ---- lines --------------------------------------------------------------------------------- */

static bool parse_id(struct slice text, uint32_t *out)
{
    uint64_t id;

    if (!number_u64(text, UINT32_MAX, &id))
        return false;
    *out = (uint32_t)id;
    return true;
}

/* "name=value" or a bare "name"; what we do not know is none of our business. */
static void read_parameter(struct slice field, struct auth_line *line)
{
    struct slice value = {NULL, 0}, name;

    value = field;
    (void)slice_cut(&value, '=', &name);
    if (slice_is(name, "service") || slice_is(name, "protocol"))
        line->service = value;
    else if (slice_is(name, "rip"))
        line->client = value;
    else if (slice_is(name, "secured"))
        line->is_secured = true;
}

static bool parse_auth(struct slice rest, struct auth_line *out)
{
    struct slice id, field;

    *out = (struct auth_line){0};
    if (!slice_cut(&rest, '\t', &id) || !parse_id(id, &out->id) ||
        !slice_cut(&rest, '\t', &out->mechanism))
        return false;
    /* resp= is the last one, whatever it holds. */
    while (rest.at != NULL && !slice_starts(rest, "resp=") &&
           slice_cut(&rest, '\t', &field))
        read_parameter(field, out);
    if (rest.at != NULL) {
        out->has_response = true;
        out->response = slice_skip(rest, 5);
    }
    return out->service.len > 0;
}

static void copy_text(char *out, size_t size, struct slice text)
{
    /* A value that is longer than its meaning allows is not a prefix of something else. */
    size_t len = text.len < size ? text.len : 0;

    if (len > 0)
        memcpy(out, text.at, len);
    out[len] = '\0';
}

static enum outcome begin(struct dovecot_auth *auth, struct slice rest, int64_t now_ms,
                          struct strbuf *out, struct dovecot_auth_attempt *attempt)
{
    struct auth_line line;

    if (!parse_auth(rest, &line) || find_slot(auth, line.id, now_ms) != NULL)
        return OUTCOME_DROP;
    bool is_plain = slice_is_nocase(line.mechanism, "PLAIN");
    if (!is_plain && !slice_is_nocase(line.mechanism, "LOGIN")) {
        say_fail(line.id, NULL, "unsupported mechanism", out);
        return OUTCOME_NEXT;
    }
    struct slot *slot = take_slot(auth, now_ms);
    if (slot == NULL)
        return OUTCOME_DROP;
    *slot = (struct slot){
        .state = is_plain ? SLOT_PLAIN : SLOT_LOGIN_USER,
        .id = line.id,
        .since_ms = now_ms,
        .is_secured = line.is_secured,
    };
    copy_text(slot->service, sizeof slot->service, line.service);
    copy_text(slot->client, sizeof slot->client, line.client);
    /* An empty resp= means "none" up to 1.1 (Exim always sends it), "empty" from 1.2 on. */
    if (line.has_response && (line.response.len > 0 || auth->client_minor >= 2))
        return respond(auth, slot, line.response, out, attempt);
    say_continue(slot->id, is_plain ? "" : "VXNlcm5hbWU6", out); /* "Username:" */
    return OUTCOME_NEXT;
}

static enum outcome go_on(struct dovecot_auth *auth, struct slice rest, int64_t now_ms,
                          struct strbuf *out, struct dovecot_auth_attempt *attempt)
{
    struct slice id_text;
    uint32_t id;

    if (!slice_cut(&rest, '\t', &id_text) || !parse_id(id_text, &id))
        return OUTCOME_DROP;
    struct slot *slot = find_slot(auth, id, now_ms);
    if (slot == NULL) {
        say_fail(id, NULL, "authentication request timed out", out);
        return OUTCOME_NEXT;
    }
    if (slot->state == SLOT_ANSWERING)
        return OUTCOME_NEXT;
    return respond(auth, slot, rest, out, attempt);
}

static enum outcome cancel(struct dovecot_auth *auth, struct slice rest, int64_t now_ms)
{
    uint32_t id;

    if (!parse_id(rest, &id))
        return OUTCOME_DROP;
    struct slot *slot = find_slot(auth, id, now_ms);
    if (slot != NULL)
        slot->state = SLOT_FREE;
    return OUTCOME_NEXT;
}

static enum outcome greet(struct dovecot_auth *auth, struct slice rest)
{
    struct slice major, minor;
    uint64_t number;

    if (!slice_cut(&rest, '\t', &major) || !slice_cut(&rest, '\t', &minor) ||
        !slice_is(major, "1") || !number_u64(minor, UINT32_MAX, &number))
        return OUTCOME_DROP;
    auth->client_minor = number;
    return OUTCOME_NEXT;
}

enum dovecot_auth_step dovecot_auth_step(struct dovecot_auth *auth, struct slice *input,
                                         int64_t now_ms, struct strbuf *out,
                                         struct dovecot_auth_attempt *attempt)
{
    enum outcome outcome = OUTCOME_NEXT;

    while (outcome == OUTCOME_NEXT) {
        struct slice line, command;
        forget_response(auth);
        enum line_result result = line_reader_take(&auth->lines, input, &line);
        if (result == LINE_MORE)
            return DOVECOT_AUTH_MORE;
        if (result == LINE_TOO_LONG || out->full || !slice_cut(&line, '\t', &command))
            return DOVECOT_AUTH_DROP;
        if (slice_is(command, "AUTH"))
            outcome = begin(auth, line, now_ms, out, attempt);
        else if (slice_is(command, "CONT"))
            outcome = go_on(auth, line, now_ms, out, attempt);
        else if (slice_is(command, "CANCEL"))
            outcome = cancel(auth, line, now_ms);
        else if (slice_is(command, "VERSION"))
            outcome = greet(auth, line);
    }
    return outcome == OUTCOME_ATTEMPT ? DOVECOT_AUTH_ATTEMPT : DOVECOT_AUTH_DROP;
}
