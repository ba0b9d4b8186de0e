/*
 * socketmap.h - the server side of Postfix's socketmap tables: requests in, replies out.
 *
 * A request is one netstring, "map key"; a reply is another, a word and what belongs to it
 * (socketmap_table(5)):
 *
 *     18:egress cs-abcdefgh,          18:OK FILTER clean01:,
 *
 * Bytes in, names out; what the maps hold is authd.h's. What is not a netstring is answered by
 * closing: Postfix takes that for a temporary fault.
 */
#ifndef AUTH_SOCKETMAP_H
#define AUTH_SOCKETMAP_H

#include "base/limits.h"
#include "base/slice.h"
#include "base/strbuf.h"

struct socketmap_reader {
    struct strbuf text; /* of the request, without its length and comma */
    size_t wanted;      /* its length, as far as it was read */
    unsigned digits;    /* of the length, so far */
    bool has_length;
    bool was_handed_out;
};

/* Slices into the reader. A request without a blank has no key: key.at is NULL. */
struct socketmap_request {
    struct slice map, key;
};

enum socketmap_result {
    SOCKETMAP_READY,
    SOCKETMAP_MORE,  /* input is used up */
    SOCKETMAP_BROKEN /* for good: close */
};

void socketmap_reader_init(struct socketmap_reader *reader);
void socketmap_reader_release(struct socketmap_reader *reader);
/* The next request, valid until the next call; *input advances over what was used. */
enum socketmap_result socketmap_reader_take(struct socketmap_reader *reader,
                                            struct slice *input,
                                            struct socketmap_request *out);
bool socketmap_reader_is_partial(const struct socketmap_reader *reader);

enum socketmap_status {
    SOCKETMAP_OK,        /* and the value */
    SOCKETMAP_NOTFOUND,  /* nothing to say about this key */
    SOCKETMAP_TEMPORARY, /* our fault, and why */
    SOCKETMAP_PERMANENT  /* asked wrongly, and why */
};
/* The reply's netstring; text beyond SOCKETMAP_REPLY_MAX makes it a temporary fault. */
void socketmap_answer(enum socketmap_status status, struct slice text,
                      struct strbuf *out);

#endif
