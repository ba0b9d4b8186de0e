/*
 * guide.h - how to change the outgoing server in one mail program, and back.
 *
 * A guide is templates/guides/PROGRAM.LANGUAGE.md:
 *
 *     title: Thunderbird (computer)
 *     order: 10                        where it stands among the others
 *     checked: 2026-11                 when its steps were last compared with the program's own help
 *     with: Thunderbird 140
 *
 *     1. Press *Add…* and fill in:
 *        - Server Name: `{host}`
 *     back:
 *     1. Choose your old server.
 *
 * with the marks of text.h. The steps may fill in {host}, {port}, {starttls_port}, {username} and
 * {account}.
 */
#ifndef ISSUER_RENDER_GUIDE_H
#define ISSUER_RENDER_GUIDE_H

#include <jansson.h>

#include "base/arena.h"
#include "base/error.h"

/* {program, language, title, with, checked, order, steps: [{text, has_fields, fields: [{label,
 * value}]}], back: [the same]}; file: "guides/thunderbird.de.md". Errors name file and line. */
NODISCARD int guide_parse(struct arena *mem, const char *file, struct slice content,
                          json_t **out, struct error *err);

#endif
