/*
 * line_reader.c - whole lines out of bytes that come in any pieces.
 */
#include "base/base.h"

#include "auth/line_reader.h"

#include "base/secret.h"

void line_reader_init(struct line_reader *reader, size_t max_bytes)
{
    *reader = (struct line_reader){.max = max_bytes};
    strbuf_init(&reader->text, max_bytes);
}

void line_reader_release(struct line_reader *reader)
{
    strbuf_wipe(&reader->text);
}

static void forget_line(struct line_reader *reader)
{
    secret_wipe(reader->text.at, reader->text.len);
    strbuf_reset(&reader->text);
    reader->was_handed_out = false;
}

enum line_result line_reader_take(struct line_reader *reader, struct slice *input,
                                  struct slice *line)
{
    ptrdiff_t end = slice_find_byte(*input, '\n');
    size_t take = end < 0 ? input->len : (size_t)end;

    if (reader->was_handed_out)
        forget_line(reader);
    strbuf_add(&reader->text, input->at, take);
    *input = slice_skip(*input, end < 0 ? take : take + 1);
    if (reader->text.full)
        return LINE_TOO_LONG;
    if (end < 0)
        return LINE_MORE;
    reader->was_handed_out = true;
    *line = strbuf_slice(&reader->text);
    return LINE_READY;
}

bool line_reader_is_partial(const struct line_reader *reader)
{
    return !reader->was_handed_out && reader->text.len > 0;
}
