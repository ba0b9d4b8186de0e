/*
 * assets.c - static files out of the program itself.
 *
 * The ETag is a digest of the bytes: it changes exactly when they do, and never between two
 * machines of the same version.
 */
#include "base/base.h"

#include "issuer/render/template.h"

#include "base/embed.h"
#include "base/encode.h"
#include "core/digest.h"

static const struct {
    const char *ending, *content_type;
} types[] = {
    {".css", "text/css; charset=utf-8"       },
    {".js",  "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"                 },
    {".txt", "text/plain; charset=utf-8"     },
};

bool asset_find(const char *name, struct asset *out)
{
    enum {
        ETAG_BYTES = 16
    };
    struct slice text = slice_from(name);
    uint8_t digest[DIGEST_BYTES];
    char hex[2 * ETAG_BYTES + 1];

    if (!slice_starts(text, "static/"))
        return false;
    struct slice bytes = embedded_find(templates_table, templates_count, name);
    if (bytes.at == NULL)
        return false;
    *out = (struct asset){.bytes = bytes, .content_type = "application/octet-stream"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (slice_ends_nocase(text, types[i].ending))
            out->content_type = types[i].content_type;
    digest_bytes(bytes, digest);
    hex_encode(digest, ETAG_BYTES, hex);
    (void)snprintf(out->etag, sizeof out->etag, "\"%s\"", hex);
    return true;
}
