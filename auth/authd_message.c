/*
 * authd_message.c - may this message be sent, and by which lane: the answer to Postfix's policy
 * requests.
 *
 * Never "OK": at RCPT it could open a relay. DUNNO where there is nothing to say, FILTER at the
 * end of a message that may go (earlier too, for a server that binds the message earlier), 5xx or
 * 4xx otherwise; our own fault is 450, never a pass.
 */
#include "base/base.h"

#include "auth/authd.h"

#include "auth/authd_internal.h"
#include "base/log.h"
#include "core/message.h"

#define FAULT_REPLY \
 "450 4.3.0 Temporary failure of the sending service, please try again later"

static void say(struct strbuf *out, const char *action)
{
    strbuf_printf(out, "action=%s\n\n", action);
}

static void say_refusal(struct strbuf *out, enum message_answer answer,
                        const struct lease *lease)
{
    strbuf_printf(out, "action=%s ", message_reply(answer)->code);
    message_sentence(answer, lease, out);
    strbuf_puts(out, "\n\n");
}

/* A request about one of our logins, and what was found out about it. */
struct judging {
    const struct policy_request *request;
    const char *socket;
    bool is_login_only; /* the map "egress": nothing else was told */
    char username[USERNAME_LEN + 1];
    /* The transaction, and with its queue id the message: the same however often it is asked. */
    char instance[USAGE_INSTANCE_MAX + 1], message[USAGE_INSTANCE_MAX + 1];
    int64_t now;
    bool is_known;
    struct login_row login;
    struct usage_count count;
    bool is_promise; /* the reply waits for authd_commit */
};

/* "policy, HELO mail.customer.example" */
static void describe_program(const struct judging *judging, char *out, size_t size)
{
    char helo[USAGE_PROGRAM_MAX + 1], text[USAGE_PROGRAM_MAX + 32];

    usage_copy(helo, sizeof helo, judging->request->helo);
    (void)snprintf(text, sizeof text, "%.16s%s%s", judging->socket,
                   helo[0] != '\0' ? ", HELO " : "", helo);
    usage_copy(out, size, slice_from(text));
}

static void fill_line(const struct judging *judging, enum usage_kind kind,
                      struct usage_line *line)
{
    *line = (struct usage_line){.at = judging->now, .kind = kind};
    memcpy(line->username, judging->username, sizeof line->username);
    memcpy(line->instance, judging->instance, sizeof line->instance);
    usage_copy(line->client, sizeof line->client, judging->request->client);
    describe_program(judging, line->program, sizeof line->program);
}

/* "to anna@remote.example", "to 3 recipients" */
static void describe_recipients(const struct policy_request *request, char *out,
                                size_t size)
{
    char recipient[USAGE_DETAIL_MAX + 1];

    usage_copy(recipient, sizeof recipient, request->recipient);
    int len = recipient[0] != '\0'
                  ? snprintf(out, size, "to %s", recipient)
                  : snprintf(out, size, "to %llu recipients",
                             (unsigned long long)request->recipient_count);
    if (len < 0)
        out[0] = '\0';
}

static unsigned recipients_of(const struct policy_request *request)
{
    if (request->recipient_count == 0)
        return 1; /* there is no message to nobody */
    return request->recipient_count < UINT32_MAX ? (unsigned)request->recipient_count
                                                 : UINT32_MAX;
}

static int record_sent(struct authd *authd, const struct judging *judging)
{
    struct usage_line line;
    char detail[USAGE_DETAIL_MAX + 8];

    fill_line(judging, USAGE_MESSAGE, &line);
    describe_recipients(judging->request, detail, sizeof detail);
    usage_copy(line.detail, sizeof line.detail, slice_from(detail));
    line.recipients = recipients_of(judging->request);
    memcpy(line.instance, judging->message, sizeof line.instance);
    return authd_record(authd, &line, true);
}

enum {
    TRANSACTION_NAME_MAX = USERNAME_LEN + 1 + USAGE_INSTANCE_MAX
};

