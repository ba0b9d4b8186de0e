/*
 * form.c - what a browser sends with a form, read strictly.
 *
 * Two encodings: application/x-www-form-urlencoded (WHATWG URL) and multipart/form-data
 * (RFC 7578), the second for the upload of one .eml. A name that occurs twice is refused: what
 * the first reader of a request takes for the value, the second must not take otherwise.
 * Values may hold any byte but NUL; only an uploaded file may hold that too.
 */
#include "base/base.h"

#include "issuer/http/http.h"

#include "base/escape.h"
#include "base/limits.h"
#include "base/secret.h"

enum {
    BOUNDARY_MAX = 70, /* RFC 2046 5.1.1 */
    PART_HEAD_MAX = 2048,
    NAME_MAX_BYTES = 64
};

static int add_field(struct form *form, struct slice name, struct slice value,
                     struct error *err)
{
    _Static_assert(ARRAY_LEN(form->fields) == FORM_FIELDS_MAX, "one limit");
    if (name.len == 0 || name.len > NAME_MAX_BYTES || !slice_is_printable(name))
        return error_set(err, ERROR_INVALID,
                         "the form has a field without a proper name");
    if (form_slice(form, name.at).at != NULL)
        return error_set(err, ERROR_INVALID, "the form has the field \"%s\" twice",
                         name.at);
    if (form->count == FORM_FIELDS_MAX)
        return error_set(err, ERROR_INVALID, "the form has more than %d fields",
                         (int)FORM_FIELDS_MAX);
    form->fields[form->count++] = (struct http_field){.name = name, .value = value};
    return 0;
}

/* ---- application/x-www-form-urlencoded ---- */

static int decode(struct arena *mem, struct slice text, struct slice *out,
                  struct error *err)
{
    struct strbuf plain;
    int result = 0;

    /* Decoding never grows. */
    strbuf_init(&plain, text.len);
    if (memchr(text.len > 0 ? text.at : "", '\0', text.len) != NULL ||
        !unescape_url(&plain, text, true))
        result = error_set(err, ERROR_INVALID,
                           "the form is not encoded as it should be");
    else
        *out = slice_of(arena_slice(mem, strbuf_slice(&plain)), plain.len);
    strbuf_wipe(&plain);
    return result;
}

static int parse_urlencoded(struct arena *mem, struct slice body, struct form *out,
                            struct error *err)
{
    struct slice piece;

