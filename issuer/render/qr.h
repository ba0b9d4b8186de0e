/*
 * qr.h - a QR code as the path of an SVG.
 */
#ifndef ISSUER_RENDER_QR_H
#define ISSUER_RENDER_QR_H

#include <jansson.h>

#include "base/error.h"

enum {
    QR_TEXT_MAX = 512
};
/* {path, size}: the dark squares of size × size, with the quiet border that readers need
 * (ISO/IEC 18004: four squares). Draw it dark on white in every theme. */
NODISCARD int qr_view(const char *text, json_t **out, struct error *err);

#endif