/* What the counters know a transaction by. Empty when the mail server does not name it. */
static struct slice transaction_name(const struct judging *judging,
                                     char buffer[TRANSACTION_NAME_MAX + 1])
{
    int len = snprintf(buffer, TRANSACTION_NAME_MAX + 1, "%s %s", judging->username,
                       judging->instance);

    return judging->instance[0] == '\0' || len < 0 ? SLICE("")
                                                   : slice_of(buffer, (size_t)len);
}

/* A refusal at each of ten recipients is one refused message. */
static bool is_first_refusal(struct authd *authd, const struct judging *judging)
{
    char buffer[TRANSACTION_NAME_MAX + 1];

    return throttle_count(authd->records, transaction_name(judging, buffer),
                          authd_monotonic_ms(authd)) <= 1;
}

/* Only a lease that is for some recipients needs to be told later which of them were asked about. */
static void note_approved(struct authd *authd, const struct judging *judging)
{
    const char *const *domains = judging->login.lease.recipient_domains;
    char buffer[TRANSACTION_NAME_MAX + 1];

    if (judging->request->state == POLICY_RCPT && judging->request->recipient.len > 0 &&
        domains != NULL && domains[0] != NULL)
        (void)throttle_count(authd->approved, transaction_name(judging, buffer),
                             authd_monotonic_ms(authd));
}

/* "to bob@other.example", "80 recipients, from anna@customer.example" */
static void describe_refused(const struct judging *judging, enum message_answer answer,
                             struct strbuf *out)
{
    const struct policy_request *request = judging->request;
    struct slice about = answer == MESSAGE_RECIPIENT ? request->recipient
                                                     : request->sender;
    char address[USAGE_DETAIL_MAX + 1];

    if (judging->is_login_only) {
        strbuf_puts(out, "asked by login only");
        return;
    }
    usage_copy(address, sizeof address, about);
    if (answer == MESSAGE_TOO_LARGE)
        strbuf_printf(out, "%llu bytes, ", (unsigned long long)request->size_bytes);
    if (answer == MESSAGE_TOO_WIDE || answer == MESSAGE_RECIPIENTS_USED ||
        answer == MESSAGE_UNASKED)
        strbuf_printf(out, "%u recipient%s, ", recipients_of(request),
                      recipients_of(request) == 1 ? "" : "s");
    strbuf_printf(out, "%s %s", answer == MESSAGE_RECIPIENT ? "to" : "from",
                  address[0] != '\0' ? address : "<>");
}

/* name: the answer's, or that of our own fault. Without a database nobody knows which logins exist. */
static void record_refused(struct authd *authd, const struct judging *judging,
                           enum message_answer answer, const char *name)
{
    struct usage_line line;
    struct strbuf detail;

