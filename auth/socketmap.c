/*
 * socketmap.c - netstrings of socketmap tables.
 */
#include "base/base.h"

#include "auth/socketmap.h"

enum {
    LENGTH_DIGITS = 5 /* of SOCKETMAP_REQUEST_MAX */
};

void socketmap_reader_init(struct socketmap_reader *reader)
{
    *reader = (struct socketmap_reader){0};
    strbuf_init(&reader->text, SOCKETMAP_REQUEST_MAX);
}

void socketmap_reader_release(struct socketmap_reader *reader)
{
    strbuf_release(&reader->text);
}

bool socketmap_reader_is_partial(const struct socketmap_reader *reader)
{
    return !reader->was_handed_out && (reader->digits > 0 || reader->has_length);
}

static void begin_request(struct socketmap_reader *reader)
{
    strbuf_reset(&reader->text);
    reader->wanted = 0;
    reader->digits = 0;
    reader->has_length = false;
    reader->was_handed_out = false;
}

/* Up to the ':'; like Postfix's own reader without regard to leading zeros, but for their number. */
static enum socketmap_result take_length(struct socketmap_reader *reader,
                                         struct slice *input)
{
    while (input->len > 0) {
        char byte = input->at[0];
        *input = slice_skip(*input, 1);
        if (byte == ':' && reader->digits > 0) {
            reader->has_length = true;
            return reader->wanted <= SOCKETMAP_REQUEST_MAX ? SOCKETMAP_READY
                                                           : SOCKETMAP_BROKEN;
        }
        if (byte < '0' || byte > '9' || reader->digits == LENGTH_DIGITS)
            return SOCKETMAP_BROKEN;
        reader->wanted = reader->wanted * 10 + (size_t)(byte - '0');
        reader->digits++;
    }
    return SOCKETMAP_MORE;
}

/* The bytes and their ','. */
static enum socketmap_result take_text(struct socketmap_reader *reader,
                                       struct slice *input)
{
    struct slice piece = slice_take(*input, reader->wanted - reader->text.len);

    strbuf_add_slice(&reader->text, piece);
    *input = slice_skip(*input, piece.len);
    if (reader->text.len < reader->wanted || input->len == 0)
        return SOCKETMAP_MORE;
    bool is_end = input->at[0] == ',';
    *input = slice_skip(*input, 1);
    return is_end ? SOCKETMAP_READY : SOCKETMAP_BROKEN;
}

enum socketmap_result socketmap_reader_take(struct socketmap_reader *reader,
                                            struct slice *input,
                                            struct socketmap_request *out)
{
    enum socketmap_result result = SOCKETMAP_READY;

    if (reader->was_handed_out)
        begin_request(reader);
    if (!reader->has_length)
        result = take_length(reader, input);
    if (result == SOCKETMAP_READY)
        result = take_text(reader, input);
    if (result != SOCKETMAP_READY)
        return result;
    reader->was_handed_out = true;
    *out = (struct socketmap_request){.key = strbuf_slice(&reader->text)};
    (void)slice_cut(&out->key, ' ', &out->map);
    return SOCKETMAP_READY;
}

void socketmap_answer(enum socketmap_status status, struct slice text,
                      struct strbuf *out)
{
    static const char *const words[] = {
        [SOCKETMAP_OK] = "OK",
        [SOCKETMAP_NOTFOUND] = "NOTFOUND",
        [SOCKETMAP_TEMPORARY] = "TEMP",
        [SOCKETMAP_PERMANENT] = "PERM",
    };
    const char *word = words[status];

    if (strlen(word) + 1 + text.len > SOCKETMAP_REPLY_MAX) {
        word = words[SOCKETMAP_TEMPORARY];
        text = SLICE("the answer is too long");
    }
    /* Postfix wants the blank behind NOTFOUND, too. */
    strbuf_printf(out, "%zu:%s ", strlen(word) + 1 + text.len, word);
    strbuf_add_slice(out, text);
    strbuf_putc(out, ',');
}
