/*
 * qr.c - a QR code as the path of an SVG.
 */
#include "base/base.h"

#include "issuer/render/qr.h"

#include <qrencode.h>

#include "base/strbuf.h"

enum {
    QUIET = 4,
    PATH_MAX_BYTES = 256 * 1024
};

/* A run of dark squares is one stroke: "M4 9h7v1h-7z". */
static void put_row(struct strbuf *path, const unsigned char *row, int width, int y)
{
    for (int x = 0; x < width;) {
        int start = x;
        while (x < width && (row[x] & 1) != 0)
            x++;
        if (x > start)
            strbuf_printf(path, "M%d %dh%dv1h-%dz", start + QUIET, y + QUIET, x - start,
                          x - start);
        else
            x++;
    }
}

int qr_view(const char *text, json_t **out, struct error *err)
{
    struct strbuf path;

    if (strlen(text) > QR_TEXT_MAX)
        return error_set(err, ERROR_INVALID, "too long a text for a QR code");
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL)
        return error_set(err, ERROR_INTERNAL, "no QR code could be made");
    strbuf_init(&path, PATH_MAX_BYTES);
    for (int y = 0; y < code->width; y++)
        put_row(&path, code->data + (size_t)y * (size_t)code->width, code->width, y);
    *out = json_object();
    json_object_set_new(*out, "path", json_stringn(path.at, path.len));
    json_object_set_new(*out, "size", json_integer(code->width + 2 * QUIET));
    strbuf_wipe(&path);
    QRcode_free(code);
    return 0;
}