    while (slice_cut(&body, '&', &piece)) {
        if (piece.len == 0)
            continue;
        ptrdiff_t equals = slice_find_byte(piece, '=');
        size_t name_len = equals < 0 ? piece.len : (size_t)equals;
        struct slice name = {0};
        struct slice value = {0};
        if (decode(mem, slice_take(piece, name_len), &name, err) != 0 ||
            decode(mem, slice_skip(piece, name_len + 1), &value, err) != 0 ||
            add_field(out, name, value, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- multipart/form-data ---- */

static int broken(struct error *err)
{
    return error_set(err, ERROR_INVALID,
                     "the uploaded form is not put together as it "
                     "should be");
}

/* The value of a parameter such as boundary=x or name="x", or at NULL. Quoted values come as
 * they stand: browsers percent-encode a quotation mark (WHATWG HTML 4.10.21.8). */
static struct slice parameter(struct slice header, const char *name)
{
    struct slice piece;

    while (slice_cut(&header, ';', &piece)) {
        piece = slice_trim(piece);
        ptrdiff_t equals = slice_find_byte(piece, '=');
        if (equals < 0 || !slice_is_nocase(slice_take(piece, (size_t)equals), name))
            continue;
        struct slice value = slice_skip(piece, (size_t)equals + 1);
        if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
            value = slice_of(value.at + 1, value.len - 2);
        return value;
    }
    return (struct slice){0};
}

struct part {
    struct slice name;
    bool is_file;
};

/* A ';' in a file name would cut the parameters in two; only name counts, and it comes first. */
static int read_part_head(struct slice head, struct part *out, struct error *err)
{
    struct slice line;
    bool is_named = false;

    while (slice_line(&head, &line)) {
        if (!slice_starts_nocase(line, "content-disposition:"))
            continue;
        struct slice value = slice_trim(
            slice_skip(line, strlen("content-disposition:")));
        if (is_named || !slice_starts_nocase(value, "form-data"))
            return broken(err);
        out->name = parameter(value, "name");
        out->is_file = parameter(value, "filename").at != NULL;
        is_named = true;
    }
    return is_named && out->name.at != NULL ? 0 : broken(err);
}

/* Advances *rest behind the part's end mark. */
static int read_part(struct arena *mem, struct slice *rest, struct slice end_mark,
                     struct form *out, struct error *err)
{
    struct part part = {0};
    ptrdiff_t head_len = slice_find(slice_take(*rest, PART_HEAD_MAX),
                                    SLICE("\r\n\r\n"));

    if (head_len < 0 ||
        read_part_head(slice_take(*rest, (size_t)head_len), &part, err) != 0)
        return broken(err);
    *rest = slice_skip(*rest, (size_t)head_len + 4);
    ptrdiff_t len = slice_find(*rest, end_mark);
    if (len < 0)
        return broken(err);
    struct slice value = slice_take(*rest, (size_t)len);
    *rest = slice_skip(*rest, (size_t)len + end_mark.len);
    if (!part.is_file && memchr(value.len > 0 ? value.at : "", '\0', value.len) != NULL)
        return broken(err);
    struct slice name = slice_of(arena_slice(mem, part.name), part.name.len);
    value = slice_of(arena_slice(mem, value), value.len);
    return add_field(out, name, value, err);
}

static int parse_multipart(struct arena *mem, struct slice content_type,
                           struct slice body, struct form *out, struct error *err)
{
    struct slice boundary = parameter(content_type, "boundary");

    if (boundary.len == 0 || boundary.len > BOUNDARY_MAX ||
        !slice_is_printable(boundary))
        return broken(err);
    const char *mark = arena_printf(mem, "\r\n--%.*s", (int)boundary.len, boundary.at);
    struct slice end_mark = slice_from(mark);
    if (!slice_starts(body, mark + 2))
        return broken(err);
    struct slice rest = slice_skip(body, end_mark.len - 2);
    while (slice_starts(rest, "\r\n")) {
        rest = slice_skip(rest, 2);
        if (read_part(mem, &rest, end_mark, out, err) != 0)
            return -1;
    }
    /* The closing mark; a CRLF behind it is allowed, more is not. */
    return slice_is(rest, "--") || slice_is(rest, "--\r\n") ? 0 : broken(err);
}

/* ---- both ---- */

static bool is_type(struct slice content_type, const char *type)
{
    struct slice word = {0};

    return slice_cut(&content_type, ';', &word) &&
           slice_is_nocase(slice_trim(word), type);
}

int form_parse(struct arena *mem, struct slice content_type, struct slice body,
               struct form *out, struct error *err)
{
    struct form *form = ARENA_NEW(mem, struct form);
    int result;

    if (body.len == 0)
        result = 0;
    else if (is_type(content_type, "application/x-www-form-urlencoded"))
        result = parse_urlencoded(mem, body, form, err);
    else if (is_type(content_type, "multipart/form-data"))
        result = parse_multipart(mem, content_type, body, form, err);
    else
        result = error_set(err, ERROR_INVALID, "this is not a form of a web page");
    if (result == 0)
        *out = *form;
    return result;
}

struct slice form_slice(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++)
        if (slice_is(form->fields[i].name, name))
            return form->fields[i].value;
    return (struct slice){0};
}

const char *form_text(struct arena *mem, const struct form *form, const char *name)
{
    struct slice value = form_slice(form, name);

    return value.at != NULL ? arena_slice(mem, value) : NULL;
}

void form_wipe(const struct form *form, const char *name)
{
    struct slice value = form_slice(form, name);
    char *bytes;

    if (value.at == NULL)
        return;
    /* The bytes are ours, in the request's arena; only slices look at them as const. */
    memcpy(&bytes, &value.at, sizeof bytes);
    secret_wipe(bytes, value.len);
}