    if (!is_first_refusal(authd, judging) ||
        (!judging->is_known && !authd_may_note_blindly(authd)))
        return;
    enum authd_noting noting = authd_noting(authd, USAGE_REFUSED_MESSAGE,
                                            judging->username);
    if (noting == NOTE_NOT)
        return;
    fill_line(judging, USAGE_REFUSED_MESSAGE, &line);
    strbuf_init(&detail, 2 * (size_t)USAGE_DETAIL_MAX);
    strbuf_printf(&detail, "%s, ",
                  noting == NOTE_LAST ? refusal_name(REFUSAL_TOO_OFTEN) : name);
    describe_refused(judging, answer, &detail);
    usage_copy(line.detail, sizeof line.detail, strbuf_slice(&detail));
    strbuf_release(&detail);
    (void)authd_record(authd, &line, false);
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static enum message_answer judge(struct authd *authd, struct judging *judging)
{
    const struct lease *lease = &judging->login.lease;
    enum policy_state state = judging->request->state;
    char buffer[TRANSACTION_NAME_MAX + 1];
    struct message message = {.is_login_only = judging->is_login_only,
                              .sender = judging->request->sender,
                              .recipient = judging->request->recipient,
                              .size_bytes = judging->request->size_bytes,
                              .recipient_count = judging->request->recipient_count,
                              .is_complete = state == POLICY_DATA ||
                                             state == POLICY_END_OF_MESSAGE};

    if (!judging->is_known)
        return MESSAGE_NOT_A_LEASE;
    judging->count = usage_window_count(authd->window, judging->username,
                                        judging->message, judging->login.journal_seq,
                                        judging->now);
    message.used = lease->messages_used + judging->count.not_taken;
    message.used_recipients = lease->recipients_used +
                              judging->count.recipients_not_taken;
    if (judging->count.is_taken && message.used > 0) {
        /* This message itself, at an earlier try. */
        message.used--;
        message.used_recipients -= smaller(judging->count.own_recipients,
                                           message.used_recipients);
    }
    message.used_last_hour = judging->count.last_hour;
    if (message.is_complete)
        message.approved = throttle_look(authd->approved,
                                         transaction_name(judging, buffer),
                                         authd_monotonic_ms(authd));
    return message_judge(lease, judging->login.pool_state, &message, judging->now);
}

/* The reply to a message that may be sent. -1: it may not, after all, because of us. */
static int let_go(struct authd *authd, struct judging *judging, struct strbuf *out)
{
    const char *lane = judging->login.lease.lane;

    bool is_end = judging->request->state == POLICY_END_OF_MESSAGE;

    if (!is_end && !slice_is(judging->request->context, POLICY_CONTEXT_LANE)) {
        say(out, "DUNNO");
        return 0;
    }
    if (lane == NULL || !lane_is_valid(slice_from(lane))) {
        log_event(LOG_LEVEL_ERROR, "message.unavailable", "login", judging->username,
                  "error", "the lease has no valid lane", NULL);
        return -1;
    }
    if (is_end) {
        if (!judging->count.has_instance && record_sent(authd, judging) != 0)
            return -1;
        judging->is_promise = true;
        log_event(LOG_LEVEL_INFO, "message.sent", "login", judging->username, "lane",
                  lane, "instance", judging->instance, NULL);
    }
    strbuf_printf(out, "action=FILTER %s:\n\n", lane);
    return 0;
}

/* Find the login's row. -1: our fault. */
static int look_up(struct authd *authd, struct judging *judging, struct arena *mem)
{
    struct store *store = authd_store(authd);
    struct login_cache *logins = authd_logins(authd);
    struct error err = {0};

    if (store == NULL)
        return -1;
    const struct login_row *kept = logins == NULL
                                       ? NULL
                                       : login_cache_find(logins, judging->username);
    if (kept != NULL) {
        judging->login = *kept;
        judging->is_known = true;
        return 0;
    }
    if (logins != NULL && login_cache_need_view(logins, store, &err) != 0) {
        authd_store_failed(authd, &err);
        return -1;
    }
    if (store_login_find(store, mem, judging->username, &judging->login, &err) == 0) {
        if (logins != NULL)
            login_cache_put(logins, judging->username, &judging->login);
        judging->is_known = true;
        return 0;
    }
    if (err.kind == ERROR_NOT_FOUND)
        return 0;
    authd_store_failed(authd, &err);
    return -1;
}

static void refuse(struct authd *authd, const struct judging *judging,
                   enum message_answer answer, struct strbuf *out)
{
    const struct message_reply *reply = message_reply(answer);

