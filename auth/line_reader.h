/*
 * line_reader.h - whole lines out of bytes that come in any pieces, with a ceiling.
 *
 * Lines carry passwords: what was handed out is wiped before the next line is collected and
 * when the reader ends.
 */
#ifndef AUTH_LINE_READER_H
#define AUTH_LINE_READER_H

#include "base/slice.h"
#include "base/strbuf.h"

struct line_reader {
    struct strbuf text;
    size_t max; /* bytes of a line without its LF */
    bool was_handed_out;
};

enum line_result {
    LINE_READY,
    LINE_MORE,    /* input is used up; call again with more */
    LINE_TOO_LONG /* for good: the sender is not speaking our protocol */
};

void line_reader_init(struct line_reader *reader, size_t max_bytes);
void line_reader_release(struct line_reader *reader);
/* The next line without its LF, valid until the next call; *input advances over what was used. */
enum line_result line_reader_take(struct line_reader *reader, struct slice *input,
                                  struct slice *line);
/* A line has begun and is not finished. */
bool line_reader_is_partial(const struct line_reader *reader);

#endif
