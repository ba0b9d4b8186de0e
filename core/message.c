/*
 * message.c - whether a message of a lease's login may leave, and the words when it may not.
 */
#include "base/base.h"

#include "core/message.h"

#include "core/mailbox.h"

static const struct message_reply replies[] = {
    [MESSAGE_SEND] = {"sent",        NULL,        ""                          },
    [MESSAGE_EXPIRED] = {"expired",     "550 5.7.1",
                      "These temporary sending details have expired. Please switch "
                         "back to your usual outgoing server."                },
    [MESSAGE_REVOKED] = {"revoked",     "550 5.7.1",
                      "These temporary sending details have been ended. Please "
                         "switch back to your usual outgoing server."         },
    [MESSAGE_NOT_A_LEASE] = {"not_a_lease", "550 5.7.1",
                      "This login is not for temporary sending. Please switch "
                             "back to your usual outgoing server."            },
    [MESSAGE_SENDER] = {"sender",      "550 5.7.1",
                      "These temporary sending details are for another sender "
                        "address. Please use the mailbox they were made for." },
    [MESSAGE_RECIPIENT] = {"recipient",   "550 5.7.1",
                      "These temporary sending details are not for this "
                           "recipient. Please use your usual outgoing server."},
    [MESSAGE_TOO_MANY] = {"too_many",    "550 5.7.1",
                      "The limit of %u messages of these temporary sending details "
                          "is used up. Please switch back to your usual outgoing "
                          "server."                                           },
    [MESSAGE_TOO_FAST] = {"too_fast",    "450 4.7.1",
                      "The limit of %u messages an hour of these temporary sending "
                          "details is reached. Please send again later."      },
    [MESSAGE_HELD] = {"held",        "450 4.7.1",
                      "These temporary sending details are on hold. Please send again "
                      "later."                                                },
};
_Static_assert(ARRAY_LEN(replies) == MESSAGE_ANSWER_COUNT, "one row an answer");

const struct message_reply *message_reply(enum message_answer answer)
{
    assert((size_t)answer < ARRAY_LEN(replies));
    return &replies[answer];
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

static bool recipient_fits(const struct lease *lease, struct slice recipient)
{
    char mailbox[MAILBOX_MAX + 1];

    if (recipient.len == 0 || lease->recipient_domains == NULL ||
        lease->recipient_domains[0] == NULL)
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
    if (!sender_fits(lease, message->sender))
        return MESSAGE_SENDER;
    if (!recipient_fits(lease, message->recipient))
        return MESSAGE_RECIPIENT;
    if (message->used >= lease->messages_max)
        return MESSAGE_TOO_MANY;
    if (message->used_last_hour >= lease->messages_per_hour)
        return MESSAGE_TOO_FAST;
    if ((state != LEASE_REVEALED && state != LEASE_IN_USE) ||
        !pool_state_may_send(pool_state))
        return MESSAGE_HELD;
    return MESSAGE_SEND;
}
