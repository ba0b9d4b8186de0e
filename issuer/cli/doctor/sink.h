/*
 * sink.h - one SMTP session of the doctor as receiving server (RFC 5321 without extensions). Pure:
 * bytes in, replies out.
 *
 * It takes messages to one mailbox that carry the canary's field, and refuses everything else for
 * good; nothing is delivered anywhere. Strict: lines end with CRLF, or the session ends.
 */
#ifndef ISSUER_CLI_DOCTOR_SINK_H
#define ISSUER_CLI_DOCTOR_SINK_H

#include "base/limits.h"
#include "base/strbuf.h"

enum {
    SINK_LINE_MAX = 2000,
    SINK_MESSAGE_MAX = 64 * 1024,
    SINK_ERRORS_MAX = 10,
    SINK_VALUE_MAX = 400
};

/* A message that came: the canary's field (canary_note.h) and the name it was greeted with. */
struct sink_message {
    char helo[DOMAIN_MAX + 1];
    char value[SINK_VALUE_MAX + 1];
};

enum sink_state {
    SINK_COMMAND,
    SINK_DATA,
    SINK_OVER /* send what is in `replies`, then close */
};
struct sink {
    const char *name;    /* that it greets with */
    const char *mailbox; /* "a@b"; "a@": at any domain */
    const char *run;     /* how the canary's field must begin; "": any way */
    enum sink_state state;
    bool has_sender, has_recipient, has_greeted, is_too_large;
    unsigned errors;
    char helo[DOMAIN_MAX + 1];
    struct strbuf line, message, replies;
};
void sink_init(struct sink *out, const char *name, const char *mailbox,
               const char *run);
void sink_release(struct sink *sink);
/* Take bytes; replies are appended to sink->replies. True: a message has come, and it is in *out;
 * *input is what is left, so call again. */
bool sink_take(struct sink *sink, struct slice *input, struct sink_message *out);

#endif