    if (judging->is_known)
        record_refused(authd, judging, answer, reply->name);
    log_event(LOG_LEVEL_INFO, "message.refused", "login", judging->username, "reason",
              reply->name, NULL);
    say_refusal(out, answer, &judging->login.lease);
}

static void decide(struct authd *authd, struct judging *judging, struct strbuf *out)
{
    enum message_answer answer = MESSAGE_SEND;
    struct arena mem;

    arena_init(&mem);
    int result = look_up(authd, judging, &mem);
    if (result == 0) {
        answer = judge(authd, judging);
        if (answer == MESSAGE_SEND) {
            note_approved(authd, judging);
            result = let_go(authd, judging, out);
        } else {
            refuse(authd, judging, answer, out);
        }
    }
    if (result != 0) {
        record_refused(authd, judging, MESSAGE_SEND, refusal_name(REFUSAL_OUR_FAULT));
        authd_fault(out);
    }
    arena_release(&mem);
}

/* A queue id alone names a message as well; it may come again later, so it is the second choice. */
static void name_message(struct judging *judging)
{
    const struct policy_request *request = judging->request;

    usage_copy(judging->instance, sizeof judging->instance, request->instance);
    memcpy(judging->message, judging->instance, sizeof judging->message);
    size_t len = strlen(judging->message);
    if (request->queue_id.len == 0 ||
        len + 1 + request->queue_id.len > USAGE_INSTANCE_MAX)
        return;
    judging->message[len] = ' ';
    usage_copy(judging->message + len + 1, sizeof judging->message - len - 1,
               request->queue_id);
}

void authd_fault(struct strbuf *out)
{
    say(out, FAULT_REPLY);
}

bool authd_policy(struct authd *authd, const struct policy_request *request,
                  struct strbuf *out)
{
    struct judging judging = {
        .request = request, .socket = "policy", .now = authd_now(authd)};
    struct slice realm = slice_from(authd->config->submission.realm);

    if (request->state == POLICY_OTHER || request->sasl_username.len == 0) {
        say(out, "DUNNO");
    } else if (!username_parse(request->sasl_username, realm, judging.username)) {
        /* Of our form to the eye, and not one of ours: it must not pass as an ordinary one. */
        if (slice_starts_nocase(request->sasl_username, USERNAME_PREFIX))
            say_refusal(out, MESSAGE_NOT_A_LEASE, NULL);
        else
            say(out, "DUNNO");
    } else if (request->instance.len > USAGE_INSTANCE_MAX) {
        authd_fault(out); /* it would be counted at every try */
    } else {
        name_message(&judging);
        decide(authd, &judging, out);
    }
    return judging.is_promise;
}

/* ---- the map "egress" ---------------------------------------------------------------------------- */

/* What is of our form to the eye never gets "not found": Postfix would send it by the ordinary way. */
static enum socketmap_status egress_of(struct authd *authd, struct judging *judging,
                                       struct arena *mem, struct strbuf *out)
{
    const struct lease *lease = &judging->login.lease;

    if (look_up(authd, judging, mem) != 0)
        return SOCKETMAP_TEMPORARY;
    enum message_answer answer = judge(authd, judging);
    if (answer == MESSAGE_SEND) {
        if (!lane_is_valid(slice_from(lease->lane)))
            return SOCKETMAP_TEMPORARY;
        strbuf_printf(out, "FILTER %s:", lease->lane);
        return SOCKETMAP_OK;
    }
    record_refused(authd, judging, answer, message_reply(answer)->name);
    strbuf_printf(out, "%s ", message_reply(answer)->code);
    message_sentence(answer, lease, out);
    return SOCKETMAP_OK;
}

enum socketmap_status authd_egress(struct authd *authd, struct slice login,
                                   struct strbuf *out)
{
    const struct policy_request nothing = {.state = POLICY_OTHER};
    struct judging judging = {.request = &nothing,
                              .socket = "socketmap",
                              .is_login_only = true,
                              .now = authd_now(authd)};
    struct slice realm = slice_from(authd->config->submission.realm);
    struct arena mem;

    if (!username_parse(login, realm, judging.username)) {
        if (!slice_starts_nocase(login, USERNAME_PREFIX))
            return SOCKETMAP_NOTFOUND;
        strbuf_printf(out, "%s ", message_reply(MESSAGE_NOT_A_LEASE)->code);
        message_sentence(MESSAGE_NOT_A_LEASE, NULL, out);
        return SOCKETMAP_OK;
    }
    arena_init(&mem);
    enum socketmap_status status = egress_of(authd, &judging, &mem, out);
    arena_release(&mem);
    return status;
}
