/*
 * checkpassword_record.h - what cleansmtp-checkpassword reads, asks and hears.
 *
 * The record on descriptor 3 (http://cr.yp.to/checkpwd/interface.html), the question on the
 * verify socket made from it, and the answer. Slices and fixed buffers only: the helper has no
 * heap and links libc alone.
 */
#ifndef AUTH_CHECKPASSWORD_RECORD_H
#define AUTH_CHECKPASSWORD_RECORD_H

#include "base/limits.h"
#include "base/slice.h"

struct checkpassword_record {
    struct slice login, password; /* into the bytes read */
};

/* The third NUL is there: read no further. Waiting for the end of file would serialise a burst
 * of logins, because Dovecot 2.3 leaks the pipes of one helper into the next. */
bool checkpassword_record_is_complete(struct slice bytes);
/* login NUL password NUL [timestamp NUL …]. false: misuse. */
NODISCARD bool checkpassword_record_parse(struct slice bytes,
                                          struct checkpassword_record *out);

struct checkpassword_question {
    struct slice login, password, service, client;
    bool secured;
};
/* The record for the verify socket into out; its length, or 0 when a value holds a LF or it does
 * not fit: such a login or password is none of ours. */
size_t checkpassword_question_write(const struct checkpassword_question *question,
                                    char *out, size_t size);

enum checkpassword_answer {
    CHECKPASSWORD_GOOD,     /* exec the program */
    CHECKPASSWORD_REFUSED,  /* exit 1 */
    CHECKPASSWORD_TEMPORARY /* exit 111 */
};
/* line is without its LF. username holds LOGIN_MAX + 1 and is written with CHECKPASSWORD_GOOD. What
 * is not an answer of ours is temporary. */
enum checkpassword_answer checkpassword_answer_parse(struct slice line, char *username);

#endif
