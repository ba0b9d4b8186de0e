/*
 * message.c - whether a message of a lease's login may leave, and the words when it may not.
 */
#include "base/base.h"

#include "core/message.h"

#include "base/number.h"
#include "core/mailbox.h"

/* clang-format 14 indents this table beyond reading. */
/* clang-format off */
#define USUAL "switch back to your usual outgoing server."
#define AGAIN "send again later."
#define REFUSED "550 5.7.1"
#define LATER "450 4.7.1"
#define MISCONFIGURED "450 4.3.5"

/* What an agent reads is found by the name. */
#define ANSWER(n) n, {"{said.message." n "}"}

static const struct message_reply replies[] = {
    [MESSAGE_SEND] = {"sent", {NULL}, NULL, ""},
    [MESSAGE_EXPIRED] = {ANSWER("expired"), REFUSED,
        "These temporary sending details have expired. Please " USUAL},
    [MESSAGE_REVOKED] = {ANSWER("revoked"), REFUSED,
        "These temporary sending details have been ended. Please " USUAL},
    [MESSAGE_NOT_A_LEASE] = {ANSWER("not_a_lease"), REFUSED,
        "This login is not for temporary sending. Please " USUAL},
    [MESSAGE_SENDER] = {ANSWER("sender"), REFUSED,
        "These temporary sending details are for another sender address: "
        "please use the mailbox they were made for."},
    [MESSAGE_RECIPIENT] = {ANSWER("recipient"), REFUSED,
        "These temporary sending details are not for this recipient: "
        "please use your usual outgoing server."},
    [MESSAGE_TOO_LARGE] = {ANSWER("size"), REFUSED,
        "A message by these temporary sending details may have at most %sB: "
        "please send a smaller one, or use your usual outgoing server."},
    [MESSAGE_TOO_WIDE] = {ANSWER("recipients"), REFUSED,
        "A message by these temporary sending details may have at most %s recipients: "
        "please send it to fewer at a time."},
    [MESSAGE_TOO_MANY] = {ANSWER("too_many"), REFUSED,
        "The limit of %s messages of these temporary sending details is used up: please " USUAL},
    [MESSAGE_RECIPIENTS_USED] = {ANSWER("recipients_used"), REFUSED,
        "These temporary sending details are for %s recipients in all, and this message "
        "has more than are left: please " USUAL},
    [MESSAGE_TOO_FAST] = {ANSWER("too_fast"), LATER,
        "The limit of %s messages an hour of these temporary sending details is reached: "
        "please " AGAIN},
    [MESSAGE_UNASKED] = {ANSWER("unasked"), MISCONFIGURED,
        "These temporary sending details are for some recipients only, and this mail server did not ask "
        "about each of this message's: its operator should let smtpd_recipient_restrictions ask cleansmtp."},
    [MESSAGE_HELD] = {ANSWER("held"), LATER,
        "These temporary sending details are on hold. Please " AGAIN},
};
/* clang-format on */
_Static_assert(ARRAY_LEN(replies) == MESSAGE_ANSWER_COUNT, "one row an answer");

const struct message_reply *message_reply(enum message_answer answer)
{
    assert((size_t)answer < ARRAY_LEN(replies));
    return &replies[answer];
}

bool message_answer_parse(struct slice name, enum message_answer *out)
{
    for (size_t i = 0; i < ARRAY_LEN(replies); i++)
        if (slice_is(name, replies[i].name)) {
            *out = (enum message_answer)i;
            return true;
        }
    return false;
}

/* The limit an answer speaks of, as people write it. */
static void limit_text(enum message_answer answer, const struct lease *lease, char *out)
{
    uint64_t limit = 0;

    switch (answer) {
    case MESSAGE_TOO_LARGE: limit = lease->message_size_max; break;
    case MESSAGE_TOO_WIDE: limit = lease->recipients_per_message; break;
    case MESSAGE_TOO_MANY: limit = lease->messages_max; break;
    case MESSAGE_RECIPIENTS_USED: limit = lease->recipients_max; break;
    case MESSAGE_TOO_FAST: limit = lease->messages_per_hour; break;
    case MESSAGE_SEND:
    case MESSAGE_EXPIRED:
    case MESSAGE_REVOKED:
    case MESSAGE_NOT_A_LEASE:
    case MESSAGE_SENDER:
    case MESSAGE_RECIPIENT:
    case MESSAGE_UNASKED:
    case MESSAGE_HELD:
    case MESSAGE_ANSWER_COUNT: break;
    }
    if (answer == MESSAGE_TOO_LARGE)
        number_size_format(limit, out);
    else
        (void)snprintf(out, NUMBER_SIZE_MAX + 1, "%llu", (unsigned long long)limit);
}

