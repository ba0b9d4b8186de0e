/*
 * mime_gmime.c - GMime's tree of parts, walked without recursion; the only file that knows GMime.
 *
 * Only structure and content are taken from it: header values are read by header.c, charsets are
 * converted by charset.c, because both would make the library load files that the jail forbids.
 */
#include "base/base.h"

#include "issuer/bounce/mime.h"

#include <gmime/gmime.h>

enum {
    STACK_MAX = 256
};

struct place {
    GMimeObject *object;
    unsigned depth;
};

struct walk {
    const struct charsets *charsets;
    struct arena *mem;
    struct mime_mail *out;
    struct place stack[STACK_MAX];
    size_t height;
    bool
        is_report; /* the outermost is multipart/report: an enclosed message is the returned one */
    bool has_inner; /* an attached bounce was entered already */
};

static void push(struct walk *walk, GMimeObject *object, unsigned depth)
{
    if (object == NULL) {
        return;
    }
    if (depth > MIME_DEPTH_MAX) {
        walk->out->flags |= FLAG_NESTED;
        return;
    }
    if (walk->height == STACK_MAX) {
        walk->out->flags |= FLAG_TRUNCATED;
        return;
    }
    walk->stack[walk->height].object = object;
    walk->stack[walk->height].depth = depth;
    walk->height++;
}

static struct slice bytes_of(struct arena *mem, GMimeStream *stream)
{
    GByteArray *array = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
    struct slice bytes = slice_of((const char *)array->data, array->len);
    return array->len == 0 ? SLICE("") : slice_of(arena_slice(mem, bytes), bytes.len);
}

static bool type_is(GMimeObject *object, const char *type, const char *subtype)
{
    GMimeContentType *content = g_mime_object_get_content_type(object);
    return content != NULL && g_mime_content_type_is_type(content, type, subtype);
}

/* A message in the message: what came back, or a bounce that somebody attached. */
static void visit_message(struct walk *walk, GMimeObject *object, unsigned depth)
{
    GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (inner == NULL) {
        return;
    }
    GMimeObject *body = g_mime_message_get_mime_part(inner);
    if (!walk->is_report && !walk->has_inner && body != NULL &&
        type_is(body, "multipart", "report")) {
        walk->has_inner = true;
        walk->is_report = true;
        walk->out->flags |= FLAG_FORWARDED;
        push(walk, body, depth + 1);
        return;
    }
    GMimeStream *stream = g_mime_stream_mem_new();
    if (g_mime_object_write_to_stream(GMIME_OBJECT(inner), NULL, stream) >= 0) {
        struct mime_leaf leaf = {.type = SLICE("message"),
                                 .subtype = SLICE("rfc822"),
                                 .charset = SLICE(""),
                                 .bytes = bytes_of(walk->mem, stream)};
        mime_add_leaf(walk->charsets, walk->mem, &leaf, walk->out);
    }
    g_object_unref(stream);
}

static void visit_part(struct walk *walk, GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    struct mime_leaf leaf = {
        .type = slice_from(type == NULL ? "text"
                                        : g_mime_content_type_get_media_type(type)),
        .subtype = slice_from(
            type == NULL ? "plain" : g_mime_content_type_get_media_subtype(type)),
        .charset = slice_from(
            g_mime_object_get_content_type_parameter(object, "charset")),
    };
    GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
    if (content == NULL || !mime_wants(leaf.type, leaf.subtype)) {
        return;
    }
    GMimeStream *stream = g_mime_stream_mem_new();
    if (g_mime_data_wrapper_write_to_stream(content, stream) >= 0) {
        leaf.bytes = bytes_of(walk->mem, stream);
        mime_add_leaf(walk->charsets, walk->mem, &leaf, walk->out);
    }
    g_object_unref(stream);
}

static bool is_a(GMimeObject *object, GType type)
{
    return G_TYPE_CHECK_INSTANCE_TYPE(object, type) != FALSE;
}

static void push_children(struct walk *walk, GMimeMultipart *parts, unsigned depth)
{
    int count = g_mime_multipart_get_count(parts);
    if (count > MIME_PARTS_MAX) {
        count = MIME_PARTS_MAX;
        walk->out->flags |= FLAG_TRUNCATED;
    }
    for (int i = count - 1; i >= 0; i--) {
        push(walk, g_mime_multipart_get_part(parts, i), depth + 1);
    }
}

static void visit(struct walk *walk)
{
    struct place place = walk->stack[--walk->height];
    if (is_a(place.object, GMIME_TYPE_MULTIPART)) {
        push_children(walk, GMIME_MULTIPART(place.object), place.depth);
    } else if (is_a(place.object, GMIME_TYPE_MESSAGE_PART)) {
        visit_message(walk, place.object, place.depth);
    } else if (is_a(place.object, GMIME_TYPE_PART)) {
        visit_part(walk, place.object);
    }
}

void mime_walk(const struct charsets *charsets, struct arena *mem, struct slice bytes,
               struct mime_mail *out)
{
    struct walk walk = {.charsets = charsets, .mem = mem, .out = out};
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes.at, bytes.len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    g_object_unref(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
    g_object_unref(parser);
    if (message == NULL) {
        return;
    }
    GMimeObject *body = g_mime_message_get_mime_part(message);
    walk.is_report = body != NULL && type_is(body, "multipart", "report");
    push(&walk, body, 1);
    while (walk.height > 0) {
        visit(&walk);
    }
    g_object_unref(message);
}

void mime_library_init(void)
{
    g_mime_init();
}
