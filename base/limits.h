/*
 * limits.h - every ceiling that a peer or a file can run into, in one list.
 *
 * A size that comes from outside passes one of these before anything is allocated or
 * kept. Each number carries its reason.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    /* RFC 5321 4.5.3.1.3: a path is at most 256 octets, so 254 without the brackets. */
    MAILBOX_MAX = 254,
    /* RFC 5321 4.5.3.1.1. */
    LOCAL_PART_MAX = 64,
    /* RFC 1035 2.3.4, without the final dot. */
    DOMAIN_MAX = 253,
    /* INET6_ADDRSTRLEN less the NUL, plus "/128". */
    ADDRESS_TEXT_MAX = 49,
    /* "cs-" and 8 characters, "@", and a realm that is a host name. */
    LOGIN_MAX = 3 + 8 + 1 + DOMAIN_MAX,
    /* What a person may type or paste as a password before it is normalised. */
    PASSWORD_INPUT_MAX = 255, /* RFC 4616: servers must accept 255 octets */
    /* The checkpassword interface: at most 512 bytes on descriptor 3. */
    CHECKPASSWORD_RECORD_MAX = 512,
    /* Dovecot's AUTH_CLIENT_MAX_LINE_LENGTH. */
    AUTH_LINE_MAX = 16384,
    /* A whole policy request; Postfix 3.7 sends 600 to 700 bytes, names may be long. */
    POLICY_REQUEST_MAX = 16384,
    /* socketmap_table(5): what Postfix sends at most, and takes at most. */
    SOCKETMAP_REQUEST_MAX = 10000,
    SOCKETMAP_REPLY_MAX = 100000,
    /* One record on the verify socket: five short fields. */
    VERIFY_RECORD_MAX = 2048,
    /* Mail that explains a failure is small; beyond this nobody reads it either. */
    BOUNCE_MAX = 2 * 1024 * 1024,
    /* What a pasted form may carry: a bounce, form-encoded (up to three times larger). */
    FORM_MAX = 3 * BOUNCE_MAX + 64 * 1024,
    FORM_FIELDS_MAX = 64,
    /* A JSON request of the API: a bounce as a string with escapes. */
    JSON_REQUEST_MAX = 3 * BOUNCE_MAX + 64 * 1024,
    /* What cleansmtp-bounce may print. */
    EVIDENCE_MAX = 256 * 1024,
    /* A page we render. */
    PAGE_MAX = 4 * 1024 * 1024,
    /* A configuration file, a template, a key file. */
    FILE_MAX = 1024 * 1024,
    /* Free text of people: reason, ticket, label, note. */
    REASON_MAX = 500,
    NOTE_MAX = 1000,
    TICKET_MAX = 64,
    LABEL_MAX = 64,
    AGENT_NAME_MAX = 64,
    LANE_MAX = 32,
    IDEMPOTENCY_KEY_MAX = 64,
    /* The last words of a DNS list in a TXT record; one string holds 255 octets. */
    TXT_MAX = 512,
};

#endif