void message_sentence(enum message_answer answer, const struct lease *lease,
                      struct strbuf *out)
{
    struct slice format = slice_from(message_reply(answer)->format);
    ptrdiff_t place = slice_find(format, SLICE("%s"));
    char limit[NUMBER_SIZE_MAX + 1];

    if (place < 0 || lease == NULL) {
        strbuf_add_slice(out, format);
        return;
    }
    limit_text(answer, lease, limit);
    strbuf_add_slice(out, slice_take(format, (size_t)place));
    strbuf_puts(out, limit);
    strbuf_add_slice(out, slice_skip(format, (size_t)place + 2));
}

/* A lease without a list of senders is for its own mailbox, never for everybody. */
static bool sender_fits(const struct lease *lease, struct slice sender)
{
    char mailbox[MAILBOX_MAX + 1];

    if (!mailbox_parse(sender, mailbox))
        return false;
    if (lease->senders == NULL || lease->senders[0] == NULL)
        return lease->mailbox != NULL && mailbox_matches(mailbox, lease->mailbox);
    for (size_t i = 0; lease->senders[i] != NULL; i++)
        if (mailbox_matches(mailbox, lease->senders[i]))
            return true;
    return false;
}

static bool is_for_anybody(const struct lease *lease)
{
    return lease->recipient_domains == NULL || lease->recipient_domains[0] == NULL;
}

static bool recipient_fits(const struct lease *lease, struct slice recipient)
{
    char mailbox[MAILBOX_MAX + 1];

    if (recipient.len == 0 || is_for_anybody(lease))
        return true;
    if (!mailbox_parse(recipient, mailbox))
        return false;
    for (size_t i = 0; lease->recipient_domains[i] != NULL; i++) {
        const char *allowed = lease->recipient_domains[i];
        const char *whole = strchr(allowed, '@') != NULL ? mailbox
                                                         : mailbox_domain(mailbox);
        if (strcmp(whole, allowed) == 0)
            return true;
    }
    return false;
}

/* Postfix names a single recipient again at DATA, and of several only their number. */
static bool recipients_are_known(const struct lease *lease,
                                 const struct message *message)
{
    if (!message->is_complete || is_for_anybody(lease) ||
        (message->recipient.len > 0 && message->recipient_count <= 1))
        return true;
    return message->approved > 0 && message->approved >= message->recipient_count;
}

/* What the message is by itself, apart from what was sent before. */
static enum message_answer judge_alone(const struct lease *lease,
                                       const struct message *message)
{
    if (message->is_login_only)
        return MESSAGE_SEND;
    if (!sender_fits(lease, message->sender))
        return MESSAGE_SENDER;
    if (!recipient_fits(lease, message->recipient))
        return MESSAGE_RECIPIENT;
    if (lease->message_size_max != 0 && message->size_bytes > lease->message_size_max)
        return MESSAGE_TOO_LARGE;
    if (lease->recipients_per_message != 0 &&
        message->recipient_count > lease->recipients_per_message)
        return MESSAGE_TOO_WIDE;
    return MESSAGE_SEND;
}

/* With what was sent before. A recipient that is not known yet will be one at least. */
static enum message_answer judge_counts(const struct lease *lease,
                                        const struct message *message)
{
    uint64_t recipients = message->recipient_count > 0 ? message->recipient_count : 1;

    if (message->used >= lease->messages_max)
        return MESSAGE_TOO_MANY;
    if (lease->recipients_max != 0 &&
        message->used_recipients + recipients > lease->recipients_max)
        return MESSAGE_RECIPIENTS_USED;
    if (message->used_last_hour >= lease->messages_per_hour)
        return MESSAGE_TOO_FAST;
    return MESSAGE_SEND;
}

enum message_answer message_judge(const struct lease *lease, enum pool_state pool_state,
                                  const struct message *message, int64_t now)
{
    if (lease == NULL || lease->revealed_at == 0)
        return MESSAGE_NOT_A_LEASE;
    enum lease_state state = lease_state_at(lease, now);
    if (state == LEASE_EXPIRED)
        return MESSAGE_EXPIRED;
    if (!lease_is_live(state))
        return MESSAGE_REVOKED;
    enum message_answer answer = judge_alone(lease, message);
    if (answer == MESSAGE_SEND)
        answer = judge_counts(lease, message);
    if (answer != MESSAGE_SEND)
        return answer;
    if (!recipients_are_known(lease, message))
        return MESSAGE_UNASKED;
    if ((state != LEASE_REVEALED && state != LEASE_IN_USE) ||
        !pool_state_may_send(pool_state))
        return MESSAGE_HELD;
    return MESSAGE_SEND;
}
