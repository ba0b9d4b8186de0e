/*
 * postfix_policy.h - the server side of Postfix's policy delegation: requests in.
 *
 * name=value lines up to an empty one (SMTPD_POLICY_README). Bytes in, attributes out; the
 * decision is authd.h's. What is not a policy request is answered by closing: Postfix tries
 * again and then takes its default action, which our configuration makes a deferral.
 */
#ifndef AUTH_POSTFIX_POLICY_H
#define AUTH_POSTFIX_POLICY_H

#include "auth/line_reader.h"
#include "base/limits.h"
#include "base/strbuf.h"

/* The policy_context of a server that must know the lane before the message: every stage is answered
 * with it, not only the end. Only the end counts the message. */
#define POLICY_CONTEXT_LANE "lane"

enum policy_state {
    POLICY_OTHER, /* CONNECT, EHLO, HELO, VRFY, ETRN: nothing to say */
    POLICY_MAIL,
    POLICY_RCPT,
    POLICY_DATA,
    POLICY_END_OF_MESSAGE
};

/* The attributes that we use; absent ones are empty. Slices into the reader. */
struct policy_request {
    enum policy_state state;
    struct slice sasl_username, sender, recipient, instance, client, queue_id, helo;
    struct slice context; /* policy_context: a word of our own configuration */
    uint64_t recipient_count, size_bytes;
};

struct policy_reader {
    struct strbuf text; /* the lines of this request, each with its LF */
    struct line_reader lines;
    bool was_handed_out;
};

enum policy_result {
    POLICY_READY,
    POLICY_MORE,  /* input is used up */
    POLICY_BROKEN /* for good: close */
};

void policy_reader_init(struct policy_reader *reader);
void policy_reader_release(struct policy_reader *reader);
/* The next request, valid until the next call and as long as the input is; *input advances over what
 * was used. */
enum policy_result policy_reader_take(struct policy_reader *reader, struct slice *input,
                                      struct policy_request *out);
bool policy_reader_is_partial(const struct policy_reader *reader);

#endif
